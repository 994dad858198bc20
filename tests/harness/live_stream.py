"""A CryptoStream whose parts really run, beside their services, kept by the operator's image."""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cryptostream_operator.builders.checkpoint import claim_name
from cryptostream_operator.builders.image_layout import CHECKPOINTS, checkpoint_folder
from cryptostream_operator.builders.inputs import Stream
from harness.cluster_operator import deployed_operator
from harness.cluster_services import DATABASE, KAFKA, Services, deploy_services, finish, one_shot_pod
from harness.cluster_stream import WATCHED, ClusterStream, users_of_given_kafka
from harness.images import Images
from harness.kubernetes import Kubectl, KubectlError, Manifest, crypto_stream, fresh_namespace
from harness.stream_specs import stream_of
from harness.stream_world import StreamWorld
from harness.waiting import until

# Whenever a stream of SOLUSDT begins, a surge of its volume is less than a minute away.
_SURGES = ",".join(f"SOLUSDT:volume_surge@{second}s:20:12s" for second in range(60, 7200, 60))
MARKET = {"symbols": "BTCUSDT:20,ETHUSDT:10,SOLUSDT:20", "history": "10m", "seed": "7", "events": _SURGES}
SHORT_WINDOWS: dict[str, Any] = {"pane": "2s", "slide": "4s", "window": "8s", "allowedLateness": "1s"}
# Inside the database's pod everybody is the owner.
_ASK = """
import psycopg2, sys
cursor = psycopg2.connect("postgresql://cryptostream@127.0.0.1:5432/cryptostream").cursor()
cursor.execute(sys.argv[1])
print(cursor.fetchone()[0])
"""
_CHECKPOINT_BATCHES = """
import os, pathlib, sys
newest = max(pathlib.Path(sys.argv[1]).glob("g*"), key=os.path.getmtime)
for log in ("offsets", "commits"):
    print(max(int(file.name) for file in (newest / log).iterdir() if file.name.isdigit()))
"""
_TOPICS = """
from confluent_kafka.admin import AdminClient
print(*AdminClient({"bootstrap.servers": "localhost:9092"}).list_topics(timeout=20).topics)
"""
_RECORDS = """
import sys
from confluent_kafka import Consumer, TopicPartition
consumer = Consumer({"bootstrap.servers": "localhost:9092", "group.id": "test", "enable.partition.eof": True})
consumer.assign([TopicPartition(sys.argv[1], 0, 0)])
while (message := consumer.poll(20)) is not None and not message.error():
    print(message.value().decode())
"""
WAIT_READY = 180


@dataclass(frozen=True)
class Market:
    """A namespace with Kafka, PostgreSQL, the simulated exchange and the operator."""

    services: Services
    images: Images

    @property
    def kubectl(self) -> Kubectl:
        return Kubectl(self.services.namespace)

    def topics(self) -> set[str]:
        """The names of Kafka's topics."""
        return set(self.kubectl("exec", f"deployment/{KAFKA}", "--", "python", "-c", _TOPICS).split())

    def records(self, topic: str) -> list[dict[str, Any]]:
        """The records of a topic of one partition, so far."""
        written = self.kubectl("exec", f"deployment/{KAFKA}", "--", "python", "-c", _RECORDS, topic)
        return [json.loads(line) for line in written.splitlines()]

    def manifest(self, name: str, **spec: Any) -> Manifest:
        """A CryptoStream of short windows that uses the services."""
        start = {"startFrom": "1m", **spec.pop("producer", {})}
        return crypto_stream(name, **self.services.stream_spec(name), **{**SHORT_WINDOWS, **spec, "producer": start})

    def prepare(self, manifest: Manifest) -> "LiveStream":
        """Everything that a user has to have made before: logins of Kafka, its authority, the database's URL."""
        name = manifest["metadata"]["name"]
        stream = _stream(self.services.namespace, manifest)
        logins = self.services.create_kafka_users(*users_of_given_kafka(stream))
        self.kubectl.apply(self.services.database_secret(), self.services.authority_secret(name), *logins)
        return LiveStream(self, StreamWorld(self.kubectl, name))

    def create(self, name: str, **spec: Any) -> "LiveStream":
        """A stream that is Ready."""
        manifest = self.manifest(name, **spec)
        live = self.prepare(manifest)
        self.kubectl.apply(manifest)
        live.wait_until_ready()
        return live


@dataclass(frozen=True)
class LiveStream:
    """One running stream: what a test does to it and sees of it."""

    market: Market
    world: StreamWorld

    @property
    def kubectl(self) -> Kubectl:
        return self.world.kubectl

    @property
    def name(self) -> str:
        return self.world.name

    @property
    def cluster(self) -> ClusterStream:
        """The stream with the specification that it has now."""
        services = self.market.services
        stream = _stream(services.namespace, self.world.get())
        return ClusterStream(stream, services, self.market.images, ())

    def wait_until_ready(self, timeout: int = WAIT_READY) -> float:
        """``kubectl wait`` until the newest specification has come true. Returns the seconds that it took."""
        began = time.monotonic()
        self.world.wait_until_seen()
        try:
            wait = ("wait", "--for=condition=Ready", f"cryptostream/{self.name}", f"--timeout={timeout}s")
            self.kubectl(*wait, timeout=timeout + 10)
        except KubectlError as error:
            raise AssertionError(f"{error}\n{self.describe()}") from None
        return time.monotonic() - began

    def change(self, **spec: Any) -> float:
        """Patch the specification and wait until it has come true. Returns the seconds that it took."""
        began = time.monotonic()
        self.world.patch(spec)
        self.wait_until_ready()
        return time.monotonic() - began

    def describe(self) -> str:
        return self.kubectl("describe", "cryptostream", self.name)

    def rows(self, table: str = "crypto_windows", where: str = "TRUE") -> int:
        """How many rows of a table are the stream's."""
        return int(self.value("SELECT count(*)", table, where))

    def wait_for_windows(self, more: int = 6, timeout: float = 90) -> None:
        """Wait until so many more windows are stored than now."""
        wanted = self.rows() + more
        until(lambda: self.rows() >= wanted, lambda: f"{wanted} windows: {self.describe()}", timeout, 1)

    def alerts(self) -> list[dict[str, Any]]:
        """The records of the alerts topic."""
        return self.market.records(f"{self.kubectl.namespace}.{self.name}.alerts")

    def verify(self, *options: str) -> dict[str, Any]:
        """The report of ``cryptostream verify`` as far as the job has come, topic against tape too. Fails if it does.

        The producers and the job go on meanwhile.
        """
        tape = f"--tape={self.market.services.rest}"
        command = ("cryptostream", "verify", "--allow-lag", tape, "--json", *options)
        report: dict[str, Any] = json.loads(self.cluster.run("verify", *command))
        assert report["passed"], report
        return report

    def pods(self, component: str) -> Sequence[Manifest]:
        """The pods of a component that are to stay, by name."""
        selector = f"cryptostream.io/stream={self.name},app.kubernetes.io/component={component}"
        found = [pod for pod in self.kubectl.list("pods", selector) if not pod["metadata"].get("deletionTimestamp")]
        return sorted(found, key=lambda pod: str(pod["metadata"]["name"]))

    def uids(self, component: str) -> set[str]:
        """The identities of those pods: other ones have been started anew."""
        return {pod["metadata"]["uid"] for pod in self.pods(component)}

    def events(self) -> list[tuple[str, str]]:
        """Reason and text of what was told of the stream."""
        found = self.kubectl.list("events.v1.events.k8s.io")
        ours = [event for event in found if event["regarding"].get("name") == self.name]
        return [(event["reason"], event["note"]) for event in ours if event["regarding"]["kind"] == "CryptoStream"]

    def oldest_pane(self) -> str:
        """The beginning of the first pane that is stored, as PostgreSQL writes it."""
        return self.value("SELECT min(pane_start)", "crypto_panes")

    def checkpoint_batches(self) -> tuple[int, int]:
        """The newest batch that Spark has begun, and the newest that it has committed, as its checkpoint says."""
        stream, pod = self.cluster.stream, f"{self.name}-look-{uuid.uuid4().hex[:5]}"
        folder = checkpoint_folder(stream.namespace, stream.name)
        manifest = one_shot_pod(pod, self.market.images.job, ["python", "-c", _CHECKPOINT_BATCHES, folder])
        (container,) = manifest["spec"]["containers"]
        container["volumeMounts"].append({"name": "checkpoint", "mountPath": CHECKPOINTS})
        claim = {"name": "checkpoint", "persistentVolumeClaim": {"claimName": claim_name(stream)}}
        manifest["spec"]["volumes"].append(claim)
        self.kubectl.apply(manifest)
        begun, committed = finish(self.kubectl, pod).split()
        self.kubectl("delete", "pod", pod, "--wait=false")
        return int(begun), int(committed)

    def outage_of_the_job(self, change: Callable[[], object]) -> float:
        """The longest time in seconds without a new batch, from the change until the wanted driver works."""
        before = self.uids("driver")
        last = self._last_batch()
        change()
        # The old pod leaves before the new one comes: one look must see both.
        until(lambda: self.uids("driver") - before, "another driver", WAIT_READY, 0.5)
        first = until(self._last_batch, lambda: f"a batch: {self.describe()}", WAIT_READY, 0.2)
        return first - last

    def value(self, select: str, table: str, where: str = "TRUE") -> str:
        """The one value that a query of the stream's rows gives, as PostgreSQL writes it."""
        stream = f"{self.kubectl.namespace}/{self.name}"
        query = f"{select} FROM {table} WHERE stream = '{stream}' AND ({where})"
        command = ("python", "-c", _ASK, query)
        return self.kubectl("exec", f"deployment/{DATABASE}", "--", *command).strip()

    def _last_batch(self) -> float:
        name = "cryptostream_job_last_batch_timestamp_seconds"
        lines = self.cluster.driver_page("/metrics").splitlines()
        return max((float(line.split()[1]) for line in lines if line.startswith(f"{name} ")), default=0.0)


@contextmanager
def running_market(images: Images, **settings: str) -> Iterator[Market]:
    """Services and operator in a namespace that admits restricted pods only and that the Spark operator watches."""
    with fresh_namespace() as namespace:
        labels = ("pod-security.kubernetes.io/enforce=restricted", WATCHED)
        Kubectl()("label", "namespace", namespace, *labels)
        services = deploy_services(namespace, images, MARKET)
        with deployed_operator(namespace, images, **settings):
            yield Market(services, images)


def _stream(namespace: str, manifest: Manifest) -> Stream:
    return stream_of(namespace, manifest["metadata"]["name"], **manifest["spec"])
