"""``python3 -m cryptostream_cluster``: what ``make kind-up`` and ``make kind-down`` run."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from cryptostream_cluster.clusters import Cluster, Kind, Minikube
from cryptostream_cluster.machine import shortages
from cryptostream_cluster.preflight import problems, problems_of_removal
from cryptostream_cluster.releases import CHARTS
from cryptostream_cluster.shell import CommandError, Shell, say
from cryptostream_cluster.steps import Wishes, down, up
from cryptostream_cluster.tools import Engine, running_engine

_EPILOG = """
check  looks whether everything that is needed is here
up     makes the cluster, builds and loads the images, installs Strimzi, the Spark operator and CryptoStream,
       and makes a stream. Repeated, it goes on where it stopped, and brings what is up to what the checkout holds.
down   removes the cluster with all that is in it, and the images

Only the cluster of that name is touched. kind and minikube make it the current one in your kubeconfig.
"""


def main(arguments: Sequence[str]) -> int:
    """Run a command. Returns the exit status: 0, or 1 where something was in the way."""
    chosen = _parser().parse_args(arguments)
    engine = running_engine(chosen.engine)
    name = engine.name if isinstance(engine, Engine) else chosen.engine or "docker"
    kind_of_cluster: type[Cluster] = Minikube if chosen.tool == "minikube" else Kind
    cluster = kind_of_cluster(chosen.name, name, chosen.http_port, chosen.https_port)

    found = list((problems_of_removal if chosen.command == "down" else problems)(cluster, engine))
    for text in found:
        say(f"problem: {text}")
    if chosen.command != "down":
        for text in shortages():
            say(f"warning: {text}")
    if chosen.command == "check" and not found:
        say("everything that is needed is here")
    if chosen.command == "check" or (found and not chosen.dry_run):
        return int(bool(found))

    shell = Shell(chosen.dry_run)
    try:
        if chosen.command == "up":
            up(shell, cluster, Wishes(chosen.ingress, None if chosen.no_stream else chosen.stream, chosen.timeout))
        else:
            down(shell, cluster)
    except CommandError as error:
        say(f"\n{error}\nMend that and run the same again: it goes on from there.")
        return 1
    except KeyboardInterrupt:
        say("\nstopped; run the same again to go on, or 'make kind-down' to remove everything")
        return 130
    return int(bool(found))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m cryptostream_cluster",
        description="The whole platform on a Kubernetes cluster of this machine.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=["check", "up", "down"])
    parser.add_argument("--tool", choices=["kind", "minikube"], default="kind", help="what makes the cluster")
    parser.add_argument("--name", default="cryptostream", help="name of the cluster (default: %(default)s)")
    parser.add_argument("--engine", choices=["docker", "podman"], help="what runs it (default: the first that works)")
    parser.add_argument("--dry-run", action="store_true", help="print every command instead of running it")
    parser.add_argument("--ingress", action="store_true", help="Grafana through an ingress controller as well")
    parser.add_argument("--http-port", type=int, default=8080, help="kind's port for it (default: %(default)s)")
    parser.add_argument("--https-port", type=int, default=8443, help="the same for https (default: %(default)s)")
    example = CHARTS / "cryptostream" / "examples" / "majors-simulator.yaml"
    parser.add_argument(
        "--stream", type=Path, default=example, help="manifest to apply (default: an example on the simulated exchange)"
    )
    parser.add_argument("--no-stream", action="store_true", help="make no stream")
    parser.add_argument("--timeout", default="15m", help="longest wait for each release (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
