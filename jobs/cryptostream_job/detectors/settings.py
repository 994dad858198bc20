"""Settings of the detectors, with their defaults and ranges. JSON keys are the fields in camelCase."""

from typing import Self

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
        default=7.0, gt=0, le=1_000, description="absolute score from which an episode opens, in scales"
    )
    scale_floor: float = Field(
        default=0.0005,
        gt=0,
        le=1,
        description="smallest scale as a log return over two minutes (0.0005 is 5 basis points)",
    )


class VolumeSurgeSettings(RobustSettings):
    """Volume surge: ``scale_floor`` is in natural logarithms of quote volume."""

    threshold: float = Field(default=4.0, gt=0, le=1_000, description="score from which an episode opens, in scales")
    scale_floor: float = Field(
        default=0.35,
        gt=0,
        le=10,
        description="smallest scale in natural logarithms; e^(threshold x floor) is the least factor",
    )


class VolatilityBurstSettings(RobustSettings):
    """Volatility burst: ``scale_floor`` is in natural logarithms of realized volatility."""

    threshold: float = Field(default=4.5, gt=0, le=1_000, description="score from which an episode opens, in scales")
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
