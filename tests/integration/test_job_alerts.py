"""Alerts on their way: open while the window is, confirmed or withdrawn when it closes, sent after commit."""

import json
from pathlib import Path
from typing import Any

import pytest

from cryptostream_local.broker import Broker
from cryptostream_local.topics import create_topics
from cryptostream_model.records import Trade
from cryptostream_model.streams import StreamName
from cryptostream_sql.migrate import migrate
from harness.database import rows, value
from harness.job import RunningJob
from harness.kafka import read_topic
from harness.tape import EPOCH, SECOND, Tape
from harness.verification import verify
from harness.waiting import until

pytestmark = pytest.mark.integration

DETECTORS = json.dumps(
    {
        "price_spike": {"warm_up_windows": 8, "baseline_windows": 20, "cooldown_windows": 2, "threshold": 7},
        **{
            name: {"enabled": False}
            for name in ("volume_surge", "volatility_burst", "price_jump", "trade_surge", "pump_start", "range_burst")
        },
    }
)
STAYS, RETURNS = "BTCUSDT", "ETHUSDT"


def test_an_alert_opens_and_is_confirmed_or_withdrawn(
    broker: Broker, database_url: str, stream: StreamName, workshop: Path
) -> None:
    create_topics(broker.bootstrap, stream, 2)
    migrate(database_url)
    tape = Tape(broker.bootstrap, stream)
    tape.trades((STAYS, RETURNS), start=0, seconds=60)

    def alerts(symbol: str) -> list[tuple[str, bool]]:
        found = rows(
            database_url, "SELECT state, ended IS NOT NULL AS ended FROM crypto_alerts WHERE symbol = %s", symbol
        )
        return [(row["state"], row["ended"]) for row in found]

    with RunningJob(stream, broker.bootstrap, database_url, workshop / stream.name, detectors=DETECTORS) as job:
        job.start().wait_ready()
        until(lambda: value(database_url, "SELECT count(*) FROM crypto_windows") >= 2 * 20, "the baseline")
        assert rows(database_url, "SELECT * FROM crypto_alerts") == []

        tape.write([jump(tape, symbol, 60.5, "110") for symbol in (STAYS, RETURNS)])
        for symbol in (STAYS, RETURNS):
            until(lambda symbol=symbol: alerts(symbol) == [("open", False)], f"an open alert of {symbol}")

        # Back to where the window began, before it closes: it was not a spike after all.
        first = value(
            database_url,
            "SELECT open FROM crypto_panes WHERE symbol = %s AND pane_start = to_timestamp(%s)",
            RETURNS,
            EPOCH // SECOND + 54,
        )
        tape.write([jump(tape, RETURNS, 61.5, f"{first:.4f}")])
        tape.progress((STAYS, RETURNS), at=63.5)
        until(lambda: alerts(STAYS) == [("confirmed", False)], "the confirmation")
        until(lambda: alerts(RETURNS) == [("withdrawn", False)], "the withdrawal")

        tape.trades((STAYS, RETURNS), start=64, seconds=30)
        tape.progress((STAYS, RETURNS), at=110)
        until(lambda: alerts(STAYS)[0] == ("confirmed", True), "the episode's end")
        verify(stream, broker.bootstrap, database_url, detectors=DETECTORS).passed()
        assert value(database_url, "SELECT count(*) FROM crypto_alert_outbox") == 0

    sent = [json.loads(message.value() or b"") for message in read_topic(broker.bootstrap, stream.alerts_topic)]
    spike, returned = (revisions_of_the_first(sent, symbol) for symbol in (STAYS, RETURNS))
    assert spike[0] == ("open", 1)
    assert [revision for _, revision in spike] == list(range(1, len(spike) + 1))
    assert {state for state, _ in spike[1:]} == {"confirmed"}
    assert returned == [("open", 1), ("withdrawn", 2)]


def revisions_of_the_first(sent: list[dict[str, Any]], symbol: str) -> list[tuple[str, int]]:
    """State and revision of each message of the symbol's first alert, in the order of the topic."""
    first = next(alert["id"] for alert in sent if alert["symbol"] == symbol)
    return [(alert["state"], alert["revision"]) for alert in sent if alert["id"] == first]


def jump(tape: Tape, symbol: str, at: float, price: str) -> Trade:
    return tape.trade(symbol, EPOCH + int(at * SECOND), price)
