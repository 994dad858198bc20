"""The steps of a change that needs the stored rows rebuilt. Each is written to the status before it is taken.

StoppingJob -> Rebuilding -> StartingJob. What is taken back while the job stops goes from the first step to the last.
While ``checkpoint_hash`` is None the stored rows are in the middle of a rebuild: then there is no way back, only on to
whatever is wanted by now.
"""

from dataclasses import dataclass
from datetime import datetime

from cryptostream_operator.api.hashing import checkpoint_hash
from cryptostream_operator.api.status import CryptoStreamStatus, UpgradeStatus, UpgradeStep
from cryptostream_operator.builders.inputs import Stream
from cryptostream_operator.builders.spark import DRIVER, EXECUTOR
from cryptostream_operator.conditions import timestamp
from cryptostream_operator.kinds import JOB, POD, SPARK_APPLICATION
from cryptostream_operator.plan.inputs import Observed

REBUILD = "rebuild"


@dataclass(frozen=True, slots=True)
class Upgrade:
    """Where the upgrade stands, None for none, and what the stored rows are built with."""

    status: UpgradeStatus | None
    checkpoint_hash: str | None

    @property
    def wants_application(self) -> bool:
        return self.status is None or self.status.step == "StartingJob"

    @property
    def wants_rebuild(self) -> bool:
        return self.status is not None and self.status.step == "Rebuilding"


def advance(stream: Stream, former: CryptoStreamStatus, observed: Observed, now: datetime) -> Upgrade:
    """The step that is due."""
    wanted, built, current = checkpoint_hash(stream.spec), former.checkpoint_hash, former.upgrade
    if current is None:
        # Nothing is known to be stored: what the first driver builds is what is wanted.
        return Upgrade(None, wanted) if built in (None, wanted) else _at("StoppingJob", wanted, built, now)
    if current.target_hash != wanted:
        return _at("StoppingJob", wanted, built, now)
    match current.step:
        case "StoppingJob" if is_stopped(observed):
            return _at("StartingJob", wanted, wanted, now) if built == wanted else _at("Rebuilding", wanted, None, now)
        case "Rebuilding" if _is_rebuilt(stream, observed):
            return _at("StartingJob", wanted, wanted, now)
        case "StartingJob" if _is_started(stream, observed):
            return Upgrade(None, wanted)
    return Upgrade(current, built)


def is_stopped(observed: Observed) -> bool:
    """Whether neither driver nor executors nor a former rebuild are left."""
    return not any(
        [
            *observed.of(SPARK_APPLICATION),
            *observed.of(POD, DRIVER),
            *observed.of(POD, EXECUTOR),
            *observed.of(JOB, REBUILD),
        ]
    )


def succeeded(job: dict[str, object]) -> bool:
    """Whether a Kubernetes Job has done its work."""
    status = job.get("status")
    return isinstance(status, dict) and int(status.get("succeeded") or 0) > 0


def _is_rebuilt(stream: Stream, observed: Observed) -> bool:
    name = stream.names.rebuild_job(checkpoint_hash(stream.spec))
    return any(ref.name == name and succeeded(job) for ref, job in observed.of(JOB, REBUILD))


def _is_started(stream: Stream, observed: Observed) -> bool:
    for _, application in observed.of(SPARK_APPLICATION):
        state = application.get("status", {}).get("applicationState", {}).get("state", "")
        return stream.spec.suspend or state == "RUNNING"
    return False


def _at(step: UpgradeStep, target: str, built: str | None, now: datetime) -> Upgrade:
    return Upgrade(UpgradeStatus(step=step, target_hash=target, since=timestamp(now)), built)
