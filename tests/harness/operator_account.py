"""A service account for the operator, with no more rights than a test gives it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptostream_operator.rbac import cluster_rules, namespace_rules
from harness.kubernetes import Kubectl, Manifest

_NAME = "cryptostream-operator"
_GROUP = "rbac.authorization.k8s.io"


class OperatorAccount:
    """The account, in a namespace of its own or one that the operator looks after."""

    def __init__(self, home: Kubectl) -> None:
        self._home = home
        # What is bound in the whole cluster needs a name of its own there.
        self.cluster_name = f"{_NAME}-{home.namespace}"
        home.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": _NAME}})

    def kubeconfig(self, file: Path) -> Path:
        """Write a KUBECONFIG of the account."""
        view = self._home("config", "view", "--minify", "--raw", "--flatten", "--output", "json")
        config = json.loads(view)
        token = self._home("create", "token", _NAME).strip()
        config["users"] = [{"name": config["contexts"][0]["context"]["user"], "user": {"token": token}}]
        file.write_text(json.dumps(config))
        return file

    def may_look_after(self, kubectl: Kubectl) -> None:
        """Bind the operator's rights in a namespace."""
        kubectl.apply(*self._bound("Role", "RoleBinding", _NAME, namespace_rules()))

    def may_not_look_after(self, kubectl: Kubectl) -> None:
        """Take them away."""
        kubectl("delete", "rolebinding", _NAME)

    def may_scan(self) -> None:
        """Bind the rights in the cluster that scanning takes."""
        self._home.apply(*self._bound("ClusterRole", "ClusterRoleBinding", self.cluster_name, cluster_rules()))

    def may_not_scan(self) -> None:
        """Take them away, bound or not."""
        self._home("delete", "clusterrolebinding,clusterrole", self.cluster_name, "--ignore-not-found")

    def _bound(self, role: str, binding: str, name: str, rules: Sequence[dict[str, Any]]) -> list[Manifest]:
        version = f"{_GROUP}/v1"
        subject = {"kind": "ServiceAccount", "name": _NAME, "namespace": self._home.namespace}
        reference = {"apiGroup": _GROUP, "kind": role, "name": name}
        metadata = {"name": name}
        return [
            {"apiVersion": version, "kind": role, "metadata": metadata, "rules": list(rules)},
            {"apiVersion": version, "kind": binding, "metadata": metadata, "roleRef": reference, "subjects": [subject]},
        ]
