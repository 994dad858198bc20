"""The platform with Kafka and stream made of the release: every part is killed, upgraded, drained, removed."""

import time
from collections.abc import Iterator

import pytest

from harness.cluster_services import DATABASE, KAFKA
from harness.images import Images, load_as
from harness.kubernetes import Kubectl
from harness.leaks import leaks
from harness.platform import STREAM, Platform, prepared_platform
from harness.pods import kill
from harness.rights import unconfined, with_token
from harness.waiting import until

pytestmark = pytest.mark.timeout(600, func_only=True)
CLAIMS = {f"persistentvolumeclaim/{STREAM}-checkpoint"}
TOPICS = {f"kafkatopic.kafka.strimzi.io/{STREAM}-{kind}" for kind in ("trades", "positions", "alerts", "dead-letters")}


@pytest.fixture(scope="module")
def platform(third_party_kinds: None, images: Images, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Installed, with the stream among the release's values."""
    with prepared_platform(images, tmp_path_factory.mktemp("platform"), strimzi=True, claims=True) as prepared:
        prepared.type("install")
        with_stream(prepared)
        yield prepared


def with_stream(platform: Platform, images: Images | None = None, **spec: object) -> None:
    """Upgrade the release to images, and to the stream with these fields; wait until both have come true."""
    chosen = images or platform.market.images
    stream = {"name": STREAM, "spec": platform.manifest(**spec)["spec"]}
    platform.values(images=chosen.values(), streams=[stream])
    platform.type("upgrade")
    platform.stream.wait_until_ready(300)
    platform.stream.wait_for_windows(more=2, timeout=180)


def pods_of(platform: Platform, part: str) -> set[str]:
    """The names of a part's pods that are to stay."""
    selectors = {
        "executor": f"cryptostream.io/stream={STREAM},app.kubernetes.io/component=executor",
        "operator": "app.kubernetes.io/instance=cryptostream,app.kubernetes.io/component=operator",
        KAFKA: f"app={KAFKA}",
        DATABASE: f"app={DATABASE}",
    }
    pods = platform.kubectl.list("pods", selectors[part])
    return {pod["metadata"]["name"] for pod in pods if not pod["metadata"].get("deletionTimestamp")}


def test_what_helm_tests_is_well(platform: Platform) -> None:
    printed = platform.shell("helm test cryptostream --timeout 5m")
    assert "Phase:          Succeeded" in printed
    assert "Failed" not in printed


@pytest.mark.parametrize("part", ["executor", "operator", KAFKA, DATABASE])
def test_nothing_is_lost_when_pods_are_killed(platform: Platform, part: str) -> None:
    stream, before = platform.stream, pods_of(platform, part)
    assert before
    began = time.monotonic()
    for pod in before:
        kill(platform.kubectl, pod)
    until(lambda: pods_of(platform, part) - before, f"another {part}", 120, 0.5)
    if part in (KAFKA, DATABASE):
        # The Deployment's own status may not have noticed the loss yet.
        for pod in pods_of(platform, part) - before:
            platform.kubectl("wait", f"pod/{pod}", "--for=condition=Ready", "--timeout=120s", timeout=130)
    stream.wait_for_windows(more=2, timeout=180)
    print(f"windows again {time.monotonic() - began:.0f} s after the {part} was killed")
    stream.wait_until_ready()
    print(stream.verify())


def test_a_drained_node_gives_the_stream_back_as_it_was(platform: Platform) -> None:
    stream = platform.stream
    before = stream.uids("driver") | stream.uids("producer")
    node = str(stream.pods("driver")[0]["spec"]["nodeName"])
    chosen = f"--pod-selector=cryptostream.io/stream={STREAM}"
    began = time.monotonic()
    try:
        Kubectl()("drain", node, chosen, "--delete-emptydir-data", "--force", "--timeout=120s", timeout=130)
        print(f"drained after {time.monotonic() - began:.0f} s")
    finally:
        Kubectl()("uncordon", node)
    until(lambda: not before & (stream.uids("driver") | stream.uids("producer")), "the old pods to go", 60, 0.5)
    stream.wait_for_windows(more=2, timeout=180)
    stream.wait_until_ready()
    print(f"windows again {time.monotonic() - began:.0f} s after the drain began")
    print(stream.verify())


def test_an_upgrade_to_other_images_and_another_window_loses_no_trade(platform: Platform, images: Images) -> None:
    stream, oldest = platform.stream, platform.stream.oldest_pane()
    newer = load_as(images, "newer")
    began = time.monotonic()
    with_stream(platform, newer, window="3m")
    print(f"upgraded after {time.monotonic() - began:.0f} s")
    running = {
        container["image"]
        for pod in platform.kubectl.list("pods", f"cryptostream.io/stream={STREAM}")
        for container in pod["spec"]["containers"]
        if pod["status"]["phase"] == "Running"
    }
    assert running == {newer.producer, newer.job}
    assert stream.rows(where="window_end - window_start <> interval '3 minutes'") == 0
    assert stream.oldest_pane() == oldest
    report = stream.verify()
    print(report)
    assert {figures["missing ids"] for figures in report["checked"].values()} == {0}


def test_after_all_that_pods_are_confined_and_no_secret_can_be_read(platform: Platform) -> None:
    pods = platform.kubectl.list("pods")
    assert unconfined(pods) == []
    assert with_token(pods) == {"cryptostream-operator", f"{STREAM}-job"}
    assert leaks(platform.kubectl) == []


def test_uninstalled_it_leaves_what_its_policy_keeps_and_nothing_else(platform: Platform) -> None:
    print(platform.type("uninstall"))
    until(lambda: platform.objects() - platform.given <= CLAIMS | TOPICS, lambda: str(platform.objects()), 120, 1)
    assert platform.objects() - platform.given == CLAIMS | TOPICS
    assert "cryptostreams.cryptostream.io" in Kubectl()("get", "crds", "--output=name")
