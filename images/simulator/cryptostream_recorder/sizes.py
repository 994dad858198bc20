"""File sizes as a user writes them."""

import re

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def parse_size(text: str) -> int:
    """Read ``500MB``, ``2GB`` or ``64MiB`` as bytes. Raises ValueError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-zA-Z]*)", text.strip())
    if match is None or match[2].upper() not in _UNITS or float(match[1]) == 0:
        raise ValueError(f"{text!r} is not a size: write 500MB, 2GB or 64MiB")
    return int(float(match[1]) * _UNITS[match[2].upper()])
