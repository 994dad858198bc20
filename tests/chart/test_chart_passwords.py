"""Passwords: made up anew for each release, the same wherever one is needed, and in Secrets only."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from harness.helm_chart import CHART, KINDS, Manifest, Rendered, render

CI_VALUES = sorted((CHART / "ci").glob("*-values.yaml"))
EVERY_KIND = [*KINDS, "cert-manager.io/v1/Certificate"]
MADE_UP = re.compile(r"[A-Za-z0-9]{32}")
_SECRET_KEYS = ("password", "admin-password", "secret-key")


@pytest.fixture(params=CI_VALUES, ids=lambda file: file.name.removesuffix("-values.yaml"))
def rendered(request: pytest.FixtureRequest) -> Rendered:
    """The chart with each file of ci/."""
    return render(None, request.param, kinds=EVERY_KIND)


def secret_values(rendered: Rendered) -> Iterator[str]:
    for secret in rendered.of("Secret"):
        content = secret.get("stringData", {})
        yield from (content[key] for key in _SECRET_KEYS if key in content)


def texts(value: Any) -> Iterator[str]:
    """Every text in a manifest."""
    if isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value


def test_no_secret_value_is_anywhere_but_in_secrets(rendered: Rendered) -> None:
    values = set(secret_values(rendered))
    for found in rendered.objects:
        if found["kind"] == "Secret":
            continue
        written = "\n".join(texts(found))
        assert not [value for value in values if value in written], f"{found['kind']} {found['metadata']['name']}"


def test_every_password_is_long_and_another_one(rendered: Rendered) -> None:
    values = list(secret_values(rendered))
    assert all(MADE_UP.fullmatch(value) for value in values)
    assert len(values) == len(set(values))


def test_passwords_of_two_releases_differ() -> None:
    first, second = render(), render(release="other")
    assert list(secret_values(first))
    assert not set(secret_values(first)) & set(secret_values(second))


def test_the_jobs_url_holds_the_writers_password() -> None:
    secret = render().one("Secret", "cryptostream-database")["stringData"]
    url = urlsplit(secret["url"])
    assert (url.username, url.password) == (secret["username"], secret["password"])
    assert (url.hostname, url.port, url.path) == ("cryptostream-timescaledb.desk.svc", 5432, "/cryptostream")


def test_no_default_value_is_a_password() -> None:
    def suspects(path: str, value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for key, item in value.items():
                yield from suspects(f"{path}.{key}", item)
        elif isinstance(value, str) and value and re.search(r"(password|secret|token)$", path, re.IGNORECASE):
            yield path

    values: Manifest = yaml.safe_load(Path(CHART / "values.yaml").read_text())
    assert list(suspects("", values)) == []
