"""Where downloaded tools are kept."""

import os
from pathlib import Path


def cache_directory() -> Path:
    """Jars and wrappers: CRYPTOSTREAM_CACHE, else ``.cache`` of the checkout, else of the user."""
    if configured := os.environ.get("CRYPTOSTREAM_CACHE"):
        return Path(configured)
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").exists():
        return checkout / ".cache"
    return Path.home() / ".cache" / "cryptostream"
