"""The producer's settings, CRYPTOSTREAM_* variables."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator
from pydantic_settings import NoDecode

from cryptostream_model.settings import Duration, KafkaSettings
from cryptostream_model.streams import partition_of, shard_of
from cryptostream_producer.exchanges import EXCHANGES
from cryptostream_producer.exchanges.base import Exchange

_OWN_SHARE = 2 / 3
_FEEDS = "; ".join(f"{name}: {' or '.join(exchange.feeds)}" for name, exchange in EXCHANGES.items())


def _symbol_list(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return tuple(dict.fromkeys(symbol.strip().upper() for symbol in value.split(",") if symbol.strip()))


def _exchange_name(value: Any) -> Any:
    if value not in EXCHANGES:
        raise ValueError(f"must be one of: {', '.join(sorted(EXCHANGES))}")
    return value


Symbols = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_symbol_list), Field(min_length=1)]
PositiveDuration = Annotated[Duration, Field(gt=timedelta(0))]


class ProducerSettings(KafkaSettings):
    """What one producer process needs to know."""

    exchange: Annotated[str, BeforeValidator(_exchange_name)] = Field(
        "binance", description=f"name of the exchange: {' or '.join(EXCHANGES)}"
    )
    symbols: Symbols = Field(
        description="comma-separated symbols as the exchange writes them, for example BTCUSDT,ETHUSDT"
    )
    feed: str = Field("", validate_default=True, description=f"{_FEEDS}; the exchange's first by default")
    websocket_url: str | None = Field(
        None, pattern="^wss?://[^/]", description="ws:// or wss:// base URL; the exchange's own by default"
    )
    rest_url: str | None = Field(
        None, pattern="^https?://[^/]", description="http:// or https:// base URL; the exchange's own by default"
    )

    partitions: int = Field(4, ge=1, le=10_000, description="partitions of the trades topic; may never change")
    shards: int = Field(1, ge=1, description="number of producer processes that share the symbols")
    shard: int = Field(0, ge=0, description="this process's shard, from 0 to shards - 1")

    start_from: Duration = Field(
        timedelta(hours=1),
        ge=timedelta(0),
        description="history fetched before a symbol's first live trade; 0s for none",
    )
    max_heal: PositiveDuration = Field(timedelta(hours=6), description="oldest missing trades that are still fetched")
    heal_delay: Duration = Field(
        timedelta(milliseconds=100), ge=timedelta(0), description="how long a missing id may still arrive by itself"
    )
    heal_attempts: int = Field(
        8, ge=1, le=100, description="answers lacking an id after which it counts as not to be had"
    )
    heal_retry: PositiveDuration = Field(timedelta(milliseconds=500), description="first delay between such answers")
    heal_retry_cap: PositiveDuration = Field(timedelta(seconds=10), description="longest delay between REST tries")
    heal_workers: int = Field(4, ge=1, le=64, description="REST requests under way at once")
    rest_timeout: PositiveDuration = Field(timedelta(seconds=10), description="longest wait for a REST answer")
    rest_weight_per_minute: int | None = Field(
        None,
        ge=60,
        description="request weight this process may use; by default its shard's part of two thirds of what an IP "
        "address is allowed",
    )

    commit_interval: PositiveDuration = Field(
        timedelta(milliseconds=50), description="longest time that a transaction stays open"
    )
    transaction_timeout: Duration = Field(
        timedelta(seconds=10), ge=timedelta(seconds=1), le=timedelta(minutes=15), description="1s to 15m"
    )
    transaction_records: int = Field(10_000, ge=1, description="most records in a transaction")
    queue_size: int = Field(40_000, ge=100, description="live trades waiting for Kafka, over all partitions")
    held_size: int = Field(40_000, ge=100, description="live trades held behind a gap, over all partitions")

    rotate_after: PositiveDuration = Field(timedelta(hours=23), description="age at which a connection is replaced")
    silence_timeout: PositiveDuration = Field(
        timedelta(seconds=15), description="silence after which a connection is replaced"
    )
    connect_timeout: PositiveDuration = Field(timedelta(seconds=10), description="longest wait for a connection")
    reconnect_cap: PositiveDuration = Field(timedelta(seconds=30), description="longest delay between connections")
    connection_attempts: int = Field(
        60,
        ge=1,
        le=300,
        description="connections opened in 5 minutes; an exchange may allow an IP address no more than 300",
    )
    progress_interval: PositiveDuration = Field(
        timedelta(seconds=1), description="quiet time after which a symbol's progress is written"
    )
    progress_settle: Duration = Field(
        timedelta(milliseconds=250), ge=timedelta(0), description="how long a trade may take to reach the stream"
    )

    metrics_port: int = Field(
        8080, ge=0, le=65_535, description="port of /metrics, /healthz, /readyz; 0 for a free one"
    )
    state_directory: Path | None = Field(None, description="directory for the marker that this process was fenced")

    @field_validator("symbols")
    @classmethod
    def _as_the_exchange_writes_them(cls, symbols: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        exchange = EXCHANGES.get(info.data.get("exchange", ""))
        if exchange is None:
            return symbols
        for symbol in symbols:
            if exchange.symbol_pattern.fullmatch(symbol) is None:
                raise ValueError(f"{symbol!r} is not a symbol of {exchange.name}: {exchange.symbol_form}")
        return symbols

    @field_validator("feed")
    @classmethod
    def _of_the_exchange(cls, feed: str, info: ValidationInfo) -> str:
        exchange = EXCHANGES.get(info.data.get("exchange", ""))
        if exchange is None:
            return feed
        if feed and feed not in exchange.feeds:
            raise ValueError(f"{exchange.name} has {', '.join(exchange.feeds)}")
        return feed or exchange.feeds[0]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.shard >= self.shards:
            raise ValueError(
                f"CRYPTOSTREAM_SHARD = {self.shard}: must be less than CRYPTOSTREAM_SHARDS = {self.shards}"
            )
        streams = sum(len(symbols) for symbols in self.symbols_by_partition.values())
        allowed = self.market.limits.streams_per_connection
        if streams > allowed:
            raise ValueError(
                f"CRYPTOSTREAM_SHARDS = {self.shards}: shard {self.shard} has {streams} symbols, "
                f"a connection carries {allowed}; use more shards"
            )
        return self

    @property
    def market(self) -> Exchange:
        return EXCHANGES[self.exchange]

    @property
    def rest_share(self) -> int:
        """Request weight a minute that this process may use: shards may well have one address in common."""
        return self.rest_weight_per_minute or max(1, self.rest_total // self.shards)

    @property
    def rest_total(self) -> int:
        """Request weight a minute above which this process keeps still, whoever uses it behind the same address."""
        total = int(self.market.limits.rest_weight_per_minute * _OWN_SHARE)
        return max(total, self.rest_weight_per_minute or 0)

    @property
    def symbols_by_partition(self) -> dict[int, tuple[str, ...]]:
        """The partitions that this shard writes, each with its symbols; a partition without symbols is left out."""
        assigned: dict[int, list[str]] = {}
        for symbol in self.symbols:
            partition = partition_of(symbol, self.partitions)
            if shard_of(partition, self.shards) == self.shard:
                assigned.setdefault(partition, []).append(symbol)
        return {partition: tuple(symbols) for partition, symbols in sorted(assigned.items())}
