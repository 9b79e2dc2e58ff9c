"""Every fixed English text that a person can read, with the file and the key where it can be mended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.authoring.library import load
from bot.authoring.nodes import Fields, Items, Node, Scalar, read_source
from bot.engine.flow import Ask, Call, Choices, Count, Flow, Literal, Say, Step, Text, Value, Wait, Wording
from bot.engine.library import Library
from bot.terminal.words import read_words

ROOT = Path(__file__).parents[2]
TYPED = "typed."
"""Phrases under this word are what people write to the bot. Nobody reads them."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as it is read, values filled in."""

    file: str
    key: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}, {self.key}: “{' '.join(self.text.split())}”"


@cache
def library() -> Library:
    loaded = load(ROOT / "flows", ROOT / "content")
    assert loaded.library is not None, loaded.findings
    return loaded.library


def readings(wording: Wording) -> Iterator[str]:
    """The text with a name for each value, once for each case of the selects in it."""
    cases = max((len(piece.cases) for piece in wording.pieces if not isinstance(piece, Literal | Value)), default=1)
    for number in range(cases):
        words = ""
        for piece in wording.pieces:
            match piece:
                case Literal(text):
                    words += text
                case Value():
                    words += "Ben"
                case _:
                    several = list(piece.cases.values())
                    words += "".join(_part(part) for part in several[min(number, len(several) - 1)])
        yield words


def _part(part: Literal | Value | Count) -> str:
    match part:
        case Literal(text):
            return text
        case Value():
            return "Ben"
        case Count():
            return "3"


def bot_texts() -> Iterator[Shown]:
    """What the bot shows: its phrases, cards, help lines and flows, and the frame of the terminal."""
    seen = library()
    for key, text in seen.phrases.items():
        if not key.startswith(TYPED):
            yield from _text("content/phrases/en.yaml", key, text)
    for name, card in seen.cards.items():
        for key in ("title", "what_happens", "what_helps"):
            yield Shown(f"content/cards/{name}.yaml", key, getattr(card, key))
    for code, page in seen.help.items():
        yield from (Shown("content/help_lines.yaml", f"{code}: {one.name}", one.note) for one in page.lines if one.note)
    for program in seen.programs.values():
        yield from _flow(program.flow)
    yield from (Shown("content/terminal.yaml", key, text) for key, text in read_words(ROOT / "content").items())


def _flow(flow: Flow) -> Iterator[Shown]:
    file = f"flows/{flow.name}.yaml"
    for key, words in (("title", flow.title), ("about", flow.about)):
        if words:
            yield Shown(file, key, words)
    for step in flow.steps.values():
        yield from _step(file, step)


def _step(file: str, step: Step) -> Iterator[Shown]:
    match step.action:
        case Say(text):
            yield from _text(file, step.name, text)
        case Wait(_, text):
            yield from _text(file, step.name, text)
        case Ask(text=text, expects=expects, meanwhile=meanwhile):
            yield from _text(file, step.name, text)
            yield from _text(file, f"{step.name}, meanwhile", meanwhile)
            if isinstance(expects, Choices):
                for one in expects.options:
                    yield from _text(file, f"{step.name}, {one.name}", one.label)
        case Call(_, meanwhile):
            yield from _text(file, f"{step.name}, meanwhile", meanwhile)
    if step.media is not None:
        yield Shown(file, f"{step.name}, alt", step.media.alt)


def _text(file: str, key: str, text: Text | None) -> Iterator[Shown]:
    for wording in text.wordings if text is not None else ():
        yield from (Shown(file, key, words) for words in readings(wording))


def scalars(file: Path, apart: frozenset[str] = frozenset()) -> Iterator[Shown]:
    """Every value of a YAML file by its dotted key, without what stands under the keys `apart`."""
    name = file.relative_to(ROOT).as_posix()
    source = read_source(file.read_bytes(), name)
    assert source.node is not None, source.findings
    yield from _scalars(name, "", source.node, apart)


def _scalars(file: str, key: str, node: Node, apart: frozenset[str]) -> Iterator[Shown]:
    match node:
        case Scalar(text=text):
            yield Shown(file, key, text)
        case Items(items=items):
            for number, item in enumerate(items):
                yield from _scalars(file, f"{key}.{number}", item, apart)
        case Fields(entries=entries):
            for entry in entries:
                if entry.key.text not in apart:
                    yield from _scalars(file, f"{key}.{entry.key.text}".lstrip("."), entry.value, apart)
