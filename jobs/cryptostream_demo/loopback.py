"""HTTP to the parts of this machine, past any proxy of the environment."""

import http.client
import urllib.request

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def open_loopback(url: str, timeout: float) -> http.client.HTTPResponse:
    """The answer to a GET, to be closed by the caller; ``timeout`` in seconds.

    Raises urllib.error.HTTPError for a status of 400 and above, OSError when nothing answers.
    """
    answer: http.client.HTTPResponse = _OPENER.open(url, timeout=timeout)
    return answer
