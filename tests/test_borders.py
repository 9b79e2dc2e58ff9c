"""Who may import whom, how long a file may be, and what no module may be called: the house as it was designed."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import bot

ROOT = Path(bot.__file__).parent

LONGEST = 400
"""Lines of a file."""

VAGUE = {"utils", "util", "manager", "helpers", "helper", "base", "common", "misc"}

ROOMS = {
    "engine": {"engine"},
    "authoring": {"authoring", "engine"},
    "store": {"store", "engine.events", "engine.run", "engine.saved"},
    "service": {"service", "engine", "store", "delivery.port"},
    "delivery": {"delivery", "store", "service", "engine.events", "engine.saved"},
    "chat": {"chat", "service", "delivery.port", "engine.events", "engine.flow", "engine.text", "pictures"},
    "terminal": {"terminal", "authoring", "engine", "service", "store", "delivery", "settings", "export"},
    "studio": {"studio", "authoring", "engine", "service"},
    "export": {"export", "engine", "store", "delivery.port"},
    "keys": {"keys", "settings", "store"},
    "move": {"move", "settings", "store"},
    "settings": set(),
    "pictures": set(),
}
"""What each room may import of `bot`: a room, or a single module of one. Beside the architecture's table: whoever sends
knows the effects (`engine.events`), their styles (`engine.flow`) and how to read them back (`engine.saved`); a name
from the messenger is cleaned by `engine.text`; charts are drawn where they are sent; `export` makes a letter's file."""

WIRING = {"__main__", "__init__", "process", "doctor"}

NOBODY = {"__main__", "chat", "studio", "terminal"}
"""Imported by nobody but themselves and the wiring."""

ONLY = {
    "transitions": {"engine.machine"},
    "yaml": {"authoring.nodes"},
    "telegram": {"chat"},
    "sqlalchemy": {"store", "delivery", "service", "terminal", "export", "move"},
    "alembic": {"store"},
    "cryptography": {"store.sealing"},
    "textual": {"terminal"},
    "procrastinate": {"delivery.distributed"},
    "PIL": {"pictures"},
    "tzfpy": {"chat"},
    "pydantic_settings": {"settings"},
}
"""Libraries with a home; the wiring may start any of them. Service and deliveries pass a store's connection on."""


def modules() -> list[Path]:
    return sorted(ROOT.rglob("*.py"))


def name_of(file: Path) -> str:
    """`bot/engine/turn.py` → `engine.turn`, a package by its folder."""
    parts = list(file.relative_to(ROOT).with_suffix("").parts)
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    return ".".join(parts)


@cache
def imports(file: Path) -> tuple[tuple[str, int], ...]:
    """Every module a file imports, anywhere in it, with its line. A name imported from a package counts as a module
    where there is one of that name."""
    found: list[tuple[str, int]] = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names):
                found += [(one.name, node.lineno) for one in names]
            case ast.ImportFrom(str(module), names, 0):
                found += [(full_name(module, one.name), node.lineno) for one in names]
            case ast.ImportFrom():
                raise AssertionError(f"{file}:{node.lineno}: imports are written in full")
            case ast.Call(ast.Attribute(ast.Name("importlib"), "import_module") | ast.Name("__import__")):
                raise AssertionError(f"{file}:{node.lineno}: no import that cannot be read here")
    return tuple(found)


def full_name(module: str, name: str) -> str:
    path = ROOT.parent.joinpath(*module.split("."), name)
    return f"{module}.{name}" if path.with_suffix(".py").is_file() or (path / "__init__.py").is_file() else module


def within(name: str, allowed: set[str]) -> bool:
    """Whether a module is one of these or stands in one of these."""
    return any(name == one or name.startswith(f"{one}.") for one in allowed)


def ours(file: Path) -> Iterator[tuple[str, int]]:
    for name, line in imports(file):
        if name == "bot" or name.startswith("bot."):
            yield name.removeprefix("bot").removeprefix("."), line


@pytest.mark.parametrize("file", modules(), ids=name_of)
def test_a_room_imports_only_what_it_may(file: Path) -> None:
    name = name_of(file)
    room = name.split(".")[0]
    assert room in ROOMS or room in WIRING, f"bot/{room} is a new room: give it a line in this table"
    for imported, line in ours(file):
        if room in WIRING:
            assert not within(imported, {"__main__"}), f"{file}:{line}: nobody imports __main__"
            continue
        assert not imported or within(imported, ROOMS[room] | {room}), (
            f"{file}:{line}: {room} may not import {imported}"
        )
        assert room == imported.split(".")[0] or not within(imported, NOBODY), f"{file}:{line}"


@pytest.mark.parametrize("file", modules(), ids=name_of)
def test_a_library_stays_in_its_home(file: Path) -> None:
    for imported, line in imports(file):
        library = imported.split(".")[0]
        if library in ONLY and name_of(file) not in WIRING:
            assert within(name_of(file), ONLY[library]), f"{file}:{line}: {library} lives in {sorted(ONLY[library])}"


@pytest.mark.parametrize("file", sorted((ROOT / "engine").rglob("*.py")), ids=name_of)
def test_the_engine_needs_nothing_but_python(file: Path) -> None:
    """And of Python nothing that reads a file, a clock, a network or chance."""
    outside = {"random", "secrets", "time", "os", "pathlib", "socket", "asyncio", "threading", "subprocess", "sqlite3"}
    for imported, line in imports(file):
        library = imported.split(".")[0]
        if library == "bot" or (library == "transitions" and name_of(file) == "engine.machine"):
            continue
        assert library in sys.stdlib_module_names, f"{file}:{line}: {library}"
        assert library not in outside, f"{file}:{line}: the engine is pure, and {library} is not"


@pytest.mark.parametrize("file", sorted((ROOT / "engine").rglob("*.py")), ids=name_of)
def test_the_engine_never_looks_at_the_clock(file: Path) -> None:
    """Time is an argument."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in ("utcnow", "today"), f"{file}:{node.lineno}"
            assert node.func.attr != "now" or node.args, f"{file}:{node.lineno}"
        assert not isinstance(node, ast.AsyncFunctionDef | ast.Await), f"{file}:{node.lineno}: no async in the engine"
        assert not (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("open", "input")
        )


@pytest.mark.parametrize("file", modules(), ids=name_of)
def test_a_module_is_short_and_has_a_name_and_a_law(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST, f"{file} has {len(text.splitlines())} lines"
    assert not set(name_of(file).split(".")) & VAGUE, f"{file}: a name from the domain, please"
    if "versions" not in file.parts:
        assert ast.get_docstring(ast.parse(text)), f"{file}: the first line says what the room is for"


def test_the_reader_of_imports_sees_them_all() -> None:
    """The test of the test: what it must find in two modules that are known."""
    found = {name for name, _ in imports(ROOT / "engine" / "machine.py")}
    assert {"transitions", "bot.engine.condition", "logging"} <= found
    assert full_name("bot.engine", "answers") == "bot.engine.answers"
    assert full_name("bot.engine.run", "World") == "bot.engine.run"
    assert len(modules()) > 45
