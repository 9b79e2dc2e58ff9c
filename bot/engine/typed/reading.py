"""Words as tokens, and patterns of them: what stands where, and which language makes most of it.

Every language reads the words on its own, because one spelling means different things in two of them: `um` is “at” in
German and “a” in Portuguese. The language that knows most of them is believed.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.engine.typed.folding import LONGEST, fold, pieces
from bot.engine.typed.lexicon import Lexicon, Tables

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Understood(Generic[T]):
    """What an answer means. Where `sure` is false it is a guess, to be confirmed before it counts."""

    value: T
    sure: bool


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a phrase or a number as typed (folded), and every kind of word that it can be, with its value there."""

    text: str
    senses: Mapping[str, float]

    def has(self, *kinds: str) -> bool:
        """Whether it can be one of these kinds of words."""
        return any(kind in self.senses for kind in kinds)


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What one language makes of the words, and how many of their letters that explains."""

    explained: int
    value: T


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a pattern: the kinds that fit, and whether it may stay empty."""

    kinds: tuple[str, ...]
    optional: bool


@dataclass(frozen=True, slots=True)
class Fit:
    """A pattern found in tokens: the value of each slot (None for an empty one), and where it ends."""

    values: tuple[float | None, ...]
    end: int


def understood(
    words: str, tables: Tables, reader: Callable[[Sequence[Token]], Reading[Understood[T]] | None]
) -> Understood[T] | None:
    """As `agreed`; sure only where all who agree are, and where the words were read to their end."""
    found = _best(words, tables, reader)
    values = {one.value for one in found}
    return Understood(values.pop(), unless_cut(all(one.sure for one in found), words)) if len(values) == 1 else None


def agreed(words: str, tables: Tables, reader: Callable[[Sequence[Token]], Reading[T] | None]) -> T | None:
    """What the language says that knows most of the words; None for nothing, or if two know as much and differ."""
    found = _best(words, tables, reader)
    return found.pop() if len(found) == 1 else None


def unless_cut(sure: bool, words: str) -> bool:
    """The same, but never sure of words of which only the beginning is read."""
    return sure and len(words.strip()) <= LONGEST


def read(folded: str, lexicon: Lexicon) -> tuple[Token, ...]:
    """The tokens of folded words in one language, longest phrases first. Signs without a meaning are left out."""
    parts = pieces(folded)
    tokens: list[Token] = []
    at = 0
    while at < len(parts):
        shape, text = parts[at]
        size, senses = 1, _shape_senses(shape, text)
        for length in range(min(lexicon.longest, len(parts) - at), 0, -1):
            phrase = " ".join(part for _, part in parts[at : at + length])
            if phrase in lexicon.phrases:
                size, text = length, phrase
                senses = {**(senses if length == 1 else {}), **lexicon.phrases[phrase]}
                break
        if senses or shape != "mark":
            tokens.append(Token(text, senses))
        at += size
    return tuple(_joined(tokens))


def _best(words: str, tables: Tables, reader: Callable[[Sequence[Token]], Reading[T] | None]) -> set[T]:
    """What the languages say that know most of the words, and of those the ones that explain most with it.

    A language that knows more words and makes nothing of them outdoes one that knows fewer: “no sé” is not “no”.
    """
    folded = fold(words)
    token_lists = [read(folded, lexicon) for lexicon in tables.languages.values()]
    known = [letters(token for token in tokens if token.senses) for tokens in token_lists]
    most_known = [tokens for tokens, count in zip(token_lists, known, strict=True) if count == max(known)]
    found = [reading for tokens in most_known if (reading := reader(tokens))]
    most = max((reading.explained for reading in found), default=0)
    return {reading.value for reading in found if reading.explained == most}


def letters(tokens: Iterable[Token]) -> int:
    """How many characters the tokens have together."""
    return sum(len(token.text) for token in tokens)


def pattern(slots: str) -> tuple[Slot, ...]:
    """A pattern from text: kinds in order, `a|b` for either, a `?` at the end for one that may be missing."""
    return tuple(Slot(tuple(slot.rstrip("?").split("|")), slot.endswith("?")) for slot in slots.split())


def fit(tokens: Sequence[Token], start: int, slots: tuple[Slot, ...]) -> Fit | None:
    """The pattern at this place in the tokens, or None. A slot that may stay empty takes what fits it."""
    at = start
    values: list[float | None] = []
    for slot in slots:
        senses = tokens[at].senses if at < len(tokens) else {}
        kind = next((kind for kind in slot.kinds if kind in senses), None)
        if kind is None and not slot.optional:
            return None
        values.append(None if kind is None else senses[kind])
        at += kind is not None
    return Fit(tuple(values), at)


def _shape_senses(shape: str, text: str) -> Mapping[str, float]:
    """What a piece means by its form alone: digits are numbers, 20:30 is a time."""
    match shape:
        case "digits" if len(text) <= 4:
            return {"number": int(text)}
        case "decimal":
            whole, part = re.split(r"[.,]", text)
            value = float(f"{whole}.{part}")
            minutes = int(whole) * 60 + int(part) if len(part) == 2 and int(part) < 60 else None
            return {"decimal": value} if minutes is None else {"decimal": value, "dotted_clock": minutes}
        case "clock":
            minutes = int(text[:-3]) * 60 + int(text[-2:])
            zero = {"exact": 1.0} if text.startswith("0") else {}
            return {"clock": minutes, **zero, **({"hours_minutes": minutes} if "h" in text else {})}
        case "dotted" if len(numbers := re.findall(r"\d+", text)) == 2:
            return {"dotted": 1, "decimal": float(".".join(numbers))}  # 7.5. at the end of a sentence is no date
        case "ratio" | "iso" | "dotted" | "slashed" | "minus":
            return {shape: 1}
        case _:
            return {}


def _joined(tokens: Sequence[Token]) -> Iterator[Token]:
    """The tokens, with twenty + five (and treinta + y + cinco) as one number."""
    at = 0
    while at < len(tokens):
        tens, size = tokens[at], 1
        if not tens.text[0].isdigit() and tens.senses.get("number", 0) in {20, 30, 40, 50}:
            size = 3 if at + 1 < len(tokens) and tokens[at + 1].has("join") else 2
            ones = tokens[at + size - 1] if at + size <= len(tokens) else None
            if ones and ones.text.isalpha() and 1 <= (one := ones.senses.get("number", 0)) <= 9:
                text = " ".join(token.text for token in tokens[at : at + size])
                tens = Token(text, {"number": tens.senses["number"] + one})
            else:
                size = 1
        yield tens
        at += size
