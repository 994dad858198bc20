"""The database: a server that keeps to its resources, or CloudNativePG's, or one that is elsewhere."""

from typing import Any

import pytest

from harness.helm_chart import KINDS, Manifest, Rendered, refusal, render

NAME = "cryptostream-timescaledb"
TLS = {"timescaledb": {"tls": {"enabled": True, "existingSecret": "certificate"}}}
CERTIFICATES = [*KINDS, "cert-manager.io/v1/Certificate"]


def server(values: dict[str, Any] | None = None) -> Manifest:
    """The specification of the server's pod."""
    found: Manifest = render(values).one("StatefulSet", NAME)["spec"]["template"]["spec"]
    return found


def parameters(values: dict[str, Any] | None = None) -> dict[str, str]:
    """PostgreSQL's settings, as the server is started with them."""
    arguments = server(values)["containers"][0]["args"]
    assert arguments[0] == "postgres"
    assert set(arguments[1::2]) == {"-c"}
    return dict(argument.split("=", 1) for argument in arguments[2::2])


def with_memory(memory: str) -> dict[str, Any]:
    return {"timescaledb": {"resources": {"requests": {"memory": memory}, "limits": {"memory": memory}}}}


@pytest.fixture(scope="module")
def default() -> Rendered:
    return render()


@pytest.mark.parametrize(
    ("memory", "buffers", "cache", "maintenance"),
    [
        ("512Mi", "128MB", "384MB", "32MB"),
        ("1Gi", "256MB", "768MB", "64MB"),
        ("16Gi", "4096MB", "12288MB", "1024MB"),
        ("2G", "476MB", "1430MB", "119MB"),
        ("1.5Gi", "384MB", "1152MB", "96MB"),
    ],
)
def test_buffers_follow_from_the_memory_limit(memory: str, buffers: str, cache: str, maintenance: str) -> None:
    settings = parameters(with_memory(memory))
    assert settings["shared_buffers"] == buffers
    assert settings["effective_cache_size"] == cache
    assert settings["maintenance_work_mem"] == maintenance


def test_the_users_parameters_win() -> None:
    settings = parameters(
        {"timescaledb": {"parameters": {"shared_buffers": "1GB", "log_min_duration_statement": "1s"}}}
    )
    assert settings["shared_buffers"] == "1GB"
    assert settings["log_min_duration_statement"] == "1s"


def test_a_wrong_quantity_of_memory_is_named() -> None:
    assert "12Xi is no quantity of memory" in refusal(with_memory("12Xi"))


def test_its_data_survive_the_pod_in_a_folder_of_the_volume(default: Rendered) -> None:
    container = server()["containers"][0]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    variables = {variable["name"]: variable.get("value") for variable in container["env"]}
    assert variables["PGDATA"].startswith(f"{mounts['data']}/")
    claim = default.one("StatefulSet")["spec"]["volumeClaimTemplates"][0]
    assert claim["metadata"]["name"] == "data"
    assert claim["spec"]["resources"]["requests"]["storage"] == "20Gi"


@pytest.mark.parametrize(("retain", "policy", "kept"), [(True, "Retain", "keep"), (False, "Delete", None)])
def test_volume_and_the_owners_password_are_kept_together(retain: bool, policy: str, kept: str | None) -> None:
    rendered = render({"timescaledb": {"storage": {"retain": retain}}})
    policies = rendered.one("StatefulSet")["spec"]["persistentVolumeClaimRetentionPolicy"]
    assert policies["whenDeleted"] == policy
    owner = rendered.one("Secret", "cryptostream-database-owner")["metadata"]
    assert owner.get("annotations", {}).get("helm.sh/resource-policy") == kept


def test_what_can_change_with_the_chart_is_not_in_the_volumes_template() -> None:
    """A StatefulSet's claims are immutable."""
    claim = render({"commonLabels": {"team": "markets"}}).one("StatefulSet")["spec"]["volumeClaimTemplates"][0]
    assert set(claim["metadata"]["labels"]) == {
        "app.kubernetes.io/name",
        "app.kubernetes.io/instance",
        "app.kubernetes.io/component",
    }


def test_it_writes_nowhere_but_to_its_volumes() -> None:
    container = server()["containers"][0]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    writable = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
    assert writable == {"/home/postgres/pgdata", "/tmp", "/var/run/postgresql", "/dev/shm"}


def test_over_the_network_everybody_has_a_password(default: Rendered) -> None:
    rules = default.one("ConfigMap", NAME)["data"]["pg_hba.conf"].splitlines()
    assert rules == ["local all all trust", "host all all all scram-sha-256"]


def test_with_tls_there_are_no_other_connections() -> None:
    rendered = render(TLS)
    assert "hostssl all all all scram-sha-256" in rendered.one("ConfigMap", NAME)["data"]["pg_hba.conf"]
    assert parameters(TLS)["ssl"] == "on"
    (volume,) = (one for one in server(TLS)["volumes"] if one["name"] == "tls")
    assert volume["secret"] == {"secretName": "certificate", "defaultMode": 0o440}
    assert rendered.one("Secret", "cryptostream-database")["stringData"]["url"].endswith("?sslmode=require")


def test_cert_manager_issues_the_certificate_where_no_secret_is_named() -> None:
    tls = {"enabled": True, "issuer": {"kind": "ClusterIssuer", "name": "company"}}
    certificate = render({"timescaledb": {"tls": tls}}, kinds=CERTIFICATES).one("Certificate")["spec"]
    assert certificate["issuerRef"] == {"kind": "ClusterIssuer", "name": "company"}
    assert f"{NAME}.desk.svc" in certificate["dnsNames"]
    assert "install cert-manager first, or set timescaledb.tls.existingSecret" in refusal({"timescaledb": {"tls": tls}})


def test_tls_without_a_certificate_is_refused() -> None:
    message = refusal({"timescaledb": {"tls": {"enabled": True}}}, kinds=CERTIFICATES)
    assert "name a Secret with timescaledb.tls.existingSecret, or an issuer of cert-manager" in message


def test_cloudnative_pg_runs_it_with_a_login_that_may_make_logins() -> None:
    rendered = render({"timescaledb": {"mode": "cnpg", "instances": 3}})
    cluster = rendered.one("Cluster", NAME)["spec"]
    assert cluster["instances"] == 3
    assert cluster["postgresql"]["shared_preload_libraries"] == ["timescaledb"]
    assert cluster["managed"]["roles"][0]["createrole"] is True
    assert rendered.one("ImageCatalog")["spec"]["images"][0]["major"] == 18
    assert rendered.of("StatefulSet") == []
    url = rendered.one("Secret", "cryptostream-database")["stringData"]["url"]
    assert f"@{NAME}-rw.desk.svc:5432/cryptostream?sslmode=require" in url


def test_cloudnative_pg_has_to_be_installed() -> None:
    message = refusal(
        {"timescaledb": {"mode": "cnpg"}}, kinds=[kind for kind in KINDS if kind != "postgresql.cnpg.io/v1/Cluster"]
    )
    assert "install CloudNativePG first, or set timescaledb.mode=statefulset" in message


def test_an_external_database_is_reached_where_it_is() -> None:
    external = {"host": "db.example.org", "port": 6432, "sslmode": "verify-full"}
    rendered = render({"timescaledb": {"mode": "external", "external": external, "owner": {"existingSecret": "owner"}}})
    assert rendered.of("StatefulSet") == []
    url = rendered.one("Secret", "cryptostream-database")["stringData"]["url"]
    assert url.startswith("postgresql://cryptostream_job:")
    verified = "sslmode=verify-full&sslrootcert=/etc/ssl/certs/ca-certificates.crt"
    assert url.endswith(f"@db.example.org:6432/cryptostream?{verified}")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"owner": {"existingSecret": "owner"}}, "say where the database is with timescaledb.external.host"),
        ({"external": {"host": "db"}}, "with timescaledb.owner.existingSecret"),
    ],
)
def test_what_an_external_database_lacks_is_named(values: dict[str, Any], said: str) -> None:
    assert said in refusal({"timescaledb": {"mode": "external", **values}})


@pytest.mark.parametrize(("retain", "policy"), [(True, "keep"), (False, None)])
def test_a_cluster_that_is_kept_keeps_its_image(retain: bool, policy: str | None) -> None:
    rendered = render({"timescaledb": {"mode": "cnpg", "storage": {"retain": retain}}})
    for kind in ("Cluster", "ImageCatalog"):
        annotations = rendered.one(kind)["metadata"].get("annotations", {})
        assert annotations.get("helm.sh/resource-policy") == policy, kind


def test_a_name_that_cloudnative_pg_would_not_take_is_refused() -> None:
    names = {"timescaledb": {"mode": "cnpg"}, "fullnameOverride": "d" * 38}
    assert len(render(names).one("Cluster")["metadata"]["name"]) == 50
    assert "fullnameOverride" in refusal({**names, "fullnameOverride": "d" * 39})
