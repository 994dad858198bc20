"""Each Dockerfile copies the modules that its image imports, no less."""

import re
from pathlib import Path

import grimp
import pytest

_REPOSITORY = Path(__file__).resolve().parents[2]
_ROOTS = ("images/producer", "images/simulator", "jobs", "operator", "sql")
_STARTED = {
    "operator": ["cryptostream_operator"],
    "producer": ["cryptostream_producer", "cryptostream_local.topics"],
    "job": ["cryptostream_job", "cryptostream_sql", "cryptostream_verify"],
    "simulator": ["cryptostream_simulator"],
}


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    packages = [path.name for root in _ROOTS for path in (_REPOSITORY / root).glob("cryptostream_*")]
    return grimp.build_graph(*packages, cache_dir=None)


def copied(part: str) -> list[str]:
    """Paths of the repository that the Dockerfile copies."""
    text = (_REPOSITORY / "images" / part / "Dockerfile").read_text()
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    return [path for line in lines for path in line.split()]


def file_of(module: str) -> str:
    """A module's file or a package's folder, as a path in the repository."""
    for root in _ROOTS:
        path = _REPOSITORY / root / module.replace(".", "/")
        if path.is_dir():
            return f"{path.relative_to(_REPOSITORY)}/__init__.py"
        if path.with_suffix(".py").is_file():
            return f"{path.relative_to(_REPOSITORY)}.py"
    raise LookupError(module)


def needed(imports: grimp.ImportGraph, start: str) -> set[str]:
    """The modules of a package, or the module, with everything of the project that they import."""
    begun = {start, *imports.find_descendants(start)}
    return begun | {module for one in begun for module in imports.find_upstream_modules(one)}


@pytest.mark.parametrize("part", _STARTED)
def test_an_image_holds_what_it_imports(imports: grimp.ImportGraph, part: str) -> None:
    paths = copied(part)
    files = {file_of(module) for start in _STARTED[part] for module in needed(imports, start)}
    missing = [file for file in files if not any(file == path or file.startswith(f"{path}/") for path in paths)]
    assert sorted(missing) == []


@pytest.mark.parametrize("part", _STARTED)
def test_what_is_copied_exists_and_reaches_the_builder(part: str) -> None:
    let_through = [line[1:] for line in (_REPOSITORY / ".dockerignore").read_text().splitlines() if line[:1] == "!"]
    for path in copied(part):
        assert (_REPOSITORY / path).exists(), path
        assert any(path == one or path.startswith(f"{one}/") for one in let_through), path
