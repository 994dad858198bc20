"""What the pieces of one job process share."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptostream_job.detectors.base import Detector
from cryptostream_job.metrics import JobMetrics
from cryptostream_job.outbox import Outbox
from cryptostream_job.settings import JobSettings
from cryptostream_job.status import Status


@dataclass(frozen=True, slots=True)
class JobParts:
    """One process's settings, detectors, reporting and outbox.

    ``stopping`` is set when it is to end, ``has_run`` once a query has run: its settings are known to be good.
    """

    settings: JobSettings
    detectors: Sequence[Detector]
    metrics: JobMetrics
    status: Status
    outbox: Outbox
    stopping: threading.Event
    has_run: threading.Event = field(default_factory=threading.Event)
