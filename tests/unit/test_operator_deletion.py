"""The end of a stream."""

from cryptostream_operator.kinds import DEPLOYMENT, JOB, POD, SPARK_APPLICATION, Ref
from cryptostream_operator.labels import PURGE_FINALIZER
from cryptostream_operator.plan.inputs import Refusal
from harness.model_cluster import ModelCluster


def _running(policy: str) -> ModelCluster:
    cluster = ModelCluster.with_stream(deletionPolicy=policy)
    cluster.settle()
    cluster.let_parts_work()
    cluster.settle()
    return cluster


def _delete(cluster: ModelCluster) -> None:
    cluster.resource["metadata"]["deletionTimestamp"] = cluster.now.strftime("%Y-%m-%dT%H:%M:%SZ")


def _owners(cluster: ModelCluster, name: str) -> list[object]:
    found = next(live for ref, live in cluster.objects.items() if ref.name == name)
    return list(found["metadata"].get("ownerReferences", []))


def test_a_stream_that_keeps_its_data_is_not_held() -> None:
    cluster = _running("Retain")
    assert cluster.finalizers == []
    assert not _owners(cluster, "majors-trades")
    assert not _owners(cluster, "majors-checkpoint")
    _delete(cluster)
    assert cluster.plan().actions == 0


def test_a_stream_that_takes_its_data_along_is_held_before_anything_is_made() -> None:
    cluster = ModelCluster.with_stream(deletionPolicy="Delete")
    assert cluster.plan().hold
    cluster.settle()
    assert cluster.finalizers == [PURGE_FINALIZER]
    assert _owners(cluster, "majors-trades")
    assert _owners(cluster, "majors-checkpoint")


def test_the_policy_can_be_changed_both_ways() -> None:
    cluster = _running("Delete")
    cluster.change(deletionPolicy="Retain")
    cluster.settle()
    assert cluster.finalizers == []
    assert not _owners(cluster, "majors-trades")
    cluster.change(deletionPolicy="Delete")
    cluster.settle()
    assert cluster.finalizers == [PURGE_FINALIZER]
    assert _owners(cluster, "majors-trades")


def test_rows_are_deleted_after_producers_and_job_have_stopped() -> None:
    cluster = _running("Delete")
    cluster.add_pod("majors-producer-0-x", "producer")
    _delete(cluster)
    cluster.settle()
    assert not cluster.names(DEPLOYMENT) | cluster.names(SPARK_APPLICATION)
    assert not cluster.names(JOB), "a producer's pod is still there"
    assert cluster.phase == "Deleting"
    del cluster.objects[next(ref for ref in cluster.objects if ref.kind == POD)]
    cluster.settle()
    [job] = [live for ref, live in cluster.objects.items() if ref.kind == JOB]
    assert "ownerReferences" not in job["metadata"], "a foreground deletion would take it along"
    assert cluster.finalizers == [PURGE_FINALIZER]
    job["status"] = {"succeeded": 1}
    cluster.settle()
    assert cluster.finalizers == []
    assert cluster.names(JOB), "a look that knows neither of the stream's end nor of the Job would purge again"
    assert job["spec"]["ttlSecondsAfterFinished"] == 30


def test_a_purge_that_cannot_run_is_given_up_after_the_deadline_and_told_of() -> None:
    cluster = _running("Delete")
    _delete(cluster)
    cluster.settle()
    waiting = {"state": {"waiting": {"reason": "ErrImagePull", "message": "no such image"}}, "image": "job:1"}
    cluster.add_pod("majors-purge-x", "purge", status={"phase": "Pending", "containerStatuses": [waiting]})
    cluster.pass_time(599)
    cluster.settle()
    assert cluster.finalizers == [PURGE_FINALIZER]
    assert "no such image" in cluster.condition("Ready")["message"]
    cluster.pass_time(1)
    [plan] = cluster.settle()
    assert cluster.finalizers == []
    [event] = plan.events
    assert (event.type, event.reason) == ("Warning", "PurgeGaveUp")
    assert "cryptostream purge" in event.message


def test_a_purge_that_was_refused_is_tried_again_and_given_up_after_the_deadline() -> None:
    cluster = _running("Delete")
    _delete(cluster)
    [job] = [apply.ref for plan in cluster.settle() for apply in plan.applies]
    del cluster.objects[job]
    cluster.refusals[job] = Refusal("Rejected", "the quota is used up")
    cluster.settle()
    assert not cluster.names(JOB)
    assert "the quota is used up" in cluster.condition("Ready")["message"]
    cluster.refusals[job] = Refusal("Rejected", "the quota is used up", is_due=True)
    assert [apply.ref for apply in cluster.plan().applies] == [job]
    cluster.pass_time(600)
    assert cluster.plan().release


def test_what_was_refused_of_other_jobs_does_not_end_a_purge_that_runs() -> None:
    cluster = _running("Delete")
    cluster.refusals[Ref(JOB, "desk", "majors-topics-0")] = Refusal("Rejected", "the quota is used up")
    _delete(cluster)
    cluster.settle()
    cluster.add_pod("majors-purge-x", "purge")
    cluster.pass_time(86400)
    cluster.settle()
    assert cluster.finalizers == [PURGE_FINALIZER]


def test_what_a_deletion_waits_for_is_named() -> None:
    cluster = _running("Delete")
    for number in range(7):
        cluster.add_pod(f"majors-exec-{number}", "executor")
    _delete(cluster)
    cluster.settle()
    pods = ", ".join(f"Pod majors-exec-{number}" for number in range(5))
    assert cluster.condition("Ready")["message"] == f"waiting for {pods}, 2 more to end"


def test_a_purge_that_runs_and_waits_for_the_database_is_never_given_up() -> None:
    cluster = _running("Delete")
    _delete(cluster)
    cluster.settle()
    crashing = {
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "restartCount": 9,
        "lastState": {"terminated": {"exitCode": 1, "message": "database is away"}},
    }
    cluster.add_pod("majors-purge-x", "purge", status={"phase": "Running", "containerStatuses": [crashing]})
    cluster.pass_time(86400)
    cluster.settle()
    assert cluster.finalizers == [PURGE_FINALIZER]


def test_a_stream_made_anew_and_deleted_soon_is_purged_though_its_predecessors_job_is_still_there() -> None:
    cluster = _running("Delete")
    _delete(cluster)
    cluster.settle()
    cluster.let_parts_work()
    cluster.settle()
    [former] = cluster.names(JOB)

    again = _running("Delete")
    again.resource["metadata"]["uid"] = "stream-2"
    again.objects.update({ref: live for ref, live in cluster.objects.items() if ref.kind == JOB})
    again.settle()
    _delete(again)
    again.settle()
    assert again.finalizers == [PURGE_FINALIZER], "the predecessor's purge is none of this stream's"
    assert len(again.names(JOB) - {former}) == 1
