"""Settings of the detectors, with their defaults and ranges. JSON keys are the fields in camelCase."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from cryptostream_job.detectors.episode import EpisodeRules

TWO_MINUTES = 120_000_000


class RobustSettings(BaseModel):
    """What every detector with a robust baseline has. Counts are in windows, one for each slide."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    enabled: bool = Field(default=True, description="whether the detector runs")
    threshold: float = Field(gt=0, le=1_000, description="score from which an episode opens, in scales")
    rearm_ratio: float = Field(
        default=0.5, gt=0, le=1, description="share of the threshold below which a window does not belong to an episode"
    )
    scale_floor: float = Field(gt=0, le=10, description="smallest scale, in the unit of the measure")
    baseline_windows: int = Field(default=240, ge=5, le=10_000, description="past windows that make up the baseline")
    warm_up_windows: int = Field(
        default=60, ge=5, le=10_000, description="baseline values needed before anything fires"
    )
    cooldown_windows: int = Field(
        default=10,
        ge=1,
        le=10_000,
        description="windows in a row below the re-arm level after which an episode has ended",
    )
    longest_episode_windows: int = Field(
        default=120, ge=2, le=100_000, description="windows after which a lasting level is taken as the new normal"
    )

    @model_validator(mode="after")
    def _warm_up_fits(self) -> Self:
        if self.warm_up_windows > self.baseline_windows:
            raise ValueError(
                f"warmUpWindows {self.warm_up_windows} must not be above baselineWindows {self.baseline_windows}"
            )
        return self

    @property
    def rules(self) -> EpisodeRules:
        return EpisodeRules(
            self.threshold, self.threshold * self.rearm_ratio, self.cooldown_windows, self.longest_episode_windows
        )


class PriceSpikeSettings(RobustSettings):
    """Price spike: ``scale_floor`` is a log return over two minutes; other lengths scale with the square root."""

    threshold: float = Field(
        default=13.0, gt=0, le=1_000, description="absolute score from which an episode opens, in scales"
    )
    scale_floor: float = Field(
        default=0.0005,
        gt=0,
        le=1,
        description="smallest scale as a log return over two minutes (0.0005 is 5 basis points)",
    )


class VolumeSurgeSettings(RobustSettings):
    """Volume surge: ``scale_floor`` is in natural logarithms of quote volume."""

    threshold: float = Field(default=5.5, gt=0, le=1_000, description="score from which an episode opens, in scales")
    scale_floor: float = Field(
        default=0.35,
        gt=0,
        le=10,
        description="smallest scale in natural logarithms; e^(threshold x floor) is the least factor",
    )


class VolatilityBurstSettings(RobustSettings):
    """Volatility burst: ``scale_floor`` is in natural logarithms of realized volatility."""

    threshold: float = Field(default=6.5, gt=0, le=1_000, description="score from which an episode opens, in scales")
    scale_floor: float = Field(
        default=0.3,
        gt=0,
        le=10,
        description="smallest scale in natural logarithms; e^(threshold x floor) is the least factor",
    )
    quiet_volatility: float = Field(
        default=0.0005,
        gt=0,
        le=1,
        description="volatility over two minutes that counts as none: smaller ones are taken as this",
    )


class EvidenceSettings(BaseModel):
    """What every detector of joint evidence over panes has. Counts are in panes."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    enabled: bool = Field(default=True, description="whether the detector runs")
    threshold: float = Field(gt=0, le=1_000, description="score from which an episode opens, in standard deviations")
    rearm_ratio: float = Field(
        default=0.5, gt=0, le=1, description="share of the threshold below which a pane does not belong to an episode"
    )
    warm_up_panes: int = Field(default=120, ge=10, le=100_000, description="panes seen before anything fires")
    cooldown_panes: int = Field(
        default=30,
        ge=1,
        le=100_000,
        description="panes in a row below the re-arm level after which an episode has ended",
    )

    @property
    def rearm(self) -> float:
        """Score below which a pane does not belong to an episode."""
        return self.threshold * self.rearm_ratio


def _threshold(default: float) -> Any:
    return Field(default=default, gt=0, le=1_000, description=EvidenceSettings.model_fields["threshold"].description)


class PriceJumpSettings(EvidenceSettings):
    """Price jump."""

    threshold: float = _threshold(7.7)


class TradeSurgeSettings(EvidenceSettings):
    """Trade surge: above 8, the most that number or size of trades adds alone, it takes both."""

    threshold: float = _threshold(8.35)


class PumpStartSettings(EvidenceSettings):
    """Pump start."""

    threshold: float = _threshold(7.1)


class RangeBurstSettings(EvidenceSettings):
    """Range burst."""

    threshold: float = _threshold(4.7)


class DetectorSettings(BaseModel):
    """The detectors of a stream."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    price_spike: PriceSpikeSettings = Field(
        default_factory=PriceSpikeSettings, description="prices that jump, up or down"
    )
    volume_surge: VolumeSurgeSettings = Field(
        default_factory=VolumeSurgeSettings, description="volume far above its past"
    )
    volatility_burst: VolatilityBurstSettings = Field(
        default_factory=VolatilityBurstSettings, description="volatility far above its past"
    )
    price_jump: PriceJumpSettings = Field(
        default_factory=PriceJumpSettings, description="prices that leave their last close within a pane"
    )
    trade_surge: TradeSurgeSettings = Field(
        default_factory=TradeSurgeSettings, description="many trades and large ones at once"
    )
    pump_start: PumpStartSettings = Field(
        default_factory=PumpStartSettings, description="many trades on one side that move the price"
    )
    range_burst: RangeBurstSettings = Field(
        default_factory=RangeBurstSettings, description="prices that range further than before"
    )

    @property
    def over_windows(self) -> list[RobustSettings]:
        """Those of the enabled detectors that fold windows."""
        return [each for _, each in self if isinstance(each, RobustSettings) and each.enabled]

    @property
    def over_panes(self) -> list[EvidenceSettings]:
        """Those of the enabled detectors that fold panes."""
        return [each for _, each in self if isinstance(each, EvidenceSettings) and each.enabled]
