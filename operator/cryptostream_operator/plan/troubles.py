"""What is wrong with pods, in words that a person can act on."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from cryptostream_operator.kinds import Manifest
from cryptostream_operator.plan.log_lines import last_error

_PULL = frozenset({"ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable"})
_CONFIG = frozenset({"CreateContainerConfigError", "CreateContainerError", "RunContainerError"})
_RESTARTS = 2


class Trouble(NamedTuple):
    """A reason of a condition and its message."""

    reason: str
    message: str


def pod_trouble(pods: Iterable[Manifest]) -> Trouble | None:
    """The first trouble of pods that are not on their way out, None where there is none."""
    for pod in sorted(pods, key=lambda pod: str(pod["metadata"]["name"])):
        if not pod["metadata"].get("deletionTimestamp"):
            found = _of_pod(pod)
            if found is not None:
                return found
    return None


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Whether a pod runs, is ready, and is to stay."""
    status = pod.get("status", {})
    ready = _condition(status.get("conditions"), "Ready")
    gone = pod["metadata"].get("deletionTimestamp")
    return not gone and ready is not None and ready.get("status") == "True"


def refused_pods(conditions: Sequence[Mapping[str, Any]] | None) -> str | None:
    """Why a Deployment or Job cannot make pods, None when it can."""
    for kind in ("ReplicaFailure", "FailureTarget", "Failed"):
        found = _condition(conditions, kind)
        if found is not None and found.get("status") == "True":
            return str(found.get("message") or found.get("reason") or "no reason given")
    return None


def _of_pod(pod: Manifest) -> Trouble | None:
    name, status = pod["metadata"]["name"], pod.get("status", {})
    scheduled = _condition(status.get("conditions"), "PodScheduled")
    if scheduled is not None and scheduled.get("status") == "False":
        return Trouble("Unschedulable", f"pod {name} finds no node: {scheduled.get('message', '')}")
    statuses = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    for container in statuses:
        found = _of_container(name, container)
        if found is not None:
            return found
    return None


def _of_container(pod: str, container: Mapping[str, Any]) -> Trouble | None:
    waiting = (container.get("state") or {}).get("waiting") or {}
    reason, text = waiting.get("reason", ""), waiting.get("message", "")
    if reason in _PULL:
        return Trouble("ImagePullFailed", f"pod {pod} cannot pull image {container.get('image')}: {text or reason}")
    if reason in _CONFIG:
        return Trouble("ContainerConfigError", f"pod {pod} cannot start: {text or reason}")
    ended = _ended(container)
    if ended is None or (reason != "CrashLoopBackOff" and int(container.get("restartCount") or 0) < _RESTARTS):
        return None
    if container.get("ready"):
        return None
    error = last_error(str(ended.get("message") or ""))
    said = f": {error}" if error else f"; see kubectl logs {pod} --previous"
    return Trouble(
        "CrashLooping",
        f"pod {pod} has ended {container.get('restartCount', 0)} times, last with exit code "
        f"{ended.get('exitCode')} ({ended.get('reason', 'Error')}){said}",
    )


def last_words(pod: Mapping[str, Any]) -> str:
    """What a pod that has done its work has left as its message."""
    statuses = pod.get("status", {}).get("containerStatuses") or []
    ended = [(status.get("state") or {}).get("terminated") or {} for status in statuses]
    return "\n".join(str(end.get("message") or "") for end in ended if end.get("exitCode") == 0)


def error_of_ended(pods: Iterable[Manifest]) -> str:
    """The last error of the first container that has ended; empty where there is none."""
    for pod in pods:
        for container in pod.get("status", {}).get("containerStatuses") or []:
            ended = _ended(container)
            if ended is not None:
                return last_error(str(ended.get("message") or ""))
    return ""


def _ended(container: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for state in ("state", "lastState"):
        ended: Mapping[str, Any] | None = (container.get(state) or {}).get("terminated")
        if ended:
            return ended
    return None


def _condition(conditions: Sequence[Mapping[str, Any]] | None, kind: str) -> Mapping[str, Any] | None:
    return next((condition for condition in conditions or () if condition.get("type") == kind), None)
