"""Settings of the simulator, read from CRYPTOSTREAM_SIMULATOR_* variables."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cryptostream_model.logs import LogFormat
from cryptostream_model.settings import Duration, SettingsError
from cryptostream_simulator.events import MarketEvent, parse_event
from cryptostream_simulator.faces.wires import DEFAULT, WIRES
from cryptostream_simulator.symbols import SymbolSpec, parse_symbols

ENV_PREFIX = "CRYPTOSTREAM_SIMULATOR_"


def _exchange_name(value: Any) -> Any:
    if value is not None and value not in WIRES:
        raise ValueError(f"must be one of: {', '.join(WIRES)}")
    return value


def _symbols(value: Any) -> Any:
    return parse_symbols(value) if isinstance(value, str) else value


def _names(value: Any) -> Any:
    names = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    return tuple(name for name in names if name) or None if names is not None else None


def _events(value: Any) -> Any:
    parts = value.split(",") if isinstance(value, str) else value
    return tuple(parse_event(part) if isinstance(part, str) else part for part in parts if part)


class SimulatorSettings(BaseSettings):
    """Everything that can be set. Durations of the market are in exchange time, those of connections and limits in
    real time."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, extra="ignore")

    host: str = Field("127.0.0.1", min_length=1, description="address to listen on")
    port: int = Field(9443, ge=0, le=65535, description="port to listen on, 0 takes a free one")
    log_format: LogFormat = Field("json", description="json or text")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING or ERROR")

    exchange: Annotated[str | None, BeforeValidator(_exchange_name)] = Field(
        None, description=f"whose protocol is spoken: {' or '.join(WIRES)}; default: a recording's own, else {DEFAULT}"
    )
    symbols: Annotated[tuple[SymbolSpec, ...], NoDecode, BeforeValidator(_symbols)] = Field(
        default_factory=lambda given: parse_symbols(WIRES[given.get("exchange") or DEFAULT].default_symbols),
        description="NAME[:RATE][:halted[@OFFSET]],... with RATE in trades a second",
    )
    seed: int = Field(1, ge=0, description="the same seed, symbols, events and history give the same tape")
    origin: datetime | None = Field(
        None, description="exchange time of the live start, ISO 8601; default: the host's now"
    )
    resume: bool = Field(
        False, description="run since the origin: a simulator that starts again goes on at the time it would have"
    )
    speed: float = Field(1.0, gt=0, le=10_000, description="exchange seconds a real second")
    history: Duration = Field("2h", validate_default=True, description="how long before the live start the tape begins")
    pane: Duration = Field("10s", validate_default=True, description="the pane that sizes of price events refer to")
    burstiness: float = Field(1.0, ge=0, le=3, description="spread of the rate of trades; 0 for Poisson arrivals")
    backdated_share: float = Field(
        0.0, ge=0, le=1, description="share of trades that carry a time before their publication"
    )
    backdated_by: Duration = Field("0s", validate_default=True, description="how far back at most")

    events: Annotated[tuple[MarketEvent, ...], NoDecode, BeforeValidator(_events)] = Field(
        (), description="SYMBOL:TYPE@OFFSET[:SIZE[:DURATION]],... with OFFSET from the live start"
    )
    events_per_hour: float = Field(0.0, ge=0, le=12, description="events drawn from the seed, per symbol and hour")

    tape: Path | None = Field(None, description="recording to serve instead of a synthetic tape")
    tape_symbols: Annotated[tuple[str, ...] | None, NoDecode, BeforeValidator(_names)] = Field(
        None, description="symbols of the recording to serve, comma-separated; default: all"
    )
    loop: bool = Field(False, description="play the recording again and again, ids and times going on")
    original_times: bool = Field(
        False, description="keep the recording's times instead of moving them to the live start"
    )
    lead_in: Duration = Field(
        "2s", validate_default=True, description="exchange time from the live start to a recording's first trade"
    )

    tick: Duration = Field("5ms", validate_default=True, description="real time between two batches of stream events")
    ping_interval: Duration = Field("20s", validate_default=True, description="between two pings of the server")
    pong_timeout: Duration = Field(
        "60s", validate_default=True, description="a client that sends no pong for so long is cut"
    )
    connection_life: Duration = Field("24h", validate_default=True, description="longest life of a connection")
    streams_per_connection: int = Field(1024, ge=1, description="streams a connection may subscribe to")
    messages_per_second: int | None = Field(
        None, ge=1, description="messages, pings and pongs a client may send a second; default: the exchange's limit"
    )
    connection_attempts: int | None = Field(
        None, ge=1, description="connections an address may open in five minutes; default: the exchange's limit"
    )
    send_buffer: int = Field(64 * 1024 * 1024, ge=65536, description="unsent bytes at which a slow client is cut")
    weight_limit: int | None = Field(
        None, ge=1, description="REST weight an address may use a minute; default: the exchange's limit"
    )
    ban_after: int = Field(20, ge=1, description="REST calls in spite of a 429 that lead to a 418")
    ban: Duration = Field("2m", validate_default=True, description="how long a 418 lasts")
    rest_lag: Duration = Field("0s", validate_default=True, description="exchange time that REST is behind the stream")

    @field_validator("symbols")
    @classmethod
    def _as_the_exchange_writes_them(
        cls, symbols: tuple[SymbolSpec, ...], info: ValidationInfo
    ) -> tuple[SymbolSpec, ...]:
        wire = WIRES[info.data.get("exchange") or DEFAULT]
        for spec in symbols:
            if wire.symbol_pattern.fullmatch(spec.name) is None:
                raise ValueError(f"{spec.name!r} is not a symbol of {wire.name}: {wire.symbol_form}")
        return symbols

    @field_validator("origin")
    @classmethod
    def _in_utc(cls, origin: datetime | None) -> datetime | None:
        return origin.replace(tzinfo=UTC) if origin is not None and origin.tzinfo is None else origin

    @field_validator("history")
    @classmethod
    def _whole_seconds(cls, history: Any) -> Any:
        if history.microseconds or history.total_seconds() < 0:
            raise ValueError("write whole seconds")
        return history

    @field_validator("events")
    @classmethod
    def _of_listed_symbols(cls, events: tuple[MarketEvent, ...], info: Any) -> tuple[MarketEvent, ...]:
        listed = {spec.name for spec in info.data.get("symbols", ())}
        if listed and (unknown := sorted({event.symbol for event in events} - listed)):
            raise ValueError(f"symbols that are not traded: {', '.join(unknown)}")
        return events

    @model_validator(mode="after")
    def _recording_as_it_is(self) -> Self:
        if self.tape is not None and (self.events or self.events_per_hour):
            raise ValueError("events cannot be put into a recording: leave out either TAPE or EVENTS")
        return self

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Read the environment; overrides win. Raises SettingsError with one line per wrong variable."""
        try:
            return cls(**overrides)
        except ValidationError as error:
            raise SettingsError("\n".join(_describe(problem) for problem in error.errors())) from None


def _describe(problem: Any) -> str:
    name = str(problem["loc"][0]) if problem["loc"] else "settings"
    field = SimulatorSettings.model_fields.get(name)
    allowed = f" ({field.description})" if field is not None and field.description else ""
    value = f"{ENV_PREFIX}{name.upper()} = {problem.get('input')!r}: " if problem["loc"] else ""
    return f"{value}{problem['msg'].removeprefix('Value error, ')}{allowed}"
