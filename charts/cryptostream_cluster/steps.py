"""The steps of ``up`` and ``down``. Each can be repeated: what is there already stays as it is."""

from dataclasses import dataclass
from pathlib import Path

from cryptostream_cluster import images
from cryptostream_cluster.clusters import Cluster
from cryptostream_cluster.releases import CRYPTOSTREAM, INGRESS, NAMESPACE, SPARK_OPERATOR, STRIMZI
from cryptostream_cluster.shell import Shell, ask, say

GRAFANA_HOST = "grafana.localhost"
_GRAFANA = "cryptostream-grafana"


@dataclass(frozen=True)
class Wishes:
    """What a person can choose."""

    ingress: bool
    stream: Path | None
    timeout: str


def up(shell: Shell, cluster: Cluster, wishes: Wishes) -> None:
    """Bring everything up and say how to go on. Raises CommandError."""
    if cluster.exists():
        say(f"==> the cluster {cluster.name} is there")
    else:
        say(f"==> making the cluster {cluster.name}")
        cluster.create(shell)
    kubectl = ("kubectl", "--context", cluster.context)
    shell.run(*kubectl, "wait", "--for=condition=Ready", "nodes", "--all", "--timeout=3m")

    say("==> building images and loading them")
    tag = images.build(shell, cluster.engine)
    cluster.load(shell, [images.name(part, tag) for part in images.PARTS])

    for release in (STRIMZI, SPARK_OPERATOR, *([INGRESS] if wishes.ingress else [])):
        say(f"==> installing {release.name} {release.version or ''}")
        shell.run(*release.command(cluster.context, wishes.timeout))

    say("==> installing CryptoStream")
    settings = [f"images.tag={tag}"]
    if wishes.ingress:
        settings += ["grafana.ingress.enabled=true", f"grafana.ingress.host={GRAFANA_HOST}"]
    chosen = [part for setting in settings for part in ("--set", setting)]
    shell.run(*CRYPTOSTREAM.command(cluster.context, wishes.timeout, *chosen))

    if wishes.stream:
        say("==> making a stream")
        manifest = ("--namespace", NAMESPACE, "--filename", str(wishes.stream))
        shell.run(*kubectl, "apply", *manifest)
        shell.run(*kubectl, "wait", *manifest, "--for=condition=Ready", f"--timeout={wishes.timeout}")
    say("==> dry run: nothing has been done" if shell.dry_run else _how_to_go_on(cluster, wishes))


def down(shell: Shell, cluster: Cluster) -> None:
    """Remove the cluster with everything in it, and the images that ``up`` has built. Raises CommandError."""
    cluster.delete(shell)
    images.remove(shell, cluster.engine)


def _how_to_go_on(cluster: Cluster, wishes: Wishes) -> str:
    kubectl = f"kubectl --context {cluster.context} --namespace {NAMESPACE}"
    return f"""
The platform is up in the cluster {cluster.name} (context {cluster.context}).

  streams      {kubectl} get cryptostreams
  Grafana      {kubectl} port-forward service/{_GRAFANA} 3000:80
               then http://localhost:3000{_through_ingress(cluster, wishes)}
  its login    admin, with the password that this prints:
               {kubectl} get secret {_GRAFANA} --output jsonpath='{{.data.admin-password}}' | base64 --decode
  remove all   make kind-down
"""


def _through_ingress(cluster: Cluster, wishes: Wishes) -> str:
    if not wishes.ingress:
        return ""
    if cluster.ports:
        return f", or at once http://{GRAFANA_HOST}:{cluster.http_port}"
    address = (ask("minikube", "ip", "--profile", cluster.name) or "").strip() or f"$(minikube ip -p {cluster.name})"
    return f", or with a line '{address} {GRAFANA_HOST}' in /etc/hosts http://{GRAFANA_HOST}"
