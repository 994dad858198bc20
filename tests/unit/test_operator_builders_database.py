"""How a stream's pods reach its database: the URL of a Secret, and the authority behind the server's certificate."""

from typing import Any

import pytest

from cryptostream_operator.builders.environment import database_environment, job_environment, producer_environment
from cryptostream_operator.builders.inputs import Manifest, Stream
from cryptostream_operator.builders.purge import purge_job
from cryptostream_operator.builders.rebuild import rebuild_job
from cryptostream_operator.builders.spark_pods import driver_template, executor_template
from cryptostream_operator.plan.secrets import needed_secrets
from harness.stream_specs import DEFAULTS, pod_templates, stream_of

GIVEN = {"name": "database-ca", "key": "root.pem"}
FILE = "/etc/cryptostream/database/ca.crt"


def stream(**sink: Any) -> Stream:
    return stream_of(sink=sink)


def volumes(template: Manifest) -> list[Manifest]:
    return [volume for volume in template["spec"]["volumes"] if volume["name"] == "database-authority"]


def mounts(template: Manifest) -> list[Manifest]:
    [container] = template["spec"]["containers"]
    return [mount for mount in container["volumeMounts"] if mount["name"] == "database-authority"]


def with_authority(part: str) -> Manifest:
    wanted = stream(authoritySecret=GIVEN)
    if part == "driver":
        return driver_template(wanted)
    job = rebuild_job if part == "rebuild" else purge_job
    template: Manifest = job(wanted, DEFAULTS)["spec"]["template"]
    return template


@pytest.mark.parametrize("part", ["driver", "rebuild", "purge"])
def test_who_reaches_the_database_finds_the_authority_that_libpq_is_told_of(part: str) -> None:
    template = with_authority(part)
    secret = {"secretName": "database-ca", "items": [{"key": "root.pem", "path": "ca.crt"}]}
    assert volumes(template) == [{"name": "database-authority", "secret": secret}]
    assert mounts(template) == [
        {"name": "database-authority", "mountPath": "/etc/cryptostream/database", "readOnly": True}
    ]
    [container] = template["spec"]["containers"]
    assert {"name": "PGSSLROOTCERT", "value": FILE} in container["env"]


def test_who_does_not_reach_it_is_told_nothing() -> None:
    wanted = stream(authoritySecret=GIVEN)
    assert volumes(executor_template(wanted)) == []
    assert "PGSSLROOTCERT" not in producer_environment(wanted, 0)


def test_without_an_authority_nothing_is_mounted_and_a_url_may_name_a_file_of_the_image() -> None:
    for template in pod_templates(stream()):
        assert volumes(template) == []
    assert "PGSSLROOTCERT" not in database_environment(stream())
    assert "PGSSLROOTCERT" not in job_environment(stream())


def test_the_secret_is_waited_for_with_its_key() -> None:
    found = {need.name: need for need in needed_secrets(stream(authoritySecret={"name": "database-ca"}))}
    assert found["database-ca"].keys == ("ca.crt",)
    assert found["database-ca"].part == "SinkReady"
