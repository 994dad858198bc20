"""No manifest says a thing twice: YAML libraries disagree on which of the two holds, and some refuse it."""

import json
import os
import subprocess
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.helm_chart import CHART, RELEASE, helm


class StrictLoader(yaml.SafeLoader):
    """Refuses a key that is there twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        assert not twice, f"{sorted(twice)} twice in one mapping{node.start_mark}"
        return super().construct_mapping(node, deep)


@pytest.mark.parametrize("values", sorted((CHART / "ci").glob("*-values.yaml")), ids=lambda path: path.stem)
def test_no_key_is_there_twice(values: Path) -> None:
    streams = "--api-versions=cryptostream.io/v1alpha1/CryptoStream"
    command = [helm(), "template", RELEASE, str(CHART), "--kube-version=1.34.0", streams, "--set=requireKinds=false"]
    environment = {**os.environ, "KUBECONFIG": os.devnull}
    text = subprocess.run(
        [*command, f"--values={values}"], capture_output=True, text=True, check=True, env=environment
    ).stdout
    assert json.dumps(list(yaml.load_all(text, Loader=StrictLoader)), default=str)
