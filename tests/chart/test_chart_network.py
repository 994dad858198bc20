"""NetworkPolicies: every pod of ours is guarded, and both ends of each path of the table are open, and no others."""

from collections.abc import Sequence
from typing import Any

import pytest
import yaml

from cryptostream_operator.builders.image_layout import DRIVER_PORT, PRODUCER_PORT
from cryptostream_operator.labels import COMPONENT, MANAGED_BY, child_labels
from harness.helm_chart import CHART, NAMESPACE, Rendered, render

TABLE = yaml.safe_load((CHART / "files" / "network-paths.yaml").read_text())
STREAM_PARTS = ("producer", "topics", "driver", "executor", "rebuild", "purge")
EVERYTHING: dict[str, Any] = {
    "networkPolicies": {"enabled": True},
    "simulator": {"enabled": True},
    "grafana": {"ingress": {"enabled": True, "host": "crypto.example.org"}},
}

Policy = dict[str, Any]


def policies(rendered: Rendered) -> dict[str, Policy]:
    """The policies of the release's namespace by the end that they guard."""
    found = [each for each in rendered.of("NetworkPolicy") if each["metadata"]["namespace"] == NAMESPACE]
    return {each["metadata"]["name"].removeprefix("cryptostream-"): each for each in found}


@pytest.fixture(scope="module")
def guarded() -> dict[str, Policy]:
    return policies(render(EVERYTHING))


def chooses(selector: dict[str, Any] | None, labels: dict[str, str]) -> bool:
    return selector is not None and selector.get("matchLabels", {}).items() <= labels.items()


def allowed(rules: Sequence[dict[str, Any]], side: str, labels: dict[str, str], port: int) -> bool:
    """Whether rules let pods with those labels through at that port."""
    return any(
        any(chooses(peer.get("podSelector"), labels) for peer in rule[side])
        and ("ports" not in rule or port in {each["port"] for each in rule["ports"]})
        for rule in rules
    )


def labels_of(policy: Policy) -> dict[str, str]:
    found: dict[str, str] = policy["spec"]["podSelector"]["matchLabels"]
    return found


def connects(guarded: dict[str, Policy], source: str, target: str, port: int) -> bool:
    """Whether both ends agree."""
    leaves = allowed(guarded[source]["spec"]["egress"], "to", labels_of(guarded[target]), port)
    enters = allowed(guarded[target]["spec"]["ingress"], "from", labels_of(guarded[source]), port)
    assert leaves == enters, f"{source} to {target}: one end only"
    return leaves


def test_there_are_none_by_default() -> None:
    assert not render().of("NetworkPolicy")


def test_whatever_is_not_allowed_is_refused(guarded: dict[str, Policy]) -> None:
    for name, policy in guarded.items():
        assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"], name
        # An empty list of peers would mean everybody.
        assert all(rule["from"] for rule in policy["spec"]["ingress"]), name
        assert all(rule["to"] for rule in policy["spec"]["egress"]), name


def test_every_pod_of_the_release_is_guarded_by_one_policy() -> None:
    rendered = render(EVERYTHING)
    selectors = [policy["spec"]["podSelector"] for policy in rendered.of("NetworkPolicy")]
    for kind in ("Deployment", "StatefulSet", "Job"):
        for found in rendered.of(kind):
            labels = found["spec"]["template"]["metadata"]["labels"]
            assert len([each for each in selectors if chooses(each, labels)]) == 1, found["metadata"]["name"]
    for pod in rendered.of("Pod"):
        assert len([each for each in selectors if chooses(each, pod["metadata"]["labels"])]) == 1


@pytest.mark.parametrize("part", STREAM_PARTS)
def test_pods_that_the_operator_makes_are_guarded(guarded: dict[str, Policy], part: str) -> None:
    assert chooses(guarded[part]["spec"]["podSelector"], child_labels("majors", part))
    assert set(labels_of(guarded[part])) == {MANAGED_BY, COMPONENT}


@pytest.mark.parametrize(
    ("source", "target", "port"),
    [
        ("operator", "producer", PRODUCER_PORT),
        ("operator", "driver", DRIVER_PORT),
        ("producer", "simulator", 9443),
        ("producer", "kafka", 9093),
        ("driver", "kafka", 9093),
        ("driver", "database", 5432),
        ("driver", "executor", 40404),
        ("executor", "driver", 7078),
        ("executor", "executor", 33333),
        ("executor", "kafka", 9093),
        ("rebuild", "database", 5432),
        ("migration", "database", 5432),
        ("grafana", "database", 5432),
        ("tests", "operator", 8080),
        ("tests", "grafana", 3000),
        ("kafka", "kafka", 9091),
        ("entity-operator", "kafka", 9091),
    ],
)
def test_a_path_that_is_needed_is_open(guarded: dict[str, Policy], source: str, target: str, port: int) -> None:
    assert connects(guarded, source, target, port)


@pytest.mark.parametrize(
    ("source", "target", "port"),
    [
        ("producer", "database", 5432),
        ("grafana", "kafka", 9093),
        ("simulator", "database", 5432),
        ("executor", "database", 5432),
        ("producer", "kafka", 9091),
        ("grafana", "operator", 8080),
    ],
)
def test_a_path_that_nobody_needs_is_shut(guarded: dict[str, Policy], source: str, target: str, port: int) -> None:
    assert not connects(guarded, source, target, port)


def test_every_path_between_our_pods_is_open_at_both_ends(guarded: dict[str, Policy]) -> None:
    ports = {"kafka": 9093, "any": 12345}
    ours = [path for path in TABLE["paths"] if path["from"] in guarded and path["to"] in guarded]
    assert ours
    for path in ours:
        for port in path["ports"]:
            assert connects(guarded, path["from"], path["to"], ports.get(port, port)), path


def test_only_who_needs_the_api_server_reaches_it(guarded: dict[str, Policy]) -> None:
    def reaches(policy: Policy) -> bool:
        ports = {each["port"] for rule in policy["spec"]["egress"] for each in rule.get("ports", [])}
        return 6443 in ports

    assert {name for name, policy in guarded.items() if reaches(policy)} == {
        "operator",
        "driver",
        "entity-operator",
        "tests",
    }


def test_only_producers_reach_the_internet(guarded: dict[str, Policy]) -> None:
    def blocks(policy: Policy) -> list[dict[str, Any]]:
        return [
            peer["ipBlock"]
            for rule in policy["spec"]["egress"]
            for peer in rule["to"]
            if "except" in peer.get("ipBlock", {})
        ]

    assert {name for name, policy in guarded.items() if blocks(policy)} == {"producer"}
    assert blocks(guarded["producer"])[0]["except"][0] == "10.0.0.0/8"


def test_streams_are_guarded_in_every_namespace_that_is_named() -> None:
    values = {**EVERYTHING, "operator": {"watchNamespaces": ["desk", "research"]}}
    found = render(values).of("NetworkPolicy")
    elsewhere = [each for each in found if each["metadata"]["namespace"] == "research"]
    assert {each["metadata"]["name"] for each in elsewhere} == {f"desk-cryptostream-{part}" for part in STREAM_PARTS}
    namespaces = {
        tuple(peer["namespaceSelector"]["matchExpressions"][0]["values"])
        for rule in policies(render(values))["database"]["spec"]["ingress"]
        for peer in rule["from"]
        if MANAGED_BY in peer["podSelector"]["matchLabels"]
    }
    assert namespaces == {("desk", "research")}


def test_streams_of_any_namespace_are_let_in_when_the_operator_looks_after_all() -> None:
    values = {**EVERYTHING, "operator": {"watchNamespaces": ["*"]}}
    (peers,) = (
        rule["from"]
        for rule in policies(render(values))["database"]["spec"]["ingress"]
        if rule["from"][0]["podSelector"]["matchLabels"].get(COMPONENT) == "driver"
    )
    assert peers[0]["namespaceSelector"] == {}


def test_external_services_are_reached_as_given() -> None:
    services = [
        {"cidr": "10.20.0.0/16", "ports": [9094]},
        {"namespaceLabels": {"team": "data"}, "podLabels": {"app": "kafka"}, "ports": [9094, 5432]},
    ]
    values = {
        "networkPolicies": {"enabled": True, "services": services},
        "kafka": {"mode": "external"},
        "grafana": {"mode": "none"},
    }
    found = policies(render(values))
    for name in ("producer", "driver", "executor", "migration", "rebuild", "purge", "topics"):
        peers = [
            (rule["to"][0], [each["port"] for each in rule.get("ports", [])]) for rule in found[name]["spec"]["egress"]
        ]
        assert ({"ipBlock": {"cidr": "10.20.0.0/16"}}, [9094]) in peers, name
        chosen = {
            "namespaceSelector": {"matchLabels": {"team": "data"}},
            "podSelector": {"matchLabels": {"app": "kafka"}},
        }
        assert (chosen, [9094, 5432]) in peers, name


def test_clients_that_are_named_reach_kafka_and_the_database(guarded: dict[str, Policy]) -> None:
    client = {"cryptostream.io/client": "true"}
    assert allowed(guarded["database"]["spec"]["ingress"], "from", client, 5432)
    values = {**EVERYTHING, "networkPolicies": {"enabled": True, "clients": {"team": "research"}}}
    peers = [
        peer for rule in policies(render(values))["kafka"]["spec"]["ingress"] for peer in rule["from"] if len(peer) == 1
    ]
    assert {"namespaceSelector": {"matchLabels": {"team": "research"}}} in peers


def test_strimzis_own_policy_lets_in_the_same() -> None:
    def peers(**values: Any) -> list[dict[str, Any]]:
        (listener,) = render(values).one("Kafka")["spec"]["kafka"]["listeners"]
        found: list[dict[str, Any]] = listener.get("networkPolicyPeers", [])
        return found

    assert not peers()
    components = {peer["podSelector"]["matchLabels"].get(COMPONENT, "client") for peer in peers(**EVERYTHING)}
    assert components == {"producer", "driver", "executor", "client"}
    given = [{"podSelector": {"matchLabels": {"app": "reader"}}}]
    assert peers(**EVERYTHING, kafka={"networkPolicyPeers": given}) == given


def test_the_api_server_reaches_metrics_only_where_the_operator_reads_them_through_it(
    guarded: dict[str, Policy],
) -> None:
    by_proxy = policies(render({**EVERYTHING, "operator": {"settings": {"readings": "proxy"}}}))
    for part, port in (("producer", PRODUCER_PORT), ("driver", DRIVER_PORT)):
        peers = {"ipBlock": {"cidr": "0.0.0.0/0"}}
        rule = {"from": [peers], "ports": [{"port": port, "protocol": "TCP"}]}
        assert rule in by_proxy[part]["spec"]["ingress"]
        assert rule not in guarded[part]["spec"]["ingress"]


def leads(policy: Policy, peer: dict[str, Any]) -> list[list[int]]:
    """The ports of each rule by which pods reach the peer."""
    return [[port["port"] for port in rule["ports"]] for rule in policy["spec"]["egress"] if peer in rule["to"]]


@pytest.mark.parametrize(
    ("url", "ports"),
    [
        ("http://prometheus-operated.monitoring:9090", [9090]),
        ("http://prometheus-server.monitoring", [9090, 80]),
        ("https://prometheus.monitoring/prefix", [9090, 443]),
        ("http://thanos-query.monitoring.svc:10902/", [9090, 10902]),
        ("http://[fd00::9]:9091", [9090, 9091]),
    ],
)
def test_grafana_reaches_prometheus_at_its_address_and_at_the_pods_behind_it(url: str, ports: list[int]) -> None:
    prometheus = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    found = policies(render({**EVERYTHING, "grafana": {"prometheus": {"url": url}}}))
    assert leads(found["grafana"], prometheus) == [ports]


def test_without_an_address_of_prometheus_grafana_does_not_reach_it(guarded: dict[str, Policy]) -> None:
    prometheus = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    assert leads(guarded["grafana"], prometheus) == []


def test_grafana_alone_reaches_where_its_contact_points_are() -> None:
    web = {"ipBlock": {"cidr": "0.0.0.0/0"}}
    receiver = {
        "namespaceSelector": {"matchLabels": {"team": "desk"}},
        "podSelector": {"matchLabels": {"app": "alerts"}},
    }
    notifications = [
        {"cidr": "0.0.0.0/0", "ports": [443, 587]},
        {"namespaceLabels": {"team": "desk"}, "podLabels": {"app": "alerts"}, "ports": [8080]},
    ]
    values = {**EVERYTHING, "networkPolicies": {"enabled": True, "notifications": notifications}}
    found = policies(render(values))
    assert {name for name, policy in found.items() if [443, 587] in leads(policy, web)} == {"grafana"}
    assert {name for name, policy in found.items() if leads(policy, receiver)} == {"grafana"}
