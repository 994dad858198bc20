"""Trying detectors on a recording: what the command prints, draws and refuses, and why an alert fired."""

import json
import math
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from cryptostream_backtest.configuration import DEFAULT_GEOMETRY, read_manifest
from cryptostream_backtest.explanation import explain
from cryptostream_backtest.replaying import looks, told_alerts
from cryptostream_cli.main import app
from cryptostream_job.batch import advance_symbol, new_symbol
from cryptostream_job.detectors.registry import build_detectors
from cryptostream_job.detectors.settings import DetectorSettings
from cryptostream_job.model import Alert
from harness.market_windows import SHORT, detectors_of, folded, last_of_each, market_window, ordinary_windows
from harness.stored_market import market_panes

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
JUMP = timedelta(minutes=20)
QUICK = json.dumps(
    {
        "priceSpike": {"warmUpWindows": 10, "baselineWindows": 30, "threshold": 7},
        "volumeSurge": {"warmUpWindows": 10, "baselineWindows": 30, "threshold": 4},
        "volatilityBurst": {"warmUpWindows": 10, "baselineWindows": 30, "threshold": 4.5},
        **{name: {"enabled": False} for name in ("priceJump", "tradeSurge", "pumpStart", "rangeBurst")},
    }
)
MANIFEST = f"""
apiVersion: v1
kind: ConfigMap
metadata: {{name: other}}
---
apiVersion: cryptostream.io/v1alpha1
kind: CryptoStream
metadata: {{name: majors, namespace: desk}}
spec:
  exchange: binance
  symbols: [BTCUSDT]
  slide: 20s
  window: 1m
  detectors: {QUICK}
"""


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trade a second for half an hour; after 20 minutes the price jumps by 2 %, with 30 times the volume."""
    path = tmp_path_factory.mktemp("recording") / "trades.csv"
    lines = ["time,symbol,quantity,price"]
    for second in range(1_800):
        time = START + timedelta(seconds=second)
        after = time - START >= JUMP
        price = 50_000 + 5 * (second * 7919 % 11 - 5) + (1_000 if after else 0)
        quantity = 30 if after and second % 1_200 < 40 else 1
        lines.append(f"{time:%Y-%m-%d %H:%M:%S}.000000+00,BTCUSDT,{quantity},{price}")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "majors.yaml"
    path.write_text(MANIFEST)
    return path


def backtest(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["backtest", *map(str, arguments)])


def test_alerts_of_a_recording_are_printed_with_the_time_of_telling(recording: Path) -> None:
    result = backtest(recording, "--detectors", QUICK)
    assert result.exit_code == 0, result.output
    spikes = [line for line in result.stdout.splitlines() if "price_spike" in line and "BTCUSDT" in line]
    assert spikes[0].startswith("2026-11-23 10:20:09")
    assert "confirmed" in spikes[0]
    assert "symbol-hours" in result.stdout.splitlines()[-1]


def test_a_manifest_gives_lengths_detectors_and_name(recording: Path, manifest: Path) -> None:
    configuration = read_manifest(manifest)
    assert configuration.stream == "desk/majors"
    assert configuration.geometry == replace(DEFAULT_GEOMETRY, slide=20_000_000, window=60_000_000)
    assert configuration.detectors.price_spike.warm_up_windows == 10
    told = json.loads(backtest(recording, "--spec", manifest, "--json").stdout)
    assert told["stream"] == "desk/majors"
    spike = next(alert for alert in told["alerts"] if alert["detector"] == "price_spike")
    assert spike["windowEnd"] - spike["windowStart"] == 60_000_000
    assert spike["told"] >= int((START + JUMP).timestamp()) * 1_000_000


def test_it_explains_and_draws_what_it_found(recording: Path, tmp_path: Path) -> None:
    result = backtest(recording, "--detectors", QUICK, "--explain", "--output", tmp_path)
    assert "the price rose by 2." in result.stdout
    assert "times the usual volume" in result.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"backtest.html", "backtest.png"}


def test_a_range_and_detectors_that_are_off_are_left_out(recording: Path) -> None:
    quiet = backtest(recording, "--detectors", QUICK, "--to", "2026-11-23T10:19:00Z")
    assert quiet.stdout.startswith("0 alerts in")
    off = json.dumps({**json.loads(QUICK), "priceSpike": {"enabled": False}})
    assert "price_spike" not in backtest(recording, "--detectors", off).stdout


def test_a_source_too_short_for_the_warm_up_is_told(recording: Path) -> None:
    result = backtest(recording, "--to", "2026-11-23T10:15:00Z")
    assert result.exit_code == 0
    assert "no detector can fire: the trades last 15m, and baselines are cold for 1210s" in result.stderr
    assert result.stdout.strip() == "0 alerts in 0.25 symbol-hours"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["absent.csv"], "neither a recording nor"),
        (["{recording}", "--detectors", '{"priceSpike": {"threshold": -1}}'], "price.*hreshold.*greater than 0"),
        (["{recording}", "--symbols", "ETHUSDT"], "no trades of ETHUSDT"),
        (["{recording}", "--from", "tomorrow"], "--from 'tomorrow' is not a time"),
        (["{recording}", "--from", "2027-01-01"], "nothing was traded"),
        (["{recording}", "--spec", "{recording}"], "no CryptoStream in it|while"),
    ],
)
def test_what_cannot_be_used_is_named(recording: Path, arguments: list[str], reason: str) -> None:
    result = backtest(*(each.format(recording=recording) if "{r" in each else each for each in arguments))
    assert result.exit_code == 2
    assert re.search(reason, result.stderr), result.stderr


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=60), st.integers(0, 3))
def test_confirmed_alerts_do_not_depend_on_how_often_a_job_looks(batches: list[int], seed: int) -> None:
    panes = market_panes("BTCUSDT", 200, seed=seed, moves={150: 0.01}, live_from=0)
    detectors = build_detectors(
        DetectorSettings.model_validate(dict.fromkeys(("price_spike", "volume_surge", "volatility_burst"), SHORT)),
        DEFAULT_GEOMETRY,
        "default/local",
    )
    ours = {
        t.alert.id: t.alert for t in told_alerts(panes, DEFAULT_GEOMETRY, detectors) if t.alert.state == "confirmed"
    }
    state, position, theirs = new_symbol(panes[:1], DEFAULT_GEOMETRY, {}), 0, {}
    for size in [*batches, len(panes)]:
        batch = panes[position : position + size]
        position += size
        if batch:
            step = advance_symbol(state, batch, DEFAULT_GEOMETRY, detectors)
            state = step.state
            theirs.update({alert.id: alert for alert, _ in step.alerts if alert.state == "confirmed"})
    assert ours == theirs


def test_an_alert_is_told_when_it_first_opened_and_keeps_its_last_form() -> None:
    panes = market_panes("BTCUSDT", 240, moves={180: 0.01}, live_from=0)
    detectors = detectors_of()
    first: dict[str, int] = {}
    for look in looks(panes, DEFAULT_GEOMETRY, detectors):
        for alert in look.alerts:
            first.setdefault(alert.id, look.clock)
    told = told_alerts(panes, DEFAULT_GEOMETRY, detectors)
    assert {each.alert.id: each.told for each in told} == first
    assert any(each.told < each.alert.window_end for each in told)


def alert_of(**event: float) -> Alert:
    _, alerts = folded([*ordinary_windows(30), market_window(30, **event)])  # type: ignore[arg-type]
    return last_of_each(alerts)[-1]


def test_an_explanation_gives_the_numbers_that_the_score_is_made_of() -> None:
    alert = alert_of(log_return=-0.02)
    text = "\n".join(explain(alert))
    assert "the price fell by 1.980%" in text
    assert f"/ {alert.details['scale']:.6g}| = {alert.score:.4g}" in text
    assert f"threshold {alert.threshold:g}" in text
    assert alert.id in text
    by_hand = abs(alert.details["value"] - alert.details["median"]) / alert.details["scale"]
    assert by_hand == pytest.approx(alert.score, rel=1e-6)


def test_volumes_and_volatilities_are_explained_as_multiples_of_the_usual() -> None:
    assert "times the usual volume: 20,000 in quote currency" in "\n".join(explain(alert_of(quote_volume=20_000.0)))
    assert "times the usual volatility: 2.000% over the window" in "\n".join(explain(alert_of(volatility=0.02)))


def test_joint_evidence_is_told_statistic_by_statistic() -> None:
    move = {"seen": 0.02, "usual": 0.0, "scale": 0.004, "distance": 5.0, "counted": 5.0}
    trades = {"seen": math.log(400.5), "usual": math.log(100.5), "scale": 0.1, "distance": 13.82, "counted": 3.0}
    details = {"evidence": {"trades1": trades, "move1": move}, "direction": "up", "peakWindowEnd": 0}
    alert = replace(alert_of(log_return=-0.02), detector="price_jump", details=details, threshold=4.0)
    text = "\n".join(explain(replace(alert, score=5.83)))
    assert text.index("move of the price over a pane: 2.0201%") < text.index(
        "number of trades over a pane: 400 against 100"
    )
    assert "(0.02 - 0) / 0.004 = 5\n" in text
    assert "= 13.82, counts as 3" in text
    assert "sqrt(5^2 + 3^2) = 5.83, 1.46 times the threshold 4" in text
    assert "opened    by the pane" in text


def test_alerts_without_numbers_and_of_unknown_detectors_are_explained_as_far_as_they_go() -> None:
    alert = replace(alert_of(quote_volume=20_000.0), detector="other", price=Decimal(1))
    assert "times the usual" in "\n".join(explain(alert))
    bare = "\n".join(explain(replace(alert, details={}, state="withdrawn", backfilled=True)))
    assert "withdrawn" in bare
    assert "over REST" in bare
    assert "score     " not in bare
