"""Security contexts that the restricted pod security standard admits, and what a read-only root file system needs."""

from cryptostream_operator.builders.image_layout import GROUP_ID, TEMPORARY, USER_ID
from cryptostream_operator.builders.inputs import Manifest

_TEMPORARY_VOLUME = "tmp"


def pod_security_context() -> Manifest:
    """Of a pod: a fixed user without rights; volumes that can be given a group are given the user's."""
    return {
        "runAsNonRoot": True,
        "runAsUser": USER_ID,
        "runAsGroup": GROUP_ID,
        "fsGroup": GROUP_ID,
        # A checkpoint has many files: changing all of them at every start would take long.
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security_context() -> Manifest:
    """Of a container."""
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def temporary_volume() -> Manifest:
    """The one place besides mounted volumes where a container may write."""
    return {"name": _TEMPORARY_VOLUME, "emptyDir": {}}


def temporary_mount() -> Manifest:
    return {"name": _TEMPORARY_VOLUME, "mountPath": TEMPORARY}
