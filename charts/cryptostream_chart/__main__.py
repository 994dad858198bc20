"""``PYTHONPATH=charts python -m cryptostream_chart`` writes the chart's generated files; ``--check`` compares them."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptostream_chart.errors import ChartError
from cryptostream_chart.example import example_as_yaml
from cryptostream_chart.network import read_paths
from cryptostream_chart.readme import with_generated_parts
from cryptostream_chart.rights import rights_as_yaml
from cryptostream_chart.schema import as_json, assembled
from cryptostream_chart.values import read_values

CHART = Path(__file__).resolve().parents[1] / "cryptostream"
_COMMAND = "make generate"


def generated(chart: Path) -> Mapping[str, str]:
    """Contents of the generated files by their paths in the chart. Raises ChartError for what does not fit together."""
    values = read_values(chart / "values.yaml")
    paths = read_paths(chart / "files" / "network-paths.yaml")
    return {
        "values.schema.json": as_json(assembled(values, chart / "schema")),
        "files/operator-rights.yaml": rights_as_yaml(_COMMAND),
        "examples/all-fields.yaml": example_as_yaml(_COMMAND),
        "README.md": with_generated_parts((chart / "README.md").read_text(), values, paths),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files, or say which of them are out of date: 1 when some are, or when the chart contradicts itself."""
    parser = argparse.ArgumentParser(prog="cryptostream_chart", description="write the chart's generated files")
    parser.add_argument("--check", action="store_true", help="write nothing, exit with 1 when a file is out of date")
    parser.add_argument("--chart", type=Path, default=CHART, help="folder of the chart")
    chosen = parser.parse_args(arguments)
    try:
        files = generated(chosen.chart)
    except ChartError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    stale = [name for name, text in files.items() if not _is(chosen.chart / name, text)]
    if chosen.check:
        for name in stale:
            sys.stderr.write(f"{chosen.chart / name} is out of date, run: {_COMMAND}\n")
        return 1 if stale else 0
    for name in stale:
        (chosen.chart / name).write_text(files[name])
    return 0


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text() == text


if __name__ == "__main__":
    sys.exit(main())
