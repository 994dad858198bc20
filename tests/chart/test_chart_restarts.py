"""An upgrade to another version of the chart restarts nothing by itself."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from harness.helm_chart import CHART, helm

VALUES: dict[str, Any] = {
    "requireKinds": False,
    "simulator": {"enabled": True, "origin": "2026-01-01T00:00:00Z"},
    "grafana": {"admin": {"existingSecret": "admin"}},
    "timescaledb": {login: {"existingSecret": login} for login in ("owner", "writer", "reader")},
}


def pods_and_brokers(chart: Path) -> dict[str, Any]:
    """What pods are made from, by the objects' kinds and names."""
    command = [helm(), "template", "cryptostream", str(chart), "--kube-version=1.34.0", "--values=-"]
    environment = {**os.environ, "KUBECONFIG": os.devnull}
    finished = subprocess.run(
        command, input=yaml.safe_dump(VALUES), capture_output=True, text=True, check=True, env=environment
    )
    found = {}
    for each in filter(None, yaml.load_all(finished.stdout, Loader=yaml.CSafeLoader)):
        name = f"{each['kind']} {each['metadata']['name']}"
        if each["kind"] in {"Deployment", "StatefulSet"}:
            found[name] = each["spec"]["template"]
        elif each["kind"] in {"Kafka", "KafkaNodePool"}:
            found[name] = each
    return found


def test_the_version_of_the_chart_is_in_no_pod(tmp_path: Path) -> None:
    newer = tmp_path / "cryptostream"
    shutil.copytree(CHART, newer)
    file = newer / "Chart.yaml"
    file.write_text(file.read_text().replace("\nversion: ", "\nversion: 9"))
    before = pods_and_brokers(CHART)
    assert {name.split()[0] for name in before} == {"Deployment", "StatefulSet", "Kafka", "KafkaNodePool"}
    assert pods_and_brokers(newer) == before
