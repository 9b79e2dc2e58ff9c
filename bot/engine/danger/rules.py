"""The rules as authors wrote them: categories, levels, and patterns with named pieces. Immutable, and cheap to hold.

A pattern is a regular expression over a normalised message: small letters, no accents, no apostrophes, one blank
between words. `(…)` only groups, `{name}` stands for a piece, and a pattern begins and ends at the edge of a word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

CATEGORIES = (
    "medical_emergency",
    "suicide",
    "self_harm",
    "violence_victim",
    "child_risk",
    "violence_perpetrator",
    "coercive_control",
    "psychosis_or_mania",
    "worried_about_other",
    "minor_user",
)
"""Most urgent first: what may cost a life now, then what hurts, then the rest (fact base E2, “Mixed signals”)."""

INWARD = frozenset({"suicide", "self_harm", "psychosis_or_mania"})
"""Where a “not” makes a sure rule an unsure one, instead of silencing it: “trying not to kill myself”."""


class Level(Enum):
    """`CERTAIN` stops the flow and shows contacts; `ASK` is one light question."""

    ASK = 1
    CERTAIN = 2


@dataclass(frozen=True, slots=True)
class Danger:
    """What was recognised. `other`: it is about somebody else than the writer."""

    category: str
    level: Level
    other: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern as written, and what it means where it is found."""

    pattern: str
    category: str
    level: Level
    other: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """The rules of one language.

    `spelling` turns short and sloppy forms into full words. `negators` silence what follows in their clause, which ends
    at one of `clause_ends`; `negators_after` silence what stands right before them (German). `jokes` anywhere in a
    message, or `past` in the same sentence, make a sure rule an unsure one. `words` are the known words of the language
    and `repairs` those that a misspelt word may be turned into; without `words` nothing is repaired.
    """

    name: str
    pieces: Mapping[str, str] = field(default_factory=dict)
    spelling: Mapping[str, str] = field(default_factory=dict)
    masks: tuple[str, ...] = ()
    negators: tuple[str, ...] = ()
    negators_after: tuple[str, ...] = ()
    clause_ends: tuple[str, ...] = ()
    jokes: tuple[str, ...] = ()
    past: tuple[str, ...] = ()
    weapons: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    words: frozenset[str] = frozenset()
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """All languages together: every message is read by each of them. Compared by identity, as they are read once."""

    languages: tuple[Language, ...] = ()


_PIECE = re.compile(r"\{([^\W\d]\w*)\}")
_OPEN = re.compile(r"\\.|\((?!\?)")


def grouped(pattern: str) -> str:
    """The pattern with every `(` that opens a group made one that remembers nothing."""
    return _OPEN.sub(lambda found: "(?:" if found[0] == "(" else found[0], pattern)


def piece_names(pattern: str) -> tuple[str, ...]:
    """The names of the pieces that a pattern uses, in their order."""
    return tuple(_PIECE.findall(pattern))


def filled(pattern: str, pieces: Mapping[str, str]) -> str:
    """The pattern with its pieces put in. Pieces may use those above them. Raises KeyError for an unknown one."""
    while found := _PIECE.search(pattern):
        pattern = f"{pattern[: found.start()]}({pieces[found[1]]}){pattern[found.end() :]}"
    return pattern


def regular(pattern: str, pieces: Mapping[str, str]) -> str:
    """The regular expression of a pattern: filled, grouped, and held by the edges of words."""
    return rf"(?<!\w)(?:{grouped(filled(pattern, pieces))})(?!\w)"
