"""The Job that brings the schema up to date: when it runs, as whom, and what it is told."""

from typing import Any

import pytest

from harness.helm_chart import Manifest, render

JOB = "cryptostream-migration"
STREAM = {"name": "majors", "spec": {"exchange": "binance", "symbols": ["BTCUSDT"]}}


def job(values: dict[str, Any] | None = None, **options: Any) -> Manifest:
    return render(values, **options).one("Job", JOB)


def pod(values: dict[str, Any] | None = None) -> Manifest:
    found: Manifest = job(values)["spec"]["template"]["spec"]
    return found


def plain(container: Manifest) -> dict[str, str]:
    """The variables that are given as they are."""
    return {variable["name"]: variable["value"] for variable in container["env"] if "value" in variable}


def references(container: Manifest) -> dict[str, tuple[str, str]]:
    """The variables that come from Secrets: name and key of each."""
    found = {variable["name"]: variable.get("valueFrom", {}).get("secretKeyRef") for variable in container["env"]}
    return {name: (reference["name"], reference["key"]) for name, reference in found.items() if reference}


def test_it_runs_after_an_installation_and_before_an_upgrade_and_stays_only_if_it_failed() -> None:
    annotations = job()["metadata"]["annotations"]
    assert annotations["helm.sh/hook"] == "post-install,pre-upgrade"
    assert annotations["helm.sh/hook-delete-policy"] == "before-hook-creation,hook-succeeded"


def test_where_the_upgrade_brings_the_database_it_runs_afterwards() -> None:
    assert job(upgrade=True)["metadata"]["annotations"]["helm.sh/hook"] == "post-install,post-upgrade"


def test_it_migrates_as_the_owner_and_then_makes_the_logins() -> None:
    (migrate,), (logins,) = pod()["initContainers"], pod()["containers"]
    assert (migrate["command"], logins["command"]) == (["cryptostream", "migrate"], ["cryptostream", "logins"])
    owner = {
        "PGUSER": ("cryptostream-database-owner", "username"),
        "PGPASSWORD": ("cryptostream-database-owner", "password"),
    }
    assert references(migrate) == owner
    assert references(logins) == {
        **owner,
        "CRYPTOSTREAM_WRITER_LOGIN": ("cryptostream-database", "username"),
        "CRYPTOSTREAM_WRITER_PASSWORD": ("cryptostream-database", "password"),
        "CRYPTOSTREAM_READER_LOGIN": ("cryptostream-database-reader", "username"),
        "CRYPTOSTREAM_READER_PASSWORD": ("cryptostream-database-reader", "password"),
    }
    url = plain(migrate)["CRYPTOSTREAM_DATABASE_URL"]
    assert url == "postgresql://cryptostream-timescaledb.desk.svc:5432/cryptostream?sslmode=disable"


def test_logins_may_be_somebody_elses_work() -> None:
    alone = pod({"timescaledb": {"logins": {"enabled": False}}})
    assert "initContainers" not in alone
    assert alone["containers"][0]["command"] == ["cryptostream", "migrate"]


def test_retention_is_what_the_values_say() -> None:
    (migrate,) = pod({"timescaledb": {"retention": {"panes": "30d", "alerts": "off"}}})["initContainers"]
    settings = {name: value for name, value in plain(migrate).items() if name.endswith("_RETENTION")}
    assert settings == {
        "CRYPTOSTREAM_PANES_RETENTION": "30d",
        "CRYPTOSTREAM_WINDOWS_RETENTION": "7d",
        "CRYPTOSTREAM_ROLLUPS_RETENTION": "90d",
        "CRYPTOSTREAM_ALERTS_RETENTION": "off",
    }


def test_existing_secrets_take_the_place_of_those_that_are_made() -> None:
    values = {name: {"existingSecret": f"my-{name}"} for name in ("owner", "writer", "reader")}
    rendered = render({"timescaledb": values})
    assert not [name for name in rendered.names("Secret") if "database" in name]
    (logins,) = rendered.one("Job")["spec"]["template"]["spec"]["containers"]
    assert {secret for secret, _ in references(logins).values()} == {"my-owner", "my-writer", "my-reader"}


@pytest.mark.parametrize(
    ("upgrade", "name"), [(False, "cryptostream-first-migration"), (True, "cryptostream-migration-1")]
)
def test_streams_do_not_wait_for_a_hook_that_waits_for_them(upgrade: bool, name: str) -> None:
    """Of an installation, and of an upgrade that brings the database, as every one does where there is no cluster."""
    rendered = render({"streams": [STREAM]}, upgrade=upgrade)
    assert rendered.names("Job") == {JOB, name}
    beside = rendered.one("Job", name)
    assert not [each for each in beside["metadata"]["annotations"] if each.startswith("helm.sh/")]
    assert beside["spec"] == rendered.one("Job", JOB)["spec"]


@pytest.mark.parametrize("upgrade", [False, True])
def test_without_streams_nobody_waits_for_the_hook(upgrade: bool) -> None:
    assert render(upgrade=upgrade).names("Job") == {JOB}


@pytest.mark.parametrize(
    ("brought", "revision", "moment", "beside"),
    [
        ("", 7, "post-install,pre-upgrade", ""),
        ("yes", 7, "post-install,post-upgrade", "cryptostream-migration-7"),
        ("yes", 8, "post-install,post-upgrade", "cryptostream-migration-8"),
    ],
)
def test_only_an_upgrade_that_brings_the_database_migrates_afterwards_and_beside(
    brought: str, revision: int, moment: str, beside: str
) -> None:
    """Rendering finds no objects of a cluster, so the templates are asked as if it had."""
    root = f'(mergeOverwrite (deepCopy $) (dict "Release" (dict "IsInstall" false "Revision" {revision})))'
    asked = {
        "moment": f'{{{{ include "cryptostream.migration.moment" "{brought}" }}}}',
        "beside": f'{{{{ include "cryptostream.migration.besideName" (dict "root" {root} "brought" "{brought}") }}}}',
    }
    answers = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "answers"}, "data": asked}
    rendered = render({"streams": [STREAM], "extraObjects": [answers]}, upgrade=True)
    assert rendered.one("ConfigMap", "answers")["data"] == {"moment": moment, "beside": beside}


@pytest.mark.parametrize("upgrade", [False, True])
def test_without_migrations_there_is_no_job_and_an_external_owner_need_not_be_known(upgrade: bool) -> None:
    external = {"mode": "external", "external": {"host": "db"}, "migrations": {"enabled": False}}
    assert render({"timescaledb": external, "streams": [STREAM]}, upgrade=upgrade).of("Job") == []


def test_argo_cd_runs_it_once_while_the_database_comes_up() -> None:
    rendered = render({"streams": [STREAM]})
    hooks = {
        each["metadata"]["name"]: each["metadata"]["annotations"]["argocd.argoproj.io/hook"]
        for each in rendered.of("Job")
    }
    assert hooks == {JOB: "Sync", "cryptostream-first-migration": "Skip"}
