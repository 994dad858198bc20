"""What values say arrives as it was written: no number with an exponent, no name taken for a number."""

from pathlib import Path

import pytest
import yaml

from harness.helm_chart import Rendered, render

MILLION = 1_000_000
BYTES = 1_073_741_824


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    # From a file: Helm reads its numbers as floating-point ones.
    file: Path = tmp_path_factory.mktemp("values") / "values.yaml"
    file.write_text(
        yaml.safe_dump(
            {
                "simulator": {"enabled": True, "seed": MILLION, "speed": 0.5},
                "grafana": {"config": {"dataproxy": {"row_limit": MILLION}}},
                "kafka": {"config": {"log.segment.bytes": BYTES}},
                "timescaledb": {"parameters": {"log_temp_files": MILLION}, "resources": {"limits": {"memory": BYTES}}},
            }
        )
    )
    return render(None, file, namespace="2024")


def test_numbers_have_no_exponent(rendered: Rendered) -> None:
    market = rendered.one("ConfigMap", "cryptostream-simulator")["data"]
    assert (market["CRYPTOSTREAM_SIMULATOR_SEED"], market["CRYPTOSTREAM_SIMULATOR_SPEED"]) == (str(MILLION), "0.5")
    (grafana,) = rendered.one("Deployment", "cryptostream-grafana")["spec"]["template"]["spec"]["containers"]
    assert {"name": "GF_DATAPROXY_ROW_LIMIT", "value": str(MILLION)} in grafana["env"]
    assert rendered.one("Kafka")["spec"]["kafka"]["config"]["log.segment.bytes"] == BYTES
    (database,) = rendered.one("StatefulSet")["spec"]["template"]["spec"]["containers"]
    assert f"log_temp_files={MILLION}" in database["args"]


def test_memory_may_be_a_number_of_bytes(rendered: Rendered) -> None:
    (database,) = rendered.one("StatefulSet")["spec"]["template"]["spec"]["containers"]
    assert "shared_buffers=256MB" in database["args"]


def test_a_namespace_of_digits_is_a_name(rendered: Rendered) -> None:
    places = {each["metadata"]["namespace"] for each in rendered.objects if "namespace" in each["metadata"]}
    subjects = {
        subject["namespace"]
        for kind in ("RoleBinding", "ClusterRoleBinding")
        for binding in rendered.of(kind)
        for subject in binding["subjects"]
    }
    assert places == subjects == {"2024"}
