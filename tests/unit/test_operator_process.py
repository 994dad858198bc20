"""The operator's settings, rights and signs of life."""

from datetime import timedelta

import pytest

from cryptostream_model.settings import SettingsError
from cryptostream_operator.controller.heartbeat import Heartbeat
from cryptostream_operator.kinds import CHILDREN
from cryptostream_operator.metrics import OperatorMetrics
from cryptostream_operator.rbac import cluster_rules, namespace_rules
from cryptostream_operator.settings import OperatorSettings


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYPTOSTREAM_OPERATOR_NAMESPACES", "a, b,,a")
    monkeypatch.setenv("CRYPTOSTREAM_OPERATOR_RESYNC_INTERVAL", "10m")
    monkeypatch.setenv("CRYPTOSTREAM_OPERATOR_READINGS", "off")
    settings = OperatorSettings.load()
    assert settings.namespaces == ("a", "b")
    assert settings.resync_interval == timedelta(minutes=10)
    assert settings.policy().readings_interval is None


def test_a_wrong_setting_is_named_with_what_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYPTOSTREAM_OPERATOR_WORKERS", "0")
    with pytest.raises(SettingsError, match=r"CRYPTOSTREAM_OPERATOR_WORKERS = '0'.*streams that are worked on at once"):
        OperatorSettings.load()


@pytest.mark.parametrize("rules", [namespace_rules(), namespace_rules("proxy"), cluster_rules()])
def test_no_right_has_a_wildcard(rules: list[dict[str, list[str]]]) -> None:
    for rule in rules:
        assert all("*" not in entry for part in ("apiGroups", "resources", "verbs") for entry in rule[part])


def test_secrets_are_only_read_by_name() -> None:
    for rule in [*namespace_rules("proxy"), *cluster_rules()]:
        if "secrets" in rule["resources"]:
            assert rule["verbs"] == ["get"]
            assert rule["resources"] == ["secrets"]


def test_every_child_can_be_made_and_what_holds_data_cannot_be_deleted() -> None:
    by_resource = {(rule["apiGroups"][0], rule["resources"][0]): rule["verbs"] for rule in reversed(namespace_rules())}
    for kind in CHILDREN:
        assert {"get", "list", "watch", "create", "patch"} <= set(by_resource[kind.group, kind.plural])
    assert "delete" not in by_resource["kafka.strimzi.io", "kafkatopics"]
    assert "delete" not in by_resource["", "persistentvolumeclaims"]


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_loop_that_stands_still_is_noticed() -> None:
    clock = _Clock()
    heartbeat = Heartbeat(clock, timedelta(seconds=60))
    heartbeat.expect("event loop")
    clock.now = 60
    assert heartbeat.problem() is None
    clock.now = 61
    assert heartbeat.problem() == "no sign of the event loop for 61 s"
    heartbeat.beat("event loop")
    assert heartbeat.problem() is None


def test_workers_are_stuck_only_when_all_of_them_are() -> None:
    clock = _Clock()
    heartbeat = Heartbeat(clock, timedelta(seconds=60))
    heartbeat.expect(workers=2)
    heartbeat.busy(0)
    clock.now = 100
    assert heartbeat.problem() is None
    heartbeat.busy(1)
    clock.now = 200
    assert heartbeat.problem() == "all 2 workers have been stuck for 100 s"
    heartbeat.idle(0)
    assert heartbeat.problem() is None


def test_streams_are_counted_by_phase() -> None:
    metrics = OperatorMetrics()

    def count(phase: str) -> float | None:
        return metrics.registry.get_sample_value("cryptostream_operator_streams", {"phase": phase})

    metrics.set_phase(("a", "b"), "Pending")
    metrics.set_phase(("a", "c"), "Pending")
    metrics.set_phase(("a", "b"), "Running")
    assert (count("Pending"), count("Running"), count("Failed")) == (1, 1, 0)
    metrics.set_phase(("a", "b"), None)
    metrics.set_phase(("a", "b"), None)
    assert count("Running") == 0
