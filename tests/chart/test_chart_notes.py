"""What the release tells: the next command, which works as it stands."""

import re
from typing import Any

import yaml

from cryptostream_operator.api.parse import parse_spec
from cryptostream_operator.api.schema import spec_schema
from harness.helm_chart import NAMESPACE, render
from harness.structural import violations, with_defaults

# The notes are no manifest: a ConfigMap of the user's holds them, so that they can be looked at.
_HOLDER = """
apiVersion: v1
kind: ConfigMap
metadata: {name: notes}
data: {notes: {{ include "cryptostream.notes" . | toJson }}}
"""


def notes(**values: Any) -> str:
    text: str = render({**values, "extraObjects": [_HOLDER]}).one("ConfigMap", "notes")["data"]["notes"]
    return text


def stream(text: str) -> dict[str, Any]:
    """The CryptoStream that the notes propose, as the API server stores it."""
    found = re.search(r"<<END\n(.*?)\n  END", text, re.DOTALL)
    assert found is not None
    spec = yaml.safe_load(found[1])["spec"]
    assert not violations(spec_schema(), with_defaults(spec_schema(), spec))
    return parse_spec({"spec": with_defaults(spec_schema(), spec)}).model_dump(by_alias=True)


def test_they_propose_a_stream_that_is_valid() -> None:
    found = stream(notes())
    assert found["exchange"] == "binance"
    assert found["kafka"]["mode"] == "strimzi"


def test_with_a_simulator_the_stream_uses_it() -> None:
    found = stream(notes(simulator={"enabled": True, "exchange": "coinbase", "symbols": ["BTC-USD:5", "ETH-USD"]}))
    assert found["exchange"] == "coinbase"
    assert found["symbols"] == ("BTC-USD", "ETH-USD")
    assert found["endpoints"] == {
        "websocket": "ws://cryptostream-simulator:9443",
        "rest": "http://cryptostream-simulator:9443",
    }


def test_the_stream_finds_the_kafka_that_there_is() -> None:
    assert stream(notes(kafka={"clusterName": "shared", "port": 9094}))["kafka"]["cluster"] == "shared"
    assert stream(notes(kafka={"mode": "external"}))["kafka"]["mode"] == "external"


def test_streams_of_the_release_need_no_proposal() -> None:
    text = notes(streams=[{"name": "majors", "spec": {"exchange": "binance", "symbols": ["BTCUSDT"]}}])
    assert "kubectl get cryptostreams" in text
    assert "Create a stream" not in text


def test_they_say_where_grafana_is() -> None:
    assert f"kubectl port-forward --namespace {NAMESPACE} service/cryptostream-grafana" in notes()
    ingress = {"enabled": True, "host": "crypto.example.org", "path": "/grafana", "tls": {"enabled": True}}
    assert "https://crypto.example.org/grafana/" in notes(grafana={"ingress": ingress})
    assert "Grafana" not in notes(grafana={"mode": "none"})


def test_they_say_how_to_check_and_what_outlives_the_release() -> None:
    assert f"helm test cryptostream --namespace {NAMESPACE}" in notes()
    assert "helm uninstall keeps the CRD" in notes()
    assert "helm uninstall keeps" not in notes(crds={"keep": False})


def test_they_warn_of_a_stream_that_only_an_operator_can_delete() -> None:
    spec = {"exchange": "binance", "symbols": ["BTCUSDT"], "deletionPolicy": "Delete"}
    text = notes(streams=[{"name": "majors", "spec": spec}])
    assert f"Before helm uninstall:\nkubectl delete cryptostream majors --namespace {NAMESPACE}" in text


def test_a_stream_is_given_the_private_authority_of_the_database() -> None:
    external = {"host": "db", "sslmode": "verify-full", "authoritySecret": {"name": "database-ca"}}
    found = stream(notes(timescaledb={"mode": "external", "external": external, "owner": {"existingSecret": "owner"}}))
    assert found["sink"]["authoritySecret"] == {"name": "database-ca", "key": "ca.crt"}
