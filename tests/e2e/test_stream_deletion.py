"""A running stream raises alerts, and is deleted with its data."""

import pytest

from harness.live_stream import Market
from harness.waiting import until

# Short baselines, of which a stream's first minute of history fills enough.
EAGER = {"volumeSurge": {"threshold": 3, "baselineWindows": 30, "warmUpWindows": 8, "cooldownWindows": 2}}


@pytest.mark.timeout(400, func_only=True)
def test_a_stream_stores_and_publishes_its_alerts_and_leaves_neither_rows_nor_claim(market: Market) -> None:
    symbols = ["BTCUSDT", "SOLUSDT"]
    stream = market.create("leaving", deletionPolicy="Delete", symbols=symbols, detectors=EAGER)
    stream.wait_for_windows()
    surges = "symbol = 'SOLUSDT' AND detector = 'volume_surge' AND state = 'confirmed' AND NOT backfilled"
    until(lambda: stream.rows("crypto_alerts", surges), lambda: f"an alert: {stream.describe()}", 120, 1)
    until(
        lambda: any(
            (alert["symbol"], alert["detector"], alert["state"]) == ("SOLUSDT", "volume_surge", "confirmed")
            for alert in stream.alerts()
        ),
        lambda: f"its record: {stream.alerts()}",
        30,
        1,
    )
    assert all(stream.rows("crypto_alerts", f"id = '{alert['id']}'") == 1 for alert in stream.alerts())
    assert stream.world.get()["metadata"]["finalizers"] == ["cryptostream.io/purge"]
    stream.kubectl("delete", "cryptostream", "leaving", "--timeout=180s", timeout=190)
    assert [stream.rows(table) for table in ("crypto_windows", "crypto_panes", "crypto_alerts")] == [0, 0, 0]
    until(lambda: not stream.world.names(), lambda: f"nothing to be left: {stream.world.names()}", 60, 0.5)
    assert "PurgeGaveUp" not in {reason for reason, _ in stream.events()}
    # A given Kafka's topics are its owner's.
    assert f"{market.services.namespace}.leaving.trades" in market.topics()
