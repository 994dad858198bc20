"""The examples are what a user applies: each is accepted as it stands, and one shows every field."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cryptostream_operator.api.parse import parse_spec
from cryptostream_operator.api.schema import spec_schema
from cryptostream_operator.api.spec import CryptoStreamSpec
from cryptostream_operator.builders.users import job_rules, producer_rules
from harness.helm_chart import CHART, render
from harness.stream_specs import stream_of
from harness.structural import violations, with_defaults

EXAMPLES = sorted((CHART / "examples").glob("*.yaml"))
ALL_FIELDS = CHART / "examples" / "all-fields.yaml"
SPEC = spec_schema()


def example(text: str) -> dict[str, Any]:
    manifest: dict[str, Any] = yaml.safe_load(text)
    assert (manifest["apiVersion"], manifest["kind"]) == ("cryptostream.io/v1alpha1", "CryptoStream")
    return manifest


def parsed(spec: dict[str, Any]) -> CryptoStreamSpec:
    """The specification as the operator sees it: with the API server's defaults."""
    return parse_spec({"spec": with_defaults(SPEC, spec)})


def leaves(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    for name, field in schema["properties"].items():
        if field["type"] == "object":
            yield from leaves(field, f"{path}{name}.")
        else:
            yield f"{path}{name}"


def written(spec: dict[str, Any], path: str = "") -> Iterator[str]:
    for name, value in spec.items():
        if isinstance(value, dict):
            yield from written(value, f"{path}{name}.")
        else:
            yield f"{path}{name}"


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_is_valid(file: Path) -> None:
    spec = example(file.read_text())["spec"]
    assert not violations(SPEC, with_defaults(SPEC, spec))
    parsed(spec)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_can_be_made_with_the_release(file: Path) -> None:
    manifest = example(file.read_text())
    stream = {"name": manifest["metadata"]["name"], "spec": manifest["spec"]}
    found = render({"streams": [stream], "kafka": {"mode": "strimzi"}}).one("CryptoStream")
    assert found["spec"] == manifest["spec"]
    assert found["metadata"]["name"] == manifest["metadata"]["name"]


def test_the_full_example_writes_the_defaults() -> None:
    given = example(ALL_FIELDS.read_text())["spec"]
    minimal = {"exchange": given["exchange"], "symbols": given["symbols"]}
    assert parsed(given) == parsed(minimal)


def test_the_full_example_names_every_field() -> None:
    uncommented = re.sub(r"#(?=\w)", "", ALL_FIELDS.read_text())
    assert sorted(written(example(uncommented)["spec"])) == sorted(leaves(SPEC))


@pytest.mark.parametrize(("login", "rules"), [("producers", producer_rules), ("job", job_rules)])
def test_the_rights_that_a_given_kafka_has_to_grant_are_those_of_strimzis_users(login: str, rules: Any) -> None:
    text = (CHART / "examples" / "majors-external-kafka.yaml").read_text()
    section = re.search(rf"#   {login}: (.*?)(?=#   \w+:|apiVersion)", text, re.DOTALL)
    assert section is not None
    written_down = re.findall(r"(\S+) (\S+) {2,}(\w.*)$", section[1], re.MULTILINE)
    granted = [
        (
            rule["resource"]["type"],
            rule["resource"]["name"] + ("*" if rule["resource"]["patternType"] == "prefix" else ""),
            " ".join(rule["operations"]),
        )
        for rule in rules(stream_of("desk", "majors", exchange="binance", symbols=["BTCUSDT"]))
    ]
    # Strimzi makes topics itself.
    assert [entry for entry in written_down if not entry[2].startswith("Create")] == granted
