"""The operator's rights for the templates, as the operator itself states them."""

from typing import Any

import yaml

from cryptostream_operator.rbac import cluster_rules, namespace_rules


def rights_as_yaml(command: str) -> str:
    """Rules by where they are granted; ``proxy`` holds what reading metrics through the API server adds."""
    plain = list(namespace_rules())
    rights: dict[str, Any] = {
        "namespace": plain,
        "proxy": [rule for rule in namespace_rules("proxy") if rule not in plain],
        "cluster": list(cluster_rules()),
    }
    text = yaml.dump(rights, Dumper=_NoAliases, sort_keys=False, width=120)
    return f"# Generated from cryptostream_operator.rbac by: {command}\n{text}"


class _NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True
