"""An external database whose certificate a private authority signed: who is given the authority, and where."""

from typing import Any

import pytest
import yaml

from cryptostream_operator.builders.image_layout import DATABASE_AUTHORITY_FILE
from harness.helm_chart import Manifest, Rendered, refusal, render

SECRET = {"name": "database-ca", "key": "root.pem"}
FILE = "/etc/cryptostream/database/ca.crt"
_HOLDER = """
{{- $asked := dict "root" $ "user" "me" "password" "" "authority" "PEM" }}
apiVersion: v1
kind: ConfigMap
metadata: {name: sources}
data: {text: {{ include "cryptostream.grafana.datasources" $asked | toJson }}}
"""


def external(**further: Any) -> dict[str, Any]:
    place = {"host": "db.example.org", "sslmode": "verify-full", "authoritySecret": SECRET, **further}
    return {"timescaledb": {"mode": "external", "external": place, "owner": {"existingSecret": "owner"}}}


@pytest.fixture(scope="module")
def private() -> Rendered:
    return render(external())


def pods(rendered: Rendered) -> dict[str, Manifest]:
    """Who connects to the database, by its name."""
    return {
        "migration": rendered.one("Job", "cryptostream-migration")["spec"]["template"]["spec"],
        "grafana": rendered.one("Deployment", "cryptostream-grafana")["spec"]["template"]["spec"],
        "test": rendered.one("Pod", "cryptostream-test-database")["spec"],
    }


@pytest.mark.parametrize("name", ["migration", "grafana", "test"])
def test_who_connects_finds_the_certificate_in_each_container(private: Rendered, name: str) -> None:
    pod = pods(private)[name]
    (volume,) = (one for one in pod["volumes"] if one["name"] == "database-authority")
    assert volume["secret"] == {"secretName": "database-ca", "items": [{"key": "root.pem", "path": "ca.crt"}]}
    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        (mount,) = (one for one in container["volumeMounts"] if one["name"] == "database-authority")
        assert mount == {"name": "database-authority", "mountPath": "/etc/cryptostream/database", "readOnly": True}


@pytest.mark.parametrize("name", ["migration", "test"])
def test_libpq_is_told_of_it_by_its_own_variable(private: Rendered, name: str) -> None:
    pod = pods(private)[name]
    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        assert {"name": "PGSSLROOTCERT", "value": FILE} in container["env"]


def test_no_url_names_a_file_which_would_win_over_the_variable(private: Rendered) -> None:
    url = private.one("Secret", "cryptostream-database")["stringData"]["url"]
    assert url.endswith("@db.example.org:5432/cryptostream?sslmode=verify-full")
    (migrate,) = pods(private)["migration"]["initContainers"]
    (address,) = (one["value"] for one in migrate["env"] if one["name"] == "CRYPTOSTREAM_DATABASE_URL")
    assert address == "postgresql://db.example.org:5432/cryptostream?sslmode=verify-full"


def test_the_pods_of_streams_have_it_at_the_same_place() -> None:
    assert FILE == DATABASE_AUTHORITY_FILE


def test_grafanas_data_source_reads_the_file(private: Rendered) -> None:
    text = private.one("ConfigMap", "cryptostream-grafana")["data"]["datasources.yaml"]
    settings = yaml.safe_load(text)["datasources"][0]["jsonData"]
    assert settings["sslmode"] == "verify-full"
    assert (settings["tlsConfigurationMethod"], settings["sslRootCertFile"]) == ("file-path", FILE)


def test_an_existing_grafana_needs_the_certificate_itself() -> None:
    message = refusal({**external(), "grafana": {"mode": "sidecar"}})
    assert "the key root.pem of a\nSecret database-ca cannot be read in namespace desk" in message
    assert "grafana.sidecar.datasource=false" in message


def test_an_existing_grafana_is_given_the_certificate_itself() -> None:
    """Rendering finds no Secret of a cluster, so the template is asked with one."""
    values = {**external(), "grafana": {"mode": "sidecar", "sidecar": {"datasource": False}}}
    text = render({**values, "extraObjects": [_HOLDER]}).one("ConfigMap", "sources")["data"]["text"]
    database = yaml.safe_load(text)["datasources"][0]
    assert database["jsonData"]["tlsConfigurationMethod"] == "file-content"
    assert "sslRootCertFile" not in database["jsonData"]
    assert database["secureJsonData"]["tlsCACert"] == "PEM"


def test_where_nobody_looks_at_the_certificate_it_is_refused() -> None:
    message = refusal(external(sslmode="require"))
    assert "with sslmode require nobody looks at it: set timescaledb.external.sslmode to\nverify-full" in message


def test_without_one_nothing_is_mounted() -> None:
    rendered = render(external(authoritySecret={"name": ""}))
    url = rendered.one("Secret", "cryptostream-database")["stringData"]["url"]
    assert url.endswith("?sslmode=verify-full&sslrootcert=/etc/ssl/certs/ca-certificates.crt")
    for pod in pods(rendered).values():
        assert "database-authority" not in {volume["name"] for volume in pod["volumes"]}
