"""A cluster in memory that takes plans: enough of an API server for decisions, without any server."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptostream_operator.api.spec import CryptoStreamSpec
from cryptostream_operator.api.status import PENDING
from cryptostream_operator.builders.inputs import Defaults
from cryptostream_operator.kinds import (
    DEPLOYMENT,
    JOB,
    KAFKA_TOPIC,
    KAFKA_USER,
    POD,
    SPARK_APPLICATION,
    WATCHED,
    Kind,
    Manifest,
    Ref,
)
from cryptostream_operator.labels import PURGE_FINALIZER, child_labels
from cryptostream_operator.plan.decide import decide
from cryptostream_operator.plan.inputs import Observed, Plan, Policy, Readings, Refusal
from cryptostream_operator.plan.job import is_taken_up

NAMESPACE, NAME = "desk", "majors"
START = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
POLICY = Policy(Defaults("producer:1", "job:1"))


@dataclass
class ModelCluster:
    """One stream and everything that belongs to it."""

    resource: Manifest
    objects: dict[Ref, Manifest] = field(default_factory=dict)
    secrets: dict[str, frozenset[str] | None] = field(default_factory=dict)
    served: frozenset[Kind] = frozenset(WATCHED)
    refusals: dict[Ref, Refusal] = field(default_factory=dict)
    readings: Readings = field(default_factory=lambda: Readings(job_read=True, database_away=False))
    namespace_labels: Mapping[str, str] | None = None
    application_seen_since: datetime | None = None
    now: datetime = START
    policy: Policy = POLICY
    version: int = 1
    history: list[Plan] = field(default_factory=list)

    @classmethod
    def with_stream(cls, **spec: Any) -> "ModelCluster":
        """A cluster on which a stream has just been created; its database's Secret exists."""
        metadata = {
            "name": NAME,
            "namespace": NAMESPACE,
            "uid": "stream-1",
            "generation": 1,
            "resourceVersion": "1",
            "creationTimestamp": "2026-01-31T12:00:00Z",
        }
        found = cls(
            {
                "apiVersion": "cryptostream.io/v1alpha1",
                "kind": "CryptoStream",
                "metadata": metadata,
                "spec": {"exchange": "binance", "symbols": ["BTCUSDT", "ETHUSDT"], **spec},
                "status": PENDING.model_dump(mode="json", by_alias=True, exclude_none=True),
            }
        )
        CryptoStreamSpec.model_validate(found.resource["spec"])
        found.secrets["cryptostream-database"] = frozenset({"url"})
        return found

    def change(self, **spec: Any) -> None:
        """What a user does to the specification."""
        self.resource["spec"] = {**self.resource["spec"], **spec}
        self.resource["metadata"]["generation"] += 1

    def plan(self) -> Plan:
        """The plan as things stand."""
        return decide(copy.deepcopy(self.resource), self.observed(), self.policy, self.now)

    def observed(self) -> Observed:
        return Observed(
            served=self.served,
            objects=copy.deepcopy(self.objects),
            secrets=dict(self.secrets),
            refusals=dict(self.refusals),
            readings=self.readings,
            namespace_labels=None if is_taken_up(self.objects) else self.namespace_labels,
            application_seen_since=self.application_seen_since,
        )

    def settle(self) -> list[Plan]:
        """Carry plans out until nothing is left to do. Fails when that never comes."""
        done: list[Plan] = []
        while (plan := self.plan()).actions:
            self.carry_out(plan)
            done.append(plan)
            self.history.append(plan)
            assert len(done) < 30, f"no rest: {[plan.actions for plan in done]}, {done[-1]}"
            if PURGE_FINALIZER not in self.finalizers and "deletionTimestamp" in self.resource["metadata"]:
                break
        return done

    def carry_out(self, plan: Plan) -> None:
        """What the executor and the API server make of a plan."""
        if plan.hold:
            self.resource["metadata"]["finalizers"] = [PURGE_FINALIZER]
            return
        if plan.status is not None:
            self.resource["status"] = plan.status.model_dump(mode="json", by_alias=True, exclude_none=True)
        for apply in plan.applies:
            self._store(apply.ref, apply.manifest)
        for delete in plan.deletes:
            assert self.objects.pop(delete.ref)["metadata"]["uid"] == delete.uid
            for ref in [ref for ref, live in self.objects.items() if live.get("ownedBy") == delete.ref.name]:
                del self.objects[ref]
        if plan.release:
            self.resource["metadata"]["finalizers"] = []

    @property
    def finalizers(self) -> list[str]:
        found: list[str] = self.resource["metadata"].get("finalizers", [])
        return found

    def names(self, kind: Kind | None = None) -> set[str]:
        """The names of what exists, of one kind where it is given."""
        return {ref.name for ref in self.objects if kind in (None, ref.kind)}

    def get(self, kind: Kind, name: str) -> Manifest:
        return self.objects[Ref(kind, NAMESPACE, name)]

    def condition(self, kind: str) -> Mapping[str, Any]:
        """A condition as the status has it."""
        found: Mapping[str, Any] = next(item for item in self.resource["status"]["conditions"] if item["type"] == kind)
        return found

    @property
    def phase(self) -> str:
        return str(self.resource["status"]["phase"])

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def let_parts_work(self) -> None:
        """What Strimzi, the Spark operator and Kubernetes do when all is well."""
        for ref, live in list(self.objects.items()):
            generation = live["metadata"]["generation"]
            if ref.kind in (KAFKA_TOPIC, KAFKA_USER):
                live["status"] = {"observedGeneration": generation, "conditions": [{"type": "Ready", "status": "True"}]}
            elif ref.kind == DEPLOYMENT:
                replicas = live["spec"]["replicas"]
                live["status"] = {
                    "observedGeneration": generation,
                    "replicas": replicas,
                    "updatedReplicas": replicas,
                    "availableReplicas": replicas,
                }
            elif ref.kind == JOB:
                live["status"] = {"succeeded": 1}
            elif ref.kind == SPARK_APPLICATION:
                self.let_job_run(live)

    def let_job_run(self, application: Manifest) -> None:
        """The Spark operator starts a driver of what the application asks for."""
        if application["spec"]["suspend"]:
            application["status"] = {"applicationState": {"state": "SUSPENDED"}}
            self.objects.pop(Ref(POD, NAMESPACE, f"{NAME}-driver"), None)
            return
        application["status"] = {"applicationState": {"state": "RUNNING"}}
        self.application_seen_since = self.now
        self.add_pod(f"{NAME}-driver", "driver", labels=application["spec"]["driver"]["labels"], owner=NAME)

    def add_pod(
        self,
        name: str,
        component: str,
        labels: Mapping[str, str] | None = None,
        owner: str = "",
        status: Mapping[str, Any] | None = None,
    ) -> Manifest:
        """A pod, running and ready unless its status is given."""
        pod: Manifest = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": NAMESPACE, "labels": dict(labels or child_labels(NAME, component))},
            "status": dict(status or {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}),
            "ownedBy": owner,
        }
        self._store(Ref(POD, NAMESPACE, name), pod)
        return self.get(POD, name)

    def _store(self, ref: Ref, manifest: Manifest) -> None:
        self.version += 1
        before = self.objects.get(ref)
        stored = copy.deepcopy({**(before or {}), **manifest})
        known = {} if before is None else before["metadata"]
        changed = before is None or before.get("spec") != manifest.get("spec")
        stored["metadata"] = {
            **copy.deepcopy(manifest["metadata"]),
            "uid": known.get("uid", f"uid-{self.version}"),
            "creationTimestamp": known.get("creationTimestamp", self.now.strftime("%Y-%m-%dT%H:%M:%SZ")),
            "generation": known.get("generation", 0) + changed,
            "resourceVersion": str(self.version),
        }
        self.objects[ref] = stored
