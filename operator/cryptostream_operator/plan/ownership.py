"""Whose an object is: only our own children are ever touched."""

from collections.abc import Mapping
from typing import Any, Literal

from cryptostream_operator.api.names import GROUP, KIND
from cryptostream_operator.builders.inputs import Stream
from cryptostream_operator.labels import MANAGED_BY, OPERATOR, STREAM

Belonging = Literal["ours", "former", "foreign"]


def belonging(live: Mapping[str, Any], stream: Stream) -> Belonging:
    """``ours``: it names the stream as its controller, or has no controller and our labels. ``former``: it belongs to a
    deleted stream of the same name and goes by itself. ``foreign``: anything else."""
    controller = _controller(live)
    if controller is None:
        return "ours" if _is_labelled(live, stream.name) else "foreign"
    if controller.get("uid") == stream.uid:
        return "ours"
    is_stream = controller.get("kind") == KIND and str(controller.get("apiVersion", "")).startswith(f"{GROUP}/")
    return "former" if is_stream and controller.get("name") == stream.name else "foreign"


def is_controlled(live: Mapping[str, Any], stream: Stream) -> bool:
    """Whether it names the stream as its controller: what is deleted must, or be labelled and without controller."""
    controller = _controller(live)
    return controller is not None and controller.get("uid") == stream.uid


def owner_of(live: Mapping[str, Any]) -> str:
    """Who an object belongs to, for a message."""
    controller = _controller(live)
    if controller is not None:
        return f"{controller.get('kind')} {controller.get('name')}"
    labels = live["metadata"].get("labels") or {}
    if labels.get(MANAGED_BY) == OPERATOR and labels.get(STREAM):
        return f"{KIND} {labels[STREAM]}"
    return str(labels.get(MANAGED_BY) or "somebody else")


def _controller(live: Mapping[str, Any]) -> Mapping[str, Any] | None:
    references = live["metadata"].get("ownerReferences") or []
    return next((reference for reference in references if reference.get("controller")), None)


def _is_labelled(live: Mapping[str, Any], name: str) -> bool:
    labels = live["metadata"].get("labels") or {}
    return labels.get(MANAGED_BY) == OPERATOR and labels.get(STREAM) == name
