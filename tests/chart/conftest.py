"""The chart as Helm renders it. Nothing here needs a cluster; everything needs Helm."""

from collections.abc import Iterator

import pytest

from harness.helm_chart import CHART, KINDS, Rendered, render

CI_VALUES = sorted((CHART / "ci").glob("*-values.yaml"))


@pytest.fixture(params=CI_VALUES, ids=lambda file: file.name.removesuffix("-values.yaml"))
def each_ci_file(request: pytest.FixtureRequest) -> Iterator[Rendered]:
    """The chart with each file of ci/."""
    yield render(None, request.param, kinds=(*KINDS, "cert-manager.io/v1/Certificate"))
