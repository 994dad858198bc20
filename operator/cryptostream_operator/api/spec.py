"""The specification of a CryptoStream: the one source of the CRD, its documentation and the operator's types."""

from typing import Annotated, Literal

from pydantic import Field

from cryptostream_job.detectors.settings import DetectorSettings
from cryptostream_operator.api.base import Duration, Part
from cryptostream_operator.api.kafka import Kafka, Topic
from cryptostream_operator.api.workloads import Job, Producer, Sink

Symbol = Annotated[str, Field(pattern="^[A-Z0-9]{2,30}(-[A-Z0-9]{2,30})?$")]


class Endpoints(Part):
    """Addresses in place of the exchange's own, for a proxy or the simulator."""

    websocket: str | None = Field(
        default=None, pattern="^wss?://[^/]", max_length=512, description="ws:// or wss:// base URL"
    )
    rest: str | None = Field(
        default=None, pattern="^https?://[^/]", max_length=512, description="http:// or https:// base URL"
    )


class CryptoStreamSpec(Part):
    """What the user wants. Everything but the exchange and the symbols has a default."""

    exchange: Literal["binance", "coinbase"] = Field(description="the exchange; immutable")
    symbols: tuple[Symbol, ...] = Field(
        min_length=1,
        max_length=1000,
        description="as the exchange writes them: BTCUSDT on Binance, BTC-USD on Coinbase",
    )
    feed: Literal["aggTrade", "trade", "matches"] | None = Field(
        default=None, description="binance: aggTrade (default) or trade; coinbase: matches (default); immutable"
    )
    endpoints: Endpoints = Field(default_factory=Endpoints, description="addresses in place of the exchange's own")

    kafka: Kafka = Field(default_factory=Kafka, description="the Kafka cluster")
    topic: Topic = Field(default_factory=Topic, description="the trades topic and its companions")
    producer: Producer = Field(default_factory=Producer, description="the processes that write trades to Kafka")

    pane: Duration = Field(default="10s", description="length of a pane, the unit of aggregation")
    slide: Duration = Field(default="30s", description="distance of windows; a multiple of the pane")
    window: Duration = Field(default="2m", description="length of a window; a multiple of the slide")
    allowed_lateness: Duration = Field(
        default="5s", description="how far behind its symbol's clock a trade may be and still count"
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
