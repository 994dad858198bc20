"""Grafana: one of the release's, or dashboards for one that is there, or none."""

import json
from typing import Any

import pytest
import yaml

from harness.helm_chart import CHART, Manifest, Rendered, refusal, render

NAME = "cryptostream-grafana"
INGRESS = {"enabled": True, "host": "crypto.example.org"}
SIDECAR = {"grafana": {"mode": "sidecar"}}
DASHBOARDS = sorted(file.name for file in (CHART / "files" / "dashboards").glob("*.json"))


def container(**grafana: Any) -> Manifest:
    deployment = render({"grafana": grafana}).one("Deployment", NAME)
    found: Manifest = deployment["spec"]["template"]["spec"]["containers"][0]
    return found


def settings(**grafana: Any) -> dict[str, str]:
    """The variables that set grafana.ini."""
    return {
        variable["name"]: variable["value"]
        for variable in container(**grafana)["env"]
        if variable["name"].startswith("GF_") and "value" in variable
    }


def datasources(rendered: Rendered) -> dict[str, Manifest]:
    """The provisioned data sources by uid."""
    if NAME in rendered.names("ConfigMap"):
        text = rendered.one("ConfigMap", NAME)["data"]["datasources.yaml"]
    else:
        (text,) = rendered.one("Secret", f"{NAME}-datasources")["stringData"].values()
    return {one["uid"]: one for one in yaml.safe_load(text)["datasources"]}


def dashboards(rendered: Rendered) -> list[Manifest]:
    return [found for found in rendered.of("ConfigMap") if "-dashboard-" in found["metadata"]["name"]]


@pytest.fixture(scope="module")
def default() -> Rendered:
    return render()


def test_the_data_source_reads_as_the_reader_whose_password_is_in_a_secret_only(default: Rendered) -> None:
    database = datasources(default)["cryptostream"]
    assert database["user"] == "$CRYPTOSTREAM_READER_LOGIN"
    assert database["secureJsonData"] == {"password": "$CRYPTOSTREAM_READER_PASSWORD"}
    assert database["url"] == "cryptostream-timescaledb.desk.svc:5432"
    assert database["jsonData"]["database"] == "cryptostream"
    assert database["isDefault"] is True
    given = {variable["name"]: variable.get("valueFrom") for variable in container()["env"]}
    assert given["CRYPTOSTREAM_READER_PASSWORD"] == {
        "secretKeyRef": {"name": "cryptostream-database-reader", "key": "password"}
    }


def test_prometheus_is_a_data_source_where_its_address_is_known(default: Rendered) -> None:
    assert set(datasources(default)) == {"cryptostream"}
    known = render({"grafana": {"prometheus": {"url": "http://prometheus:9090"}}})
    assert datasources(known)["cryptostream-prometheus"]["url"] == "http://prometheus:9090"


@pytest.mark.parametrize("mode", ["deploy", "sidecar"])
def test_every_dashboard_of_the_chart_arrives_whole(mode: str) -> None:
    rendered = render({"grafana": {"mode": mode}})
    found = {name: text for one in dashboards(rendered) for name, text in one["data"].items()}
    assert sorted(found) == DASHBOARDS
    for name, text in found.items():
        assert json.loads(text) == json.loads((CHART / "files" / "dashboards" / name).read_text())


def test_the_deployed_grafana_mounts_them_all(default: Rendered) -> None:
    volumes = default.one("Deployment", NAME)["spec"]["template"]["spec"]["volumes"]
    (volume,) = (one for one in volumes if one["name"] == "dashboards")
    mounted = {source["configMap"]["name"] for source in volume["projected"]["sources"]}
    assert mounted == {one["metadata"]["name"] for one in dashboards(default)}


def test_nothing_is_downloaded_and_nobody_is_told() -> None:
    chosen = settings()
    assert chosen["GF_PLUGINS_PREINSTALL_DISABLED"] == "true"
    assert chosen["GF_PLUGINS_PREINSTALL_AUTO_UPDATE"] == "false"
    assert chosen["GF_ANALYTICS_REPORTING_ENABLED"] == "false"


def test_settings_are_given_as_in_grafana_ini_and_win() -> None:
    config = {"auth.anonymous": {"enabled": True, "org_role": "Viewer"}, "analytics": {"reporting_enabled": True}}
    chosen = settings(config=config)
    assert chosen["GF_AUTH_ANONYMOUS_ENABLED"] == "true"
    assert chosen["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert chosen["GF_ANALYTICS_REPORTING_ENABLED"] == "true"


def test_the_first_that_is_shown_is_one_of_the_chart() -> None:
    home = settings()["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home.startswith("/etc/cryptostream/dashboards/")
    assert home.rsplit("/", 1)[1] in DASHBOARDS
    assert "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH" not in settings(homeDashboard="")


def test_it_writes_nowhere_but_to_its_volumes() -> None:
    found = container()
    assert found["securityContext"]["readOnlyRootFilesystem"] is True
    writable = {mount["mountPath"] for mount in found["volumeMounts"] if not mount.get("readOnly")}
    assert writable == {"/var/lib/grafana", "/tmp"}


@pytest.mark.parametrize(
    ("ingress", "root", "health"),
    [
        ({}, "http://crypto.example.org/", "/api/health"),
        ({"tls": {"enabled": True}}, "https://crypto.example.org/", "/api/health"),
        ({"path": "/grafana"}, "http://crypto.example.org/grafana/", "/grafana/api/health"),
    ],
)
def test_behind_an_ingress_it_knows_its_address(ingress: dict[str, Any], root: str, health: str) -> None:
    found = container(ingress={**INGRESS, **ingress})
    chosen = settings(ingress={**INGRESS, **ingress})
    assert chosen["GF_SERVER_ROOT_URL"] == root
    assert found["readinessProbe"]["httpGet"]["path"] == health


def test_the_ingress_has_class_host_certificate_and_annotations() -> None:
    ingress = {
        **INGRESS,
        "className": "nginx",
        "annotations": {"cert-manager.io/cluster-issuer": "company"},
        "tls": {"enabled": True, "secretName": "certificate"},
    }
    found = render({"grafana": {"ingress": ingress}}).one("Ingress", NAME)
    assert found["metadata"]["annotations"] == {"cert-manager.io/cluster-issuer": "company"}
    assert found["spec"]["ingressClassName"] == "nginx"
    assert found["spec"]["tls"] == [{"hosts": ["crypto.example.org"], "secretName": "certificate"}]
    (rule,) = found["spec"]["rules"]
    assert rule["host"] == "crypto.example.org"
    assert rule["http"]["paths"][0]["backend"]["service"] == {"name": NAME, "port": {"name": "http"}}


def test_an_ingress_without_a_host_is_refused() -> None:
    assert "set grafana.ingress.host" in refusal({"grafana": {"ingress": {"enabled": True}}})


def test_with_and_without_a_volume_one_pod_ends_before_the_next_begins(default: Rendered) -> None:
    assert default.one("Deployment", NAME)["spec"]["strategy"] == {"type": "Recreate"}
    rendered = render({"grafana": {"persistence": {"enabled": True}}})
    deployment = rendered.one("Deployment", NAME)["spec"]
    assert deployment["strategy"]["type"] == "Recreate"
    (volume,) = (one for one in deployment["template"]["spec"]["volumes"] if one["name"] == "data")
    assert volume["persistentVolumeClaim"]["claimName"] == NAME
    assert rendered.names("PersistentVolumeClaim") == {NAME}


def test_a_change_of_what_is_read_at_the_start_restarts_it() -> None:
    def checksum(**grafana: Any) -> str:
        template = render({"grafana": grafana}).one("Deployment", NAME)["spec"]["template"]
        return str(template["metadata"]["annotations"]["checksum/provisioning"])

    assert checksum() == checksum()
    assert checksum() != checksum(prometheus={"url": "http://prometheus:9090"})


def test_an_existing_grafana_finds_dashboards_and_data_source_by_their_labels() -> None:
    rendered = render(SIDECAR)
    assert NAME not in rendered.names("Deployment")
    for dashboard in dashboards(rendered):
        assert dashboard["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert dashboard["metadata"]["annotations"] == {"grafana_folder": "CryptoStream"}
    secret = rendered.one("Secret", f"{NAME}-datasources")
    assert secret["metadata"]["labels"]["grafana_datasource"] == "1"


def test_an_existing_grafana_keeps_its_default_and_logs_in_with_the_readers_password() -> None:
    rendered = render(SIDECAR)
    database = datasources(rendered)["cryptostream"]
    reader = rendered.one("Secret", "cryptostream-database-reader")["stringData"]
    assert database["isDefault"] is False
    assert database["user"] == reader["username"]
    assert database["secureJsonData"]["password"] == reader["password"]


def test_what_an_existing_grafana_takes_over_may_be_put_beside_it() -> None:
    rendered = render({"grafana": {"mode": "sidecar", "sidecar": {"namespace": "monitoring"}}})
    found = [*dashboards(rendered), rendered.one("Secret", f"{NAME}-datasources")]
    assert {one["metadata"]["namespace"] for one in found} == {"monitoring"}


@pytest.mark.parametrize("mode", ["deploy", "sidecar"])
def test_alert_rules_arrive_beside_the_users_contact_points(mode: str) -> None:
    files = {"contact-points.yaml": "apiVersion: 1\ncontactPoints: []\n", "policies.yaml": "apiVersion: 1\n"}
    rendered = render({"grafana": {"mode": mode, "alerting": {"files": files}}})
    found = rendered.one("ConfigMap", f"{NAME}-alerting")
    assert yaml.safe_load(found["data"]["contact-points.yaml"])["contactPoints"] == []
    assert set(found["data"]) == {*files, *(file.name for file in (CHART / "files" / "alerting").glob("*.yaml"))}
    rules = yaml.safe_load(found["data"]["rules.yaml"])
    sources = {query["datasourceUid"] for group in rules["groups"] for rule in group["rules"] for query in rule["data"]}
    assert sources <= {"__expr__", *datasources(rendered)}
    assert found["metadata"]["labels"].get("grafana_alert") == ("1" if mode == "sidecar" else None)


def test_alerting_can_be_left_out() -> None:
    silent = render({"grafana": {"alerting": {"enabled": False}}})
    assert f"{NAME}-alerting" not in silent.names("ConfigMap")
    volumes = silent.one("Deployment", NAME)["spec"]["template"]["spec"]["volumes"]
    assert "alerting" not in {volume["name"] for volume in volumes}


def test_without_grafana_there_is_nothing_of_it() -> None:
    rendered = render({"grafana": {"mode": "none", "ingress": INGRESS}})
    assert not [one["metadata"]["name"] for one in rendered.objects if "grafana" in one["metadata"]["name"]]
    assert dashboards(rendered) == []


def test_a_data_source_without_the_readers_password_is_refused() -> None:
    values = {**SIDECAR, "timescaledb": {"reader": {"existingSecret": "reader"}}}
    assert "grafana.sidecar.datasource=false" in refusal(values)
