"""What single words can be, in each language, as far as the word tables say; nothing here guesses."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.engine.typed.folding import fold, pieces

KINDS = frozenset(
    {"number", "article", "vague", "ordinal", "counted", "thing", "letter", "pick"}
    | {"yes", "no", "rather_yes", "rather_no", "maybe", "not", "filler", "join"}
    | {"range", "between", "out_of", "minus", "unit", "half", "length", "and_half", "in", "ago"}
    | {"at", "oclock", "before_hour", "after_hour", "past", "clock", "am", "pm", "night"}
    | {"day", "weekday", "month", "nth", "on_the", "of", "next_week"}
)
"""The kinds of words that a table may hold; the word tables say what each is."""

UNITS = {"minute": 1, "hour": 60, "day": 24 * 60, "week": 7 * 24 * 60}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FIRST_HALF = ("january", "february", "march", "april", "may", "june")
SECOND_HALF = ("july", "august", "september", "october", "november", "december")
NAMED: Mapping[str, float] = {
    **UNITS,
    **{name: number for number, name in enumerate(WEEKDAYS)},
    **{name: number for number, name in enumerate((*FIRST_HALF, *SECOND_HALF), start=1)},
}
"""Values that a table writes as a name: units in minutes, weekdays from 0 as in `date.weekday`, months from 1."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's phrases with their senses, and the number of pieces in the longest phrase."""

    phrases: Mapping[str, Mapping[str, float]]
    longest: int


@dataclass(frozen=True, slots=True)
class Tables:
    """The word tables of all languages, ready to read with."""

    languages: Mapping[str, Lexicon]


def compile_tables(data: Mapping[str, object]) -> Tables:
    """The tables from `language → kind → words` or `language → kind → value → words`, every scalar a string.

    The language `any` holds what all of them share. Raises ValueError with one sentence for the author of the tables.
    """
    shared = data.get("any", {})
    languages = {
        language: _lexicon([*_entries("any", shared), *_entries(language, kinds)])
        for language, kinds in data.items()
        if language != "any"
    }
    if not languages:
        raise ValueError("The answer words need at least one language beside “any”.")
    return Tables(languages)


def _entries(language: str, kinds: object) -> Iterator[tuple[str, str, float]]:
    """Each phrase of a language with its kind and value."""
    if not isinstance(kinds, Mapping):
        raise ValueError(f"The answer words of “{language}” must be kinds of words, such as `yes: [yes, yeah]`.")
    for kind, table in kinds.items():
        if kind not in KINDS:
            raise ValueError(f"“{language}.{kind}” is not a kind of answer words. Kinds: {', '.join(sorted(KINDS))}.")
        for value, phrases in table.items() if isinstance(table, Mapping) else [("1", table)]:
            place = f"{language}.{kind}.{value}" if isinstance(table, Mapping) else f"{language}.{kind}"
            if not isinstance(phrases, list) or not all(isinstance(phrase, str) for phrase in phrases):
                raise ValueError(f"“{place}” must be a list of words.")
            for phrase in phrases:
                words = " ".join(text for _, text in pieces(fold(phrase)))
                if not words:
                    raise ValueError(f"“{place}” has an entry without words.")
                yield words, kind, _value(place, str(value))


def _value(place: str, text: str) -> float:
    """The value that a table gives to words: a number, a time such as 07:30 in minutes, or a name."""
    if text in NAMED:
        return NAMED[text]
    if re.fullmatch(r"\d\d:\d\d", text):
        return int(text[:2]) * 60 + int(text[3:])
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text)
    raise ValueError(f"“{place}”: write a number, a time such as 07:30, or a name such as hour, monday or march.")


def _lexicon(entries: Iterable[tuple[str, str, float]]) -> Lexicon:
    phrases: dict[str, dict[str, float]] = {}
    for phrase, kind, value in entries:
        if phrases.setdefault(phrase, {}).setdefault(kind, value) != value:
            raise ValueError(f"The answer word “{phrase}” has two values as “{kind}”. Keep one of them.")
    return Lexicon(phrases, max((phrase.count(" ") + 1 for phrase in phrases), default=0))
