"""The CRD that is generated from the types: structural, explained, and as permissive as they are."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cryptostream_operator.api.crd import as_yaml, custom_resource_definition, main
from cryptostream_operator.api.names import LONGEST_NAME, Names
from cryptostream_operator.api.parse import InvalidSpecError, parse_spec, parse_status
from cryptostream_operator.api.rules import DEFAULT_CLAIM_SIZE, RESOURCE_RULES, SPEC_RULES, Rule
from cryptostream_operator.api.schema import spec_schema, status_schema
from cryptostream_operator.api.spec import FEEDS, CryptoStreamSpec
from cryptostream_operator.api.status import CryptoStreamStatus
from cryptostream_operator.api.workloads import Checkpoint
from cryptostream_producer.exchanges import EXCHANGES
from harness.kubernetes import OWN_CRD
from harness.rule_cases import CHANGE_CASES, RULE_CASES, overlaid
from harness.structural import nodes, values, violations, with_defaults

SPEC = spec_schema()
STATUS = status_schema()
MINIMAL = {"exchange": "binance", "symbols": ["BTCUSDT"]}
# Generated texts are thrown away where a length limit cuts a pattern.
patient = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def test_the_committed_crd_is_the_generated_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check", str(OWN_CRD)]) == 0, capsys.readouterr().err


def test_a_crd_that_drifted_is_named_with_the_command_that_mends_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "old.yaml"
    old.write_text(as_yaml().replace("cstream", "cs"))
    assert main(["--check", str(old)]) == 1
    assert f"python -m cryptostream_operator.api.crd > {old}" in capsys.readouterr().err


def test_it_prints_what_it_checks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert yaml.safe_load(capsys.readouterr().out) == custom_resource_definition()


@pytest.mark.parametrize("schema", [SPEC, STATUS], ids=["spec", "status"])
def test_every_node_is_structural(schema: dict[str, Any]) -> None:
    allowed = {
        *("type", "format", "enum", "pattern", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"),
        *("exclusiveMinimum", "description", "default", "properties", "required", "items"),
        *("x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-validations"),
    }
    for path, node in nodes(schema):
        assert node["type"] in {"object", "array", "string", "integer", "number", "boolean"}, path
        assert set(node) <= allowed, path
        assert node["type"] != "array" or "x-kubernetes-list-type" in node, path


@pytest.mark.parametrize("schema", [SPEC, STATUS], ids=["spec", "status"])
def test_every_field_is_explained_in_a_sentence(schema: dict[str, Any]) -> None:
    for path, node in nodes(schema):
        assert path.endswith("[]") or re.fullmatch(r"[A-Z].{9,}\.", node.get("description", "")), path


@pytest.mark.parametrize("schema", [SPEC, STATUS], ids=["spec", "status"])
def test_every_text_and_list_is_bounded(schema: dict[str, Any]) -> None:
    for path, node in nodes(schema):
        assert node["type"] != "string" or "maxLength" in node or "enum" in node, path
        assert node["type"] != "array" or "maxItems" in node, path


def test_everything_but_exchange_and_symbols_may_be_left_out() -> None:
    assert SPEC["required"] == ["exchange", "symbols"]


def test_the_defaults_of_the_crd_are_those_of_the_types() -> None:
    filled = with_defaults(SPEC, MINIMAL)
    assert filled == CryptoStreamSpec.model_validate(MINIMAL).model_dump(mode="json", by_alias=True, exclude_none=True)


def test_defaults_are_what_the_schema_accepts() -> None:
    assert violations(SPEC, with_defaults(SPEC, MINIMAL)) == []


def test_a_stream_that_no_operator_has_seen_is_not_ready() -> None:
    (ready,) = STATUS["default"]["conditions"]
    assert (ready["type"], ready["status"], ready["reason"]) == ("Ready", "Unknown", "Pending")
    assert violations(STATUS, STATUS["default"]) == []


def test_a_field_beyond_the_types_shows_in_the_small_validator() -> None:
    refused = {"exchange": "mtgox", "symbols": ["x"], "pane": 1, "topic": {"partitions": 0}, "windows": "2m"}
    assert len(violations(SPEC, refused)) == 5


@patient
@given(values(SPEC))
def test_the_types_accept_what_the_schema_accepts(spec: dict[str, Any]) -> None:
    assert violations(SPEC, spec) == []
    try:
        parse_spec({"spec": spec})
    except InvalidSpecError as error:
        assert "must not be above baselineWindows" in str(error)


@patient
@given(values(SPEC))
def test_the_schema_accepts_what_the_types_write(spec: dict[str, Any]) -> None:
    try:
        parsed = parse_spec({"spec": spec})
    except InvalidSpecError:
        return
    assert violations(SPEC, parsed.model_dump(mode="json", by_alias=True, exclude_none=True)) == []


@patient
@given(values(STATUS))
def test_the_status_is_read_as_it_was_written(status: dict[str, Any]) -> None:
    parsed = parse_status({"status": status})
    written = parsed.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert violations(STATUS, written) == []
    assert parse_status({"status": written}) == parsed


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@given(_json | st.fixed_dictionaries({}, optional=dict.fromkeys(SPEC["properties"], _json)))
def test_no_specification_crashes_the_reader(spec: Any) -> None:
    try:
        parse_spec({"spec": spec})
    except InvalidSpecError as error:
        assert all(line.startswith("spec") for line in str(error).splitlines())


@given(_json)
def test_no_status_crashes_the_reader(status: Any) -> None:
    assert isinstance(parse_status({"status": status}), CryptoStreamStatus)


def test_a_specification_that_cannot_be_read_is_explained_field_by_field() -> None:
    with pytest.raises(InvalidSpecError) as error:
        parse_spec({"spec": {"exchange": "binance", "symbols": [], "producer": {"shards": 0}}})
    assert [line.split(":")[0] for line in str(error.value).splitlines()] == ["spec.symbols", "spec.producer.shards"]


def test_rules_stand_at_fields_that_exist_and_speak_of_fields_that_exist() -> None:
    known = {"": SPEC, **dict(nodes(SPEC))}
    for path, rules in SPEC_RULES.items():
        assert path in known
        for rule in rules:
            assert rule.field is None or (f"{path}.{rule.field}".removeprefix(".") in known), rule
            assert len(rule.message) <= 2048


def test_every_rule_has_a_case_that_it_accepts_and_one_that_it_refuses() -> None:
    cases = [(case.path, case.said) for case in RULE_CASES] + [(case.path, case.said) for case in CHANGE_CASES]
    untested = [
        (path, rule.message)
        for path, rules in SPEC_RULES.items()
        for rule in rules
        if not any(path == case_path and _says(rule, said) for case_path, said in cases)
    ]
    assert untested == []
    assert len(RESOURCE_RULES) == 1


def _says(rule: Rule, said: str) -> bool:
    if rule.shown is None:
        return rule.message == said
    return all(literal in said for literal in re.findall("'([^']*)'", rule.shown))


@pytest.mark.parametrize("case", RULE_CASES, ids=str)
def test_cases_of_the_rules_fail_by_the_rule_alone(case: Any) -> None:
    for fields in (case.accepted, case.refused):
        assert violations(SPEC, overlaid({"exchange": "binance", "symbols": ["BTCUSDT"]}, fields)) == []


def test_feeds_and_symbols_are_those_of_the_exchanges() -> None:
    assert {name: tuple(exchange.feeds) for name, exchange in EXCHANGES.items()} == dict(FEEDS)
    symbol = re.compile(SPEC["properties"]["symbols"]["items"]["pattern"])
    for text in ("BTCUSDT", "BTC-USD", "T-USD", "1INCH-USDC", "X", "btcusdt", "BTC_USD", "BTC-", "A" * 30, "A" * 31):
        by_exchange = any(exchange.symbol_pattern.fullmatch(text) for exchange in EXCHANGES.values())
        assert bool(symbol.fullmatch(text)) == by_exchange, text


def test_the_rule_on_claims_knows_the_default_size() -> None:
    assert Checkpoint().size == DEFAULT_CLAIM_SIZE


@given(st.from_regex(r"[a-z]([-a-z0-9]{0,44}[a-z0-9])?", fullmatch=True))
def test_names_that_the_rule_accepts_leave_room_for_the_children(name: str) -> None:
    assert len(name) <= LONGEST_NAME
    assert all(len(derived) <= 63 for derived in Names("desk", name).labelled())


def test_one_more_character_would_be_too_many() -> None:
    assert max(len(derived) for derived in Names("desk", "a" * (LONGEST_NAME + 1)).labelled()) == 64
