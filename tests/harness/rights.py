"""What service accounts may do, as ``kubectl auth can-i --list`` tells it, and how their pods are confined."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.kubernetes import Kubectl, Manifest

_LINE = re.compile(r"^(\S*)\s+\[(.*?)\]\s+\[(.*?)\]\s+\[(.*?)\]$", re.MULTILINE)
_TOKEN = "serviceAccountToken"


def rights(kubectl: Kubectl, account: str) -> dict[str, set[str]]:
    """The verbs that an account of the namespace has on each kind, beyond those that everybody has."""
    everybodys = _listed(kubectl, "nobody")
    return {kind: verbs for kind, verbs in _listed(kubectl, account).items() if verbs - everybodys.get(kind, set())}


def granted(rules: Sequence[Mapping[str, Any]]) -> dict[str, set[str]]:
    """The same, of rules as Roles have them."""
    found: dict[str, set[str]] = {}
    for rule in rules:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                kind, slash, part = resource.partition("/")
                name = f"{kind}.{group}".rstrip(".")
                found.setdefault(f"{name}{slash}{part}", set()).update(rule["verbs"])
    return found


def unconfined(pods: Sequence[Manifest]) -> list[str]:
    """Containers that run as root, can write their root file system, or keep rights that the kernel could take."""
    return [
        f"{pod['metadata']['name']}/{container['name']}: {fault}"
        for pod in pods
        for container in [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
        for fault in _faults(pod["spec"].get("securityContext", {}), container.get("securityContext", {}))
    ]


def with_token(pods: Sequence[Manifest]) -> set[str]:
    """The service accounts whose tokens are mounted in pods."""
    return {
        pod["spec"]["serviceAccountName"]
        for pod in pods
        for volume in pod["spec"].get("volumes", [])
        if any(_TOKEN in source for source in volume.get("projected", {}).get("sources", []))
    }


def _faults(pod: Mapping[str, Any], container: Mapping[str, Any]) -> Iterator[str]:
    both = {**pod, **container}
    if not both.get("runAsNonRoot") or both.get("runAsUser", 0) == 0:
        yield "may run as root"
    if not container.get("readOnlyRootFilesystem"):
        yield "can write its root file system"
    if container.get("allowPrivilegeEscalation", True) or container.get("capabilities", {}).get("drop") != ["ALL"]:
        yield "may gain rights"
    if both.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "may make any system call"


def _listed(kubectl: Kubectl, account: str) -> dict[str, set[str]]:
    text = kubectl("auth", "can-i", "--list", f"--as=system:serviceaccount:{kubectl.namespace}:{account}")
    found: dict[str, set[str]] = {}
    for resource, _, names, verbs in _LINE.findall(text):
        if resource:
            found.setdefault(f"{resource} {names}".strip(), set()).update(verbs.split())
    return found
