"""The tools that are needed, which versions will do, and how to get them."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptostream_cluster.shell import ask

Version = tuple[int, ...]


@dataclass(frozen=True)
class Tool:
    """A command, how it tells its version, and the least version that will do."""

    command: str
    asking: Sequence[str]
    least: Version
    home: str

    def problem(self) -> str | None:
        """What is wrong with it here, with the remedy; None if nothing is."""
        answer = ask(self.command, *self.asking)
        if answer is None:
            return f"{self.command} is not installed or does not start: see {self.home}"
        version = version_in(answer)
        if version is None:
            return f"'{self.command} {' '.join(self.asking)}' names no version: is this {self.home}?"
        if version < self.least:
            return f"{self.command} is {_text(version)}, needed is {_text(self.least)} or newer: see {self.home}"
        return None


# The Kubernetes that kind and minikube bring has to be new enough for the chart, and kubectl to go with it.
KUBECTL = Tool("kubectl", ("version", "--client", "--output=json"), (1, 31), "https://kubernetes.io/docs/tasks/tools/")
HELM = Tool("helm", ("version", "--short"), (3, 14), "https://helm.sh/docs/intro/install/")
KIND = Tool("kind", ("version",), (0, 27), "https://kind.sigs.k8s.io/")
MINIKUBE = Tool("minikube", ("version", "--short"), (1, 34), "https://minikube.sigs.k8s.io/")


@dataclass(frozen=True)
class Engine:
    """What runs containers here, and what it may use."""

    name: str
    cpus: int
    memory: int
    """Bytes."""


def running_engine(wanted: str | None = None) -> Engine | str:
    """Docker or Podman, whichever runs (``wanted``, if named); otherwise what is wrong, with the remedy."""
    for name in [wanted] if wanted else ["docker", "podman"]:
        answer = ask(name, "info", "--format", "json")
        # Docker's client prints a document, with zeros in it, even where the daemon is away.
        found = None if answer is None else _engine(name, answer)
        if found is not None:
            return found
    if wanted:
        return f"{wanted} does not run: start it ('{wanted} info' must work)"
    return "neither Docker nor Podman runs: install one and start it ('docker info' must work)"


def version_in(text: str) -> Version | None:
    """The first version in a command's answer: (3, 18, 1) in "v3.18.1+g1a2b3c"."""
    found = re.search(r"v?(\d+)\.(\d+)(?:\.(\d+))?", text)
    return None if found is None else tuple(int(part) for part in found.groups() if part is not None)


def _engine(name: str, answer: str) -> Engine | None:
    try:
        told = json.loads(answer)
        host = told.get("host", {})
        found = Engine(
            name, int(told.get("NCPU", host.get("cpus", 0))), int(told.get("MemTotal", host.get("memTotal", 0)))
        )
    except (ValueError, TypeError, AttributeError):
        return None
    return found if found.memory else None


def _text(version: Version) -> str:
    return ".".join(str(part) for part in version)
