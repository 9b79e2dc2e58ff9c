"""What no text says: patterns with their reasons, and the texts in which they are looked for."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.authoring.cards import plain
from bot.authoring.nodes import read_source

from .shown import ROOT, Shown, scalars

FILE = ROOT / "content" / "never_say.yaml"

NOT_SHOWN = frozenset(
    {
        "alone",
        "audience",
        "card",
        "caveat",
        "checked_by",
        "checked_on",
        "do_not_say",
        "doi",
        "doi_status",
        "evidence",
        "exercises",
        "flow",
        "id",
        "kind",
        "media",
        "next",
        "refs",
        "reviewed",
        "roles",
        "run",
        "safety",
        "share",
        "source",
        "status",
        "typed",
        "who",
        "words",
    }
)
"""Keys of content and flows whose values no couple reads. A `caveat` tells authors where a card does harm."""

UNREAD = ("never_say.yaml", "answers.yaml")
"""Files of content with what people write to the bot, and this list itself. `safety/` is what messages are read by."""

_NUMBERS = {
    "zero": 0,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
}
_TENS = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
_NUMBER = re.compile(
    rf"\b(?:(?P<tens>{'|'.join(_TENS)})(?:[- ](?P<unit>{'|'.join(list(_NUMBERS)[1:10])}))?"
    rf"|(?P<small>{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})|(?P<hundred>(?:a|one)[ -]hundred))\b"
)


@dataclass(frozen=True, slots=True)
class Ban:
    """Words that are not said. `everywhere` is False where only texts of the bot are meant."""

    pattern: re.Pattern[str]
    reason: str
    everywhere: bool
    caught: tuple[str, ...] = ()
    fine: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Allowed:
    """Words that may stand in this file although a pattern finds something in them."""

    words: str
    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Said:
    """Banned words in a text, and the exception that lets them stand."""

    shown: Shown
    words: str
    ban: Ban
    allowed: Allowed | None = None

    def __str__(self) -> str:
        return f"{self.shown.file}, {self.shown.key} says “{self.words.strip()}”. {self.ban.reason}"


def leveled(text: str) -> str:
    """Small letters, straight quotes, numbers in digits, one blank between words; line breaks stay."""
    for sign, plain_sign in (("’", "'"), ("‘", "'"), ("‑", "-"), ("–", "-"), ("\u00a0", " "), ("\u202f", " ")):
        text = text.replace(sign, plain_sign)
    text = re.sub(r"[*`]", "", text.lower())
    text = re.sub(r"\bper ?cent\b", "%", _NUMBER.sub(_digits, text))
    text = re.sub(r"[ \t]+", " ", re.sub(r"\s*\n\s*", "\n", text))
    return re.sub(r"(?<=\d) (?=%)", "", text)


def _digits(found: re.Match[str]) -> str:
    if found["hundred"]:
        return "100"
    if found["tens"]:
        return str(_TENS[found["tens"]] + _NUMBERS.get(found["unit"] or "zero", 0))
    return str(_NUMBERS[found["small"]])


def read_bans() -> tuple[list[Ban], list[Allowed]]:
    """The patterns of the file with those of the cards, and the exceptions. Raises KeyError for an entry that is not
    whole: no reason, no example."""
    source = read_source(FILE.read_bytes(), FILE.name)
    assert source.node is not None, source.findings
    file = plain(source.node)
    assert isinstance(file, dict)
    bans = [
        Ban(
            re.compile(one["say"].replace(" ", r"\s")),
            one["reason"],
            _everywhere(one["where"]),
            tuple(one["caught"]),
            tuple(one["fine"]),
        )
        for one in file["patterns"]
    ]
    return [*bans, *card_bans()], [Allowed(one["words"], one["file"], one["reason"]) for one in file["allowed"]]


def _everywhere(where: str) -> bool:
    return {"everywhere": True, "shown": False}[where]


def card_bans() -> Iterator[Ban]:
    """What the cards list under `do_not_say`, word for word."""
    for path in sorted((ROOT / "content" / "cards").glob("*.yaml")):
        for one in scalars(path):
            if one.key.startswith("do_not_say"):
                words = r"\s".join(map(re.escape, leveled(one.text).split()))
                pattern = re.compile(rf"(?<!\w){words}(?!\w)")
                yield Ban(pattern, f"The card {path.stem} lists it under `do_not_say`.", everywhere=True)


def said_in(texts: Iterator[Shown], bans: list[Ban], allowed: list[Allowed], *, shown: bool) -> Iterator[Said]:
    """Every place where a text says what is not said. `shown`: these are texts of the bot."""
    for text in texts:
        words = leveled(text.text)
        for ban in bans:
            if not (shown or ban.everywhere):
                continue
            for found in ban.pattern.finditer(words):
                yield Said(text, found[0], ban, _exception(text, words, found, allowed))


def _exception(text: Shown, words: str, found: re.Match[str], allowed: list[Allowed]) -> Allowed | None:
    """The exception whose words lie around what was found: the rest of the text is not let off."""
    first = found.end() - len(found[0].lstrip())  # a pattern may take the blank before the words with it
    for one in allowed:
        place = re.escape(leveled(one.words)).replace(r"\ ", r"\s") if one.file == text.file else r"(?!)"
        if any(around.start() <= first and found.end() <= around.end() for around in re.finditer(place, words)):
            return one
    return None


def shown_files() -> Iterator[Shown]:
    """What the bot, its flows and the terminal can show: each value of each file that people read."""
    for path in [*sorted((ROOT / "content").rglob("*.yaml")), *sorted((ROOT / "flows").glob("*.yaml"))]:
        if path.name not in UNREAD and "safety" not in path.relative_to(ROOT).parts:
            yield from scalars(path, NOT_SHOWN)


def documents(root: Path = ROOT) -> Iterator[Shown]:
    """What authors and operators read: documents by line of paragraph, drawings by their words."""
    for path in [*sorted(root.glob("*.md")), *sorted((root / "docs").rglob("*.md")), *sorted(root.glob(".env*"))]:
        if path.name == ".env":
            continue
        for number, paragraph in _paragraphs(path.read_text(encoding="utf-8")):
            yield Shown(path.relative_to(root).as_posix(), f"line {number}", paragraph)
    for path in sorted((root / "docs").rglob("*.svg")):
        drawn = re.sub(r"<style.*?</style>|<[^>]*>", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        yield Shown(path.relative_to(root).as_posix(), "words", html.unescape(drawn))


def _paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """Paragraphs, each with the number of its first line: words that a line break parts are found too."""
    line = 1
    for paragraph in re.split(r"(\n\s*\n)", text):
        if paragraph.strip():
            yield line, paragraph
        line += paragraph.count("\n")
