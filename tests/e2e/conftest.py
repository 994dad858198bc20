"""A test cluster, the CryptoStream CRD, and a fresh namespace for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cluster_stream import skip_without_label_watching
from harness.images import Images, build_and_load
from harness.kubernetes import OWN_CRD, Kubectl, fresh_namespace, install_crds, refuse_other_clusters, third_party_crds
from harness.live_stream import Market, running_market
from harness.stream_world import StreamWorld

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def cluster() -> Kubectl:
    """kubectl for what has no namespace. Nothing runs on a cluster that is not for tests."""
    refuse_other_clusters()
    return Kubectl()


@pytest.fixture(scope="session")
def crypto_stream_crd(cluster: Kubectl) -> None:
    """The generated CRD, established."""
    install_crds([OWN_CRD])


@pytest.fixture
def namespace(cluster: Kubectl) -> Iterator[str]:
    """A namespace that only this test uses. Its deletion is not waited for."""
    with fresh_namespace() as name:
        yield name


@pytest.fixture
def kubectl(crypto_stream_crd: None, namespace: str) -> Kubectl:
    """kubectl in the test's namespace, on a cluster that knows CryptoStreams."""
    return Kubectl(namespace)


@pytest.fixture(scope="session")
def third_party_kinds(cluster: Kubectl) -> None:
    """The CRDs of Strimzi, the Spark operator and the Prometheus operator."""
    for project in ("strimzi", "spark-operator", "prometheus-operator"):
        install_crds(third_party_crds(project))


@pytest.fixture
def world(third_party_kinds: None, kubectl: Kubectl) -> StreamWorld:
    """A namespace with the database's Secret, in which a test creates its stream."""
    kubectl("create", "secret", "generic", "cryptostream-database", "--from-literal=url=postgresql://nowhere/")
    return StreamWorld(kubectl)


@pytest.fixture(scope="session")
def images(cluster: Kubectl) -> Images:
    """The project's images, in the cluster."""
    return build_and_load()


@pytest.fixture(scope="session")
def market(crypto_stream_crd: None, third_party_kinds: None, images: Images) -> Iterator[Market]:
    """Kafka, PostgreSQL, the simulated exchange and the operator's image, for streams that really run."""
    skip_without_label_watching()
    with running_market(images, readings_interval="10s", stale_driver_grace="20s") as running:
        yield running
