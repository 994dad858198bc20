"""Does on the tests' own broker what Strimzi does with its resources: topics, users and their rights, status."""

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from harness.cluster_services import BOOTSTRAP, KAFKA, Services
from harness.kubernetes import Kubectl, KubectlError, Manifest

CLUSTER = "kafka"
_PORT, _BROKERS_PORT = 9093, 9094
_MAKE_TOPIC = """
import json, sys
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic
wanted = json.load(sys.stdin)
config = {name: str(value) for name, value in wanted["config"].items()}
topic = NewTopic(wanted["name"], wanted["partitions"], wanted["replicas"], config=config)
admin = AdminClient({"bootstrap.servers": "127.0.0.1:9092"})
try:
    admin.create_topics([topic])[wanted["name"]].result(30)
except KafkaException as error:
    if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
        raise
"""


class StrimziStandIn:
    """Looks after a namespace while the block runs."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._kubectl = Kubectl(services.namespace)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="strimzi", daemon=True)

    def __enter__(self) -> Self:
        self._kubectl.apply(_bootstrap_service(), self._services.authority_secret(CLUSTER))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join(timeout=60)

    def _run(self) -> None:
        kinds: Mapping[str, Callable[[Manifest], dict[str, Any]]] = {
            "kafkanodepools": lambda _: {},
            "kafkas": lambda _: {},
            "kafkausers": self._make_user,
            "kafkatopics": self._make_topic,
        }
        while not self._stopped.wait(1):
            for kind, make in kinds.items():
                with suppress(KubectlError):  # a resource may be gone again
                    for resource in self._kubectl.list(kind):
                        self._look_after(kind, resource, make)

    def _look_after(self, kind: str, resource: Manifest, make: Callable[[Manifest], dict[str, Any]]) -> None:
        generation = resource["metadata"]["generation"]
        if resource.get("status", {}).get("observedGeneration") == generation:
            return
        ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
        try:
            status = {**make(resource), "conditions": [ready], "observedGeneration": generation}
        except KubectlError as error:
            status = {"conditions": [{**ready, "status": "False", "reason": "Error", "message": str(error)}]}
        patch = json.dumps({"status": status})
        self._kubectl("patch", kind, resource["metadata"]["name"], "--subresource=status", "--type=merge", "-p", patch)

    def _make_topic(self, resource: Manifest) -> dict[str, Any]:
        spec = resource["spec"]
        name = spec.get("topicName", resource["metadata"]["name"])
        wanted = {
            "name": name,
            "partitions": spec["partitions"],
            "replicas": spec.get("replicas", 1),
            "config": spec.get("config", {}),
        }
        command = ("exec", "-i", f"deployment/{KAFKA}", "--", "python", "-c", _MAKE_TOPIC)
        self._kubectl(*command, stdin=json.dumps(wanted))
        return {"topicName": name}

    def _make_user(self, resource: Manifest) -> dict[str, Any]:
        metadata = resource["metadata"]
        if resource.get("status", {}).get("secret"):
            return {}
        acls = [_complete(rule) for rule in resource["spec"]["authorization"]["acls"]]
        authorization = {**resource["spec"]["authorization"], "acls": acls}
        user = {**resource, "spec": {**resource["spec"], "authorization": authorization}}
        (secret,) = self._services.create_kafka_users(user)
        # It goes with its user.
        owner = {
            "apiVersion": resource["apiVersion"],
            "kind": "KafkaUser",
            "name": metadata["name"],
            "uid": metadata["uid"],
        }
        secret["metadata"]["ownerReferences"] = [owner]
        self._kubectl.apply(secret)
        return {"username": metadata["name"], "secret": metadata["name"]}


def _complete(rule: Manifest) -> Manifest:
    """A rule with what Strimzi takes where nothing is said."""
    return {"type": "allow", "host": "*", **rule, "resource": {"patternType": "literal", **rule["resource"]}}


def _bootstrap_service() -> Manifest:
    ports = [{"name": "tls", "port": _PORT, "targetPort": _BROKERS_PORT}]
    spec = {"selector": {"app": KAFKA}, "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": BOOTSTRAP}, "spec": spec}
