"""What a change of the specification needs, and the hashes that show whether it has taken effect."""

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cryptostream_operator.api.base import length_of
from cryptostream_operator.api.diff import (
    DIFF_CLASS,
    DIFF_CLASSES,
    DURATIONS,
    MEANING,
    changed_fields,
    classify,
    leaves,
)
from cryptostream_operator.api.hashing import checkpoint_hash, hash_of, job_hash, producer_hash
from cryptostream_operator.api.parse import InvalidSpecError, parse_spec
from cryptostream_operator.api.rules import SPEC_RULES
from cryptostream_operator.api.schema import spec_schema
from cryptostream_operator.api.spec import CryptoStreamSpec
from harness.rule_cases import CHANGE_CASES, external, overlaid
from harness.structural import nodes, values

SCHEMA = spec_schema()
MINIMAL: dict[str, Any] = {"exchange": "binance", "symbols": ["BTCUSDT", "ETHUSDT"]}
patient = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def spec(**fields: Any) -> CryptoStreamSpec:
    return parse_spec({"spec": overlaid(MINIMAL, fields)})


@st.composite
def specs(draw: st.DrawFn) -> CryptoStreamSpec:
    try:
        return parse_spec({"spec": draw(values(SCHEMA))})
    except InvalidSpecError:
        assume(False)
        raise


def test_every_leaf_of_the_schema_has_a_class_and_nothing_else_has() -> None:
    found = {path for path, node in nodes(SCHEMA) if node["type"] != "object" and not path.endswith("[]")}
    assert set(DIFF_CLASS) == found


def test_every_class_is_used_and_explained() -> None:
    assert set(DIFF_CLASS.values()) == set(DIFF_CLASSES) == set(MEANING)


def test_durations_are_the_fields_that_are_written_as_such() -> None:
    pattern = SCHEMA["properties"]["pane"]["pattern"]
    assert set(DURATIONS) == {path for path, node in nodes(SCHEMA) if node.get("pattern") == pattern}


def test_what_is_immutable_is_what_the_api_server_refuses_to_change() -> None:
    refused = {
        f"{path}.{rule.field}".strip(".") if rule.field else path or "feed"
        for path, rules in SPEC_RULES.items()
        for rule in rules
        if "oldSelf" in rule.expression and "only grow" not in rule.message
    }
    assert refused == {path for path, needed in DIFF_CLASS.items() if needed == "immutable"}


@pytest.mark.parametrize(
    ("fields", "needed"),
    [
        ({}, set()),
        ({"symbols": ["BTCUSDT", "ETHUSDT", "SOLUSDT"]}, {"restart-producers"}),
        ({"producer": {"shards": 2}}, {"scale"}),
        ({"endpoints": {"rest": "http://simulator:9443"}}, {"restart-producers"}),
        ({"kafka": {"port": 9094}}, {"restart"}),
        ({"detectors": {"priceSpike": {"threshold": 6.5}}}, {"restart-job"}),
        ({"job": {"executor": {"instances": 3}}}, {"restart-job"}),
        ({"job": {"shufflePartitions": 4}}, {"fresh"}),
        ({"window": "4m"}, {"fresh"}),
        ({"restartNonce": 7}, {"restart"}),
        ({"suspend": True}, {"none"}),
        ({"topic": {"retention": "14d"}}, {"topics"}),
        ({"topic": {"partitions": 8}}, {"immutable"}),
        ({"producer": {"logLevel": "DEBUG"}, "job": {"logLevel": "DEBUG"}}, {"restart-producers", "restart-job"}),
        (external(), {"immutable", "restart"}),
    ],
    # Sets have no order that every worker shares.
    ids=lambda value: "+".join(sorted(value)) if isinstance(value, set) else str(value),
)
def test_class_of_a_change(fields: dict[str, Any], needed: set[str]) -> None:
    assert classify(spec(), spec(**fields)) == needed
    assert classify(spec(**fields), spec()) == needed


@pytest.mark.parametrize(
    "fields",
    [
        {"symbols": ["ETHUSDT", "BTCUSDT"]},
        {"feed": "aggTrade"},
        {"window": "120s"},
        {"pane": "10000ms"},
        {"kafka": {"port": 9093}},
        {"detectors": {"priceSpike": {"threshold": 13}}},
    ],
    ids=str,
)
def test_another_way_to_write_the_same_changes_nothing(fields: dict[str, Any]) -> None:
    assert classify(spec(), spec(**fields)) == set()
    for hashed in (producer_hash, job_hash, checkpoint_hash):
        assert hashed(spec()) == hashed(spec(**fields))


def test_changed_fields_are_named() -> None:
    changed = changed_fields(spec(), spec(window="4m", producer={"image": "example/producer:2"}))
    assert changed == {"producer.image": "restart-producers", "window": "fresh"}


@pytest.mark.parametrize("case", [case for case in CHANGE_CASES if "grow" not in case.said], ids=str)
def test_refused_changes_are_immutable_and_accepted_ones_are_not(case: Any) -> None:
    before = spec(**case.before)
    assert "immutable" in classify(before, parse_spec({"spec": overlaid(overlaid(MINIMAL, case.before), case.refused)}))
    accepted = parse_spec({"spec": overlaid(overlaid(MINIMAL, case.before), case.accepted)})
    assert "immutable" not in classify(before, accepted)


@patient
@given(specs(), specs())
def test_hashes_change_exactly_when_the_class_says_so(old: CryptoStreamSpec, new: CryptoStreamSpec) -> None:
    needed = classify(old, new)
    assert (producer_hash(old) != producer_hash(new)) == bool(needed & {"scale", "restart-producers", "restart"})
    assert (job_hash(old) != job_hash(new)) == bool(needed & {"restart-job", "restart", "fresh"})
    assert (checkpoint_hash(old) != checkpoint_hash(new)) == ("fresh" in needed)


@patient
@given(specs())
def test_a_specification_hashes_the_same_after_the_api_server_has_filled_it(written: CryptoStreamSpec) -> None:
    stored = parse_spec({"spec": written.model_dump(mode="json", by_alias=True, exclude_none=True)})
    assert classify(written, stored) == set()
    assert set(leaves(stored)) <= set(DIFF_CLASS)
    assert job_hash(stored) == job_hash(written)


def test_what_the_operator_resolves_is_part_of_the_hash() -> None:
    assert job_hash(spec(), {"image": "job:1"}) != job_hash(spec(), {"image": "job:2"})
    assert producer_hash(spec(), {"image": "a"}) != producer_hash(spec())


def test_hashes_do_not_move_between_releases() -> None:
    assert hash_of({"b": 1, "a": [1.0, "x"]}) == hash_of({"a": [1.0, "x"], "b": 1}) == "4968a479071bd684"
    assert checkpoint_hash(spec()) == "de487dc53ee050fa"


@pytest.mark.parametrize(("text", "seconds"), [("250ms", 0.25), ("90s", 90), ("2m", 120), ("1h", 3600), ("7d", 604800)])
def test_lengths_of_time(text: str, seconds: float) -> None:
    assert length_of(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["all", "", "s", "-1s", "1.5h", "1 s", "1s\n"])
def test_what_is_no_length_of_time(text: str) -> None:
    with pytest.raises(ValueError, match="is not a length of time"):
        length_of(text)
