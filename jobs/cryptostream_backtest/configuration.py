"""What is tried on the trades: lengths of panes and windows, and detectors."""

from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import ValidationError

from cryptostream_job.detectors.settings import DetectorSettings
from cryptostream_job.model import Geometry
from cryptostream_model.settings import microseconds, parse_duration
from cryptostream_operator.api.parse import parse_spec

_LENGTHS = ("pane", "slide", "window", "allowed_lateness")
_KIND = "CryptoStream"


@dataclass(frozen=True, slots=True)
class Configuration:
    """Lengths and detectors of a stream, and the name (``namespace/name``) that its alerts' ids are made of."""

    stream: str
    geometry: Geometry
    detectors: DetectorSettings

    @property
    def warm_after(self) -> int:
        """Microseconds of trades that the first detector needs before it can fire; 0 where all are switched off."""
        lengths = self.geometry
        # The window under test overlaps none of the baseline's.
        needed = [
            2 * lengths.window + (each.warm_up_windows - 1) * lengths.slide for each in self.detectors.over_windows
        ]
        needed += [(each.warm_up_panes + 1) * lengths.pane for each in self.detectors.over_panes]
        return min(needed, default=0)


DEFAULT_GEOMETRY = Geometry(pane=10_000_000, slide=30_000_000, window=120_000_000, allowed_lateness=5_000_000)


def read_manifest(path: Path) -> Configuration:
    """The configuration of the first CryptoStream in a file of YAML documents.

    Raises OSError, and ValueError naming what is wrong in the file.
    """
    try:
        documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: {' '.join(str(error).split())}") from None
    resource = next((each for each in documents if isinstance(each, dict) and each.get("kind") == _KIND), None)
    if resource is None:
        raise ValueError(f"{path}: no {_KIND} in it")
    try:
        spec = parse_spec(resource)
        geometry = Geometry(*(_length(getattr(spec, name)) for name in _LENGTHS))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    metadata = resource.get("metadata") or {}
    name = f"{metadata.get('namespace', 'default')}/{metadata.get('name', 'backtest')}"
    return Configuration(name, geometry, spec.detectors)


def with_detectors(configuration: Configuration, text: str) -> Configuration:
    """The same with the detectors that a JSON text describes. Raises ValueError."""
    try:
        detectors = DetectorSettings.model_validate_json(text)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise ValueError(f"--detectors: {problems}") from None
    return Configuration(configuration.stream, configuration.geometry, detectors)


def _length(text: object) -> int:
    return microseconds(parse_duration(str(text)))
