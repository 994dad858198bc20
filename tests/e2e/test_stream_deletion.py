"""A running stream is deleted with its data."""

import pytest

from harness.live_stream import Market
from harness.waiting import until


@pytest.mark.timeout(400, func_only=True)
def test_a_stream_deleted_with_its_data_leaves_neither_rows_nor_claim(market: Market) -> None:
    stream = market.create("leaving", deletionPolicy="Delete")
    stream.wait_for_windows()
    assert stream.world.get()["metadata"]["finalizers"] == ["cryptostream.io/purge"]
    stream.kubectl("delete", "cryptostream", "leaving", "--timeout=180s", timeout=190)
    assert [stream.rows(table) for table in ("crypto_windows", "crypto_panes", "crypto_alerts")] == [0, 0, 0]
    until(lambda: not stream.world.names(), lambda: f"nothing to be left: {stream.world.names()}", 60, 0.5)
    assert "PurgeGaveUp" not in {reason for reason, _ in stream.events()}
    # A given Kafka's topics are its owner's.
    assert f"{market.services.namespace}.leaving.trades" in market.topics()
