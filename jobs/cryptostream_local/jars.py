"""The Kafka broker's and the Spark connector's jars: resolved by Ivy, pinned and checked by SHA-256.

``jars.lock`` beside this file lists every jar of every set with its digest; nothing is used that is not in it.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyspark

from cryptostream_local.java import JavaMissingError, java_environment, java_home
from cryptostream_local.locations import cache_directory

KAFKA = "4.3.1"
SPARK = "4.2.0"
SCALA = "2.13"
LOCK = Path(__file__).with_name("jars.lock")
# Already part of pyspark.
_PROVIDED_BY_PYSPARK = "hadoop-client-"

_IVY = f"""<ivy-module version="2.0">
  <info organisation="io.cryptostream" module="jars"/>
  <configurations><conf name="broker"/><conf name="spark"/></configurations>
  <dependencies>
    <dependency org="org.apache.kafka" name="kafka_{SCALA}" rev="{KAFKA}" conf="broker->default"/>
    <dependency org="org.apache.spark" name="spark-sql-kafka-0-10_{SCALA}" rev="{SPARK}" conf="spark->default">
      <exclude org="org.apache.hadoop"/>
    </dependency>
  </dependencies>
</ivy-module>
"""


class JarError(RuntimeError):
    """Jars that cannot be had or are not the ones that were locked."""


@dataclass(frozen=True, slots=True)
class JarSource:
    """Sets of jars that are resolved together: Ivy's module, which has a configuration for each set, and their lock."""

    sets: tuple[str, ...]
    ivy: str
    lock: Path


PIPELINE = JarSource(("broker", "spark"), _IVY, LOCK)


def jars(jar_set: str, source: JarSource = PIPELINE) -> list[Path]:
    """The checked jars of a set, downloaded on first use. Raises JarError."""
    locked = read_lock(source)[jar_set]
    folder = cache_directory() / "jars" / jar_set
    with _only_one(folder.parent / "lock"):
        if not all((folder / name).exists() for name in locked):
            resolve(cache_directory() / "jars", source)
        for name, digest in locked.items():
            check_digest(folder / name, digest)
    return [folder / name for name in sorted(locked)]


def read_lock(source: JarSource = PIPELINE) -> dict[str, dict[str, str]]:
    """The lock as set -> file name -> SHA-256 in hex."""
    sets: dict[str, dict[str, str]] = {name: {} for name in source.sets}
    for line in source.lock.read_text().splitlines():
        digest, _, path = line.partition("  ")
        jar_set, _, name = path.partition("/")
        sets[jar_set][name] = digest
    return sets


def check_digest(jar: Path, digest: str) -> None:
    """Raise JarError unless the file is there and has that SHA-256."""
    if not jar.exists():
        raise JarError(f"{jar.name} could not be downloaded: is Maven Central reachable?")
    found = hashlib.sha256(jar.read_bytes()).hexdigest()
    if found != digest:
        raise JarError(
            f"{jar.name} has SHA-256 {found}, locked is {digest}: a broken download, or not the file that was locked; "
            f"delete {jar.parent.parent} and run `make setup` again"
        )


def resolve(folder: Path, source: JarSource = PIPELINE) -> None:
    """Download all sets into ``folder/<set>/``. Raises JarError with Ivy's last lines."""
    ivy = next((Path(pyspark.__file__).parent / "jars").glob("ivy-*.jar"))
    with tempfile.TemporaryDirectory() as scratch:
        module = Path(scratch) / "ivy.xml"
        module.write_text(source.ivy)
        answer = subprocess.run(
            [
                str(java_home() / "bin" / "java"),
                *("-jar", str(ivy)),
                *("-ivy", str(module)),
                *("-cache", str(folder / "ivy")),
                *("-retrieve", f"{scratch}/[conf]/[artifact]-[revision](-[classifier]).[ext]"),
                *("-types", "jar", "bundle"),
            ],
            capture_output=True,
            text=True,
            check=False,
            env=java_environment(),
        )
        if answer.returncode != 0:
            lines = [line.strip() for line in (answer.stdout + answer.stderr).splitlines() if line.strip(" \t:")]
            raise JarError("\n".join(["Ivy could not resolve the jars: is Maven Central reachable?", *lines[-15:]]))
        for jar_set in source.sets:
            target = folder / jar_set
            target.mkdir(parents=True, exist_ok=True)
            for jar in (Path(scratch) / jar_set).glob("*.jar"):
                if not jar.name.startswith(_PROVIDED_BY_PYSPARK):
                    partial = target / f".{jar.name}.{os.getpid()}"
                    shutil.copyfile(jar, partial)
                    partial.replace(target / jar.name)


def write_lock(source: JarSource = PIPELINE) -> None:
    """Lock what resolves now: run after a changed version, and read the difference before committing it."""
    folder = cache_directory() / "jars"
    for jar_set in source.sets:
        shutil.rmtree(folder / jar_set, ignore_errors=True)
    resolve(folder, source)
    lines = [
        f"{hashlib.sha256(jar.read_bytes()).hexdigest()}  {jar_set}/{jar.name}"
        for jar_set in source.sets
        for jar in sorted((folder / jar_set).glob("*.jar"))
    ]
    source.lock.write_text("\n".join(lines) + "\n")


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    try:
        if "--lock" in sys.argv[1:]:
            write_lock()
        elif "--class-path" in sys.argv[1:]:
            sys.stdout.write(os.pathsep.join(str(jar) for jar in jars("spark")) + "\n")
        else:
            jars("broker")
            jars("spark")
    except (JarError, JavaMissingError) as error:
        sys.exit(str(error))
