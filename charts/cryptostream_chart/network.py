"""The table of allowed network paths, from which the NetworkPolicies are rendered."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cryptostream_chart.errors import ChartError


@dataclass(frozen=True, slots=True)
class NetworkPath:
    """Who may connect to whom, and what for. Ends are names of the file's own ``ends``."""

    source: str
    target: str
    ports: str
    reason: str


def read_paths(file: Path) -> Sequence[NetworkPath]:
    """The paths in the file's order. Raises ChartError for an end that the file does not explain."""
    if not file.is_file():
        return ()
    content: dict[str, Any] = yaml.safe_load(file.read_text())
    ends = content["ends"]
    found = []
    for path in content["paths"]:
        for end in (path["from"], path["to"]):
            if end not in ends:
                raise ChartError(f"{file}: a path names {end}, which is none of the ends {', '.join(ends)}")
        ports = ", ".join(content["ports"].get(port, str(port)) for port in path["ports"])
        found.append(NetworkPath(ends[path["from"]]["title"], ends[path["to"]]["title"], ports, path["reason"]))
    return found
