"""What service accounts may do: the rights that the operator asks for, where it looks, and nothing else."""

from typing import Any

import pytest

from cryptostream_operator.rbac import cluster_rules, namespace_rules
from harness.helm_chart import NAMESPACE, Rendered, refusal, render

NAME = f"{NAMESPACE}-cryptostream-operator"
SUBJECT = [{"kind": "ServiceAccount", "name": "cryptostream-operator", "namespace": NAMESPACE}]


def granted(rendered: Rendered) -> dict[str, list[Any]]:
    """The rules of the operator's roles by namespace; those of its ClusterRole under "cluster"."""
    roles = {role["metadata"]["namespace"]: role["rules"] for role in rendered.of("Role")}
    if NAME in rendered.names("ClusterRole"):
        roles["cluster"] = rendered.one("ClusterRole", NAME)["rules"]
    return roles


def test_by_default_it_may_act_in_the_releases_namespace_only() -> None:
    rendered = render()
    assert granted(rendered) == {NAMESPACE: list(namespace_rules()), "cluster": list(cluster_rules())}


def test_it_may_act_in_the_namespaces_that_are_named() -> None:
    rendered = render({"operator": {"watchNamespaces": ["desk", "research"]}})
    assert granted(rendered) == {
        "desk": list(namespace_rules()),
        "research": list(namespace_rules()),
        "cluster": list(cluster_rules()),
    }
    assert {binding["metadata"]["namespace"] for binding in rendered.of("RoleBinding")} == {"desk", "research"}


def test_for_the_whole_cluster_the_rights_are_in_one_cluster_role() -> None:
    rendered = render({"operator": {"watchNamespaces": ["*"]}})
    assert granted(rendered) == {"cluster": [*cluster_rules(), *namespace_rules()]}


def test_without_scanning_it_has_no_right_in_the_cluster() -> None:
    rendered = render({"operator": {"settings": {"scanning": False}}, "rbac": {"aggregate": False}})
    assert granted(rendered) == {NAMESPACE: list(namespace_rules())}
    assert not rendered.of("ClusterRoleBinding")


def test_readings_through_the_api_server_take_one_right_more() -> None:
    rendered = render({"operator": {"settings": {"readings": "proxy"}}})
    assert granted(rendered)[NAMESPACE] == list(namespace_rules("proxy"))


@pytest.mark.parametrize("namespaces", [[], ["*"], ["desk", "research"]])
def test_every_role_is_bound_to_the_operator(namespaces: list[str]) -> None:
    rendered = render({"operator": {"watchNamespaces": namespaces}})
    for kind in ("Role", "ClusterRole"):
        roles = {(role["metadata"].get("namespace"), role["metadata"]["name"]) for role in rendered.of(kind)}
        bound = set()
        for binding in rendered.of(f"{kind}Binding"):
            assert binding["subjects"] == SUBJECT
            assert binding["roleRef"]["kind"] == kind
            bound.add((binding["metadata"].get("namespace"), binding["roleRef"]["name"]))
        aggregated = {(None, f"{NAMESPACE}-cryptostream-{role}") for role in ("view", "edit")}
        assert bound == roles - aggregated


def test_the_clusters_roles_learn_of_streams() -> None:
    rendered = render()
    roles = {role["metadata"]["name"]: role for role in rendered.of("ClusterRole")}
    view, edit = roles[f"{NAMESPACE}-cryptostream-view"], roles[f"{NAMESPACE}-cryptostream-edit"]
    assert "rbac.authorization.k8s.io/aggregate-to-view" in view["metadata"]["labels"]
    assert {verb for rule in view["rules"] for verb in rule["verbs"]} == {"get", "list", "watch"}
    assert "rbac.authorization.k8s.io/aggregate-to-edit" in edit["metadata"]["labels"]
    assert {group for rule in edit["rules"] for group in rule["apiGroups"]} == {"cryptostream.io"}


def test_no_rule_has_a_wildcard(each_ci_file: Rendered) -> None:
    for kind in ("Role", "ClusterRole"):
        for role in each_ci_file.of(kind):
            for rule in role["rules"]:
                assert "*" not in {*rule["apiGroups"], *rule["resources"], *rule["verbs"]}, role["metadata"]["name"]


def test_rights_can_be_left_to_others() -> None:
    rendered = render(
        {
            "rbac": {"create": False, "aggregate": False},
            "operator": {"serviceAccount": {"create": False, "name": "given"}},
        }
    )
    assert not [kind for kind in ("Role", "ClusterRole", "RoleBinding", "ServiceAccount") if rendered.of(kind)]
    assert (
        rendered.one("Deployment", "cryptostream-operator")["spec"]["template"]["spec"]["serviceAccountName"] == "given"
    )


def test_the_whole_cluster_and_a_namespace_exclude_each_other() -> None:
    assert "write either" in refusal({"operator": {"watchNamespaces": ["*", "desk"]}})
