"""How long something takes, from typed words: 20 minutes, half an hour, an hour and a half."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.engine.typed.lexicon import Tables
from bot.engine.typed.reading import Reading, Token, Understood, fit, letters, pattern, understood

HOUR = 60
"""In minutes."""

WAIT = 5 * HOUR
"""“8 heures” and “8 часов” are a time or a length. From here on they are a time: few people wait so long."""

_COUNTED = pattern("number|decimal|vague|article and_half? unit and_half?")
_HALF = pattern("article? half article? unit")
_NAMED = pattern("length and_half?")
_WRITTEN = pattern("hours_minutes unit?")
_BARE_MINUTES = pattern("join? number")


@dataclass(frozen=True, slots=True)
class Duration:
    """A length in minutes, its smallest unit, the tokens it takes, and whether its number is only about so many."""

    minutes: float
    unit: float
    start: int
    end: int
    vague: bool = False


def length(words: str, tables: Tables) -> Understood[timedelta] | None:
    """The length of time that the words give. Not sure for “a few minutes”, or where more is said."""
    return understood(words, tables, _length)


def durations(tokens: Sequence[Token]) -> list[Duration]:
    """Every length in the tokens, with its parts together: 1 hour and 30 minutes is one."""
    found: list[Duration] = []
    at = 0
    while at < len(tokens):
        one = _whole(tokens, at)
        found += [one] if one else []
        at = one.end if one else at + 1
    return found


def from_now(tokens: Sequence[Token]) -> list[Duration]:
    """The lengths that begin now: after “in”, which they take with them, or with nothing else said."""
    begun: list[Duration] = []
    for found in durations(tokens):
        start = found.start
        while start > 0 and not tokens[start - 1].has("in") and tokens[start - 1].has("filler", "article", "at"):
            start -= 1
        others = [*tokens[: found.start], *tokens[found.end :]]
        if start > 0 and tokens[start - 1].has("in"):
            begun.append(replace(found, start=start - 1))
        elif all(token.has("filler", "article") for token in others) and not _is_clock(tokens, found):
            begun.append(found)
    return begun


def is_past(tokens: Sequence[Token]) -> bool:
    """Whether the words look back: 20 minutes ago. German “vor” does only before a length, not in “zehn vor acht”."""
    starts = {found.start for found in durations(tokens)}
    for at, token in enumerate(tokens):
        after = at + 1
        while after < len(tokens) and after not in starts and tokens[after].has("filler"):
            after += 1
        if token.has("ago") and (after in starts or not token.has("past")):
            return True
    return False


def _length(tokens: Sequence[Token]) -> Reading[Understood[timedelta]] | None:
    found = durations(tokens)
    if len(found) != 1 or found[0].minutes <= 0 or is_past(tokens):
        return None
    one = found[0]
    others = [*tokens[: one.start], *tokens[one.end :]]
    if any(token.has("number", "decimal", "ratio", "clock") and not token.has("article") for token in others):
        return None
    around = [token for token in others if token.has("filler", "article", "in")]
    sure = len(around) == len(others) and not one.vague
    explained = letters(tokens[one.start : one.end]) + letters(around)
    return Reading(explained, Understood(timedelta(minutes=one.minutes), sure))


def _whole(tokens: Sequence[Token], at: int) -> Duration | None:
    """The length at this place, with smaller parts after it: 1 hour and 30 minutes, 1 h 30."""
    whole = _part(tokens, at)
    while whole:
        joined = whole.end < len(tokens) and tokens[whole.end].has("join")
        part = _part(tokens, whole.end + joined)
        if part is None and whole.unit == HOUR and (found := fit(tokens, whole.end, _BARE_MINUTES)):
            part = Duration(found.values[1] or 0, 1, whole.end, found.end)
        if part is None or part.unit >= whole.unit or part.minutes >= whole.unit:
            break
        whole = Duration(whole.minutes + part.minutes, part.unit, at, part.end, whole.vague or part.vague)
    return whole


def _part(tokens: Sequence[Token], at: int) -> Duration | None:
    """One number and unit, or one phrase for a length, at this place."""
    if found := fit(tokens, at, _COUNTED):
        count, half, unit, half_after = (value or 0 for value in found.values)
        minutes = (count + (0.5 if half or half_after else 0)) * unit
        return Duration(minutes, unit, at, found.end, vague=tokens[at].has("vague"))
    if found := fit(tokens, at, _HALF):
        unit = found.values[-1] or 0
        return Duration(unit / 2, unit / 2, at, found.end)
    if found := fit(tokens, at, _NAMED):
        minutes = found.values[0] or 0
        return Duration(minutes * (1.5 if found.values[1] else 1), minutes, at, found.end)
    if found := fit(tokens, at, _WRITTEN):
        return Duration(found.values[0] or 0, 1, at, found.end)
    return None


def _is_clock(tokens: Sequence[Token], found: Duration) -> bool:
    """Whether a length alone is more likely a time: 20h, 8 часов, 20h30."""
    return found.minutes >= WAIT and any(token.has("oclock", "clock") for token in tokens[found.start : found.end])
