"""The rights that the operator needs: named verbs on named kinds, and Secrets by name only."""

from collections.abc import Sequence
from typing import Any

from cryptostream_operator.api.names import GROUP, PLURAL
from cryptostream_operator.api.spec import CryptoStreamSpec
from cryptostream_operator.builders.access import driver_role
from cryptostream_operator.builders.inputs import Stream
from cryptostream_operator.kinds import CHILDREN, EVENT, NAMESPACE, POD, SECRET, Kind
from cryptostream_operator.plan.actions import PRUNED

Rule = dict[str, Any]

_WATCH = ["get", "list", "watch"]
_OWN = [*_WATCH, "create", "patch"]
# Service accounts, roles, topics and claims are never deleted by the operator: they go with their stream.
_ANY_STREAM = Stream("any", "any", "", CryptoStreamSpec(exchange="binance", symbols=("BTCUSDT",)))


def namespace_rules(readings: str = "pod") -> Sequence[Rule]:
    """The rights in each namespace that is looked after, as a Role there or a ClusterRole for all."""
    rules = [
        _rule(GROUP, [PLURAL], [*_WATCH, "patch"]),
        _rule(GROUP, [f"{PLURAL}/status"], ["patch"]),
        # Some clusters let nobody block the deletion of an owner without it.
        _rule(GROUP, [f"{PLURAL}/finalizers"], ["update"]),
        *(_rule(kind.group, [kind.plural], _verbs(kind)) for kind in CHILDREN),
        # Executors whose driver is gone are removed.
        _rule(POD.group, [POD.plural], [*_WATCH, "delete"]),
        _rule(SECRET.group, [SECRET.plural], ["get"]),
        # A Role in a namespace covers the namespace itself, and no other.
        _rule(NAMESPACE.group, [NAMESPACE.plural], ["get"]),
        _rule(EVENT.group, [EVENT.plural], ["create"]),
        # Nobody may grant more than they have: these are the rights of Spark's driver.
        *driver_role(_ANY_STREAM)["rules"],
    ]
    if readings == "proxy":
        rules.append(_rule("", ["pods/proxy"], ["get"]))
    return rules


def cluster_rules() -> Sequence[Rule]:
    """The rights in the cluster that noticing new kinds and namespaces takes; none without scanning."""
    return [
        _rule("apiextensions.k8s.io", ["customresourcedefinitions"], ["list", "watch"]),
        _rule("", ["namespaces"], ["list", "watch"]),
    ]


def _verbs(kind: Kind) -> list[str]:
    return [*_OWN, "delete"] if kind in PRUNED else _OWN


def _rule(group: str, resources: list[str], verbs: list[str]) -> Rule:
    return {"apiGroups": [group], "resources": resources, "verbs": list(verbs)}
