"""The CRD: the operator's own, upgraded with the release, kept when that goes."""

import yaml

from harness.helm_chart import CHART, KINDS, refusal, render

FILE = CHART / "files" / "crds" / "cryptostreams.yaml"
STREAM = {"name": "majors", "spec": {"exchange": "binance", "symbols": ["BTCUSDT"]}}


def test_it_is_the_generated_one() -> None:
    rendered = render().one("CustomResourceDefinition")
    generated = yaml.safe_load(FILE.read_text())
    assert rendered["metadata"]["name"] == generated["metadata"]["name"]
    assert rendered["spec"] == generated["spec"]


def test_it_outlives_the_release_unless_told_otherwise() -> None:
    kept = render().one("CustomResourceDefinition")["metadata"]
    assert kept["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert "annotations" not in render({"crds": {"keep": False}}).one("CustomResourceDefinition")["metadata"]


def test_it_can_be_left_to_others() -> None:
    assert not render({"crds": {"install": False}}).of("CustomResourceDefinition")


def test_streams_wait_for_their_kind() -> None:
    without = [kind for kind in KINDS if not kind.startswith("cryptostream.io")]
    message = refusal({"streams": [STREAM]}, kinds=without)
    assert "install without streams first, then add them with helm upgrade" in message
    assert render({"streams": [STREAM], "requireKinds": False}, kinds=without).one("CryptoStream", "majors")


def test_a_streams_metadata_is_the_users() -> None:
    stream = {**STREAM, "labels": {"desk": "spot"}, "annotations": {"cryptostream.io/paused": "true"}}
    metadata = render({"streams": [stream]}).one("CryptoStream")["metadata"]
    assert metadata["labels"]["desk"] == "spot"
    assert metadata["annotations"] == {"cryptostream.io/paused": "true"}


def test_a_streams_specification_is_checked_before_anything_is_installed() -> None:
    spec = {"exchange": "binance", "symbols": ["BTCUSDT"], "windows": "2m", "slide": "half a minute"}
    message = refusal({"streams": [{"name": "majors", "spec": spec}]})
    assert "windows" in message
    assert "/streams/0/spec/slide" in message
