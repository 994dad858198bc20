"""The two kinds of cluster on one's own machine: how each is made, filled with images and removed."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptostream_cluster.machine import GIB, LEAST_CPUS, LEAST_MEMORY
from cryptostream_cluster.shell import Shell, ask
from cryptostream_cluster.tools import KIND, MINIKUBE, Tool


@dataclass(frozen=True)
class Cluster(ABC):
    """A cluster of this machine that bears a name of its own: no other is ever touched."""

    name: str
    engine: str
    http_port: int
    https_port: int

    tool: Tool = KIND

    @property
    @abstractmethod
    def context(self) -> str:
        """The context that the tool writes into the kubeconfig."""

    @property
    @abstractmethod
    def ports(self) -> Sequence[int]:
        """Ports of 127.0.0.1 that the cluster takes."""

    @abstractmethod
    def exists(self) -> bool: ...

    @abstractmethod
    def create(self, shell: Shell) -> None: ...

    @abstractmethod
    def load(self, shell: Shell, images: Sequence[str]) -> None: ...

    @abstractmethod
    def delete(self, shell: Shell) -> None: ...


@dataclass(frozen=True)
class Kind(Cluster):
    tool: Tool = KIND

    @property
    def context(self) -> str:
        return f"kind-{self.name}"

    @property
    def ports(self) -> Sequence[int]:
        return [self.http_port, self.https_port]

    def exists(self) -> bool:
        return self.name in (ask("env", *_assigned(self._provider), "kind", "get", "clusters") or "").split()

    def create(self, shell: Shell) -> None:
        command = ("kind", "create", "cluster", "--name", self.name, "--config", "-", "--wait", "3m")
        shell.run(*command, stdin=kind_config(self.http_port, self.https_port), environment=self._provider)

    def load(self, shell: Shell, images: Sequence[str]) -> None:
        if self.engine == "docker":
            shell.run("kind", "load", "docker-image", *images, "--name", self.name)
            return
        with TemporaryDirectory(prefix="cryptostream-images-") as folder:
            archive = str(Path(folder) / "images.tar")
            shell.run(self.engine, "save", "--multi-image-archive", "--output", archive, *images)
            shell.run("kind", "load", "image-archive", archive, "--name", self.name, environment=self._provider)

    def delete(self, shell: Shell) -> None:
        shell.run("kind", "delete", "cluster", "--name", self.name, environment=self._provider)

    @property
    def _provider(self) -> Mapping[str, str]:
        return {} if self.engine == "docker" else {"KIND_EXPERIMENTAL_PROVIDER": self.engine}


@dataclass(frozen=True)
class Minikube(Cluster):
    tool: Tool = MINIKUBE

    @property
    def context(self) -> str:
        return self.name

    @property
    def ports(self) -> Sequence[int]:
        return []

    def exists(self) -> bool:
        status = ask("minikube", "status", "--profile", self.name, "--format", "{{.Host}}")
        return (status or "").strip() == "Running"

    def create(self, shell: Shell) -> None:
        size = (f"--cpus={LEAST_CPUS}", f"--memory={LEAST_MEMORY // GIB}g")
        shell.run("minikube", "start", "--profile", self.name, f"--driver={self.engine}", *size, "--wait=all")

    def load(self, shell: Shell, images: Sequence[str]) -> None:
        for image in images:
            shell.run("minikube", "image", "load", image, "--profile", self.name)

    def delete(self, shell: Shell) -> None:
        shell.run("minikube", "delete", "--profile", self.name)


def kind_config(http_port: int, https_port: int) -> str:
    """One node, whose ports 80 and 443 an ingress controller can offer on this machine, and only there."""
    mappings = "".join(
        f"      - {{containerPort: {inner}, hostPort: {outer}, listenAddress: 127.0.0.1}}\n"
        for inner, outer in ((80, http_port), (443, https_port))
    )
    return (
        "kind: Cluster\n"
        "apiVersion: kind.x-k8s.io/v1alpha4\n"
        "nodes:\n"
        "  - role: control-plane\n"
        "    extraPortMappings:\n"
        f"{mappings}"
    )


def _assigned(variables: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in variables.items()]
