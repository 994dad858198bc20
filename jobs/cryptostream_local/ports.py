"""Free ports on loopback, and waiting for one to answer."""

import socket
import time
from collections.abc import Callable

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A port that nothing listens on now. Another process may take it before it is used."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def preferred_port(port: int) -> int:
    """This port, or a free one where it is taken."""
    with socket.socket() as probe:
        # As servers bind: connections of a former run that are still closing do not count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return free_port()
    return port


def answers(port: int) -> bool:
    """Whether something accepts connections on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((LOOPBACK, port)) == 0


def wait_for_port(port: int, alive: Callable[[], bool], timeout: float) -> None:
    """Wait until a port answers (seconds). Raises TimeoutError, ChildProcessError when ``alive`` turns false."""
    deadline = time.monotonic() + timeout
    while not answers(port):
        if not alive():
            raise ChildProcessError(f"the process that should listen on port {port} has ended")
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing listens on port {port} after {timeout:.0f} s")
        time.sleep(0.05)
