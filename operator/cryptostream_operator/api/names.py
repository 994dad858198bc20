"""Names of everything that belongs to a stream, derived from its own."""

from dataclasses import dataclass

from cryptostream_model.streams import StreamName

TopicKind = str
TOPIC_KINDS: tuple[TopicKind, ...] = ("trades", "positions", "alerts", "dead-letters")

DNS_1035_LABEL = "^[a-z]([-a-z0-9]*[a-z0-9])?$"
"""What the Spark operator needs of a name: it becomes the name of a Service."""

LONGEST_LABEL = 63
HASH_LENGTH = 8
LARGEST_SHARD = 255

GROUP = "cryptostream.io"
VERSION = "v1alpha1"
KIND = "CryptoStream"
PLURAL = "cryptostreams"
API_VERSION = f"{GROUP}/{VERSION}"


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a stream's children. All live in the stream's namespace."""

    namespace: str
    name: str

    @property
    def stream(self) -> StreamName:
        """The name by which Kafka and the database know the stream."""
        return StreamName(self.namespace, self.name)

    def topic(self, kind: TopicKind) -> str:
        """The KafkaTopic object of a kind of topic."""
        return f"{self.name}-{kind}"

    def kafka_topic(self, kind: TopicKind) -> str:
        """The topic's name in Kafka."""
        return f"{self.namespace}.{self.name}.{kind}"

    def transactional_id_prefix(self) -> str:
        """What the transactional ids of the producers begin with."""
        return self.stream.transactional_id(0)[:-1]

    @property
    def producer(self) -> str:
        """KafkaUser (and so its Secret), ServiceAccount, PodDisruptionBudget and PodMonitor of the producers."""
        return f"{self.name}-producer"

    def producer_shard(self, shard: int) -> str:
        """The Deployment of a shard."""
        return f"{self.name}-producer-{shard}"

    @property
    def job(self) -> str:
        """KafkaUser (and so its Secret), ServiceAccount, Role, RoleBinding and PodMonitor of the job."""
        return f"{self.name}-job"

    @property
    def spark_application(self) -> str:
        """The SparkApplication: the stream's own name."""
        return self.name

    @property
    def driver_pod(self) -> str:
        """The driver's pod, as the Spark operator names it."""
        return f"{self.name}-driver"

    @property
    def spark_ui_service(self) -> str:
        """The Service of the driver's pages, as the Spark operator names it."""
        return f"{self.name}-ui-svc"

    @property
    def checkpoint_claim(self) -> str:
        """The PersistentVolumeClaim of the checkpoint, unless the specification names one."""
        return f"{self.name}-checkpoint"

    def topics_job(self, digest: str) -> str:
        """The Kubernetes Job that creates the topics of an external Kafka."""
        return f"{self.name}-topics-{digest[:HASH_LENGTH]}"

    def rebuild_job(self, digest: str) -> str:
        """The Kubernetes Job that rebuilds the stored rows for new lengths."""
        return f"{self.name}-rebuild-{digest[:HASH_LENGTH]}"

    def purge_job(self, digest: str) -> str:
        """The Kubernetes Job that deletes the stored rows of a deleted stream."""
        return f"{self.name}-purge-{digest[:HASH_LENGTH]}"

    def labelled(self) -> tuple[str, ...]:
        """Every name that also becomes the value of a label, or a Service's name, and so holds 63 characters."""
        digest = "0" * HASH_LENGTH
        return (
            self.spark_application,
            self.driver_pod,
            self.spark_ui_service,
            self.producer,
            self.producer_shard(LARGEST_SHARD),
            self.job,
            self.checkpoint_claim,
            self.topics_job(digest),
            self.rebuild_job(digest),
            self.purge_job(digest),
            *(self.topic(kind) for kind in TOPIC_KINDS),
        )


LONGEST_NAME = LONGEST_LABEL - max(len(name) for name in Names("", "").labelled())
"""The longest name of a stream with which every derived name still fits."""
