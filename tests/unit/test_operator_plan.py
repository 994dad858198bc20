"""What is decided for a stream, given what is seen of it."""

import copy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cryptostream_operator.conditions import PARTS, REASONS
from cryptostream_operator.kinds import (
    CLAIM,
    DEPLOYMENT,
    JOB,
    KAFKA_TOPIC,
    KAFKA_USER,
    POD,
    POD_MONITOR,
    SPARK_APPLICATION,
    WATCHED,
    Ref,
)
from cryptostream_operator.labels import PAUSED, SPEC_HASH, child_labels
from cryptostream_operator.plan.inputs import Readings, Refusal
from harness.model_cluster import NAMESPACE, ModelCluster


def _running(**spec: object) -> ModelCluster:
    cluster = ModelCluster.with_stream(**spec)
    cluster.settle()
    cluster.let_parts_work()
    cluster.settle()
    return cluster


def test_the_status_is_written_before_anything_is_made() -> None:
    cluster = ModelCluster.with_stream()
    first = cluster.plan()
    assert first.status is not None
    assert first.status.observed_generation == 1
    assert first.status.wanted_hash
    assert len(first.applies) == 16
    assert all(apply.uid is None for apply in first.applies)
    cluster.carry_out(first)
    assert cluster.condition("Ready")["status"] == "False"
    assert cluster.condition("Reconciling")["status"] == "True"


def test_a_stream_is_ready_when_all_its_parts_are() -> None:
    cluster = _running()
    assert cluster.phase == "Running"
    assert {cluster.condition(kind)["status"] for kind in ("Ready", *PARTS)} == {"True"}
    assert cluster.condition("Reconciling")["status"] == "False"
    assert cluster.resource["status"]["runningHash"] == cluster.resource["status"]["wantedHash"]


def test_a_settled_stream_needs_nothing() -> None:
    cluster = _running()
    cluster.pass_time(3600)
    assert cluster.plan().actions == 0


def test_conditions_keep_their_transition_time_until_the_status_flips() -> None:
    cluster = ModelCluster.with_stream()
    cluster.settle()
    before = cluster.condition("TopicReady")["lastTransitionTime"]
    cluster.pass_time(60)
    cluster.settle()
    assert cluster.condition("TopicReady")["reason"] == "NotTakenUp"
    assert cluster.condition("TopicReady")["lastTransitionTime"] == before
    cluster.let_parts_work()
    cluster.settle()
    assert cluster.condition("TopicReady")["lastTransitionTime"] == "2026-01-31T12:01:00Z"


def test_ready_becomes_true_once_and_tells_one_event() -> None:
    cluster = _running()
    told = [event.reason for plan in cluster.history for event in plan.events]
    assert told == ["Ready"]


@pytest.mark.parametrize(
    ("kind", "part", "provider"),
    [(KAFKA_TOPIC, "TopicReady", "Strimzi"), (SPARK_APPLICATION, "JobRunning", "the Spark operator")],
)
def test_a_kind_that_the_cluster_lacks_is_named_and_comes_later(kind, part: str, provider: str) -> None:
    cluster = ModelCluster.with_stream()
    cluster.served = frozenset(WATCHED) - {kind}
    cluster.settle()
    assert cluster.condition(part)["reason"] == "KindMissing"
    assert f"install {provider}" in cluster.condition(part)["message"]
    assert not cluster.names(kind)
    assert cluster.names(DEPLOYMENT)
    cluster.served = frozenset(WATCHED)
    cluster.settle()
    assert cluster.names(kind)
    assert cluster.condition(part)["reason"] != "KindMissing"


def test_pod_monitors_are_not_missed() -> None:
    cluster = ModelCluster.with_stream()
    cluster.served = frozenset(WATCHED) - {POD_MONITOR}
    cluster.settle()
    cluster.let_parts_work()
    cluster.settle()
    assert cluster.condition("Ready")["status"] == "True"


def test_a_missing_secret_is_named_with_the_command_that_makes_it() -> None:
    cluster = ModelCluster.with_stream(sink={"secretName": "db", "secretKey": "dsn"})
    cluster.secrets["db"] = frozenset({"other"})
    cluster.settle()
    message = cluster.condition("SinkReady")["message"]
    assert "Secret db" in message
    assert "has no key dsn" in message
    assert "kubectl -n desk create secret generic db --from-literal=dsn=..." in message


def test_what_the_parts_say_is_rounded_so_that_it_is_written_seldom() -> None:
    cluster = _running()
    cluster.readings = Readings(trades_per_second=1234.5, gaps=0, job_read=True)
    cluster.settle()
    assert cluster.resource["status"]["feed"] == {"tradesPerSecond": 1200.0, "gaps": 0}
    cluster.readings = Readings(trades_per_second=1249.9, gaps=0, job_read=True)
    assert cluster.plan().actions == 0


@pytest.mark.parametrize(
    ("readings", "status", "reason"),
    [
        (Readings(job_read=True, database_away=True), "False", "DatabaseAway"),
        (Readings(job_read=True, not_ready={"majors-driver": "waits"}), "False", "JobNotReady"),
        (Readings(job_read=True, not_ready={"majors-driver": "starting"}), "Unknown", "WaitingForJob"),
        (Readings(job_read=False), "Unknown", "Unreadable"),
    ],
)
def test_the_sink_is_as_the_job_says(readings: Readings, status: str, reason: str) -> None:
    cluster = _running()
    cluster.readings = readings
    cluster.settle()
    assert (cluster.condition("SinkReady")["status"], cluster.condition("SinkReady")["reason"]) == (status, reason)
    assert cluster.condition("Ready")["status"] == status
    assert cluster.phase == "Degraded"


def test_a_fenced_producer_is_told_of() -> None:
    cluster = _running()
    cluster.add_pod("majors-producer-0-x", "producer", status={"phase": "Running"})
    said = "fenced by writer w on partition 0 of desk/majors: delete it"
    cluster.readings = Readings(job_read=True, not_ready={"majors-producer-0-x": said})
    cluster.settle()
    assert cluster.condition("ProducerAvailable")["reason"] == "Fenced"
    assert said in cluster.condition("ProducerAvailable")["message"]


def test_only_what_a_change_concerns_is_applied() -> None:
    cluster = _running()
    cluster.change(topic={"retention": "3d"})
    assert {apply.ref.name for apply in cluster.plan().applies} == {"majors-trades", "majors-dead-letters"}
    cluster.settle()
    cluster.change(job={"logLevel": "DEBUG"})
    assert {apply.ref.kind for apply in cluster.plan().applies} == {SPARK_APPLICATION}
    cluster.settle()
    cluster.change(producer={"logLevel": "DEBUG"})
    assert {apply.ref.kind for apply in cluster.plan().applies} == {DEPLOYMENT}


def test_a_new_restart_nonce_replaces_producers_and_driver() -> None:
    cluster = _running()
    before = cluster.resource["status"]["wantedHash"]
    cluster.change(restartNonce=7)
    assert {apply.ref.kind for apply in cluster.plan().applies} == {SPARK_APPLICATION, DEPLOYMENT}
    cluster.settle()
    assert cluster.resource["status"]["wantedHash"] != before
    assert cluster.condition("Ready")["status"] == "False"


def test_fewer_shards_delete_the_producers_beyond_them() -> None:
    cluster = _running(producer={"shards": 3})
    cluster.change(producer={"shards": 1})
    assert {delete.ref.name for delete in cluster.plan().deletes} == {"majors-producer-1", "majors-producer-2"}


def test_what_holds_data_is_never_deleted() -> None:
    cluster = _running()
    cluster.change(job={"checkpoint": {"claimName": "another"}})
    assert Ref(CLAIM, NAMESPACE, "majors-checkpoint") not in {delete.ref for delete in cluster.plan().deletes}


def test_an_application_is_made_anew_when_the_driver_of_the_former_has_ended() -> None:
    """It has the name that the next driver is to have: the Spark operator could not submit that."""
    cluster = _running()
    driver = copy.deepcopy(cluster.get(POD, "majors-driver"))
    driver["metadata"]["ownerReferences"] = [{"kind": "SparkApplication", "name": "majors", "uid": "former"}]
    del cluster.objects[Ref(SPARK_APPLICATION, NAMESPACE, "majors")]
    cluster.objects[Ref(POD, NAMESPACE, "majors-driver")] = driver
    cluster.settle()
    assert not cluster.names(SPARK_APPLICATION)
    assert cluster.condition("JobRunning")["reason"] == "Replacing"
    assert cluster.condition("JobRunning")["message"] == "waiting for the former driver majors-driver to end"
    del cluster.objects[Ref(POD, NAMESPACE, "majors-driver")]
    cluster.settle()
    assert cluster.names(SPARK_APPLICATION)


def test_a_driver_that_was_orphaned_is_not_waited_for() -> None:
    cluster = _running()
    del cluster.objects[Ref(SPARK_APPLICATION, NAMESPACE, "majors")]
    cluster.add_pod("majors-driver", "driver")
    cluster.settle()
    assert cluster.names(SPARK_APPLICATION)


def test_a_stale_driver_is_replaced_after_the_grace_time_and_not_before() -> None:
    cluster = _running()
    cluster.change(job={"logLevel": "DEBUG"})
    cluster.settle()
    cluster.application_seen_since = cluster.now
    cluster.settle()
    assert cluster.condition("JobRunning")["reason"] == "Replacing"
    cluster.pass_time(59)
    assert not cluster.plan().deletes
    cluster.pass_time(1)
    plan = cluster.plan()
    assert [(delete.ref.kind, delete.foreground) for delete in plan.deletes] == [(SPARK_APPLICATION, False)]
    assert plan.status is not None
    assert any(found.reason == "StaleDriver" for found in plan.status.conditions)
    cluster.settle()
    cluster.let_parts_work()
    cluster.settle()
    assert cluster.condition("Ready")["status"] == "True"
    assert (
        cluster.get(POD, "majors-driver")["metadata"]["labels"][SPEC_HASH] == cluster.resource["status"]["wantedHash"]
    )


def _add_executor(cluster: ModelCluster, name: str, driver_uid: str, phase: str) -> None:
    owners = [
        {
            "apiVersion": "sparkoperator.k8s.io/v1beta2",
            "kind": "SparkApplication",
            "name": "majors",
            "uid": "application",
        },
        {"apiVersion": "v1", "kind": "Pod", "name": "majors-driver", "uid": driver_uid, "controller": True},
    ]
    cluster.add_pod(name, "executor", status={"phase": phase})
    cluster.objects[Ref(POD, NAMESPACE, name)]["metadata"]["ownerReferences"] = owners


@pytest.mark.parametrize("suspend", [False, True])
def test_executors_that_have_ended_and_whose_driver_is_gone_are_removed(suspend: bool) -> None:
    cluster = _running()
    driver = cluster.get(POD, "majors-driver")["metadata"]["uid"]
    for number, (owner, phase) in enumerate(
        [
            ("former", "Succeeded"),
            ("former", "Failed"),
            ("former", "Running"),
            (driver, "Succeeded"),
            (driver, "Running"),
        ]
    ):
        _add_executor(cluster, f"majors-exec-{number}", owner, phase)
    cluster.add_pod("majors-exec-without-driver", "executor", status={"phase": "Failed"})
    cluster.change(suspend=suspend)
    plan = cluster.plan()
    assert {delete.ref.name for delete in plan.deletes if delete.ref.kind == POD} == {"majors-exec-0", "majors-exec-1"}
    cluster.carry_out(plan)
    assert not any(delete.ref.kind == POD for delete in cluster.plan().deletes)


def test_a_paused_stream_is_judged_but_not_touched() -> None:
    cluster = _running()
    cluster.resource["metadata"]["annotations"] = {PAUSED: "true"}
    cluster.change(producer={"shards": 2})
    del cluster.objects[Ref(DEPLOYMENT, NAMESPACE, "majors-producer-0")]
    for plan in cluster.settle():
        assert not plan.applies
        assert not plan.deletes
    assert cluster.condition("ReconciliationPaused")["status"] == "True"
    assert cluster.resource["status"]["observedGeneration"] == 1
    del cluster.resource["metadata"]["annotations"]
    cluster.settle()
    assert cluster.names(DEPLOYMENT) == {"majors-producer-0", "majors-producer-1"}


@pytest.mark.parametrize("reason", ["NameTaken", "FieldConflict", "Rejected"])
def test_a_refused_child_stalls_the_stream_until_it_is_taken(reason) -> None:
    cluster = ModelCluster.with_stream()
    ref = Ref(DEPLOYMENT, NAMESPACE, "majors-producer-0")
    cluster.refusals = {ref: Refusal(reason, "somebody has it")}
    cluster.settle()
    assert cluster.condition("ProducerAvailable")["reason"] == reason
    assert (cluster.condition("Stalled")["status"], cluster.phase) == ("True", "Failed")
    assert ref not in cluster.objects
    cluster.refusals = {ref: Refusal(reason, "somebody has it", is_due=True)}
    assert ref in {apply.ref for apply in cluster.plan().applies}


def test_a_specification_that_cannot_be_read_stalls_and_touches_nothing() -> None:
    cluster = _running()
    cluster.change(pane="a while")
    plan = cluster.settle()[0]
    assert not plan.applies
    assert not plan.deletes
    assert cluster.condition("Stalled")["reason"] == "InvalidSpec"
    assert "spec.pane" in cluster.condition("Stalled")["message"]
    assert cluster.resource["status"]["checkpointHash"]


def test_an_external_kafka_gets_its_topics_from_a_job() -> None:
    kafka = {"mode": "external", "external": {"bootstrapServers": "kafka:9092"}}
    cluster = ModelCluster.with_stream(kafka=kafka)
    cluster.settle()
    assert not cluster.names(KAFKA_TOPIC) | cluster.names(KAFKA_USER)
    assert len(cluster.names(JOB)) == 1
    assert cluster.condition("TopicReady")["reason"] == "MakingTopics"
    cluster.let_parts_work()
    cluster.settle()
    assert cluster.condition("TopicReady")["status"] == "True"


def test_what_the_job_could_not_change_of_a_given_kafkas_topics_is_a_warning() -> None:
    kafka = {"mode": "external", "external": {"bootstrapServers": "kafka:9092"}}
    cluster = ModelCluster.with_stream(kafka=kafka, topic={"replicas": 3}, producer={"shards": 4})
    cluster.settle()
    cluster.let_parts_work()
    [job] = cluster.names(JOB)
    said = "topic desk.majors.trades has replication factor 1, not 3"
    for name, of_job, words in (("now", job, said), ("former", "majors-topics-0", "what does not hold any more")):
        labels = {**child_labels("majors", "topics"), "batch.kubernetes.io/job-name": of_job}
        ended = {"state": {"terminated": {"exitCode": 0, "message": words}}}
        cluster.add_pod(name, "topics", labels=labels, status={"phase": "Succeeded", "containerStatuses": [ended]})
    cluster.settle()
    warning = cluster.condition("Warning")
    assert warning["reason"] == "IdleShards", "the first of two"
    assert warning["message"].endswith(f"; {said}")
    assert cluster.condition("TopicReady")["status"] == "True"
    cluster.change(producer={"shards": 1})
    cluster.settle()
    assert cluster.condition("Warning")["reason"] == "OtherTopics"
    assert cluster.condition("Warning")["message"] == said


_SPECS = st.fixed_dictionaries(
    {},
    optional={
        "symbols": st.lists(st.sampled_from(["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT"]), min_size=1, unique=True),
        "producer": st.fixed_dictionaries({"shards": st.integers(1, 6)}),
        "kafka": st.sampled_from(
            [{}, {"cluster": "other"}, {"mode": "external", "external": {"bootstrapServers": "k:1"}}]
        ),
        "window": st.sampled_from(["2m", "5m"]),
        "suspend": st.booleans(),
        "restartNonce": st.integers(0, 3),
        "deletionPolicy": st.sampled_from(["Retain", "Delete"]),
        "job": st.sampled_from([{}, {"checkpoint": {"claimName": "mine"}}, {"shufflePartitions": 4}]),
    },
)
_STATES = ["", "SUBMITTED", "RUNNING", "FAILED", "SUBMISSION_FAILED", "PENDING_RERUN", "SUSPENDED", "UNKNOWN"]
_CONTAINERS = [
    {"state": {"waiting": {"reason": "ImagePullBackOff"}}},
    {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "restartCount": 4, "lastState": {"terminated": {}}},
    {"state": {"running": {}}, "ready": True},
    {},
]


@st.composite
def _worlds(draw: st.DrawFn) -> ModelCluster:
    cluster = ModelCluster.with_stream(**draw(_SPECS))
    cluster.settle()
    if draw(st.booleans()):
        cluster.let_parts_work()
    for ref in list(cluster.objects):
        chance = draw(st.integers(0, 9))
        live = cluster.objects.get(ref)
        if live is None:
            continue
        if chance == 0:
            del cluster.objects[ref]
        elif chance == 1:
            live.pop("status", None)
        elif chance == 2:
            live["metadata"]["annotations"] = {}
        elif ref.kind == SPARK_APPLICATION:
            live["status"] = {"applicationState": {"state": draw(st.sampled_from(_STATES))}}
    for component in draw(st.lists(st.sampled_from(["producer", "driver", "executor", "rebuild"]))):
        status = {"phase": "Running", "containerStatuses": [draw(st.sampled_from(_CONTAINERS))]}
        cluster.add_pod(f"{component}-{len(cluster.objects)}", component, status=status)
    cluster.served = frozenset(WATCHED) - draw(st.sampled_from([set(), {KAFKA_TOPIC}, {SPARK_APPLICATION}]))
    cluster.secrets["cryptostream-database"] = draw(st.sampled_from([None, frozenset(), frozenset({"url"})]))
    cluster.resource["spec"] = {**cluster.resource["spec"], **draw(_SPECS)}
    cluster.resource["metadata"]["generation"] += 1
    cluster.pass_time(draw(st.sampled_from([0, 30, 3600])))
    return cluster


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(_worlds())
def test_from_any_state_the_plans_come_to_rest(cluster: ModelCluster) -> None:
    cluster.settle()
    assert cluster.plan().actions == 0
    for found in cluster.resource["status"]["conditions"]:
        assert found["reason"] in REASONS[found["type"]], found
        assert found["observedGeneration"] == cluster.resource["metadata"]["generation"]
    reasons = {found["type"]: found for found in cluster.resource["status"]["conditions"]}
    assert (reasons["Ready"]["status"] == "True") == (cluster.phase == "Running")


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(_worlds(), st.data())
def test_an_operator_that_dies_anywhere_is_recovered_from(cluster: ModelCluster, data: st.DataObject) -> None:
    plan = cluster.plan()
    if plan.status is not None:
        cluster.resource["status"] = plan.status.model_dump(mode="json", by_alias=True, exclude_none=True)
    for apply in plan.applies[: data.draw(st.integers(0, len(plan.applies)), label="applied before the end")]:
        cluster._store(apply.ref, apply.manifest)
    cluster.settle()
    assert cluster.plan().actions == 0
    assert cluster.names(DEPLOYMENT)


def test_an_application_that_was_passed_over_changes_when_its_namespace_gets_a_label() -> None:
    cluster = ModelCluster.with_stream()
    cluster.namespace_labels = {"name": "desk"}
    cluster.settle()
    assert cluster.plan().actions == 0
    cluster.namespace_labels = {"name": "desk", "spark": "watched"}
    nudge = cluster.plan()
    assert [apply.ref.kind for apply in nudge.applies] == [SPARK_APPLICATION]
    assert nudge.applies[0].manifest["spec"] == cluster.objects[nudge.applies[0].ref]["spec"]
    cluster.settle()
    cluster.let_parts_work()
    cluster.settle()
    cluster.namespace_labels = {}
    assert cluster.plan().actions == 0
