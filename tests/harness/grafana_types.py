"""Dashboards against the types that are published with the pinned Grafana (tests/grafana)."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.node_packages import installed, node

_SOURCE = Path(__file__).resolve().parents[1] / "grafana"


def pinned_version() -> str:
    """The version of Grafana that the types are of."""
    return str(json.loads((_SOURCE / "package.json").read_text())["dependencies"]["@grafana/schema"])


def type_errors(dashboards: Mapping[str, dict[str, Any]], scratch: Path) -> list[str]:
    """What TypeScript has to say against the dashboards, by their names; nothing when all fit. Takes some seconds."""
    packages = installed(_SOURCE)
    (scratch / "node_modules").symlink_to(packages / "node_modules")
    for name in ("model.ts", "tsconfig.json"):
        (scratch / name).write_text((packages / name).read_text())
    for name, dashboard in dashboards.items():
        text = json.dumps(dashboard, indent=2)
        (scratch / f"{name}.ts").write_text(
            f"import type {{ Dashboard }} from './model';\nexport const dashboard: Dashboard = {text};\n"
        )
    compiler = scratch / "node_modules" / "typescript" / "bin" / "tsc"
    result = subprocess.run(
        [str(node()), str(compiler), "--pretty", "false", "--project", "."],
        cwd=scratch,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if result.returncode and not result.stdout:
        raise RuntimeError(f"the TypeScript compiler did not run: {result.stderr}")
    return result.stdout.splitlines()


if __name__ == "__main__":
    try:
        installed(_SOURCE)
    except RuntimeError as error:
        sys.exit(str(error))
