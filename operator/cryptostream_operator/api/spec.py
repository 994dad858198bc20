"""The specification of a CryptoStream: the one source of the CRD, its documentation and the operator's types."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from cryptostream_job.detectors.settings import DetectorSettings
from cryptostream_operator.api.base import Duration, Part
from cryptostream_operator.api.kafka import Kafka, Topic
from cryptostream_operator.api.workloads import Job, Producer, Sink

Exchange = Literal["binance", "coinbase"]
Feed = Literal["aggTrade", "trade", "matches"]
Symbol = Annotated[str, Field(pattern="^([A-Z0-9]{2,30}|[A-Z0-9]{1,20}-[A-Z0-9]{2,20})$", max_length=41)]

FEEDS: Mapping[Exchange, Sequence[Feed]] = MappingProxyType(
    {"binance": ("aggTrade", "trade"), "coinbase": ("matches",)}
)
"""The feeds of each exchange, its default first."""


class Endpoints(Part):
    """Addresses in place of the exchange's own, for a proxy or the simulator."""

    websocket: str | None = Field(
        default=None,
        pattern="^wss?://[!-.0-~][!-~]*$",
        max_length=512,
        description="base URL of the stream, ws:// or wss://",
    )
    rest: str | None = Field(
        default=None,
        pattern="^https?://[!-.0-~][!-~]*$",
        max_length=512,
        description="base URL of REST, http:// or https://",
    )


class CryptoStreamSpec(Part):
    """What is wanted of the stream. Everything but the exchange and the symbols has a default."""

    exchange: Exchange = Field(description="the exchange whose trades are read; immutable")
    symbols: tuple[Symbol, ...] = Field(
        min_length=1,
        max_length=1000,
        description="what is traded, as the exchange writes it: BTCUSDT on binance, BTC-USD on coinbase; each once",
    )
    feed: Feed | None = Field(
        default=None,
        description="which trades are read: aggTrade (default) or trade on binance, matches on coinbase; immutable",
    )
    endpoints: Endpoints = Field(default_factory=Endpoints, description="addresses in place of the exchange's own")

    kafka: Kafka = Field(default_factory=Kafka, description="the Kafka cluster")
    topic: Topic = Field(default_factory=Topic, description="the trades topic and its companions")
    producer: Producer = Field(default_factory=Producer, description="the processes that write trades to Kafka")

    pane: Duration = Field(
        default="10s", description="length of a pane, the unit of aggregation; a change rebuilds what is stored"
    )
    slide: Duration = Field(default="30s", description="distance of windows; a multiple of the pane")
    window: Duration = Field(default="2m", description="length of a window; a multiple of the slide, at most 24h")
    allowed_lateness: Duration = Field(
        default="5s", description="how far behind its symbol's clock a trade may be and still count; at most the window"
    )
    detectors: DetectorSettings = Field(default_factory=DetectorSettings, description="what raises alerts, and when")

    job: Job = Field(default_factory=Job, description="the Spark application")
    sink: Sink = Field(default_factory=Sink, description="the database")

    suspend: bool = Field(default=False, description="stop producers and job, and keep everything that is stored")
    restart_nonce: int = Field(
        default=0, ge=0, description="another number restarts producers and job, without any other change"
    )
    deletion_policy: Literal["Retain", "Delete"] = Field(
        default="Retain",
        description="what becomes of topics, checkpoint and stored rows when the CryptoStream is deleted",
    )

    @property
    def effective_feed(self) -> Feed:
        """The feed that is read: the exchange's first where none is given."""
        return self.feed or FEEDS[self.exchange][0]
