"""The SparkApplication and what belongs to it: claim, rights, one-shot Jobs, monitors."""

import json
from typing import Any

import pytest
from hypothesis import given

from cryptostream_operator.builders.access import driver_role, service_accounts
from cryptostream_operator.builders.checkpoint import checkpoint_claim
from cryptostream_operator.builders.inputs import Defaults, Manifest, Stream
from cryptostream_operator.builders.monitors import pod_monitors
from cryptostream_operator.builders.producers import producer_deployments
from cryptostream_operator.builders.purge import purge_job
from cryptostream_operator.builders.rebuild import rebuild_job
from cryptostream_operator.builders.spark import spark_application
from harness.stream_specs import DEFAULTS, EXTERNAL_SASL, stream_of, streams


def _application(**spec: Any) -> Manifest:
    application: Manifest = spark_application(stream_of(**spec), DEFAULTS)["spec"]
    return application


def _pod(application: Manifest, part: str) -> Manifest:
    pod: Manifest = application[part]["template"]["spec"]
    return pod


def _hash(**spec: Any) -> str:
    return str(_application(**spec)["driver"]["labels"]["cryptostream.io/spec-hash"])


def test_the_job_runs_for_ever() -> None:
    application = _application()
    assert application["restartPolicy"]["type"] == "Always"
    assert application["restartPolicy"]["onFailureRetryInterval"] >= 1
    assert application["restartPolicy"]["onSubmissionFailureRetryInterval"] >= 1
    assert "timeToLiveSeconds" not in application


def test_an_executor_that_vanishes_is_missed_within_half_a_minute() -> None:
    """Spark's own settings take up to a minute: no event tells it of a pod that goes with its node."""
    settings = _application()["sparkConf"]
    waits = [settings[f"spark.kubernetes.executor.{name}"] for name in ("apiPollingInterval", "missingPodDetectDelta")]
    assert sum(int(wait.removesuffix("s")) for wait in waits) <= 30


def test_the_main_file_is_in_the_image() -> None:
    application = _application()
    assert (application["type"], application["mode"]) == ("Python", "cluster")
    assert application["mainApplicationFile"] == "local:///opt/cryptostream/job.py"
    assert application["image"] == DEFAULTS.job_image
    assert application["sparkVersion"] == "4.2.0"


def test_parts_have_what_the_specification_gives_them() -> None:
    application = _application(
        job={
            "driver": {"cores": 2, "cpu": "1", "cpuLimit": "2", "memory": "2g", "memoryOverhead": "700m"},
            "executor": {"instances": 3, "cores": 4, "cpu": "1500m", "memory": "3g", "memoryOverhead": "1g"},
        }
    )
    driver, executor = application["driver"], application["executor"]
    assert (driver["cores"], driver["coreRequest"], driver["coreLimit"]) == (2, "1", "2")
    assert (driver["memory"], driver["memoryOverhead"]) == ("2g", "700m")
    assert (executor["instances"], executor["cores"], executor["coreRequest"]) == (3, 4, "1500m")
    assert (executor["memory"], executor["memoryOverhead"]) == ("3g", "1g")
    assert "coreLimit" not in executor


def test_templates_name_the_containers_that_the_spark_operator_looks_for() -> None:
    application = _application()
    assert [container["name"] for container in _pod(application, "driver")["containers"]] == ["spark-kubernetes-driver"]
    assert [container["name"] for container in _pod(application, "executor")["containers"]] == [
        "spark-kubernetes-executor"
    ]


@given(streams())
def test_nothing_needs_the_spark_operators_webhook(stream: Stream) -> None:
    """A part with a template is not mutated; these fields would only have effect by the webhook."""
    application = spark_application(stream, DEFAULTS)["spec"]
    assert "volumes" not in application
    by_webhook = {"env", "envFrom", "volumeMounts", "lifecycle", "affinity", "securityContext", "podSecurityContext"}
    by_webhook |= {"terminationGracePeriodSeconds", "tolerations", "ports", "initContainers", "sidecars", "configMaps"}
    for part in ("driver", "executor"):
        assert "template" in application[part]
        assert not by_webhook & application[part].keys()


@given(streams())
def test_no_login_is_where_spark_copies_things_to(stream: Stream) -> None:
    """Spark keeps its configuration and the executors' template in ConfigMaps, and passes arguments on."""
    application = spark_application(stream, DEFAULTS)["spec"]
    copied = {"conf": application["sparkConf"], "executor": application["executor"]}
    assert "arguments" not in application
    assert not {"envVars", "envSecretKeyRefs", "secrets"} & {*application["driver"], *application["executor"]}
    text = json.dumps(copied).upper()
    for secret in ("PASSWORD", "DATABASE", "JAAS", "SECRETKEYREF"):
        assert secret not in text


def test_executors_get_the_authority_and_the_checkpoint_but_no_environment() -> None:
    executor = _pod(_application(kafka=EXTERNAL_SASL), "executor")
    container = executor["containers"][0]
    assert "env" not in container
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {
        "/tmp",
        "/var/lib/cryptostream/checkpoint",
        "/etc/cryptostream/kafka",
    }


def test_driver_and_executors_see_files_at_the_same_places() -> None:
    application = _application()
    driver, executor = (
        {
            mount["name"]: mount["mountPath"]
            for mount in _pod(application, part)["containers"][0]["volumeMounts"]
            if mount["name"] != "tmp"
        }
        for part in ("driver", "executor")
    )
    assert executor.items() <= driver.items()


def test_the_driver_finishes_its_batch_before_it_goes() -> None:
    pod = _pod(_application(), "driver")
    container = pod["containers"][0]
    stop_file = next(entry["value"] for entry in container["env"] if entry["name"] == "CRYPTOSTREAM_STOP_FILE")
    shell, _, script = container["lifecycle"]["preStop"]["exec"]["command"]
    assert shell == "sh"
    touch, wait = script.split("; sleep ")
    assert touch == f"touch {stop_file}"
    assert 30 < int(wait) < pod["terminationGracePeriodSeconds"]
    assert any(stop_file.startswith(mount["mountPath"] + "/") for mount in container["volumeMounts"])


def test_executors_find_a_driver_that_still_waits() -> None:
    """The driver's name resolves only while its pod is ready: readiness must not wait for the database."""
    container = _pod(_application(), "driver")["containers"][0]
    assert container["readinessProbe"]["httpGet"] == {"path": "/healthz", "port": "metrics"}
    assert container["ports"] == [{"name": "metrics", "containerPort": 8090, "protocol": "TCP"}]
    assert container["startupProbe"]["periodSeconds"] * container["startupProbe"]["failureThreshold"] >= 300


def test_a_volume_of_one_node_keeps_executors_beside_the_driver() -> None:
    once = _pod(_application(job={"checkpoint": {"accessMode": "ReadWriteOnce"}}), "executor")
    (term,) = once["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert term["topologyKey"] == "kubernetes.io/hostname"
    assert term["labelSelector"]["matchLabels"] == {
        "sparkoperator.k8s.io/app-name": "majors",
        "spark-role": "driver",
    }
    many = _pod(_application(job={"checkpoint": {"accessMode": "ReadWriteMany"}}), "executor")
    assert "affinity" not in many


def test_a_rebuild_stops_the_job_whatever_the_user_wants() -> None:
    stream = stream_of()
    assert spark_application(stream, DEFAULTS)["spec"]["suspend"] is False
    stopped = spark_application(stream, DEFAULTS, suspended=True)["spec"]
    assert stopped["suspend"] is True
    assert {**stopped, "suspend": False} == spark_application(stream, DEFAULTS)["spec"]


@pytest.mark.parametrize(
    "change",
    [
        {"restartNonce": 1},
        {"job": {"triggerInterval": "1s"}},
        {"job": {"image": "mine:2"}},
        {"pane": "5s"},
        {"detectors": {"priceSpike": {"threshold": 9}}},
        {"sink": {"secretName": "other"}},
        {"kafka": {"port": 9094}},
    ],
)
def test_a_driver_is_replaced_for_what_it_runs(change: dict[str, Any]) -> None:
    assert _hash(**change) != _hash()


@pytest.mark.parametrize(
    "change",
    [
        {"symbols": ["SOLUSDT"]},
        {"producer": {"shards": 2, "startFrom": "2h", "maxHeal": "7h"}},
        {"topic": {"retention": "9d"}},
        {"deletionPolicy": "Delete"},
        {"job": {"checkpoint": {"size": "2Gi"}}},
        {"pane": "10000ms", "window": "120s"},
    ],
)
def test_a_driver_is_left_alone_for_all_else(change: dict[str, Any]) -> None:
    """Not a letter may differ: the Spark operator replaces the driver after any change."""
    assert _application(**change) == _application()


def test_another_default_image_or_spark_is_another_hash() -> None:
    def hash_with(defaults: Defaults) -> str:
        return str(spark_application(stream_of(), defaults)["spec"]["driver"]["labels"]["cryptostream.io/spec-hash"])

    assert (
        len({hash_with(Defaults("p", "j")), hash_with(Defaults("p", "k")), hash_with(Defaults("p", "j", "4.3.0"))}) == 3
    )


def test_the_claim_is_as_asked_for_and_left_out_where_the_user_has_one() -> None:
    stream = stream_of(job={"checkpoint": {"size": "1024Mi", "storageClass": "fast"}})
    claim = checkpoint_claim(stream)
    assert claim is not None
    assert claim["metadata"]["name"] == "majors-checkpoint"
    assert claim["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "fast",
        "resources": {"requests": {"storage": "1Gi"}},
    }
    own = stream_of(job={"checkpoint": {"claimName": "shared"}})
    assert checkpoint_claim(own) is None
    volumes = _pod(spark_application(own, DEFAULTS)["spec"], "driver")["volumes"]
    assert {"name": "checkpoint", "persistentVolumeClaim": {"claimName": "shared"}} in volumes


def test_rights_are_named_one_by_one() -> None:
    for rule in driver_role(stream_of())["rules"]:
        for values in rule.values():
            assert "*" not in values
        assert not {"secrets", "pods/exec"} & set(rule["resources"])
    assert all(account["automountServiceAccountToken"] is False for account in service_accounts(stream_of()))


def test_a_rebuild_begins_at_the_beginning_with_the_new_lengths() -> None:
    rebuild = rebuild_job(stream_of(pane="5s"), DEFAULTS)
    container = rebuild["spec"]["template"]["spec"]["containers"][0]
    assert container["command"] == ["cryptostream", "rebuild", "--from", "beginning"]
    assert container["image"] == DEFAULTS.job_image
    assert {"name": "CRYPTOSTREAM_PANE", "value": "5s"} in container["env"]
    assert rebuild["metadata"]["name"] != rebuild_job(stream_of(), DEFAULTS)["metadata"]["name"]


def test_a_purge_knows_the_stream_and_the_database_only() -> None:
    container = purge_job(stream_of(kafka=EXTERNAL_SASL), DEFAULTS)["spec"]["template"]["spec"]["containers"][0]
    assert container["command"] == ["cryptostream", "purge", "--yes"]
    assert [entry["name"] for entry in container["env"]] == [
        "CRYPTOSTREAM_DATABASE_URL",
        "CRYPTOSTREAM_LOG_LEVEL",
        "CRYPTOSTREAM_NAME",
        "CRYPTOSTREAM_NAMESPACE",
    ]


def test_one_shot_jobs_wait_for_a_database_that_is_away() -> None:
    for job in (rebuild_job(stream_of(), DEFAULTS), purge_job(stream_of(), DEFAULTS)):
        assert job["spec"]["template"]["spec"]["restartPolicy"] == "OnFailure"
        assert job["spec"]["backoffLimit"] >= 1000
        assert "ttlSecondsAfterFinished" not in job["spec"]


def test_monitors_look_at_ports_that_the_pods_have() -> None:
    stream = stream_of()
    ports = {"metrics"}
    producer = producer_deployments(stream, DEFAULTS)[0]["spec"]["template"]["spec"]["containers"][0]
    driver = _pod(_application(), "driver")["containers"][0]
    assert {port["name"] for container in (producer, driver) for port in container["ports"]} == ports
    for monitor in pod_monitors(stream):
        assert {endpoint["port"] for endpoint in monitor["spec"]["podMetricsEndpoints"]} == ports
