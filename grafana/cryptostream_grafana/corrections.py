"""What the SDK writes and Grafana no longer has, or has elsewhere: the SDK is older than the Grafana it is used for."""

from typing import Any

_OF_INTERVALS = ("auto", "auto_min", "auto_count")


def correct(dashboard: dict[str, Any]) -> dict[str, Any]:
    """The dashboard's JSON without those fields, its list of annotations there even if empty.

    Changes and returns ``dashboard``.
    """
    dashboard["annotations"].setdefault("list", [])
    for variable in dashboard["templating"]["list"]:
        if variable["type"] != "interval":
            for name in _OF_INTERVALS:
                variable.pop(name, None)
    for panel in _panels(dashboard):
        if panel["type"] == "table":
            panel["options"].pop("footer", None)
    return dashboard


def _panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for each in dashboard["panels"] for panel in (each, *each.get("panels", ()))]
