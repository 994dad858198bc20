"""What the machine has to spare: processors, memory, disk, ports."""

import shutil
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptostream_cluster.tools import Engine

GIB = 2**30
LEAST_CPUS = 2
LEAST_MEMORY = 7 * GIB
"""Of the container engine: what one stream with Kafka, TimescaleDB, Grafana and Spark requests, and Kubernetes."""
LEAST_DISK = 20 * GIB


def engine_problems(engine: Engine) -> Iterator[str]:
    """Too few processors or too little memory for the containers, with the remedy."""
    if engine.cpus < LEAST_CPUS:
        yield f"{engine.name} may use {engine.cpus} CPU, needed are {LEAST_CPUS}: give it more in its settings"
    if engine.memory < LEAST_MEMORY:
        has, needs = engine.memory / GIB, LEAST_MEMORY // GIB
        yield f"{engine.name} may use {has:.1f} GiB of memory, needed are {needs} GiB: give it more in its settings"


def shortages(meminfo: Path = Path("/proc/meminfo"), disk: Path = Path("/")) -> Iterator[str]:
    """What is short just now but may do: things to be told, not to stop for."""
    available = available_memory(meminfo.read_text()) if meminfo.is_file() else None
    if available is not None and available < LEAST_MEMORY:
        yield f"{available / GIB:.1f} GiB of memory are free, {LEAST_MEMORY // GIB} GiB will be used: close something"
    free = shutil.disk_usage(disk).free
    if free < LEAST_DISK:
        yield f"{free / GIB:.0f} GiB of disk are free, images and volumes take up to {LEAST_DISK // GIB} GiB"


def taken_ports(ports: Sequence[int]) -> list[int]:
    """Those of the ports on which something listens on 127.0.0.1."""
    return [port for port in ports if _listens(port)]


def available_memory(meminfo: str) -> int | None:
    """Bytes that Linux can give to new programs; None where it does not tell."""
    for line in meminfo.splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
