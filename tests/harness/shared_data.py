"""Real market data that may lie beside the repository; the repository holds no copy."""

import os
from pathlib import Path

import pytest

_FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def shared_data(name: str) -> Path:
    """The path of a file under ../shared/data. Where it is absent the test is skipped, or fails when CI=true."""
    path = _FOLDER / name
    if not path.exists():
        reason = f"real data is absent: ../shared/data/{name} beside the repository"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path
