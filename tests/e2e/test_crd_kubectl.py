"""The CryptoStream resource as a user of kubectl meets it; no operator runs."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cryptostream_operator.api.parse import parse_spec, parse_status
from cryptostream_operator.api.rules import SPEC_RULES
from cryptostream_operator.api.schema import spec_schema
from cryptostream_operator.api.spec import CryptoStreamSpec
from cryptostream_operator.api.status import PENDING
from harness.kubernetes import Kubectl, KubectlError, crypto_stream
from harness.structural import nodes, values


def write_status(kubectl: Kubectl, status: dict[str, Any]) -> None:
    kubectl("patch", "cstream", "majors", "--subresource=status", "--type=merge", "--patch", json.dumps(status))


def ready(status: str, message: str) -> dict[str, Any]:
    since = "2026-01-31T12:00:00Z"
    return {"type": "Ready", "status": status, "reason": "Told", "message": message, "lastTransitionTime": since}


def test_a_minimal_manifest_gets_every_default(kubectl: Kubectl) -> None:
    kubectl.apply(crypto_stream())
    stored = kubectl.get("cryptostream", "majors")
    typed = CryptoStreamSpec.model_validate(crypto_stream()["spec"])
    assert stored["spec"] == typed.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert parse_spec(stored) == typed


def test_a_stream_is_pending_until_an_operator_has_seen_it(kubectl: Kubectl) -> None:
    kubectl.apply(crypto_stream())
    assert parse_status(kubectl.get("cryptostream", "majors")) == PENDING
    with pytest.raises(KubectlError, match="timed out waiting for the condition"):
        kubectl("wait", "cryptostream", "majors", "--for=condition=Ready", "--timeout=1s")


def test_waiting_ends_when_the_stream_is_ready(kubectl: Kubectl) -> None:
    kubectl.apply(crypto_stream())
    write_status(kubectl, {"status": {"conditions": [ready("True", "All parts run.")]}})
    waited = kubectl("wait", "cryptostream", "majors", "--for=condition=Ready", "--timeout=10s")
    assert waited == "cryptostream.cryptostream.io/majors condition met\n"


def test_the_status_is_written_apart_from_the_specification(kubectl: Kubectl) -> None:
    kubectl.apply(crypto_stream())
    write_status(kubectl, {"spec": {"suspend": True}, "status": {"phase": "Running"}})
    stored = kubectl.get("cryptostream", "majors")
    assert (stored["spec"]["suspend"], stored["status"]["phase"], stored["metadata"]["generation"]) == (
        False,
        "Running",
        1,
    )


def test_a_word_that_is_no_phase_is_refused(kubectl: Kubectl) -> None:
    kubectl.apply(crypto_stream())
    with pytest.raises(KubectlError, match=r'status.phase: Unsupported value: "Fine"'):
        write_status(kubectl, {"status": {"phase": "Fine"}})


@pytest.mark.parametrize("word", ["cryptostreams", "cryptostream", "cstream", "cryptostream.cryptostream.io"])
def test_it_goes_by_all_its_names(kubectl: Kubectl, word: str) -> None:
    kubectl.apply(crypto_stream())
    assert kubectl("get", word, "--output=name") == "cryptostream.cryptostream.io/majors\n"


def test_it_is_in_the_category_of_the_product(cluster: Kubectl, crypto_stream_crd: None) -> None:
    assert "cryptostreams.cryptostream.io" in cluster("api-resources", "--categories=cryptostream", "--output=name")


def test_get_shows_how_the_stream_is(kubectl: Kubectl) -> None:
    kubectl.apply(crypto_stream())
    seen = {"phase": "Degraded", "symbols": 2, "conditions": [ready("False", "Pod majors-producer-0 is not ready.")]}
    feed = {"tradesPerSecond": 140.5, "lastTradeAge": "2s", "gaps": 0}
    write_status(kubectl, {"status": {**seen, "feed": feed, "job": {"openAlerts": 3}}})
    header, line = kubectl("get", "cstream").splitlines()
    assert header.split() == ["NAME", "READY", "PHASE", "SYMBOLS", "TRADES/S", "LAST", "TRADE", "ALERTS", "AGE"]
    assert line.split()[:7] == ["majors", "False", "Degraded", "2", "140.5", "2s", "3"]
    wide = kubectl("get", "cstream", "--output=wide")
    assert wide.splitlines()[0].split()[-3:] == ["EXCHANGE", "SHARDS", "MESSAGE"]
    assert "Pod majors-producer-0 is not ready." in wide


def test_streams_are_chosen_by_exchange_and_phase(kubectl: Kubectl) -> None:
    coinbase = crypto_stream("dollars", exchange="coinbase", symbols=["BTC-USD"])
    kubectl.apply(crypto_stream(), coinbase)
    write_status(kubectl, {"status": {"phase": "Running"}})
    chosen = kubectl("get", "cstream", "--field-selector=spec.exchange=coinbase", "--output=name")
    assert chosen == "cryptostream.cryptostream.io/dollars\n"
    chosen = kubectl("get", "cstream", "--field-selector=status.phase=Running", "--output=name")
    assert chosen == "cryptostream.cryptostream.io/majors\n"


def test_scale_sets_the_producers_within_the_rules(kubectl: Kubectl) -> None:
    kubectl.apply(crypto_stream())
    write_status(kubectl, {"status": {"producer": {"shards": 1, "ready": 1, "selector": "app=producer"}}})
    scaled = kubectl("scale", "cryptostream", "majors", "--replicas=4", "--current-replicas=1")
    assert scaled == "cryptostream.cryptostream.io/majors scaled\n"
    assert kubectl.get("cryptostream", "majors")["spec"]["producer"]["shards"] == 4
    with pytest.raises(KubectlError, match=r"must not be above topic\.partitions: a partition has one producer"):
        kubectl("scale", "cryptostream", "majors", "--replicas=5")
    scale = kubectl("get", "cryptostream", "majors", "--subresource=scale", "--output=json")
    assert json.loads(scale)["status"] == {"replicas": 1, "selector": "app=producer"}


def test_explain_shows_every_field_and_reads_well(kubectl: Kubectl) -> None:
    shown = kubectl("explain", "cryptostream.spec", "--recursive")
    for path, _ in nodes(spec_schema()):
        assert path.endswith("[]") or f"{path.rpartition('.')[2]}\t<" in shown, path
    field = kubectl("explain", "cryptostream.spec.topic.partitions")
    assert "FIELD: partitions <integer>" in field
    assert "Partitions of the trades topic; immutable, since a symbol's partition is for" in field


def test_server_side_apply_shares_the_symbols_between_managers(kubectl: Kubectl) -> None:
    def apply(manager: str, *symbols: str) -> None:
        manifest = json.dumps(crypto_stream(symbols=list(symbols)))
        kubectl("apply", "--server-side", f"--field-manager={manager}", "--filename=-", stdin=manifest)

    apply("one", "BTCUSDT")
    apply("other", "ETHUSDT")
    assert sorted(kubectl.get("cstream", "majors")["spec"]["symbols"]) == ["BTCUSDT", "ETHUSDT"]


def test_any_specification_is_stored_or_refused_by_a_rule(kubectl: Kubectl) -> None:
    """Whatever types and ranges accept, the API server accepts as well, or says which rule it breaks."""
    known = [rule.message for rules in SPEC_RULES.values() for rule in rules if rule.shown is None]
    known += ["must be a multiple of", "must be longer than producer.", "must not be below the request"]

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(values(spec_schema()) | st.just({"exchange": "binance", "symbols": ["BTCUSDT"]}))
    def stored_or_refused(spec: dict[str, Any]) -> None:
        manifest = {**crypto_stream(), "spec": spec}
        try:
            made = kubectl("create", "--dry-run=server", "-o=json", "--filename=-", stdin=json.dumps(manifest))
        except KubectlError as refusal:
            problems = [line for line in str(refusal).splitlines() if "spec" in line]
            assert problems and all(any(rule in line for rule in known) for line in problems), refusal
        else:
            parse_spec(json.loads(made))

    stored_or_refused()
