"""Pods as clusters treat them: evicted, killed, crashed; and how their containers end."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.kubernetes import Kubectl, Manifest
from harness.waiting import until


def evict(kubectl: Kubectl, pod: str) -> None:
    """What ``kubectl drain`` asks for each pod. Raises KubectlError where a disruption budget forbids it."""
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}}
    path = f"/api/v1/namespaces/{kubectl.namespace}/pods/{pod}/eviction"
    kubectl("create", "--raw", path, "--filename=-", stdin=json.dumps(body))


def kill(kubectl: Kubectl, pod: str) -> None:
    """Take a pod away as the loss of its node does: nobody is asked, nothing is waited for."""
    kubectl("delete", "pod", pod, "--grace-period=0", "--force", "--wait=false")


def crash(kubectl: Kubectl, pod: str, program: str) -> None:
    """End the oldest process of a program in a pod with SIGKILL, as the kernel does when memory is short."""
    find = f"for p in $(ls /proc | grep -E '^[0-9]+$' | sort -n); do grep -qs {program} /proc/$p/comm && echo $p; done"
    kubectl("exec", pod, "--", "sh", "-c", f"kill -KILL $({find} | head -n 1)")


@dataclass
class Ending:
    """What a pod wrote until its end, and how its container ended."""

    log: str = ""
    exit_code: int | None = None
    finished: datetime | None = None
    lines: list[dict[str, Any]] = field(default_factory=list)

    def at(self, event: str) -> datetime:
        """The time at which the log has the event. Fails where it has none."""
        found = [line["timestamp"] for line in self.lines if line["event"] == event]
        assert found, f"no line {event!r}:\n{self.log[-3000:]}"
        return datetime.fromisoformat(found[-1])


@contextmanager
def observed_end(kubectl: Kubectl, pod: str, timeout: float = 90) -> Iterator[Ending]:
    """Follow a pod while the block ends it; afterwards the Ending holds what was seen, even of a pod that is gone."""
    scope = ["kubectl", f"--namespace={kubectl.namespace}"]
    ending = Ending()
    with tempfile.TemporaryDirectory() as folder:
        log, states = Path(folder, "log"), Path(folder, "states")
        with log.open("w") as log_file, states.open("w") as states_file:
            followers = [
                subprocess.Popen([*scope, "logs", pod, "--follow"], stdout=log_file),
                subprocess.Popen([*scope, "get", "pod", pod, "--watch", "--output=json"], stdout=states_file),
            ]
            try:
                until(lambda: log.stat().st_size and states.stat().st_size, f"pod {pod} to be followed", 30)
                yield ending
                until(lambda: _terminated(states), f"the container of pod {pod} to end", timeout, 0.2)
                followers[0].wait(timeout=30)
            finally:
                for follower in followers:
                    follower.kill()
                    follower.wait()
        ended = _terminated(states)
        ending.log = log.read_text()
    assert ended is not None
    ending.lines = [json.loads(line) for line in ending.log.splitlines()]
    ending.exit_code, ending.finished = ended["exitCode"], datetime.fromisoformat(ended["finishedAt"])


def _terminated(states: Path) -> Manifest | None:
    """How the pod's first container has ended, by the newest state that says so."""
    decoder, text, found = json.JSONDecoder(), states.read_text(), None
    while text := text.lstrip():
        try:
            state, end = decoder.raw_decode(text)
        except json.JSONDecodeError:  # still being written
            break
        text = text[end:]
        for container in state["status"].get("containerStatuses", [])[:1]:
            found = container["state"].get("terminated") or found
    return found
