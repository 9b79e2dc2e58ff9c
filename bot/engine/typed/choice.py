"""One of the choices, from typed words: the words on the button, its name, its place, a beginning, a slip."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, assert_never

from bot.engine.typed.duration import length
from bot.engine.typed.folding import fold, pieces
from bot.engine.typed.lexicon import Tables
from bot.engine.typed.reading import Reading, Token, Understood, agreed, fit, letters, pattern, read, unless_cut
from bot.engine.typed.yes_no import yes_no

Choices = Sequence[tuple[str, str]]
"""The name of each choice and the words on its button, in the order shown."""

SHORTEST = 3
"""Letters that a text needs for a slip in it to be mended, and for it to be looked for inside a sentence."""

LONG = 8
"""Letters from which on two slips are mended."""

LAST = -1
"""The number of the last place in a list."""

_LETTER = pattern("pick? letter")
_AROUND = ("filler", "article", "thing", "pick")


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in a list, counted from 1, how it was said, and the word for it."""

    said_as: Literal["number", "ordinal", "letter"]
    number: int
    word: str


def choice(words: str, choices: Choices, tables: Tables) -> Understood[str] | None:
    """The name of the choice that the words mean, out of `(name, words on the button)` in the order shown.

    Sure: the button's words, the choice's name, yes and no, an equal length of time, a place in the list. Not sure: the
    first words of one button, a sentence around its words, a slip in them, a number that a button and a place share.
    """
    found = _choice(words, choices, tables)
    return Understood(found.value, unless_cut(found.sure, words)) if found else None


def _choice(words: str, choices: Choices, tables: Tables) -> Understood[str] | None:
    said = _bare(words)
    if not said:
        return None
    buttons = [(name, _bare(label)) for name, label in choices]
    names = [(name, _bare(name.replace("_", " "))) for name, _ in choices]
    for own in (buttons, names):
        if name := _only(name for name, text in own if text == said):
            return Understood(name, sure=True)
    if (answer := yes_no(words, tables)) and answer.value in dict(choices):
        return Understood(answer.value, answer.sure)
    lengths = [(name, length(name, tables)) for name, _ in choices]
    if all(known for _, known in lengths) and (asked := length(words, tables)):
        name = _only(name for name, known in lengths if known and known.value == asked.value)
        return Understood(name, asked.sure) if name else None
    if place := agreed(words, tables, _place):
        return _placed(place, choices, tables)
    guess = (
        _only(name for name, text in buttons if f"{text} ".startswith(f"{said} "))
        or _only(_longest_inside(said, buttons + names, tables))
        or _slipped(said, buttons + names)
    )
    return Understood(guess, sure=False) if guess else None


def _only(names: Iterable[str]) -> str | None:
    """The name, if it is one and the same throughout."""
    found = set(names)
    return found.pop() if len(found) == 1 else None


def _bare(text: str) -> str:
    """The words alone, folded; or the signs, where there are no words."""
    parts = pieces(fold(text))
    return " ".join(part for shape, part in parts if shape != "mark") or "".join(part for _, part in parts)


def _place(tokens: Sequence[Token]) -> Reading[_Place] | None:
    """The place in a list, where nothing else is said: b, 2, number 2, the second one."""
    if (found := fit(tokens, 0, _LETTER)) and found.end == len(tokens):
        return Reading(letters(tokens), _Place("letter", int(found.values[1] or 0), tokens[-1].text))
    if not all(token.has("number", "ordinal", *_AROUND) for token in tokens):
        return None
    ordinals = [token for token in tokens if token.has("ordinal")]
    picked = any(token.has("pick") for token in tokens)
    numbers = [token for token in tokens if token.has("number") and not token.has("article")]
    places = ordinals or numbers
    if len(places) != 1 or (places[0].has("thing") and len(tokens) > 1 and not picked):
        return None  # “the one” is no number
    said_as: Literal["number", "ordinal"] = "ordinal" if ordinals or picked else "number"
    number = places[0].senses["ordinal" if ordinals else "number"]
    return Reading(letters(tokens), _Place(said_as, int(number), places[0].text)) if number == int(number) else None


def _placed(place: _Place, choices: Choices, tables: Tables) -> Understood[str] | None:
    """The choice at a place, unless the number stands on a button: 20 is “Twenty minutes”, not the twentieth."""
    at = len(choices) - 1 if place.number == LAST else place.number - 1
    here = choices[at][0] if 0 <= at < len(choices) else None
    held = [(name, _numbers(f"{name.replace('_', ' ')} {label}", tables)) for name, label in choices]
    match place.said_as:
        case "letter":
            first_words = [(name, _bare(label).split(" ")[0]) for name, label in choices]
            clash = any(word == place.word and name != here for name, word in first_words)
        case "ordinal":
            clash = any(numbers for _, numbers in held)
        case "number":
            clash = any(numbers for _, numbers in held)
            holders = [name for name, numbers in held if place.number in numbers]
            if holders:
                holder = _only(holders)
                return Understood(holder, sure=here in (None, holder)) if holder else None
        case _:
            assert_never(place.said_as)
    return Understood(here, sure=not clash) if here else None


def _numbers(text: str, tables: Tables) -> set[float]:
    """Every number in a text, in any language, “a” and “one” apart."""
    tokens = [token for lexicon in tables.languages.values() for token in read(fold(text), lexicon)]
    return {token.senses["number"] for token in tokens if token.has("number") and not token.has("article", "thing")}


def _longest_inside(said: str, texts: Iterable[tuple[str, str]], tables: Tables) -> set[str]:
    """Whose words stand whole in what was said, the longest where one holds the other, none where “not” is around."""
    inside = [(name, text) for name, text in texts if len(text) >= SHORTEST and f" {text} " in f" {said} "]
    longest = max((text for _, text in inside), key=len, default="")
    around = f" {said} ".replace(f" {longest} ", " ", 1)
    if any(token.has("not", "no") for lexicon in tables.languages.values() for token in read(around, lexicon)):
        return set()
    return {name for name, text in inside if text == longest or f" {text} " not in f" {longest} "}


def _slipped(said: str, texts: Sequence[tuple[str, str]]) -> str | None:
    """The one text that is closest within one slip, two for long ones. Digits do not slip: 2 is not 1."""
    digits = re.findall(r"\d", said)
    for edits in (1, 2):
        if len(said) < (SHORTEST, LONG)[edits - 1]:
            return None
        near = [name for name, text in texts if re.findall(r"\d", text) == digits and _within(said, text, edits)]
        if near:
            return _only(near)
    return None


def _within(said: str, text: str, edits: int) -> bool:
    """Whether so many letters left out, added, changed or swapped make one of the other. Linear for few edits."""
    at = next((at for at, (left, right) in enumerate(zip(said, text, strict=False)) if left != right), None)
    if at is None:
        return abs(len(said) - len(text)) <= edits
    if edits == 0:
        return False
    said, text = said[at:], text[at:]
    swapped = said[:2] == text[1::-1] and _within(said[2:], text[2:], edits - 1)
    return swapped or any(
        _within(left, right, edits - 1) for left, right in ((said[1:], text), (said, text[1:]), (said[1:], text[1:]))
    )
