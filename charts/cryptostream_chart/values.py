"""values.yaml with its ``# --`` comments: what can be set, its default, and what it means."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cryptostream_chart.errors import ChartError

_MARK = "# -- "


@dataclass(frozen=True, slots=True)
class Value:
    """A value that is documented by one comment: a scalar, a list, or a mapping as a whole."""

    path: tuple[str, ...]
    default: Any
    description: str

    @property
    def name(self) -> str:
        """The path as ``--set`` takes it."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Group:
    """A mapping whose keys are documented one by one."""

    path: tuple[str, ...]
    description: str
    children: tuple["Value | Group", ...]

    def values(self) -> Iterator[Value]:
        """Every value in it, in the file's order."""
        for child in self.children:
            if isinstance(child, Group):
                yield from child.values()
            else:
                yield child


def read_values(file: Path) -> Group:
    """The documented values. Raises ChartError for a value without a comment."""
    text = file.read_text()
    root = yaml.compose(text)
    if not isinstance(root, yaml.MappingNode):
        raise ChartError(f"{file} holds no mapping")
    return Group((), "", _children(root, (), text.splitlines(), file))


def _children(node: yaml.MappingNode, path: tuple[str, ...], lines: Sequence[str], file: Path) -> tuple[Any, ...]:
    return tuple(_entry(key, value, (*path, key.value), lines, file) for key, value in node.value)


def _entry(
    key: yaml.ScalarNode, node: yaml.Node, path: tuple[str, ...], lines: Sequence[str], file: Path
) -> Value | Group:
    description = _comment_above(key.start_mark.line, lines)
    if isinstance(node, yaml.MappingNode) and not node.flow_style and _documents_a_key(node, lines):
        return Group(path, description, _children(node, path, lines, file))
    if not description:
        raise ChartError(f"{file}:{key.start_mark.line + 1}: {'.'.join(path)} has no '# --' comment that explains it")
    return Value(path, _loaded(node), description)


def _documents_a_key(node: yaml.MappingNode, lines: Sequence[str]) -> bool:
    return any(
        _comment_above(key.start_mark.line, lines)
        or (isinstance(value, yaml.MappingNode) and not value.flow_style and _documents_a_key(value, lines))
        for key, value in node.value
    )


def _comment_above(line: int, lines: Sequence[str]) -> str:
    """The text after ``# --`` in the comment above the line. An empty ``#`` ends it: an example may follow."""
    first = line
    while first > 0 and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    block = [text.strip() for text in lines[first:line]]
    starts = [number for number, text in enumerate(block) if text.startswith(_MARK)]
    if not starts:
        return ""
    words = [block[starts[-1]].removeprefix(_MARK)]
    for text in block[starts[-1] + 1 :]:
        if text == "#":
            break
        words.append(text.removeprefix("#").strip())
    return " ".join(words)


def _loaded(node: yaml.Node) -> Any:
    return yaml.SafeLoader("").construct_document(node)
