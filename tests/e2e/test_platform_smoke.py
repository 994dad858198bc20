"""The platform from ``helm install`` to ``helm uninstall``, by the README's commands, every part real."""

import time
from collections.abc import Iterator

import pytest

from cryptostream_operator.rbac import cluster_rules, namespace_rules
from harness.images import Images
from harness.kubernetes import Kubectl
from harness.leaks import leaks
from harness.platform import NAMESPACE, STREAM, Platform, prepared_platform
from harness.pods import kill
from harness.rights import granted, rights, unconfined, with_token
from harness.waiting import until

pytestmark = [pytest.mark.smoke, pytest.mark.timeout(600, func_only=True)]
DRIVER_RIGHTS = {
    "pods": {"create", "get", "list", "watch", "delete", "deletecollection"},
    "configmaps": {"create", "list", "delete", "deletecollection"},
}


@pytest.fixture(scope="module")
def platform(third_party_kinds: None, images: Images, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with prepared_platform(images, tmp_path_factory.mktemp("platform")) as prepared:
        yield prepared


def seconds_of(step: str, platform: Platform) -> str:
    """Type a step; say how long it took."""
    began = time.monotonic()
    printed = platform.type(step)
    print(f"{step}: {time.monotonic() - began:.0f} s\n{printed}")
    return printed


def test_it_is_installed_where_only_restricted_pods_are_admitted(platform: Platform) -> None:
    labels = Kubectl().get("namespace", NAMESPACE)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert "STATUS: deployed" in seconds_of("install", platform)


def test_a_stream_is_applied_and_becomes_ready(platform: Platform) -> None:
    assert f"cryptostream.cryptostream.io/{STREAM} created" in seconds_of("stream", platform)
    shown = seconds_of("look", platform)
    assert "Running" in shown
    assert '"event": "query started"' in shown or '"component"' in shown


def test_windows_and_alerts_arrive_and_are_right(platform: Platform) -> None:
    stream = platform.stream
    stream.wait_for_windows(more=4)
    until(lambda: stream.rows("crypto_alerts") > 0, stream.describe, 90, 1)
    print(stream.verify())


def test_nothing_is_lost_when_driver_and_producer_are_killed(platform: Platform) -> None:
    stream = platform.stream
    before = stream.uids("driver"), stream.uids("producer")
    for component in ("driver", "producer"):
        kill(stream.kubectl, stream.pods(component)[0]["metadata"]["name"])
    began = time.monotonic()
    until(lambda: stream.uids("driver") - before[0] and stream.uids("producer") - before[1], "other pods", 120, 0.5)
    stream.wait_until_ready()
    stream.wait_for_windows(more=2)
    print(f"windows again {time.monotonic() - began:.0f} s after the kill")
    print(stream.verify())


def test_service_accounts_have_the_rights_that_they_need_and_no_others(platform: Platform) -> None:
    expected = {
        "default": {},
        f"{STREAM}-producer": {},
        f"{STREAM}-job": DRIVER_RIGHTS,
        "cryptostream-operator": granted([*namespace_rules(), *cluster_rules()]),
    }
    accounts = {account["metadata"]["name"] for account in platform.kubectl.list("serviceaccounts")}
    assert {account: rights(platform.kubectl, account) for account in accounts} == expected


def test_containers_are_confined_and_have_a_token_only_where_they_ask_the_api_server(platform: Platform) -> None:
    pods = platform.kubectl.list("pods")
    assert len(pods) >= 7
    assert unconfined(pods) == []
    assert with_token(pods) == {"cryptostream-operator", f"{STREAM}-job"}


def test_no_secret_can_be_read_but_in_secrets(platform: Platform) -> None:
    assert leaks(platform.kubectl) == []


def test_an_upgrade_leaves_the_stream_running(platform: Platform) -> None:
    stream = platform.stream
    before = stream.uids("driver"), stream.uids("producer")
    platform.values(commonLabels={"team": "desk"})
    seconds_of("upgrade", platform)
    assert platform.kubectl.get("deployment", "cryptostream-operator")["metadata"]["labels"]["team"] == "desk"
    stream.wait_until_ready()
    stream.wait_for_windows(more=2)
    assert (stream.uids("driver"), stream.uids("producer")) == before
    # Events of the market come every three minutes.
    until(lambda: stream.rows("crypto_alerts", "NOT backfilled") > 0, stream.describe, 300, 1)
    print(stream.verify())


def test_uninstalled_it_leaves_what_its_policy_keeps_and_nothing_else(platform: Platform) -> None:
    given = platform.given
    seconds_of("uninstall", platform)
    kept = {f"persistentvolumeclaim/{STREAM}-checkpoint"}
    until(lambda: platform.objects() - given <= kept, lambda: f"only {kept}: {platform.objects() - given}", 90, 1)
    assert platform.objects() - given == kept
    assert "cryptostreams.cryptostream.io" in Kubectl()("get", "crds", "--output=name")
