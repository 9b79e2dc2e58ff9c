"""content/safety → the rules that recognise danger. One file a language; a pattern that cannot work is a finding (W10).

Accents in patterns are for the eye: messages are read without them, so they are taken off here too. Only ä, ö and ü
may also be typed ae, oe, ue. Plain patterns are only looked over here; others are compiled with a stand-in for each
piece, which finds their mistakes in less time than whole patterns would take. Those are built when a message first
comes near them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bot.authoring.content import Desk
from bot.authoring.finding import Finding, did_you_mean, error, listed
from bot.authoring.nodes import FLOW_BYTES, Entry, Fields, Node, Scalar
from bot.authoring.shapes import by_word, lines, names, once, one_text
from bot.engine.danger.rules import CATEGORIES, Language, Level, Rule, Rules, grouped, piece_names

_LISTS = ("masks", "negators", "negators_after", "clause_ends", "jokes", "past", "weapons")
_WORDS = ("pieces", "spelling", *_LISTS, "certain", "ask", "words", "repairs")
_OF_OTHERS = ".other"
_STAND_IN = "(?:x|yy)"
"""For a piece: of two lengths, so that a piece where only one length may stand is found too."""
_PIECE = re.compile(r"\{[^\W\d]\w*\}")
_CAPITAL = re.compile(r"(?<!\\)[A-ZА-Я]")
_MARKS = re.compile("(?<=[a-z])[\u0300-\u036f]+")
_UMLAUTS = str.maketrans({"ä": "ae?", "ö": "oe?", "ü": "ue?", "ß": "ss"})
# The plain parts of a pattern: letters and signs, each perhaps repeated; `_` stands for what may be missing.
_ATOM = r"(?:[^\W_]|[ ',:;!=/&%-]|\\[wsd.?]|_)(?:(?:[?*+]|\{\d+(?:,\d*)?\})\??)?(?![?*+{])|\\b|\^|\$"
_ROW = re.compile(rf"(?:{_ATOM}|\|)*")
_INNERMOST = re.compile(rf"\((?P<look>\?[=!])?(?P<row>(?:{_ATOM}|\|)*)\)(?P<many>[?*+]|\{{\d+(?:,\d*)?\}})?(?![?*+{{])")
_MAY_MISS = re.compile(r"_(?:(?:[?*+]|\{\d+(?:,\d*)?\})\??)?|(?:\\?[^\\])(?:[?*]|\{0,?\d*\})\??|\\b|\^|\$")
_ONE_OF = re.compile(r"(?<!\\)\[[^\[\]\\^-]+\]")
_BEHIND = re.compile(r"\(\?<[=!][a-z ]+\)")
_NEVER = "(?!)"
_HINT = "Look at its brackets and signs. A pattern with : or # and a blank beside it stands in quotes."


def read_rules(folder: Path, desk: Desk) -> Rules:
    """All files of the folder, in the order of their names; no rules where there is no folder. Never raises: what is
    wrong with a file is a finding of the desk."""
    found = []
    for path in sorted(folder.glob("*.yaml")):
        node = desk.read(path, FLOW_BYTES)
        if node is not None:
            found.append(_Reader(path, desk.found).language(node))
    return Rules(tuple(found))


def _is_sound(pattern: str) -> bool:
    """Whether a pattern certainly works and matches no empty text. It takes the innermost bracket for what it leaves, a
    letter or nothing, until none is left; nearly all patterns are of such plain parts, and to compile them takes ten
    times as long. What is not plain gets False, and is compiled."""
    if "_" in _PIECE.sub("", pattern):
        return False
    text = _ONE_OF.sub("x", _PIECE.sub("x", _BEHIND.sub("_", pattern)))
    if "[" in text:
        return False
    brackets = 1
    while brackets:
        text, brackets = _INNERMOST.subn(_left_of, text)
    return _ROW.fullmatch(text) is not None and _needs_a_letter(text)


def _left_of(found: re.Match[str]) -> str:
    """What a bracket stands for: nothing where it may be missing or only looks ahead."""
    if found["look"] or found["many"] in ("?", "*") or (found["many"] or "").startswith("{0"):
        return "_"
    return "x" if _needs_a_letter(found["row"]) else "_"


def _needs_a_letter(row: str) -> bool:
    return all(_MAY_MISS.sub("", way) for way in row.split("|"))


def unmarked(pattern: str) -> str:
    """A pattern without accents, as messages are."""
    if pattern.isascii():
        return pattern
    text = unicodedata.normalize("NFC", pattern).translate(_UMLAUTS)
    text = _MARKS.sub("", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", text).replace("ё", "е")


@dataclass(slots=True)
class _Reader:
    """One file. `pieces` are those read so far: a piece may use the ones above it."""

    path: Path
    found: list[Finding]
    pieces: dict[str, str] = field(default_factory=dict)

    def language(self, node: Fields) -> Language:
        entries = by_word(node, _WORDS, "a file of safety rules", self.found)
        parts = {word: entry.value for word, entry in entries.items()}
        for entry in self._fields(parts.get("pieces"), "pieces"):
            if (text := one_text(entry.value, entry.key.text, self.found)) is not None:
                self.pieces[unmarked(entry.key.text)] = self._checked(text, piece=True)
        each = {word: tuple(self._patterns(parts[word], word)) if word in parts else () for word in _LISTS}
        rules = [
            *self._rules(parts.get("certain"), "certain", Level.CERTAIN),
            *self._rules(parts.get("ask"), "ask", Level.ASK),
        ]
        return Language(
            name=self.path.stem,
            pieces=self.pieces,
            spelling=self._spelling(parts.get("spelling")),
            masks=each["masks"],
            negators=each["negators"],
            negators_after=each["negators_after"],
            clause_ends=each["clause_ends"],
            jokes=each["jokes"],
            past=each["past"],
            weapons=each["weapons"],
            rules=tuple(rules),
            words=self._words(parts.get("words")),
            repairs=self._repairs(parts.get("repairs")),
        )

    def _fields(self, node: Node | None, word: str) -> Iterator[Entry]:
        """The entries after a word that may be missing."""
        if node is not None and (fields := lines(node, word, self.found)) is not None:
            yield from once(fields, self.found).values()

    def _patterns(self, node: Node, word: str) -> Iterator[str]:
        for text in names(node, word, self.found):
            yield self._checked(text)

    def _rules(self, node: Node | None, word: str, level: Level) -> Iterator[Rule]:
        for entry in self._fields(node, word):
            category = entry.key.text.removesuffix(_OF_OTHERS)
            if category not in CATEGORIES:
                said = f"“{category}” is no kind of danger.{did_you_mean(category, CATEGORIES)}"
                self.found.append(error("K05", entry.key.mark, said, f"Kinds: {listed(CATEGORIES, 20)}."))
                continue
            other = entry.key.text.endswith(_OF_OTHERS)
            for pattern in self._patterns(entry.value, entry.key.text):
                yield Rule(pattern, category, level, other)

    def _checked(self, text: Scalar, piece: bool = False) -> str:
        """The pattern, without accents; W10 where it cannot work, and then a pattern that never matches."""
        pattern = unmarked(text.text)
        unknown = next((name for name in piece_names(pattern) if name not in self.pieces), None)
        if unknown is not None:
            said = f"There is no piece “{unknown}” above this line.{did_you_mean(unknown, self.pieces)}"
            return self._refused(text, said, "Write it under `pieces`; a piece may use those above it.")
        if _CAPITAL.search(_PIECE.sub("", pattern)):
            return self._refused(text, "A message is read in small letters; this pattern has a capital.")
        if _is_sound(pattern):
            return pattern
        try:
            tried = re.compile(grouped(_PIECE.sub(_STAND_IN, pattern)))
        except (re.error, OverflowError, RecursionError) as wrong:
            return self._refused(text, f"This pattern cannot be read: {wrong}.", _HINT)
        if not piece and tried.fullmatch(""):
            return self._refused(text, "This pattern fits everywhere, because all of it may be missing.")
        return pattern

    def _refused(self, text: Scalar, said: str, hint: str = "") -> str:
        self.found.append(error("W10", text.mark, said, hint))
        return _NEVER

    def _spelling(self, node: Node | None) -> dict[str, str]:
        """`written out: [short, shorter]` → short → written out."""
        return {
            unmarked(short.text): unmarked(entry.key.text)
            for entry in self._fields(node, "spelling")
            for short in names(entry.value, entry.key.text, self.found)
        }

    def _words(self, node: Node | None) -> frozenset[str]:
        """The words of the file that is named beside this one; lines that begin with # are remarks."""
        if node is None or (name := one_text(node, "words", self.found)) is None:
            return frozenset()
        try:
            text = (self.path.parent / name.text).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            said = f"The file of words “{name.text}” is missing or cannot be read."
            self.found.append(error("W10", name.mark, said, "Put it beside this file, as plain text in UTF-8."))
            return frozenset()
        return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())

    def _repairs(self, node: Node | None) -> tuple[str, ...]:
        if node is None or (text := one_text(node, "repairs", self.found)) is None:
            return ()
        return tuple(dict.fromkeys(unmarked(text.text).split()))
