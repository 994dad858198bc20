"""The address that Grafana's provisioned contact point posts alerts to."""

from typing import Any

import pytest
import yaml

from harness.helm_chart import CHART, Manifest, refusal, render

NAME = "cryptostream-grafana"


def example() -> Manifest:
    found: Manifest = yaml.safe_load((CHART / "files" / "alerting" / "contact-points.yaml").read_text())
    return found


def contact_points(mode: str = "deploy", **alerting: Any) -> Manifest:
    rendered = render({"grafana": {"mode": mode, "alerting": alerting}})
    found: Manifest = yaml.safe_load(rendered.one("ConfigMap", f"{NAME}-alerting")["data"]["contact-points.yaml"])
    return found


def receiver(found: Manifest) -> Manifest:
    (point,) = found["contactPoints"]
    (only,) = point["receivers"]
    assert isinstance(only, dict)
    return only


def test_without_one_it_is_the_example_that_reaches_nobody() -> None:
    assert contact_points() == example()


@pytest.mark.parametrize("mode", ["deploy", "sidecar"])
def test_one_that_is_given_takes_its_place_and_changes_nothing_else(mode: str) -> None:
    found = contact_points(mode, webhook={"url": "https://alerts.example.org/hook?a=$1"})
    # Grafana fills in variables: two dollar signs are one.
    assert receiver(found)["settings"]["url"] == "https://alerts.example.org/hook?a=$$1"
    wanted = example()
    receiver(wanted)["settings"]["url"] = receiver(found)["settings"]["url"]
    assert found == wanted


def test_one_of_a_secret_stands_nowhere_but_there() -> None:
    webhook = {"existingSecret": "alerts", "key": "address"}
    assert receiver(contact_points(webhook=webhook))["settings"]["url"] == "$CRYPTOSTREAM_WEBHOOK_URL"
    deployment = render({"grafana": {"alerting": {"webhook": webhook}}}).one("Deployment", NAME)
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    variables = {variable["name"]: variable.get("valueFrom") for variable in container["env"]}
    assert variables["CRYPTOSTREAM_WEBHOOK_URL"] == {"secretKeyRef": {"name": "alerts", "key": "address"}}


def test_an_existing_grafana_does_not_have_the_variable() -> None:
    message = refusal({"grafana": {"mode": "sidecar", "alerting": {"webhook": {"existingSecret": "alerts"}}}})
    assert "give the address with\ngrafana.alerting.webhook.url" in message


def test_contact_points_of_the_users_win() -> None:
    files = {"contact-points.yaml": "apiVersion: 1\ncontactPoints: []\n"}
    assert contact_points(webhook={"url": "https://alerts.example.org"}, files=files)["contactPoints"] == []
