"""WebSocket frames as a server writes them (RFC 6455, section 5.2)."""

_TEXT_FRAME, _CLOSE_FRAME, _PING_FRAME = 0x81, 0x88, 0x89
_GOING_AWAY = 1001
_SHORT, _MEDIUM = 126, 65536


def text_frame(message: str) -> bytes:
    """An unmasked, final text frame."""
    return _frame(_TEXT_FRAME, message.encode())


def ping_frame(payload: bytes) -> bytes:
    return _frame(_PING_FRAME, payload)


def close_frame() -> bytes:
    return _frame(_CLOSE_FRAME, _GOING_AWAY.to_bytes(2, "big"))


def _frame(first_byte: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < _SHORT:
        return bytes((first_byte, length)) + payload
    if length < _MEDIUM:
        return bytes((first_byte, _SHORT, length >> 8, length & 0xFF)) + payload
    return bytes((first_byte, 127)) + length.to_bytes(8, "big") + payload
