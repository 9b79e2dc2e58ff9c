"""A talk as it happened, written down as a transcript test that plays green again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest
from zoneinfo import ZoneInfo

from bot.authoring.transcript import Failure, play, read_transcript
from bot.engine.library import Library

Line = tuple[str, str]
"""What is before the colon and what is after it: (“Ana”, “Twenty minutes”), (“bot to Ana”, “For how long”).
One that begins with # has no form in a test and becomes a comment."""

LONGEST = 90
"""Characters of a bot's message that a test quotes: enough to know it again."""

SEEDS = 64
"""How many seeds are tried until drawn lots and wordings fall as they fell here."""

_PLAIN = re.compile(r"[\w/(“](?:(?!: |:$| #).)*")
"""Words that the reader of tests takes as they are. Everything else is quoted."""


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the talk of a test. `people` are names by role, `pronouns` by name."""

    test: str
    flow: str
    people: Mapping[str, str]
    pronouns: Mapping[str, str]
    clock: datetime
    zone: ZoneInfo


def heard(news: Mapping[str, Sequence[str]]) -> list[Line]:
    """The lines for what each person read since the last line; what both read at once is one line."""
    if len(news) == 2:
        pairs = list(zip_longest(*([excerpt(text) for text in texts if text.strip()] for texts in news.values())))
        same = next((at for at, (one, other) in enumerate(pairs) if one != other), len(pairs))
        both: list[Line] = [("bot to both", words) for words, _ in pairs[:same]]
    else:
        same, both = 0, []
    rest = [(name, [excerpt(text) for text in texts if text.strip()][same:]) for name, texts in news.items()]
    return both + [(f"bot to {name}", words) for name, texts in rest for words in texts]


def excerpt(text: str) -> str:
    """The first line of a message, cut after a word where it is long."""
    first = " ".join(next((line for line in text.splitlines() if line.strip()), "").split())
    return first if len(first) <= LONGEST else first[:LONGEST].rpartition(" ")[0] or first[:LONGEST]


def lengths(length: timedelta) -> list[str]:
    """A length of whole minutes in the words of a test: days, and hours or minutes for the rest."""
    minutes = round(length / timedelta(minutes=1))
    days, rest = divmod(minutes, 24 * 60) if minutes > 9999 or minutes % (24 * 60) == 0 else (0, minutes)
    hours, rest = (rest // 60, 0) if rest % 60 == 0 else (0, rest)
    counts = ((days, "day"), (hours, "hour"), (rest, "minute"))
    return [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in counts if count]


def written(head: Head, talk: Sequence[Line], seed: int = 1) -> str:
    """The text of the test's file."""
    rows = [f"test: {quoted(head.test)}", f"flow: {head.flow}", "people:"]
    rows += [f"  {role}: {quoted(name)}" for role, name in head.people.items()]
    if head.pronouns:
        rows += ["pronouns:", *(f"  {quoted(name)}: {word}" for name, word in head.pronouns.items())]
    rows += [f"clock: {head.clock.astimezone(head.zone):%Y-%m-%d %H:%M}"]
    rows += [f"zone: {head.zone.key}"] if head.zone.key != "UTC" else []
    rows += ["gates: ask"]
    rows += [f"seed: {seed}"] if seed != 1 else []
    rows += ["talk:", *(f"  {'' if before[0] == '#' else '- '}{before}: {quoted(after)}" for before, after in talk)]
    return "\n".join(rows) + "\n"


def as_test(library: Library, head: Head, talk: Sequence[Line]) -> tuple[str, Failure | None]:
    """The text of a test that was played, with the first seed under which it passes. With a failure: no seed did."""
    text = written(head, talk)
    transcript, found = read_transcript(text.encode(), f"{head.test}.yaml")
    if transcript is None:
        return text, Failure(found[0].mark, found[0].text)
    first: Failure | None = None
    for seed in range(1, SEEDS + 1):
        failures = play(library, replace(transcript, seed=seed)).failures
        if not failures:
            return written(head, talk, seed), None
        first = first or failures[0]
    return text, first


def quoted(words: str) -> str:
    """Words as one value of YAML: as they are where that is safe, else between quotes with hidden signs written out."""
    if _PLAIN.fullmatch(words) and words.isprintable() and words == words.strip():
        return words
    return '"' + "".join(_escaped(sign) for sign in words) + '"'


def _escaped(sign: str) -> str:
    if sign in '"\\':
        return f"\\{sign}"
    if sign.isprintable():
        return sign
    return f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"
