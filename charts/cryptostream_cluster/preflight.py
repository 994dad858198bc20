"""Everything that is asked of a machine before anything is done to it."""

from collections.abc import Iterator

from cryptostream_cluster.clusters import Cluster
from cryptostream_cluster.machine import engine_problems, taken_ports
from cryptostream_cluster.tools import HELM, KUBECTL, Engine


def problems(cluster: Cluster, engine: Engine | str) -> Iterator[str]:
    """What stands in the way of the cluster, each with its remedy.

    ``engine`` is what runs containers here, or why nothing does. A cluster that exists has what it takes.
    """
    if isinstance(engine, str):
        yield engine
    tools = [problem for tool in (cluster.tool, KUBECTL, HELM) if (problem := tool.problem())]
    yield from tools
    if isinstance(engine, str) or tools or cluster.exists():
        return
    yield from engine_problems(engine)
    for port in taken_ports(cluster.ports):
        yield f"port {port} of 127.0.0.1 is taken: free it, or choose another with --http-port or --https-port"


def problems_of_removal(cluster: Cluster, engine: Engine | str) -> Iterator[str]:
    """What stands in the way of removing the cluster, each with its remedy."""
    if isinstance(engine, str):
        yield engine
    if problem := cluster.tool.problem():
        yield problem
