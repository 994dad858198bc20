"""The whole platform as its users have it: the chart, installed by the commands of the README."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from harness.cluster_services import DATABASE, KAFKA, Services, deploy_stores, wait_for_servers
from harness.cluster_stream import WATCHED, skip_without_label_watching, users_of_given_kafka
from harness.images import Images
from harness.kubernetes import Kubectl, KubectlError, Manifest, crypto_stream
from harness.live_stream import LiveStream, Market
from harness.readme import blocks, type_commands
from harness.stream_specs import stream_of
from harness.stream_world import StreamWorld
from harness.strimzi_stand_in import StrimziStandIn

NAMESPACE = RELEASE = "cryptostream"
STREAM = "majors"
SIMULATOR = "cryptostream-simulator"
_OF_THE_CLUSTER = ("events", "endpoint", "controllerrevisions", "leases", "pods.metrics")
_CRD = "cryptostreams.cryptostream.io"
_REPOSITORY = Path(__file__).resolve().parents[2]
EVENTS = [
    "BTCUSDT:pump_and_dump@-15m:30",
    "ETHUSDT:pump_and_dump@3m:30",
    "BTCUSDT:pump_and_dump@6m:30",
    "ETHUSDT:pump_and_dump@9m:30",
]
"""One in the history that the stream begins with, the others while it is live: what comes while a producer that a test
has killed is away is history, too."""


@dataclass(frozen=True)
class Platform:
    """A release in its namespace, beside Kafka and PostgreSQL of somebody else's."""

    market: Market
    folder: Path
    strimzi: bool = False
    """Whether Strimzi's kinds are used, a stand-in doing what they ask; otherwise Kafka is given."""
    given: set[str] = field(default_factory=set)
    """What was in the namespace before the release."""

    @property
    def kubectl(self) -> Kubectl:
        return self.market.kubectl

    @property
    def stream(self) -> LiveStream:
        return LiveStream(self.market, StreamWorld(self.kubectl, STREAM))

    def type(self, step: str) -> str:
        """Type the README's commands of a step. Returns what they print; fails unless they succeed."""
        if step in ("install", "upgrade"):
            hand_over_crd()
        return self.shell(blocks()[step])

    def shell(self, commands: str) -> str:
        """Type other commands in the same place."""
        return type_commands(commands, self.folder, {"KUBECONFIG": str(self.folder / "kubeconfig")})

    def values(self, **more: Any) -> None:
        """Write my-values.yaml: what differs here, and more."""
        database = {"host": self.market.services.host(DATABASE), "sslmode": "disable"}
        chosen: dict[str, Any] = {
            "images": self.market.images.values(),
            "kafka": {"mode": "strimzi" if self.strimzi else "external"},
            "timescaledb": {"mode": "external", "external": database, "owner": {"existingSecret": "database-owner"}},
            # Its image cannot be had everywhere.
            "grafana": {"mode": "none"},
            "simulator": {"enabled": True, "symbols": ["BTCUSDT:20", "ETHUSDT:10"], "events": EVENTS},
            "operator": {"settings": {"readingsInterval": "10s"}},
            "networkPolicies": {"enabled": True},
            "monitoring": {"podMonitor": {"enabled": True}},
        }
        _write(self.folder / "my-values.yaml", {**chosen, **more})

    def manifest(self, **more: Any) -> Manifest:
        """The README's stream, on the simulated exchange, and on the given Kafka where one is given."""
        spec = self.market.services.stream_spec(STREAM)
        if self.strimzi:
            del spec["kafka"]
        return crypto_stream(STREAM, **spec, **more)

    @contextmanager
    def prepared_kafka(self) -> Iterator[None]:
        """What the owner of a given Kafka does for a stream, or what Strimzi does while the block runs."""
        services = self.market.services
        if self.strimzi:
            with StrimziStandIn(services):
                yield
            return
        stream = stream_of(NAMESPACE, STREAM, **self.manifest()["spec"])
        logins = services.create_kafka_users(*users_of_given_kafka(stream))
        self.kubectl.apply(services.authority_secret(STREAM), *logins)
        yield

    def objects(self) -> set[str]:
        """Everything in the namespace, as kind/name, but events, what the cluster makes, and others' pods."""
        kinds = self.kubectl("api-resources", "--namespaced", "--verbs=list", "--output=name").split()
        chosen = ",".join(kind for kind in kinds if not kind.startswith(_OF_THE_CLUSTER))
        found = self.kubectl("get", chosen, "--output=name", "--ignore-not-found").split()
        of_others = ("configmap/kube-root-ca.crt", "serviceaccount/default", f"pod/{KAFKA}-", f"pod/{DATABASE}-")
        return {name for name in found if not name.startswith(of_others)}


@contextmanager
def prepared_platform(images: Images, folder: Path, strimzi: bool = False, claims: bool = False) -> Iterator[Platform]:
    """Everything that comes before ``helm install``. At the end the release and its namespace are removed.

    With ``claims`` Kafka and the database keep what they hold when their pods are killed.
    """
    skip_without_label_watching()
    refuse_to_disturb()
    (folder / "kubeconfig").write_text(Kubectl()("config", "view", "--raw", "--flatten", "--minify"))
    (folder / "charts").symlink_to(_REPOSITORY / "charts")
    platform = Platform(Market(Services(NAMESPACE, exchange=SIMULATOR), images), folder, strimzi)
    try:
        platform.type("namespace")
        Kubectl()("label", "namespace", NAMESPACE, WATCHED)
        deploy_stores(platform.market.services, images, claims)
        wait_for_servers(platform.kubectl, KAFKA, DATABASE)
        with platform.prepared_kafka():
            platform.values()
            _write(folder / f"{STREAM}.yaml", platform.manifest())
            platform.given.update(platform.objects())
            yield platform
    finally:
        remove()


def refuse_to_disturb() -> None:
    """Fail where the namespace exists: somebody else's platform may be in it."""
    found = Kubectl()("get", "namespace", NAMESPACE, "--ignore-not-found", "--output=name")
    assert not found, f"namespace {NAMESPACE} exists: kubectl delete namespace {NAMESPACE}, if nobody needs it"


def hand_over_crd() -> None:
    """Give a CRD that other tests have installed, or that a former release has left, to the release that comes."""
    found = json.loads(Kubectl()("get", "crd", _CRD, "--ignore-not-found", "--output=json") or "{}")
    if not found:
        return
    keeper = found["metadata"].get("annotations", {}).get("meta.helm.sh/release-namespace", "nobody")
    if keeper == NAMESPACE or not Kubectl()("get", "namespace", keeper, "--ignore-not-found"):
        release = (f"meta.helm.sh/release-name={RELEASE}", f"meta.helm.sh/release-namespace={NAMESPACE}")
        Kubectl()("label", "crd", _CRD, "--overwrite", "app.kubernetes.io/managed-by=Helm")
        Kubectl()("annotate", "crd", _CRD, "--overwrite", *release)


def remove() -> None:
    """Remove all of it, in whatever state it is."""
    with suppress(KubectlError):  # the kind may not be there
        Kubectl(NAMESPACE)("delete", "cryptostreams", "--all", "--timeout=60s", timeout=70)
    Kubectl()("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=120s", timeout=130)
    roles = Kubectl()("get", "clusterroles,clusterrolebindings", "--output=name").split()
    ours = [role for role in roles if role.rpartition("/")[2].startswith(f"{NAMESPACE}-{RELEASE}-")]
    if ours:
        Kubectl()("delete", *ours)


def _write(file: Path, content: Any) -> None:
    file.write_text(yaml.safe_dump(content, sort_keys=False))
