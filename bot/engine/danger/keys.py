"""What a pattern cannot match without: a few letters, so that hardly any pattern is ever tried on a message.

A walk over the pattern keeps, for each piece of it, the texts it can stand for (while they are few) and the best set of
texts of which one must occur. Whatever it does not understand counts as “anything”: then there may be no key, and the
pattern is tried on every message. It never claims a key that a match could lack.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

FEWEST = 3
"""Letters of the shortest key: the index is by the first three."""
_MOST = 48
"""Texts of a set; beyond that a longer look would cost more than it spares."""

_MANY = 800
"""Texts of all the ways of an alternation together."""

_EVERYWHERE = frozenset(
    re.findall(
        r"\w+",
        """i a my me to the on in of is am not want with his her he she our that and for it feel will need at about so
        are la el de que no mi se ich er sie mich und das je il elle ne pas non che ele eu я он она не меня и в""",
    )
)
"""Words that stand in so many messages that they tell nothing."""
_TELLING = 12
"""Beyond so many letters a text is rare enough, whatever its words."""

_TOKEN = re.compile(
    r"(?P<text>[^\\()\[\]{}.|?*+^$]+)|(?P<piece>\{[^\W\d]\w*\})|(?P<look>\(\?<?[=!])|(?P<open>\(\?:|\()|(?P<close>\))|(?P<bar>\|)"
    r"|(?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<many>[?*+]|\{\d*,?\d*\})|(?P<escape>\\.)|(?P<any>.)",
    re.DOTALL,
)
_PLAIN_ESCAPE = re.compile(r"\\[^\w]")
_NOTHING = frozenset({""})


@dataclass(frozen=True, slots=True)
class _Seen:
    """`exact`: all it can stand for, or None for too many; `needed`: one of these occurs, or None for not known."""

    exact: frozenset[str] | None
    needed: frozenset[str] | None = None


Known = Mapping[str, _Seen]
"""Pieces by name, each walked over once."""


def known(pieces: Mapping[str, str]) -> Known:
    """What the pieces of a language can stand for; a piece may use those above it."""
    found: dict[str, _Seen] = {}
    for name, pattern in pieces.items():
        found[name] = _seen(pattern, found)
    return found


def keys(pattern: str, pieces: Known | None = None) -> frozenset[str] | None:
    """Texts of three letters or more of which one stands in every match; None where there is no such set. The pattern
    may have its pieces put in, or name those that are `known`."""
    seen = _seen(pattern, pieces or {})
    return _better(seen.needed, seen.exact)


def _seen(pattern: str, pieces: Known) -> _Seen:
    tokens = [(found.lastgroup or "", found[0]) for found in _TOKEN.finditer(pattern)]
    return _either(tokens, 0, pieces)[0]


@cache
def _worth(texts: frozenset[str]) -> tuple[int, int]:
    return min(min(map(_weight, texts)), 9), -len(texts)


@cache
def _weight(text: str) -> int:
    """How much a text tells: its letters without those of words that stand in every other message."""
    return len(text) if len(text) > _TELLING else sum(len(word) for word in text.split() if word not in _EVERYWHERE)


def _better(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """The set that lets fewer messages through: longer texts first, then fewer."""
    usable = [texts for texts in (one, other) if texts and min(map(len, texts)) >= FEWEST]
    return max(usable, key=_worth) if usable else None


def _joined(sets: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    together: frozenset[str] = frozenset()
    for texts in sets:
        if texts is None:
            return None
        together |= texts
    return together if len(together) <= _MANY else None


def _either(tokens: list[tuple[str, str]], at: int, pieces: Known) -> tuple[_Seen, int]:
    """What stands between two brackets: one way or several, up to the bracket that closes."""
    ways = []
    while True:
        way, at = _row(tokens, at, pieces)
        ways.append(way)
        if at >= len(tokens) or tokens[at][0] != "bar":
            break
        at += 1
    if len(ways) == 1:
        return ways[0], at
    exact = _joined(way.exact for way in ways)
    needed = _joined(_better(way.needed, way.exact) for way in ways)
    return _Seen(exact if exact is not None and len(exact) <= _MOST else None, needed), at


def _row(tokens: list[tuple[str, str]], at: int, pieces: Known) -> tuple[_Seen, int]:
    """One thing after another: texts grow together as long as they are few."""
    grown, needed, whole = _NOTHING, None, True
    while at < len(tokens) and tokens[at][0] not in ("bar", "close"):
        parts, at = _part(tokens, at, pieces)
        for part in parts:
            if part.exact is not None and len(grown) * len(part.exact) <= _MOST:
                grown = frozenset(left + right for left in grown for right in part.exact)
                continue
            needed = _better(_better(needed, grown), part.needed)
            whole = False
            grown = part.exact if part.exact is not None and len(part.exact) <= _MOST else _NOTHING
    return _Seen(grown if whole else None, _better(needed, grown)), at


def _part(tokens: list[tuple[str, str]], at: int, pieces: Known) -> tuple[list[_Seen], int]:
    """One thing and how often it stands there. Letters in a row come apart where only the last is repeated."""
    kind, text = tokens[at]
    at += 1
    before: list[_Seen] = []
    match kind:
        case "open" | "look":
            seen, at = _either(tokens, at, pieces)
            at += 1  # the bracket that closes
            if kind == "look":
                seen = _Seen(_NOTHING)
        case "piece":
            seen = pieces.get(text[1:-1], _Seen(None))
        case "text":
            many = at < len(tokens) and tokens[at][0] == "many"
            if many and len(text) > 1:
                before, text = [_Seen(frozenset({text[:-1]}))], text[-1]
            seen = _Seen(frozenset({text}))
        case "escape" if _PLAIN_ESCAPE.fullmatch(text):
            seen = _Seen(frozenset({text[1]}))
        case "escape" if text in (r"\b", r"\B"):
            seen = _Seen(_NOTHING)
        case "any" if text in "^$":
            seen = _Seen(_NOTHING)
        case _:
            seen = _Seen(None)
    if at < len(tokens) and tokens[at][0] == "many":
        seen = _repeated(seen, tokens[at][1])
        at += 1
        if at < len(tokens) and tokens[at] == ("many", "?"):  # as few as possible: the same texts
            at += 1
    return [*before, seen], at


def _repeated(seen: _Seen, many: str) -> _Seen:
    match many:
        case "?":
            return _Seen(None if seen.exact is None else seen.exact | _NOTHING)
        case "+":
            return _Seen(None, _better(seen.needed, seen.exact))
        case _:  # none, or a number of times that is not looked at
            return _Seen(None)
