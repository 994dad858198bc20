"""Search a namespace for the values of its Secrets, wherever something can be read."""

import base64
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

from harness.kubernetes import Kubectl, KubectlError

_PUBLIC = {"username", "user", "admin-user", "ca.crt", "tls.crt", "host", "port", "dbname", "namespace"}
_SHORTEST = 8
_ARGUMENTS = "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline; echo; done 2>/dev/null"


def secret_values(kubectl: Kubectl) -> dict[str, str]:
    """What must not be shown, by where it stands: values of the namespace's Secrets, and passwords within URLs."""
    found: dict[str, str] = {}
    for secret in kubectl.list("secrets"):
        if secret["type"] == "helm.sh/release.v1":
            continue
        for key, encoded in (secret.get("data") or {}).items():
            value = base64.b64decode(encoded).decode(errors="replace").strip()
            if key not in _PUBLIC and len(value) >= _SHORTEST:
                found[f"{secret['metadata']['name']}/{key}"] = value
                password = urlsplit(value).password if "://" in value else None
                if password:
                    found[f"{secret['metadata']['name']}/{key} (password)"] = password
    return found


def readable(kubectl: Kubectl) -> Iterator[tuple[str, str]]:
    """Everything that can be read in a namespace but its Secrets: objects, logs, arguments of processes."""
    kinds = kubectl("api-resources", "--namespaced", "--verbs=list", "--output=name").split()
    for kind in kinds:
        if kind != "secrets":
            yield kind, kubectl("get", kind, "--output=json")
    for pod in kubectl.list("pods"):
        name, status = pod["metadata"]["name"], pod["status"]
        yield f"log of {name}", kubectl("logs", name, "--all-containers")
        for container in status.get("containerStatuses", []):
            if container["restartCount"]:
                yield f"former log of {name}", _or_nothing(kubectl, "logs", name, "--previous")
            if "running" in container["state"]:
                command = ("exec", name, f"--container={container['name']}", "--", "sh", "-c", _ARGUMENTS)
                yield f"arguments in {name}/{container['name']}", _or_nothing(kubectl, *command)


def leaks(kubectl: Kubectl) -> list[str]:
    """Where a secret value can be read, and which: empty as it should be. Never the value itself."""
    forms = {name: {value, _json(value), _base64(value)} for name, value in secret_values(kubectl).items()}
    assert forms, "no Secret to look for"
    return [
        f"{place}: {name}"
        for place, text in readable(kubectl)
        for name, written in forms.items()
        if any(form in text for form in written)
    ]


def _json(value: str) -> str:
    return json.dumps(value)[1:-1]


def _base64(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def _or_nothing(kubectl: Kubectl, *arguments: str) -> str:
    """A pod may end while it is looked at."""
    try:
        return kubectl(*arguments)
    except KubectlError:
        return ""
