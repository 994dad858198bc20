"""The project's images: built here, under a tag that changes with what is in them."""

import hashlib
import re

from cryptostream_cluster.releases import CHARTS
from cryptostream_cluster.shell import CommandError, Shell, ask

PARTS = ("operator", "producer", "job", "simulator")
# In full, since Podman puts another registry before a short name than the cluster does.
_PREFIX = "docker.io/cryptostream/"
_BUILT = "local"
_UNKNOWN = "local-000000000000"
_OURS = re.compile(rf"(.+/)?cryptostream/({'|'.join(PARTS)}):local(-[0-9a-f]{{12}})?")
# Not the identity: that changes with every commit and, with some engines, with every build.
_CONTENT = "{{json .RootFS.Layers}} {{json .Config.Env}} {{json .Config.Entrypoint}} {{json .Config.Cmd}}"


def build(shell: Shell, engine: str) -> str:
    """Build all images and return their tag: the same for the same content, so that nothing restarts for nothing.

    Raises CommandError.
    """
    command = (str(CHARTS.parent / "images" / "build"), "--prefix", _PREFIX, "--tag", _BUILT)
    shell.run(*command, environment={"BUILDER": engine})
    tag = _UNKNOWN if shell.dry_run else f"{_BUILT}-{_digest(engine)}"
    for part in PARTS:
        shell.run(engine, "tag", name(part, _BUILT), name(part, tag))
    return tag


def remove(shell: Shell, engine: str) -> None:
    """Remove what ``build`` has made; layers that others use stay. Raises CommandError."""
    listed = (ask(engine, "images", "--format", "{{.Repository}}:{{.Tag}}") or "").split()
    ours = sorted({one for one in listed if _OURS.fullmatch(one)})
    if ours:
        shell.run(engine, "rmi", *ours)


def name(part: str, tag: str) -> str:
    """What an image is called, for the container engine and for the cluster."""
    return f"{_PREFIX}{part}:{tag}"


def _digest(engine: str) -> str:
    content = ask(engine, "image", "inspect", "--format", _CONTENT, *(name(part, _BUILT) for part in PARTS))
    if not content:
        raise CommandError(f"{engine} does not know the images that were built just now")
    return hashlib.sha256(content.encode()).hexdigest()[:12]
