"""Backtests over the panes that a job has stored, and explanations of its alerts."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cryptostream_cli.main import app
from cryptostream_job.detectors.settings import DetectorSettings
from cryptostream_model.streams import StreamName
from harness.database import rows
from harness.stored_market import WARM, market_panes, store_market

pytestmark = pytest.mark.integration

SAME_AS_STORED = DetectorSettings.model_validate(WARM).model_dump_json(by_alias=True)


def run(url: str, stream: StreamName, *arguments: str) -> Result:
    environment = {
        "CRYPTOSTREAM_NAMESPACE": stream.namespace,
        "CRYPTOSTREAM_NAME": stream.name,
        "CRYPTOSTREAM_DATABASE_URL": url,
    }
    return CliRunner().invoke(app, list(arguments), env=environment)


def test_the_detectors_of_the_job_find_its_confirmed_alerts_again(database_url: str, stream: StreamName) -> None:
    store_market(database_url, stream, market_panes("BTCUSDT", 300, moves={220: 0.01}, live_from=0))
    stored: list[dict[str, Any]] = rows(
        database_url, "SELECT id, detector, score, window_end FROM crypto_alerts WHERE state = 'confirmed'"
    )
    assert stored
    result = run(database_url, stream, "backtest", "--detectors", SAME_AS_STORED, "--json")
    assert result.exit_code == 0, result.output
    found = [alert for alert in json.loads(result.stdout)["alerts"] if alert["state"] == "confirmed"]
    assert {(alert["detector"], alert["score"]) for alert in found} == {
        (alert["detector"], alert["score"]) for alert in stored
    }


def test_a_stored_alert_is_explained_by_the_beginning_of_its_id(database_url: str, stream: StreamName) -> None:
    store_market(database_url, stream, market_panes("BTCUSDT", 300, moves={220: 0.01}, live_from=0))
    identity = rows(database_url, "SELECT id FROM crypto_alerts WHERE detector = 'price_spike'")[0]["id"]
    result = run(database_url, stream, "explain", identity[:10])
    assert result.exit_code == 0, result.output
    assert identity in result.stdout
    assert "the price rose by" in result.stdout
    for unknown, reason in (("0000ffff00", "no alert"), ("xyz", "is no id")):
        refused = run(database_url, stream, "explain", unknown)
        assert (refused.exit_code, reason in refused.stderr) == (2, True)


def test_panes_of_another_length_and_absent_symbols_are_refused(database_url: str, stream: StreamName) -> None:
    store_market(database_url, stream, market_panes("BTCUSDT", 60, live_from=0))
    absent = run(database_url, stream, "backtest", "--symbols", "ETHUSDT")
    assert (absent.exit_code, "no panes of ETHUSDT" in absent.stderr) == (2, True)
