"""``make kind-up`` on a machine that has what a test says, and nothing else."""

import json
import subprocess
from pathlib import Path
from typing import Any

from harness.fake_tools import FakeTools

CHARTS = Path(__file__).resolve().parents[2] / "charts"
GIB = 2**30
_QUESTIONS = (
    *("kind version", "kind get", "minikube version", "minikube status", "minikube ip", "kubectl version"),
    *("helm version", "docker info", "docker images", "docker image inspect", "podman info", "podman image "),
)
LAYERS = "layers and entry points of four images"


class Laptop:
    """A machine with a container engine, kind, minikube, kubectl and helm, new enough and large enough."""

    def __init__(self, folder: Path) -> None:
        self.tools = FakeTools.create(folder / "bin")
        self.has_docker()
        self.has("kind", {"version": "kind v0.30.0 go1.24.6 linux/amd64"})
        self.has("minikube", {"version --short": "v1.36.0"})
        self.has("kubectl", {"version*": json.dumps({"clientVersion": {"gitVersion": "v1.34.4"}})})
        self.has("helm", {"version --short": "v3.19.0+g3d8990f"})

    def has(self, tool: str, answers: dict[str, str], fails_at: str | None = None) -> None:
        self.tools.add(tool, answers, fails_at)

    def has_docker(self, cpus: int = 4, memory: int = 16 * GIB, images: str = "") -> None:
        info = json.dumps({"NCPU": cpus, "MemTotal": memory})
        self.has("docker", {"info*": info, "image inspect*": LAYERS, "images *": images})

    def has_podman_instead(self) -> None:
        self.tools.remove("docker")
        info = json.dumps({"host": {"cpus": 4, "memTotal": 16 * GIB}})
        self.has("podman", {"info*": info, "image inspect*": LAYERS})

    def has_a_cluster(self, name: str = "cryptostream") -> None:
        self.has("kind", {"version": "kind v0.30.0 go1.24.6 linux/amd64", "get clusters": f"other\n{name}"})

    def lacks(self, tool: str) -> None:
        self.tools.remove(tool)

    def run(self, *arguments: Any) -> subprocess.CompletedProcess[str]:
        """Run ``python3 -m cryptostream_cluster``; no port is looked at but those that are named."""
        ports = [] if "--http-port" in arguments else ["--http-port", 0, "--https-port", 0]
        return self.tools.run("cryptostream_cluster", *map(str, [*arguments, *ports]), python_path=CHARTS)

    def changes(self) -> list[str]:
        """The commands that have been run and are not mere questions."""
        return [call for call in self.tools.calls() if not call.startswith(_QUESTIONS)]
