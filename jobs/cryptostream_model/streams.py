"""Names of a stream's topics and the assignment of symbols to partitions and shards."""

import re
import zlib
from dataclasses import dataclass

_NAME = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")


@dataclass(frozen=True, slots=True)
class StreamName:
    """A stream's namespace and name, both DNS labels as Kubernetes uses them."""

    namespace: str
    name: str

    def __post_init__(self) -> None:
        for part in (self.namespace, self.name):
            if not _NAME.match(part) or len(part) > 63:
                raise ValueError(
                    f"stream {self.namespace}/{self.name}: {part!r} is not a DNS label "
                    "(lower case letters, digits and '-', at most 63)"
                )

    @classmethod
    def parse(cls, text: str) -> "StreamName":
        """Read ``namespace/name``. Raises ValueError when it is not of that form."""
        namespace, slash, name = text.partition("/")
        if not slash:
            raise ValueError(f"stream {text!r} is not of the form namespace/name")
        return cls(namespace, name)

    def __str__(self) -> str:
        """The form that the database holds."""
        return f"{self.namespace}/{self.name}"

    @property
    def trades_topic(self) -> str:
        return f"{self.namespace}.{self.name}.trades"

    @property
    def positions_topic(self) -> str:
        return f"{self.namespace}.{self.name}.positions"

    @property
    def alerts_topic(self) -> str:
        return f"{self.namespace}.{self.name}.alerts"

    @property
    def dead_letters_topic(self) -> str:
        return f"{self.namespace}.{self.name}.dead-letters"

    def transactional_id(self, partition: int) -> str:
        """The writer identity of a partition: whoever takes the partition over fences its former writer."""
        return f"{self.namespace}.{self.name}.p{partition}"


def partition_of(symbol: str, partitions: int) -> int:
    """The partition that a symbol belongs to for ever: librdkafka's ``consistent`` partitioner, CRC-32 of the key."""
    return zlib.crc32(symbol.encode()) % partitions


def shard_of(partition: int, shards: int) -> int:
    """The shard that writes a partition."""
    return partition % shards
