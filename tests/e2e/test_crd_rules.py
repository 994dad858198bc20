"""Every rule of the CRD on a real API server: what is accepted, what is refused, and what the user is told."""

import json
from collections.abc import Iterator

import pytest

from cryptostream_operator.api.names import LONGEST_NAME
from harness.kubernetes import Kubectl, KubectlError, crypto_stream, fresh_namespace
from harness.rule_cases import CHANGE_CASES, RULE_CASES, ChangeCase, Fields, RuleCase, overlaid


@pytest.fixture(scope="module")
def server(cluster: Kubectl, crypto_stream_crd: None) -> Iterator[Kubectl]:
    """Dry runs leave nothing behind: they share a namespace."""
    with fresh_namespace() as namespace:
        yield Kubectl(namespace)


def dry_run(server: Kubectl, fields: Fields, name: str = "majors") -> None:
    manifest = crypto_stream(name)
    manifest["spec"] = overlaid(manifest["spec"], fields)
    server("create", "--dry-run=server", "--filename", "-", stdin=json.dumps(manifest))


@pytest.mark.parametrize("case", RULE_CASES, ids=str)
def test_specification(server: Kubectl, case: RuleCase) -> None:
    dry_run(server, case.accepted)
    with pytest.raises(KubectlError) as refusal:
        dry_run(server, case.refused)
    assert case.said in str(refusal.value)


@pytest.mark.parametrize("case", CHANGE_CASES, ids=str)
def test_change(kubectl: Kubectl, case: ChangeCase) -> None:
    manifest = crypto_stream()
    kubectl.apply({**manifest, "spec": overlaid(manifest["spec"], case.before)})

    def change(fields: Fields) -> None:
        patch = json.dumps({"spec": fields})
        kubectl("patch", "cryptostream", "majors", "--type=merge", "--dry-run=server", "--patch", patch)

    change(case.accepted)
    with pytest.raises(KubectlError) as refusal:
        change(case.refused)
    assert case.said in str(refusal.value)


def test_the_largest_specification_stays_within_the_cost_of_rules(server: Kubectl) -> None:
    symbols = [f"{number:020d}-{'Q' * 20}" for number in range(1000)]
    dry_run(server, {"exchange": "coinbase", "symbols": symbols})
    with pytest.raises(KubectlError) as refusal:
        dry_run(server, {"exchange": "coinbase", "symbols": [*symbols, "BTC-USD"]})
    assert "spec.symbols: Too many: 1001: must have at most 1000 items" in str(refusal.value)


@pytest.mark.parametrize("name", ["a", "btc-2026", "a" * LONGEST_NAME])
def test_name_that_fits(server: Kubectl, name: str) -> None:
    dry_run(server, {}, name)


@pytest.mark.parametrize("name", ["a" * (LONGEST_NAME + 1), "1st", "big.five"])
def test_name_that_no_service_or_pod_could_bear(server: Kubectl, name: str) -> None:
    with pytest.raises(KubectlError) as refusal:
        dry_run(server, {}, name)
    assert f"metadata.name must have at most {LONGEST_NAME} characters, begin with a letter" in str(refusal.value)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"symbols": ["BTCUSDT", "BTCUSDT"]}, 'spec.symbols[1]: Duplicate value: "BTCUSDT"'),
        ({"symbols": []}, "spec.symbols in body should have at least 1 items"),
        ({"symbols": ["btcusdt"]}, "spec.symbols[0] in body should match"),
        ({"exchange": "mtgox"}, 'supported values: "binance", "coinbase"'),
        ({"exchange": None}, "spec.exchange: Required value"),
        ({"pane": "ten s"}, "spec.pane in body should match"),
        ({"pane": "9999999h"}, "spec.pane"),
        ({"topic": {"partitions": 0}}, "spec.topic.partitions in body should be greater than or equal to 1"),
        ({"producer": {"resources": {"memory": "512m"}}}, "spec.producer.resources.memory in body should match"),
        ({"detectors": {"priceSpike": {"threshold": 0}}}, "spec.detectors.priceSpike.threshold in body should be"),
        ({"windows": "2m"}, 'unknown field "spec.windows"'),
    ],
    ids=str,
)
def test_what_types_and_ranges_refuse(server: Kubectl, fields: Fields, said: str) -> None:
    with pytest.raises(KubectlError) as refusal:
        dry_run(server, fields)
    assert said in str(refusal.value)
