"""Asking a part whether it is ready."""

import urllib.error

from cryptostream_demo.loopback import open_loopback
from cryptostream_local.ports import LOOPBACK


def unreadiness(port: int) -> str | None:
    """What /readyz says is missing; None when the part is ready."""
    try:
        with open_loopback(f"http://{LOOPBACK}:{port}/readyz", 2):
            return None
    except urllib.error.HTTPError as error:
        return str(error.read().decode(errors="replace")).strip().splitlines()[0]
    except (OSError, ValueError, IndexError):
        return "starting"
