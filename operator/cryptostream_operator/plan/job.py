"""JobRunning: the Spark application, and a driver that runs what is wanted."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cryptostream_operator.builders.inputs import Stream, job_spec_hash
from cryptostream_operator.builders.spark import DRIVER, EXECUTOR
from cryptostream_operator.conditions import JOB_RUNNING, Judgement
from cryptostream_operator.kinds import JOB, POD, SPARK_APPLICATION, Manifest, Ref
from cryptostream_operator.labels import SPEC_HASH
from cryptostream_operator.plan.actions import obstacle
from cryptostream_operator.plan.children import Child
from cryptostream_operator.plan.inputs import Delete, Observed, Policy, age
from cryptostream_operator.plan.secrets import missing_secret
from cryptostream_operator.plan.troubles import Trouble, error_of_ended, is_ready, pod_trouble
from cryptostream_operator.plan.upgrade import REBUILD, Upgrade

_FAILED = frozenset({"FAILED", "SUBMISSION_FAILED", "FAILING"})


def judge_job(
    stream: Stream, children: Sequence[Child], observed: Observed, upgrade: Upgrade, policy: Policy, now: datetime
) -> Judgement:
    """Whether the wanted driver runs, and why not."""
    found = obstacle(JOB_RUNNING, children, stream, observed)
    if found is not None and (upgrade.status is None or found.reason != "Creating"):
        return found
    if upgrade.status is not None and upgrade.status.step != "StartingJob":
        return _judge_upgrade(upgrade, observed)
    if found is not None:
        return found
    if stream.spec.suspend:
        return Judgement(JOB_RUNNING, "False", "Suspended", "spec.suspend is true: the job does not run")
    missing = missing_secret(stream, observed, JOB_RUNNING)
    if missing is not None:
        return _no("SecretMissing", missing)
    application = next(iter(observed.of(SPARK_APPLICATION)))[1]
    return _judge_application(stream, application, observed, policy, now)


def stale_driver(stream: Stream, observed: Observed, policy: Policy, now: datetime) -> Delete | None:
    """The application to delete because its driver has run a former specification for longer than the grace time."""
    since, application = observed.application_seen_since, application_of(observed)
    if since is None or application is None or stream.spec.suspend or now - since < policy.stale_driver_grace:
        return None
    ref, live = application
    asked = live.get("spec", {}).get("driver", {}).get("labels", {}).get(SPEC_HASH)
    if live["metadata"].get("deletionTimestamp") or asked != job_spec_hash(stream, policy.defaults):
        return None
    running = running_hash(observed)
    stale = running is not None and running != asked
    # Not in the foreground: executors would be taken from the driver, which ends its batch before it goes. The new
    # application waits for it all the same.
    return Delete(ref, live["metadata"]["uid"]) if stale else None


def application_of(observed: Observed) -> tuple[Any, Manifest] | None:
    """The stream's SparkApplication, None when there is none."""
    return next(iter(observed.of(SPARK_APPLICATION)), None)


def application_state(observed: Observed) -> str | None:
    """The state that the Spark operator gives, "" before it has looked at the application."""
    found = application_of(observed)
    return None if found is None else _state(found[1])


def is_taken_up(objects: Mapping[Ref, Manifest]) -> bool:
    """Whether the Spark operator has looked at the stream's application."""
    return any(ref.kind == SPARK_APPLICATION and _state(live) != "" for ref, live in objects.items())


def running_hash(observed: Observed) -> str | None:
    """The specification that a running driver was started with."""
    for _, pod in observed.of(POD, DRIVER):
        if pod.get("status", {}).get("phase") == "Running" and not pod["metadata"].get("deletionTimestamp"):
            found = pod["metadata"].get("labels", {}).get(SPEC_HASH)
            return None if found is None else str(found)
    return None


def _judge_application(
    stream: Stream, application: Manifest, observed: Observed, policy: Policy, now: datetime
) -> Judgement:
    if application["metadata"].get("deletionTimestamp"):
        return _no("Replacing", f"SparkApplication {stream.name} is being deleted, to be made anew")
    state, wanted = _state(application), job_spec_hash(stream, policy.defaults)
    if state == "" and age(application, now) >= policy.not_watched_after:
        return _no(
            "NotWatched",
            f"the Spark operator has not looked at SparkApplication {stream.name}: check that it runs and that its "
            f"spark.jobNamespaces has {stream.namespace}, or {stream.namespace} the labels of its "
            "spark.jobNamespaceSelector",
        )
    trouble = _trouble(observed)
    if trouble is not None:
        return _no(trouble.reason, trouble.message)
    if running_hash(observed) not in (None, wanted):
        return _judge_former(stream, observed, policy, now)
    return _judge_state(stream, application, observed)


def _judge_state(stream: Stream, application: Manifest, observed: Observed) -> Judgement:
    state = _state(application)
    drivers = [pod for _, pod in observed.of(POD, DRIVER)]
    if state in _FAILED:
        said = str(application["status"]["applicationState"].get("errorMessage") or "no reason given")
        error = error_of_ended(drivers)
        why = f"{said}: {error}" if error else said
        return _no("Failing", f"SparkApplication {stream.name} is {state} and is tried again: {why}")
    if state == "RUNNING" and any(is_ready(pod) for pod in drivers):
        return Judgement(JOB_RUNNING, "True", "Running", f"driver {stream.names.driver_pod} runs")
    return _no("Starting", f"SparkApplication {stream.name} is {state or 'new'}")


def _judge_former(stream: Stream, observed: Observed, policy: Policy, now: datetime) -> Judgement:
    driver = stream.names.driver_pod
    if stale_driver(stream, observed, policy, now) is None:
        return _no("Replacing", f"driver {driver} runs a former specification until the Spark operator replaces it")
    return _no(
        "StaleDriver",
        f"driver {driver} still runs a former specification: the Spark operator missed the change; SparkApplication "
        f"{stream.name} is made anew. Check that the Spark operator runs",
    )


def _judge_upgrade(upgrade: Upgrade, observed: Observed) -> Judgement:
    if upgrade.status is not None and upgrade.status.step == "StoppingJob":
        if upgrade.status.target_hash == upgrade.checkpoint_hash:
            return _no("Stopping", "the job is being stopped for a change that was taken back, to be started again")
        return _no("Stopping", "the job is stopped, to rebuild what it computed with former lengths")
    trouble = pod_trouble(pod for _, pod in observed.of(POD, REBUILD))
    if trouble is not None:
        return _no(trouble.reason, trouble.message)
    name = next((ref.name for ref, _ in observed.of(JOB, REBUILD)), "to rebuild")
    return _no("Rebuilding", f"Job {name} discards what was computed with former lengths")


def _trouble(observed: Observed) -> Trouble | None:
    pods = [pod for component in (DRIVER, EXECUTOR) for _, pod in observed.of(POD, component)]
    return pod_trouble(pods)


def _state(application: Mapping[str, Any]) -> str:
    return str((application.get("status") or {}).get("applicationState", {}).get("state") or "")


def _no(reason: str, message: str) -> Judgement:
    return Judgement(JOB_RUNNING, "False", reason, message)
