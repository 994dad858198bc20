"""Read a page as a browser would, without one."""

import json
from html.parser import HTMLParser
from typing import Any

_VOID = {"meta", "br", "link", "img"}


class Page(HTMLParser):
    """The elements of an HTML page; fails where a tag is closed that is not the innermost open one."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == [], f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1] == tag, f"</{tag}> closes {self._open[-1:]}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts.append((self._open[-1], data))

    def tags(self, name: str) -> list[dict[str, str | None]]:
        """The attributes of all elements of that name."""
        return [attributes for tag, attributes in self.elements if tag == name]

    def text(self, name: str) -> list[str]:
        """The texts directly inside elements of that name."""
        return [text.strip() for tag, text in self.texts if tag == name and text.strip()]

    def figures(self) -> list[dict[str, Any]]:
        """The plotly figures, in order."""
        found = [json.loads(text) for text in self.text("script") if text.startswith("{")]
        return [value for value in found if "data" in value]
