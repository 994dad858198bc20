"""Control messages of a WebSocket connection and their replies (web-socket-streams.md, live subscribing)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import orjson

from cryptostream_simulator.connection import Connection
from cryptostream_simulator.exchange import Exchange
from cryptostream_simulator.faces.binance.messages import EventForm
from cryptostream_simulator.faces.binance.wire import stream_key

_METHODS = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")
_LONGEST_ID = 36


class ControlError(ValueError):
    """A control message that the exchange refuses, with the exchange's error code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def answer(message: str, connection: Connection[EventForm], exchange: Exchange) -> str:
    """Carry out a control message and return the reply."""
    request_id: object = None
    try:
        request = _parse(message)
        request_id = _request_id(request)
        result = _carry_out(request, connection, exchange)
    except ControlError as error:
        refusal: dict[str, object] = {"code": error.code, "msg": str(error)}
        return orjson.dumps(refusal if request_id is None else refusal | {"id": request_id}).decode()
    return orjson.dumps({"result": result, "id": request_id}).decode()


def _parse(message: str) -> dict[str, Any]:
    try:
        request = orjson.loads(message)
    except orjson.JSONDecodeError as error:
        raise ControlError(3, f"Invalid JSON: {error}") from None
    if not isinstance(request, dict):
        raise ControlError(2, "Invalid request: expected an object")
    return request


def _request_id(request: dict[str, Any]) -> object:
    request_id = request.get("id")
    is_number = isinstance(request_id, int) and not isinstance(request_id, bool) and request_id >= 0
    is_text = isinstance(request_id, str) and request_id.isalnum() and len(request_id) <= _LONGEST_ID
    if request_id is None or is_number or is_text:
        return request_id
    raise ControlError(2, "Invalid request: request ID must be an unsigned integer")


def _carry_out(request: dict[str, Any], connection: Connection[EventForm], exchange: Exchange) -> object:
    method = request.get("method")
    if method is None:
        raise ControlError(2, "Invalid request: missing field `method`")
    if method not in _METHODS:
        expected = ", ".join(f"`{name}`" for name in _METHODS)
        raise ControlError(2, f"Invalid request: unknown variant `{method}`, expected one of {expected}")
    if method == "LIST_SUBSCRIPTIONS":
        return list(connection.streams)
    params = request.get("params")
    if not isinstance(params, list) or not params:
        raise ControlError(2, "Invalid request: missing field `params`")
    property_calls: dict[str, Callable[[], object]] = {
        "SET_PROPERTY": lambda: _set_property(connection, params),
        "GET_PROPERTY": lambda: _get_property(connection, params),
    }
    if method in property_calls:
        return property_calls[method]()
    if not all(isinstance(name, str) for name in params):
        raise ControlError(2, "Invalid request: invalid type: stream names must be strings")
    if method == "SUBSCRIBE":
        allowed = exchange.settings.streams_per_connection
        if len(connection.streams.keys() | set(params)) > allowed:
            raise ControlError(2, f"Invalid request: too many streams, at most {allowed} a connection")
        symbols = frozenset(exchange.market.tapes)
        exchange.feed.subscribe(connection, {name: stream_key(name, symbols) for name in params})
    else:
        exchange.feed.unsubscribe(connection, params)
    return None


def _property_name(params: Sequence[object], values: int) -> None:
    if len(params) > values:
        raise ControlError(2, "Invalid request: too many parameters")
    if not isinstance(params[0], str):
        raise ControlError(2, "Invalid request: property name must be a string")
    if params[0] != "combined":
        raise ControlError(0, "Unknown property")


def _set_property(connection: Connection[EventForm], params: Sequence[object]) -> None:
    _property_name(params, 2)
    if len(params) < 2 or not isinstance(params[1], bool):
        raise ControlError(1, "Invalid value type: expected Boolean")
    connection.form = replace(connection.form, is_combined=params[1])


def _get_property(connection: Connection[EventForm], params: Sequence[object]) -> bool:
    _property_name(params, 1)
    return connection.form.is_combined
