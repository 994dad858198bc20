"""The whole pipeline on real parts: simulated exchange, producers of all shards, broker, job, database."""

from collections.abc import Mapping
from pathlib import Path

from cryptostream_local.topics import create_topics
from cryptostream_model.streams import StreamName
from cryptostream_sql.migrate import migrate
from harness.database import value
from harness.job import RunningJob
from harness.producer import RunningProducer
from harness.simulator import RunningSimulator
from harness.verification import Verdict, verify
from harness.waiting import until

PARTITIONS = 2


class Pipeline:
    """Starts with a simulator; producers and job are started, killed and started again by the test.

    Each producer's state folder is fresh at every start, as a new pod's is.
    """

    def __init__(
        self,
        simulator: RunningSimulator,
        bootstrap: str,
        database_url: str,
        stream: StreamName,
        folder: Path,
        symbols: str,
        shards: int = 2,
        producer: Mapping[str, object] | None = None,
        job: Mapping[str, object] | None = None,
    ) -> None:
        self.simulator = simulator
        self.bootstrap = bootstrap
        self.url = database_url
        self.stream = stream
        self.folder = folder
        self.symbols = symbols
        self.shards = shards
        self.producers: dict[int, RunningProducer] = {}
        self._starts = 0
        self._producer_settings = dict(producer or {})
        self._job_settings = dict(job or {})
        create_topics(bootstrap, stream, PARTITIONS)
        migrate(database_url)
        self.job = RunningJob(stream, bootstrap, database_url, folder, **self._job_settings)

    def start_producer(self, shard: int, shards: int | None = None) -> RunningProducer:
        self._starts += 1
        producer = RunningProducer(
            **{
                "namespace": self.stream.namespace,
                "name": self.stream.name,
                "kafka_bootstrap": self.bootstrap,
                "symbols": self.symbols,
                "websocket_url": self.simulator.ws,
                "rest_url": self.simulator.rest,
                "partitions": PARTITIONS,
                "shards": shards or self.shards,
                "shard": shard,
                "start_from": "20s",
                "state_directory": self.folder / f"producer-{self._starts}",
                **self._producer_settings,
            }
        )
        self.producers[shard] = producer
        return producer

    def start(self) -> "Pipeline":
        """Everything, until it is ready."""
        for shard in range(self.shards):
            self.start_producer(shard)
        self.job.start()
        for producer in self.producers.values():
            producer.wait_ready()
        self.job.wait_ready()
        return self

    def windows(self) -> int:
        """Closed windows in the database."""
        return int(value(self.url, "SELECT count(*) FROM crypto_windows WHERE stream = %s", str(self.stream)))

    def wait_for_windows(self, more: int, timeout: float = 120.0) -> None:
        """Wait until so many more windows have closed than are there now."""
        wanted = self.windows() + more
        until(
            lambda: self.job.alive() and self.windows() >= wanted,
            lambda: f"{wanted} windows, there are {self.windows()}; the job ends with:\n{self.job.log(20)}",
            timeout,
        )

    def stop_producers(self) -> None:
        for producer in self.producers.values():
            assert producer.stop() == 0, producer.log()[-3000:]

    def verify(self, *options: str, wait: float = 90.0) -> Verdict:
        """Against the exchange's own tape as well."""
        return verify(
            self.stream,
            self.bootstrap,
            self.url,
            "--tape",
            self.simulator.rest,
            *options,
            wait=wait,
            **{name: setting for name, setting in self._job_settings.items() if name == "detectors"},
        )

    def __enter__(self) -> "Pipeline":
        return self

    def __exit__(self, *_: object) -> None:
        for producer in self.producers.values():
            producer.resume() if producer.process.poll() is None else None
            producer.kill()
        self.job.kill()
