"""Notes when each record of the alerts topic can be read."""

import threading
import time

import orjson
from confluent_kafka import Consumer, TopicPartition

_EVERY = 0.01


class AlertWatch:
    """Reads from the topic's end on, in a thread of its own, until it is stopped."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._seen: list[tuple[str, float]] = []
        self._stopping = threading.Event()
        self._consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "bench", "fetch.wait.max.ms": 10})
        self._consumer.assign([TopicPartition(topic, 0, -1)])
        self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)
        self._thread.start()

    def stop(self) -> list[tuple[str, float]]:
        """Symbol and UTC seconds of every record."""
        self._stopping.set()
        self._thread.join()
        self._consumer.close()
        return self._seen

    def _run(self) -> None:
        while not self._stopping.is_set():
            for message in self._consumer.consume(100, _EVERY):
                content = message.value()
                if content is not None and not message.error():
                    self._seen.append((orjson.loads(content)["symbol"], time.time()))
