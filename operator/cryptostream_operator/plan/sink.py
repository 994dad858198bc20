"""SinkReady: whether what the job computes reaches the database."""

from cryptostream_operator.builders.inputs import Stream
from cryptostream_operator.conditions import SINK_READY, Judgement
from cryptostream_operator.plan.inputs import Observed, Policy
from cryptostream_operator.plan.secrets import missing_secret

_STARTING = "starting"
"""What a driver says of itself until it has begun to read: no trouble yet."""


def judge_sink(stream: Stream, job: Judgement, observed: Observed, policy: Policy) -> Judgement:
    """Whether the job writes. Only the job itself knows: the operator never connects to the database."""
    missing = missing_secret(stream, observed, SINK_READY)
    if missing is not None:
        return Judgement(SINK_READY, "False", "SecretMissing", missing)
    if stream.spec.suspend:
        return Judgement(SINK_READY, "False", "Suspended", "spec.suspend is true: nothing is written")
    if job.status != "True":
        return Judgement(SINK_READY, "Unknown", "WaitingForJob", "the job does not run: the database is not tried")
    return _judge_writing(stream, observed, policy)


def _judge_writing(stream: Stream, observed: Observed, policy: Policy) -> Judgement:
    readings, driver = observed.readings, stream.names.driver_pod
    if policy.readings_interval is None:
        return Judgement(SINK_READY, "True", "JobReady", f"driver {driver} is up; its pages are not read")
    said = readings.not_ready.get(driver)
    if not readings.job_asked or (readings.job_read and not readings.database_away and said == _STARTING):
        return Judgement(SINK_READY, "Unknown", "WaitingForJob", f"driver {driver} is starting")
    if not readings.job_read:
        message = f"the pages of driver {driver} cannot be read yet: the operator must reach its port 8090"
        return Judgement(SINK_READY, "Unknown", "Unreadable", message)
    if readings.database_away:
        message = f"driver {driver} waits for the database of Secret {stream.spec.sink.secret_name}: check that it runs"
        return Judgement(SINK_READY, "False", "DatabaseAway", message)
    if said:
        return Judgement(SINK_READY, "False", "JobNotReady", f"driver {driver}: {said}")
    return Judgement(SINK_READY, "True", "Writing", f"driver {driver} writes to the database")
