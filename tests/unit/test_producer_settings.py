"""The producer's settings and what is said about wrong ones."""

import pytest

from cryptostream_model.settings import SettingsError
from cryptostream_model.streams import partition_of
from cryptostream_producer.settings import ProducerSettings


@pytest.fixture(autouse=True)
def _only_these_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYPTOSTREAM_SYMBOLS", "BTCUSDT")


def test_one_list_of_symbols_is_enough_and_leads_to_binance() -> None:
    settings = ProducerSettings.load()
    assert settings.symbols == ("BTCUSDT",)
    assert settings.market.default_websocket_url(settings.feed) == "wss://data-stream.binance.vision"
    assert settings.market.default_rest_url(settings.feed) == "https://data-api.binance.vision"


def test_symbols_are_upper_cased_and_listed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYPTOSTREAM_SYMBOLS", "btcusdt, ETHUSDT ,BTCUSDT,")
    assert ProducerSettings.load().symbols == ("BTCUSDT", "ETHUSDT")


def test_every_symbol_belongs_to_exactly_one_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    symbols = [f"S{number}USDT" for number in range(50)]
    monkeypatch.setenv("CRYPTOSTREAM_SYMBOLS", ",".join(symbols))
    written: list[str] = []
    for shard in range(3):
        assigned = ProducerSettings.load(partitions=7, shards=3, shard=shard).symbols_by_partition
        for partition, names in assigned.items():
            assert partition % 3 == shard
            assert all(partition_of(name, 7) == partition for name in names)
            written += names
    assert sorted(written) == sorted(symbols)


def test_another_exchange_brings_its_own_symbols_feed_and_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYPTOSTREAM_EXCHANGE", "coinbase")
    monkeypatch.setenv("CRYPTOSTREAM_SYMBOLS", "btc-usd,ETH-USD")
    settings = ProducerSettings.load()
    assert settings.symbols == ("BTC-USD", "ETH-USD")
    assert settings.feed == "matches"
    assert settings.market.default_websocket_url(settings.feed) == "wss://ws-feed.exchange.coinbase.com"
    assert settings.market.default_rest_url(settings.feed) == "https://api.exchange.coinbase.com"
    assert settings.rest_share == 400


def test_what_belongs_to_one_exchange_is_wrong_at_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYPTOSTREAM_EXCHANGE", "coinbase")
    with pytest.raises(SettingsError, match=r"'BTCUSDT' is not a symbol of coinbase: .* as in BTC-USD"):
        ProducerSettings.load()
    monkeypatch.setenv("CRYPTOSTREAM_SYMBOLS", "BTC-USD")
    with pytest.raises(SettingsError, match=r"CRYPTOSTREAM_FEED = 'aggTrade'.* coinbase has matches"):
        ProducerSettings.load(feed="aggTrade")


def test_two_thirds_of_an_exchanges_limit_are_used_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ProducerSettings.load().rest_share == 4000
    assert ProducerSettings.load(rest_weight_per_minute=123).rest_share == 123


def test_shards_share_what_an_address_is_allowed() -> None:
    def share(shards: int, exchange: str = "binance", **given: int) -> ProducerSettings:
        symbol = "BTC-USD" if exchange == "coinbase" else "BTCUSDT"
        return ProducerSettings.load(
            partitions=256, shards=shards, shard=0, exchange=exchange, symbols=(symbol,), **given
        )

    assert [share(shards).rest_share for shards in (1, 4, 256)] == [4000, 1000, 15]
    assert [share(shards, "coinbase").rest_share for shards in (1, 4, 256)] == [400, 100, 1]
    assert share(4).rest_total == 4000, "of what the exchange counts, each sees the others' part too"
    assert share(4, rest_weight_per_minute=5000).rest_total == 5000


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SYMBOLS", "BTC-USDT", ["CRYPTOSTREAM_SYMBOLS", "BTC-USDT", "is not a symbol", "as in BTCUSDT"]),
        ("SYMBOLS", ",", ["CRYPTOSTREAM_SYMBOLS"]),
        ("EXCHANGE", "mtgox", ["CRYPTOSTREAM_EXCHANGE", "mtgox", "binance"]),
        ("FEED", "depth", ["CRYPTOSTREAM_FEED", "depth", "aggTrade, trade"]),
        ("PARTITIONS", "0", ["CRYPTOSTREAM_PARTITIONS", "'0'"]),
        ("SHARD", "1", ["CRYPTOSTREAM_SHARD = 1", "CRYPTOSTREAM_SHARDS = 1"]),
        ("START_FROM", "yesterday", ["CRYPTOSTREAM_START_FROM", "yesterday", "1h"]),
        ("START_FROM", "-1h", ["CRYPTOSTREAM_START_FROM"]),
        ("MAX_HEAL", "0s", ["CRYPTOSTREAM_MAX_HEAL"]),
        ("TRANSACTION_TIMEOUT", "1h", ["CRYPTOSTREAM_TRANSACTION_TIMEOUT", "1s to 15m"]),
        ("WEBSOCKET_URL", "https://example.com", ["CRYPTOSTREAM_WEBSOCKET_URL", "ws://"]),
        ("REST_URL", "example.com", ["CRYPTOSTREAM_REST_URL", "https://"]),
        ("METRICS_PORT", "99999", ["CRYPTOSTREAM_METRICS_PORT", "99999"]),
    ],
)
def test_a_wrong_setting_is_named_with_its_value_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: list[str]
) -> None:
    monkeypatch.setenv(f"CRYPTOSTREAM_{variable}", value)
    with pytest.raises(SettingsError) as caught:
        ProducerSettings.load()
    for words in said:
        assert words in str(caught.value)


def test_no_symbols_at_all_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRYPTOSTREAM_SYMBOLS")
    with pytest.raises(SettingsError, match="CRYPTOSTREAM_SYMBOLS"):
        ProducerSettings.load()


def test_more_symbols_than_a_connection_carries_need_more_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYPTOSTREAM_SYMBOLS", ",".join(f"S{number}USDT" for number in range(1025)))
    with pytest.raises(SettingsError, match="use more shards"):
        ProducerSettings.load(partitions=8)
    ProducerSettings.load(partitions=8, shards=2)
