"""Settings of the detectors: documented defaults, ranges, camelCase."""

import pytest
from pydantic import BaseModel, ValidationError

from cryptostream_job.detectors.registry import build_detectors
from cryptostream_job.detectors.settings import DetectorSettings, EvidenceSettings, RobustSettings
from cryptostream_job.model import Geometry
from harness.market_windows import GEOMETRY, STREAM


def test_all_detectors_run_by_default_and_each_can_be_switched_off() -> None:
    assert [d.name for d in build_detectors(DetectorSettings(), GEOMETRY, STREAM)] == [
        "price_spike",
        "volume_surge",
        "volatility_burst",
        "price_jump",
        "trade_surge",
        "pump_start",
        "range_burst",
    ]
    for name in DetectorSettings.model_fields:
        without = DetectorSettings.model_validate({name: {"enabled": False}})
        assert name not in {d.name for d in build_detectors(without, GEOMETRY, STREAM)}


def test_keys_are_camel_case_as_in_a_manifest() -> None:
    settings = DetectorSettings.model_validate_json('{"priceSpike": {"baselineWindows": 40, "warmUpWindows": 8}}')
    assert (settings.price_spike.baseline_windows, settings.price_spike.warm_up_windows) == (40, 8)
    assert "scaleFloor" in settings.price_spike.model_dump(by_alias=True)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"priceSpike": {"threshold": 0}}, "greater than 0"),
        ({"priceSpike": {"scaleFloor": 0}}, "greater than 0"),
        ({"priceSpike": {"rearmRatio": 1.5}}, "less than or equal to 1"),
        ({"priceSpike": {"warmUpWindows": 300}}, "must not be above baselineWindows 240"),
        ({"priceSpike": {"treshold": 5}}, "Extra inputs"),
        ({"priceJump": {"threshold": 0}}, "greater than 0"),
        ({"pumpStart": {"warmUpPanes": 5}}, "greater than or equal to 10"),
        ({"tradeSurge": {"cooldownPanes": 0}}, "greater than or equal to 1"),
        ({"rangeBurst": {"baselineWindows": 40}}, "Extra inputs"),
        ({"pumps": {}}, "Extra inputs"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        DetectorSettings.model_validate(wrong)


@pytest.mark.parametrize("model", [each for _, each in DetectorSettings()])
def test_every_setting_is_described(model: BaseModel) -> None:
    assert isinstance(model, RobustSettings | EvidenceSettings)
    assert all(field.description for field in type(model).model_fields.values())


def test_the_price_floor_grows_with_the_square_root_of_the_window() -> None:
    short = Geometry(pane=2_000_000, slide=2_000_000, window=30_000_000, allowed_lateness=0)
    floors = [build_detectors(DetectorSettings(), g, STREAM)[0].scale_floor for g in (GEOMETRY, short)]  # type: ignore[attr-defined]
    assert floors == [0.0005, 0.00025]
