"""Asking a part whether it is ready."""

import urllib.error
import urllib.request

from cryptostream_local.ports import LOOPBACK

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def unreadiness(port: int) -> str | None:
    """What /readyz says is missing; None when the part is ready."""
    try:
        with _OPENER.open(f"http://{LOOPBACK}:{port}/readyz", timeout=2):
            return None
    except urllib.error.HTTPError as error:
        return str(error.read().decode(errors="replace")).strip().splitlines()[0]
    except (OSError, ValueError, IndexError):
        return "starting"
