"""Service accounts, and what Spark's driver may do in its namespace."""

from cryptostream_operator.builders.inputs import Manifest, Stream
from cryptostream_operator.builders.metadata import owned

COMPONENT = "access"
_RBAC = "rbac.authorization.k8s.io"


def service_accounts(stream: Stream) -> list[Manifest]:
    """Those of the producers, which need no API server, and of the job, whose driver does."""
    return [_service_account(stream, stream.names.producer), _service_account(stream, stream.names.job)]


def driver_role(stream: Stream) -> Manifest:
    """The rights of Spark's driver: it starts, watches and removes executors, and gives them their configuration.

    Of what Spark may do on Kubernetes this is all that our settings leave: it claims no volumes, decommissions and
    labels no executors, and its Service goes with its pod (spark.py).
    """
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "Role",
        "metadata": owned(stream, stream.names.job, COMPONENT),
        "rules": [
            {
                "apiGroups": [""],
                "resources": ["pods"],
                "verbs": ["create", "get", "list", "watch", "delete", "deletecollection"],
            },
            # At its end it deletes by label, which its client may do by listing first.
            {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["create", "list", "delete", "deletecollection"]},
        ],
    }


def driver_role_binding(stream: Stream) -> Manifest:
    """Gives the role to the job's service account."""
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": owned(stream, stream.names.job, COMPONENT),
        "roleRef": {"apiGroup": _RBAC, "kind": "Role", "name": stream.names.job},
        "subjects": [{"kind": "ServiceAccount", "name": stream.names.job, "namespace": stream.namespace}],
    }


def _service_account(stream: Stream, name: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": owned(stream, name, COMPONENT),
        # A pod that needs the token says so.
        "automountServiceAccountToken": False,
    }
