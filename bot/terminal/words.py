"""The words of the terminal itself, read from content/terminal.yaml. What the bot says is never in here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.authoring.nodes import CARD_BYTES, Fields, Node, Scalar, read_source

Words = Mapping[str, str]
"""Each text by its key, such as `wrong.length`."""

FILE = "terminal.yaml"


class Unreadable(Exception):
    """The file with the words cannot be used. Says in one sentence what to do."""


def read_words(*folders: Path) -> Words:
    """The words out of the first of these folders that has them. Raises Unreadable."""
    file = next((folder / FILE for folder in folders if (folder / FILE).is_file()), folders[0] / FILE)
    try:
        source = read_source(file.read_bytes(), file.name, CARD_BYTES)
    except OSError:
        raise Unreadable(f"The file {file} is missing or cannot be opened. Put it back.") from None
    if source.node is None:
        first = source.findings[0]
        raise Unreadable(f"{file}:{first.mark.line}:{first.mark.column}: {first.text}")
    return dict(_flat(source.node))


def fill(words: Words, key: str, **given: object) -> str:
    """One text with its values. A value is never read again for braces of its own."""
    parts = words[key].split("{")
    text = parts[0]
    for part in parts[1:]:
        name, closed, rest = part.partition("}")
        text += f"{given[name]}{rest}" if closed and name in given else "{" + part
    return text


def _flat(node: Node, prefix: str = "") -> Iterator[tuple[str, str]]:
    match node:
        case Scalar(text=text):
            yield prefix, text.rstrip("\n")
        case Fields(entries=entries):
            for entry in entries:
                key = entry.key.text
                yield from _flat(entry.value, f"{prefix}.{key}" if prefix else key)
