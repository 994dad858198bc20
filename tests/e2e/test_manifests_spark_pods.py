"""What the real Spark operator and spark-submit make of the SparkApplication: the templates arrive in the pods."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from cryptostream_operator.builders.access import driver_role, driver_role_binding, service_accounts
from cryptostream_operator.builders.checkpoint import checkpoint_claim
from cryptostream_operator.builders.inputs import Manifest
from cryptostream_operator.builders.spark import spark_application
from harness.kubernetes import Kubectl, KubectlError
from harness.stream_specs import DEFAULTS, stream_of, without_owner

Pods = tuple[Manifest, Manifest, Manifest]


@pytest.fixture(scope="module")
def watched(cluster: Kubectl) -> Kubectl:
    """kubectl in a namespace that the Spark operator watches."""
    try:
        controllers = Kubectl("spark-operator").list("deployments", "app.kubernetes.io/component=controller")
    except KubectlError:
        controllers = []
    if not controllers:
        pytest.skip("needs the Spark operator in namespace spark-operator")
    arguments = controllers[0]["spec"]["template"]["spec"]["containers"][0]["args"]
    watched = next((one.partition("=")[2] for one in arguments if one.startswith("--namespaces=")), "")
    return Kubectl(watched.split(",")[0] or "default")


@pytest.fixture(scope="module")
def submitted(watched: Kubectl) -> Iterator[Pods]:
    """The wanted SparkApplication, the driver's pod, and the executors' template as the driver will read it.

    The image does not exist: no container starts, and none is needed.
    """
    assert watched.namespace is not None
    stream = stream_of(watched.namespace, f"s{uuid.uuid4().hex[:10]}")
    claim = checkpoint_claim(stream)
    assert claim is not None
    application = spark_application(stream, DEFAULTS)
    access = [*service_accounts(stream), driver_role(stream), driver_role_binding(stream)]
    text = yaml.safe_dump_all(without_owner(*access, claim, application))
    watched("apply", "--server-side", "-f", "-", stdin=text)
    try:
        pod = stream.names.driver_pod
        watched("wait", "--for=create", f"pod/{pod}", "--timeout=120s", timeout=130)
        driver = watched.get("pod", pod)
        volumes = {volume["name"]: volume for volume in driver["spec"]["volumes"]}
        found = watched.get("configmap", volumes["pod-template-volume"]["configMap"]["name"])
        yield application["spec"], driver, yaml.safe_load(found["data"]["podspec-configmap-key"])
    finally:
        watched("delete", "--ignore-not-found", "--wait=false", "-f", "-", stdin=text)


def _missing(wanted: Any, found: Any, path: str = "") -> list[str]:
    """What of the wanted is not in the found; a list may have more, by name or at its end."""
    if isinstance(wanted, dict):
        if not isinstance(found, dict):
            return [path]
        return [line for key in wanted for line in _missing(wanted[key], found.get(key), f"{path}.{key}")]
    if isinstance(wanted, list):
        if not isinstance(found, list):
            return [path]
        return [f"{path}[{index}]" for index, one in enumerate(wanted) if all(_missing(one, other) for other in found)]
    return [] if wanted == found else [f"{path}: {wanted!r} became {found!r}"]


def test_the_drivers_pod_has_all_of_its_template(submitted: Pods) -> None:
    wanted, driver, _ = submitted
    assert _missing(wanted["driver"]["template"]["spec"], driver["spec"]) == []
    container = driver["spec"]["containers"][0]
    assert len(driver["spec"]["containers"]) == 1
    assert container["image"] == DEFAULTS.job_image
    assert container["args"][0] == "driver"
    assert container["args"][-1] == "local:///opt/cryptostream/job.py"


def test_the_driver_carries_its_labels_and_account(submitted: Pods) -> None:
    wanted, driver, _ = submitted
    assert wanted["driver"]["labels"].items() <= driver["metadata"]["labels"].items()
    assert driver["spec"]["serviceAccountName"] == wanted["driver"]["serviceAccount"]


def test_the_driver_has_the_memory_that_the_specification_gives_it(submitted: Pods) -> None:
    resources = submitted[1]["spec"]["containers"][0]["resources"]
    assert resources["requests"] == {"cpu": "200m", "memory": "1624Mi"}
    assert resources["limits"] == {"memory": "1624Mi"}


def test_executors_will_have_all_of_their_template(submitted: Pods) -> None:
    wanted, _, executor = submitted
    assert _missing(wanted["executor"]["template"]["spec"], executor["spec"]) == []


def test_spark_keeps_no_reference_to_a_login_in_its_config_maps(watched: Kubectl, submitted: Pods) -> None:
    _, driver, _ = submitted
    names = [volume["configMap"]["name"] for volume in driver["spec"]["volumes"] if "configMap" in volume]
    assert len(names) == 2
    for name in names:
        text = json.dumps(watched.get("configmap", name)["data"]).upper()
        for word in ("PASSWORD", "DATABASE_URL", "SECRETKEYREF"):
            assert word not in text, f"{name}: {word}"
