"""Checks of sizes: what a text becomes with the longest answers in it still fits into one message."""

from __future__ import annotations

from collections.abc import Iterator

from bot.authoring.checks.sheet import Said, Sheet, check
from bot.authoring.draft import Options
from bot.authoring.names import Scope, asked_step
from bot.authoring.words import CAPTION_SENT_MOST, SENT_MOST
from bot.engine.flow import (
    AnswerValue,
    Count,
    EndsValue,
    FlowValue,
    GivenValue,
    Literal,
    Open,
    PartnerName,
    ReaderName,
    RoleName,
    Select,
    Subject,
    Value,
    Wording,
)

NAME = 40
"""A first name is cut to this; the engine does so too."""
TYPED = 1000
"""The longest typed answer, in UTF-16 units."""
SHORT = 60
"""Clock times, days, “(said aloud)”: none is longer in any language."""


def units(words: str) -> int:
    """Length as Telegram counts it, in UTF-16 units."""
    return len(words.encode("utf-16-le", "surrogatepass")) // 2


def _value(subject: Subject, scope: Scope) -> int:
    match subject:
        case ReaderName() | PartnerName() | RoleName():
            return NAME
        case EndsValue() | GivenValue():
            return SHORT
        case AnswerValue() | FlowValue():
            asked = asked_step(subject, scope)
            match asked.shape if asked is not None else None:
                case Open.TEXT:
                    return TYPED
                case Options(options, up_to):
                    return sum(sorted((units(option.label.text) + 2 for option in options), reverse=True)[:up_to])
                case _:
                    return SHORT


def longest(wording: Wording, scope: Scope) -> int:
    """The most UTF-16 units that this wording can become."""
    return sum(_piece(piece, scope) for piece in wording.pieces)


def _piece(piece: Literal | Value | Select | Count, scope: Scope) -> int:
    match piece:
        case Literal(text):
            return units(text)
        case Value(subject):
            return _value(subject, scope)
        case Select(_, cases):
            return max(sum(_piece(one, scope) for one in words) for words in cases.values())
        case Count():
            return SHORT


@check("T01")
def grows_too_long(sheet: Sheet) -> Iterator[Said]:
    """A text that fits empty, and not with long answers in it."""
    scope = Scope(sheet.draft.roles, sheet.draft.steps, sheet.among)
    for draft, text, _ in sheet.texts():
        most = CAPTION_SENT_MOST if draft.media is not None else SENT_MOST
        for wording in text.wordings:
            number = longest(wording, scope)
            if number > most:
                said = f"With the longest answers in it this text has {number} characters; {most} is the most."
                hint = (
                    "Show the answers in two steps."
                    if draft.media is None
                    else "Put the picture into a step of its own."
                )
                yield wording.mark, said, hint
