"""How well danger is recognised: a file of labelled lines → recall and false alarms, each with its interval.

A line holds four cells with a tab between: language, what it is (crisis, ask, none), category, text. For `none` the
category is the kind of harmless line. The texts are shown only where somebody asks for those that were missed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.authoring.content import Desk
from bot.authoring.danger import read_rules
from bot.authoring.finding import rendered
from bot.engine.danger import CATEGORIES, Danger, Level, Rules, recognise

KINDS = ("couple", "idiom", "negation", "other")
"""Harmless lines: ordinary talk, figures of speech, plain denials, and talk about other things."""

SHORT = {
    "child": "child_risk",
    "coercive": "coercive_control",
    "medical": "medical_emergency",
    "violence_self": "violence_perpetrator",
    "psychosis": "psychosis_or_mania",
    "minor": "minor_user",
}
"""Short names of categories that older lists use. There `suicide` covers self-harm too."""

_TOGETHER = {"suicide": {"suicide", "self_harm"}, "self_harm": {"suicide", "self_harm"}}
_Z = 1.96


@dataclass(frozen=True, slots=True)
class Labelled:
    """A line of the file: what it should be taken for, and its place."""

    line: int
    language: str
    expected: str
    category: str
    text: str


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many, with the 95 % interval (Wilson) around it."""

    hits: int
    total: int

    @property
    def part(self) -> float:
        return self.hits / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson 1927: sound also for few lines and for shares near 0 or 1. (0, 1) where there is nothing."""
        if not self.total:
            return 0.0, 1.0
        n, p, z = self.total, self.part, _Z
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        reach = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return max(0.0, middle - reach), min(1.0, middle + reach)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.part:6.1%} ({low:.0%}-{high:.0%})"


@dataclass(frozen=True, slots=True)
class Row:
    """One group of lines: how many were recognised for certain, at all, and under the right category."""

    name: str
    certain: Share
    any: Share
    right: Share


@dataclass(frozen=True, slots=True)
class Measured:
    """All rows by section, and the lines that went wrong."""

    sections: dict[str, tuple[Row, ...]]
    missed: tuple[Labelled, ...]
    alarms: tuple[tuple[Labelled, Danger], ...]

    def row(self, section: str, name: str) -> Row:
        """A row by its name; one of no lines where there is none."""
        nothing = Share(0, 0)
        return next((row for row in self.sections[section] if row.name == name), Row(name, nothing, nothing, nothing))


def report(file: Path, content: Path, misses: bool = False) -> tuple[str, int]:
    """What the command `safety` prints, and its exit code: 2 where the file or the rules are wrong."""
    try:
        lines = read_labelled(file)
    except ValueError as wrong:
        return str(wrong), 2
    desk = Desk()
    rules = read_rules(content / "safety", desk)
    if desk.found:
        return rendered(desk.found, desk.texts), 2
    return table(measure(lines, rules), misses), 0


def read_labelled(path: Path) -> list[Labelled]:
    """The lines of a file. Raises ValueError with one sentence that names the line which is wrong."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ValueError(f"There is no file {path}.") from None
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"{path} cannot be read. Save it as plain text in UTF-8.") from None
    every = [_labelled(number, row, path) for number, row in enumerate(text.splitlines(), 1) if row.strip()]
    if not every:
        raise ValueError(f"{path} has no lines.")
    return every


def _labelled(number: int, row: str, path: Path) -> Labelled:
    cells = [cell.strip() for cell in row.split("\t")]
    if len(cells) != 4 or not all(cells):
        raise ValueError(f"{path}, line {number}: there should be four cells with a tab between, none of them empty.")
    language, expected, category, text = cells
    if expected not in ("crisis", "ask", "none"):
        raise ValueError(f"{path}, line {number}: the second cell should be crisis, ask or none.")
    category = SHORT.get(category, category)
    known = KINDS if expected == "none" else CATEGORIES
    if category not in known:
        raise ValueError(f"{path}, line {number}: the third cell should be one of {', '.join(known)}.")
    return Labelled(number, language, expected, category, text)


def measure(lines: Sequence[Labelled], rules: Rules) -> Measured:
    """Reads every line with the rules. A category is right if it is among those recognised."""
    seen = [(one, recognise(one.text, rules)) for one in lines]
    crisis = [pair for pair in seen if pair[0].expected == "crisis"]
    ask = [pair for pair in seen if pair[0].expected == "ask"]
    none = [pair for pair in seen if pair[0].expected == "none"]
    sections = {
        "crisis by category": _rows(crisis, lambda one: one.category, CATEGORIES),
        "crisis by language": _rows(crisis, lambda one: one.language),
        "ask by language": _rows(ask, lambda one: one.language),
        "alarms by kind": _rows(none, lambda one: one.category, KINDS),
        "alarms by language": _rows(none, lambda one: one.language),
    }
    missed = tuple(one for one, found in crisis + ask if not found)
    alarms = tuple((one, found[0]) for one, found in none if found)
    return Measured(sections, missed, alarms)


_Pairs = Sequence[tuple[Labelled, tuple[Danger, ...]]]


def _rows(pairs: _Pairs, name: Callable[[Labelled], str], order: Sequence[str] = ()) -> tuple[Row, ...]:
    names = [one for one in order or sorted({name(line) for line, _ in pairs}) if any(name(p[0]) == one for p in pairs)]
    rows = [_row(one, [pair for pair in pairs if name(pair[0]) == one]) for one in names]
    return (*rows, _row("all", pairs)) if rows else ()


def _row(name: str, pairs: _Pairs) -> Row:
    certain = sum(any(one.level is Level.CERTAIN for one in found) for _, found in pairs)
    recognised = sum(bool(found) for _, found in pairs)
    right = sum(_is_right(line, found) for line, found in pairs)
    return Row(name, Share(certain, len(pairs)), Share(recognised, len(pairs)), Share(right, recognised))


def _is_right(line: Labelled, found: Iterable[Danger]) -> bool:
    fits = _TOGETHER.get(line.category, {line.category})
    return any(one.category in fits for one in found)


def table(measured: Measured, misses: bool = False) -> str:
    """What a terminal shows; the last line is the same as JSON. With `misses`, the lines that went wrong."""
    out: list[str] = []
    for section, rows in measured.sections.items():
        right = "" if section.startswith("alarms") else "right category"
        out += [f"{section:<24}{'lines':>6}  {'certain':<20}{'certain or ask':<20}{right}".rstrip()]
        for row in rows:
            last = "" if section.startswith("alarms") else str(row.right)
            out.append(f"  {row.name:<22}{row.any.total:>6}  {row.certain!s:<20}{row.any!s:<20}{last}".rstrip())
        out.append("")
    if misses:
        out += [f"missed, line {one.line}: {one.language} {one.category}: {one.text}" for one in measured.missed]
        out += [
            f"alarm, line {one.line}: {one.language} {one.category}, taken for {danger.category} "
            f"({danger.level.name.lower()}): {one.text}"
            for one, danger in measured.alarms
        ]
    out.append(
        json.dumps({section: {row.name: _numbers(row) for row in rows} for section, rows in measured.sections.items()})
    )
    return "\n".join(out)


def _numbers(row: Row) -> dict[str, int]:
    return {"lines": row.any.total, "certain": row.certain.hits, "any": row.any.hits, "right": row.right.hits}
