"""Kafka, PostgreSQL and the simulated exchange as pods of a test's namespace, which may enforce restricted pods."""

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptostream_operator.builders.pod_security import container_security_context, pod_security_context
from harness.certificates import ServerCertificate, server_certificate
from harness.images import Images
from harness.kubernetes import Kubectl, KubectlError, Manifest

KAFKA = "kafka"
DATABASE = "database"
SIMULATOR = "simulator"
DATABASE_SECRET = "cryptostream-database"
"""The name that a CryptoStream's sink has by default, with the key ``url``."""
BOOTSTRAP = "kafka-kafka-bootstrap"
"""What Strimzi calls the Service before a cluster of that name."""
_KAFKA_PORT, _GUARDED_KAFKA_PORT, _DATABASE_PORT, _SIMULATOR_PORT = 9092, 9094, 5432, 9443
_OWNER = "cryptostream"
_LONGEST_START = 180


@dataclass(frozen=True)
class Services:
    """Where the services of a namespace are, for pods of any namespace."""

    namespace: str
    exchange: str = SIMULATOR
    """Name of the simulated exchange's Service."""
    owner_password: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)
    job_password: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)
    tls: ServerCertificate = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tls", server_certificate([self.host(KAFKA), BOOTSTRAP]))

    @property
    def kafka(self) -> str:
        """The bootstrap servers for everybody; connections are plain."""
        return f"{self.host(KAFKA)}:{_KAFKA_PORT}"

    @property
    def guarded_kafka(self) -> str:
        """The bootstrap servers for who has a login: SASL_SSL with SCRAM-SHA-512, rights checked."""
        return f"{self.host(KAFKA)}:{_GUARDED_KAFKA_PORT}"

    @property
    def owner_url(self) -> str:
        """libpq URL as the owner of the schema."""
        return self._url(_OWNER, self.owner_password)

    @property
    def job_url(self) -> str:
        """libpq URL as the login that may write rows and nothing else."""
        return self._url("cryptostream_job", self.job_password)

    @property
    def websocket(self) -> str:
        return f"ws://{self.host(self.exchange)}:{_SIMULATOR_PORT}"

    @property
    def rest(self) -> str:
        return f"http://{self.host(self.exchange)}:{_SIMULATOR_PORT}"

    def host(self, service: str) -> str:
        return f"{service}.{self.namespace}.svc"

    def stream_spec(self, name: str) -> dict[str, Any]:
        """The fields of the CryptoStream of that name that use these services, with the logins of its KafkaUsers."""
        external = {
            "bootstrapServers": self.guarded_kafka,
            "securityProtocol": "SASL_SSL",
            "saslMechanism": "SCRAM-SHA-512",
            "producerSecret": {"name": f"{name}-producer", "username": f"{name}-producer"},
            "jobSecret": {"name": f"{name}-job", "username": f"{name}-job"},
            "authoritySecret": {"name": f"{name}-cluster-ca-cert"},
        }
        return {
            "endpoints": {"websocket": self.websocket, "rest": self.rest},
            "kafka": {"mode": "external", "external": external},
        }

    def database_secret(self, name: str = DATABASE_SECRET) -> Manifest:
        """The Secret that a stream's job reads, to be put into the stream's namespace."""
        return _secret(name, {"url": self.job_url})

    def create_kafka_users(self, *kafka_users: Manifest) -> list[Manifest]:
        """Give KafkaUsers their logins and rights.

        Returns the Secrets that Strimzi writes for them, under the users' names.
        """
        passwords = {user["metadata"]["name"]: secrets.token_urlsafe(18) for user in kafka_users}
        wanted = [{"user": user, "password": passwords[user["metadata"]["name"]]} for user in kafka_users]
        command = ["python", "/opt/services/users.py"]
        Kubectl(self.namespace)("exec", "-i", f"deployment/{KAFKA}", "--", *command, stdin=json.dumps(wanted))
        module = "org.apache.kafka.common.security.scram.ScramLoginModule"
        return [
            _secret(
                name,
                {
                    "password": password,
                    "sasl.jaas.config": f'{module} required username="{name}" password="{password}";',
                },
            )
            for name, password in passwords.items()
        ]

    def authority_secret(self, name: str) -> Manifest:
        """The Secret with Kafka's authority, as Strimzi writes it for a cluster of that name."""
        return _secret(f"{name}-cluster-ca-cert", {"ca.crt": self.tls.authority})

    def _url(self, login: str, password: str) -> str:
        return f"postgresql://{login}:{password}@{self.host(DATABASE)}:{_DATABASE_PORT}/cryptostream"


def deploy_services(namespace: str, images: Images, market: dict[str, str] | None = None) -> Services:
    """Start them, bring the schema up to date, and return when all serve.

    ``market`` holds settings of the simulator by the names of its fields.
    """
    services, kubectl = Services(namespace), Kubectl(namespace)
    simulator = {f"CRYPTOSTREAM_SIMULATOR_{name.upper()}": value for name, value in (market or {}).items()}
    deploy_stores(services, images)
    variables = [{"name": name, "value": value} for name, value in simulator.items()]
    kubectl.apply(
        *_server(SIMULATOR, [_SIMULATOR_PORT], images.simulator, None, variables),
        one_shot_pod(
            "migrate", images.job, ["cryptostream", "migrate"], {"CRYPTOSTREAM_DATABASE_URL": "database-owner"}
        ),
    )
    wait_for_servers(kubectl, KAFKA, DATABASE, SIMULATOR)
    finish(kubectl, "migrate")
    return services


def deploy_stores(services: Services, images: Images, claims: bool = False) -> None:
    """Start Kafka and PostgreSQL alone, without a schema. With ``claims`` what they hold survives their pods."""
    passwords = {"owner": services.owner_password, "job": services.job_password}
    broker = ["python", "/opt/services/serve.py", "broker"]
    database = ["python", "/opt/services/serve.py", "database"]
    logins = [_from_secret("OWNER_PASSWORD", "owner"), _from_secret("JOB_PASSWORD", "job")]
    address = [{"name": "ADVERTISED_HOST", "value": services.host(KAFKA)}]
    owner = {"url": services.owner_url, "username": _OWNER, "password": services.owner_password}
    servers = [
        *_server(KAFKA, [_KAFKA_PORT, _GUARDED_KAFKA_PORT], images.services, broker, address),
        *_server(DATABASE, [_DATABASE_PORT], images.services, database, logins),
    ]
    kubectl = Kubectl(services.namespace)
    kubectl.apply(
        _secret("service-passwords", passwords),
        _secret("database-owner", owner),
        _secret("kafka-tls", {"server.pem": services.tls.key_store}),
        *(_on_claims(servers) if claims else servers),
    )


def _on_claims(servers: list[Manifest]) -> list[Manifest]:
    """The servers with a volume of the cluster's for their files, and its claims."""
    claims = []
    for server in servers:
        if server["kind"] == "Deployment":
            name = server["metadata"]["name"]
            volumes = server["spec"]["template"]["spec"]["volumes"]
            data = next(volume for volume in volumes if volume["name"] == "data")
            del data["emptyDir"]
            data["persistentVolumeClaim"] = {"claimName": name}
            spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
            claims.append(
                {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}
            )
    return [*claims, *servers]


def wait_for_servers(kubectl: Kubectl, *deployments: str) -> None:
    for name in deployments:
        timeout = f"--timeout={_LONGEST_START}s"
        kubectl("rollout", "status", f"deployment/{name}", timeout, timeout=_LONGEST_START + 10)


def one_shot_pod(
    name: str,
    image: str,
    command: list[str] | None,
    urls: dict[str, str] | None = None,
    environment: dict[str, str] | None = None,
    user: int | None = None,
) -> Manifest:
    """A pod that runs once: a command, or what the image starts by itself.

    ``urls`` maps variables to Secrets whose key ``url`` they are to hold. ``user`` is another one than the image's.
    """
    variables: list[Manifest] = [{"name": key, "value": value} for key, value in (environment or {}).items()]
    for variable, secret in (urls or {}).items():
        variables.append({"name": variable, "valueFrom": {"secretKeyRef": {"name": secret, "key": "url"}}})
    pod = {**_pod(name, image, command, variables, "1Gi"), "restartPolicy": "Never"}
    if user is not None:
        pod["securityContext"] = {**pod["securityContext"], "runAsUser": user, "runAsGroup": user}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": pod}


def finish(kubectl: Kubectl, pod: str, timeout: float = 120) -> str:
    """Wait for a pod's end (seconds) and return what it wrote. Fails with it unless the exit code was 0."""
    code, written = end_of(kubectl, pod, timeout)
    assert code == 0, f"pod {pod} ended with {code}:\n{written}"
    return written


def end_of(kubectl: Kubectl, pod: str, timeout: float = 120) -> tuple[int, str]:
    """Wait for a pod's end (seconds); its exit code and what it wrote."""
    ended = "jsonpath={.status.containerStatuses[0].state.terminated.exitCode}"
    try:
        kubectl("wait", f"pod/{pod}", f"--for={ended}", f"--timeout={timeout:.0f}s", timeout=timeout + 10)
    except KubectlError as error:
        raise AssertionError(f"{error}\n{kubectl('describe', 'pod', pod)}") from None
    return int(kubectl("get", "pod", pod, f"--output={ended}")), kubectl("logs", pod)


def _server(
    name: str, ports: list[int], image: str, command: list[str] | None, variables: list[Manifest]
) -> list[Manifest]:
    """A Deployment of one pod and the Service before it."""
    labels = {"app": name}
    pod = _pod(name, image, command, variables, "1Gi")
    container = pod["containers"][0]
    container["ports"] = [{"containerPort": port} for port in ports]
    container["readinessProbe"] = (
        {"tcpSocket": {"port": ports[0]}, "periodSeconds": 1}
        if command is None
        else {"exec": {"command": ["test", "-e", "/tmp/ready"]}, "periodSeconds": 1}
    )
    if command is not None:
        container["command"] = ["/opt/cryptostream/entrypoint"]
        container["args"] = command
    if name == KAFKA:
        container["volumeMounts"].append({"name": "tls", "mountPath": "/tls", "readOnly": True})
        pod["volumes"].append({"name": "tls", "secret": {"secretName": "kafka-tls"}})
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": labels, "ports": [{"name": f"port-{port}", "port": port} for port in ports]},
    }
    return [deployment, service]


def _pod(name: str, image: str, command: list[str] | None, variables: list[Manifest], memory: str) -> Manifest:
    container: Manifest = {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "env": [*variables, {"name": "CRYPTOSTREAM_CACHE", "value": "/tmp/cache"}],
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": memory}},
        "securityContext": container_security_context(),
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}, {"name": "data", "mountPath": "/data"}],
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }
    if command is not None:
        container["command"] = command
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod_security_context(),
        "terminationGracePeriodSeconds": 10,
        "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "data", "emptyDir": {}}],
    }


def _secret(name: str, values: dict[str, str]) -> Manifest:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": values}


def _from_secret(variable: str, key: str) -> Manifest:
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": "service-passwords", "key": key}}}
