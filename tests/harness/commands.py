"""Run ``cryptostream`` commands as a user would."""

import os
import subprocess
import sys


def cryptostream(*arguments: str, timeout: float = 120.0, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run a command with CRYPTOSTREAM_* settings given as keyword arguments."""
    base = {name: value for name, value in os.environ.items() if not name.startswith("CRYPTOSTREAM_")}
    return subprocess.run(
        [sys.executable, "-m", "cryptostream_cli.main", *arguments],
        env={**base, **{f"CRYPTOSTREAM_{name.upper()}": str(value) for name, value in settings.items()}},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
