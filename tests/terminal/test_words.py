"""The terminal's own words are all there, and none is there for nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.terminal.words import Unreadable, Words, fill, read_words

from .scene import ROOT

COMPUTED = frozenset(
    {"voice", "photo", "other", "restarted"}
    | {f"keys.{key}" for key in ("phone", "choose", "timer", "ten", "help", "quit")}
)
"""Keys that the code puts together from a name."""

_USED = re.compile(r'words, "([a-z_.]+)"|words\["([a-z_.]+)"|words\[\'([a-z_.]+)\'|else "([a-z_]+)"\]')


def test_every_key_is_there_and_every_key_is_used(words: Words) -> None:
    code = "\n".join(path.read_text() for path in (ROOT / "bot/terminal").glob("*.py"))
    used = {key for found in _USED.findall(code) for key in found if key} | COMPUTED

    assert used == set(words)


def test_a_value_with_braces_is_not_read_again() -> None:
    assert fill({"a": "{name} and {other}, {unknown}"}, "a", name="{other}", other="B") == "{other} and B, {unknown}"


def test_a_missing_file_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"terminal\.yaml is missing"):
        read_words(tmp_path)


def test_a_broken_file_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "terminal.yaml").write_text("write: Hi\n\tclock: now\n")

    with pytest.raises(Unreadable, match=r"terminal\.yaml:2:1"):
        read_words(tmp_path)
