"""What the pieces of one job process share."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from cryptostream_job.detectors.base import Detector
from cryptostream_job.metrics import JobMetrics
from cryptostream_job.outbox import Outbox
from cryptostream_job.settings import JobSettings
from cryptostream_job.status import Status


@dataclass(frozen=True, slots=True)
class JobParts:
    """One process's settings, detectors, reporting and outbox; ``stopping`` is set when it is to end."""

    settings: JobSettings
    detectors: Sequence[Detector]
    metrics: JobMetrics
    status: Status
    outbox: Outbox
    stopping: threading.Event
