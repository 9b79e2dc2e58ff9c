"""A phone as a value: what stands in its chat, which buttons can be tapped, and the short line that flashed up last."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime

from bot.delivery.port import Letter
from bot.engine.events import Attached, Button, Message, Relay, Shown, Span
from bot.engine.text import OPENERS, POP

_DIRECTIONS = frozenset(f"{OPENERS}{POP}\u200e\u200f\u202a\u202b\u202c\u202d\u202e")
"""Signs that turn the direction of words: a phone obeys them, a terminal shows rubbish."""


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message as it stands now. `own` ones were written by the phone's person. `points` belong to a chart."""

    id: int
    own: bool
    text: str
    at: datetime
    spans: tuple[Span, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()
    media: Shown | None = None
    points: tuple[tuple[datetime, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Phone:
    """`toast` is the line that a tap has just flashed up, or "": whatever happens next takes it away."""

    name: str
    bubbles: tuple[Bubble, ...] = ()
    toast: str = ""


def wrote(phone: Phone, number: int, words: str, at: datetime, what: Attached | None = None) -> Phone:
    """The person sent words, or a voice message or photo."""
    text, _ = visible(words, ())
    media = None if what is None else Relay(what, "")
    return replace(phone, bubbles=(*phone.bubbles, Bubble(number, True, text, at, media=media)))


def received(phone: Phone, number: int, letter: Letter, at: datetime) -> Phone:
    """The bot's letter arrived: as message `number`, or as a change of that message, which keeps its picture; or it
    takes messages away."""
    if letter.kind == "remove":
        return replace(phone, bubbles=tuple(one for one in phone.bubbles if one.id not in letter.message_ids))
    if letter.enclosed is not None:
        file = Bubble(number, False, f"[{letter.enclosed.name}]\n{letter.enclosed.words}", at)
        return replace(phone, bubbles=(*phone.bubbles, file))
    if letter.kind == "send" and letter.message is not None:
        return replace(phone, bubbles=(*phone.bubbles, _said(Bubble(number, False, "", at), letter, letter.message)))
    bubbles = tuple(_changed(one, letter) if one.id == number else one for one in phone.bubbles)
    return replace(phone, bubbles=bubbles)


def _changed(bubble: Bubble, letter: Letter) -> Bubble:
    if letter.message is None:
        return replace(bubble, buttons=())
    return replace(_said(bubble, letter, letter.message), media=bubble.media)


def _said(bubble: Bubble, letter: Letter, message: Message) -> Bubble:
    text, spans = visible(message.text, message.spans)
    points = bubble.points if letter.chart is None else tuple(letter.chart)
    return replace(bubble, text=text, spans=spans, buttons=message.buttons, media=message.media, points=points)


def visible(text: str, spans: tuple[Span, ...]) -> tuple[str, tuple[Span, ...]]:
    """The text as a terminal can show it: without direction signs and control characters, the spans moved along."""
    kept = [sign == "\n" or not (sign in _DIRECTIONS or unicodedata.category(sign) in ("Cc", "Cs")) for sign in text]
    before = [0]
    for keep in kept:
        before.append(before[-1] + keep)
    moved = (
        Span(before[span.offset], before[min(span.offset + span.length, len(text))] - before[span.offset], span.style)
        for span in spans
    )
    return "".join(sign for sign, keep in zip(text, kept, strict=True) if keep), tuple(moved)


# --- buttons ----------------------------------------------------------------------------------------------------------


def buttons_of(bubble: Bubble) -> list[Button]:
    """All buttons of a message, row by row."""
    return [one for row in bubble.buttons for one in row]


def label_of(button: Button) -> str:
    return visible(button.label, ())[0]


def newest(phone: Phone) -> Bubble | None:
    """The newest message with buttons."""
    return next((bubble for bubble in reversed(phone.bubbles) if bubble.buttons), None)


def called(phone: Phone, words: str) -> Button | None:
    """The newest button with these words; capital letters and extra blanks do not count."""
    wanted = _folded(words)
    return next(
        (one for bubble in reversed(phone.bubbles) for one in buttons_of(bubble) if _folded(label_of(one)) == wanted),
        None,
    )


def _folded(words: str) -> str:
    return " ".join(words.split()).casefold()


def numbered(phone: Phone, number: int) -> Button | None:
    """The button with this number, from 1, of the newest message with buttons."""
    bubble = newest(phone)
    found = buttons_of(bubble) if bubble is not None else []
    return found[number - 1] if 1 <= number <= len(found) else None


def awaits_words(bubble: Bubble) -> bool:
    """Whether a message asks for something typed: it has buttons of a question (`a:`), but none for an answer."""
    items = [one.data.rpartition(":")[2] for one in buttons_of(bubble) if one.data.startswith("a:")]
    return bool(items) and not any(item.isdecimal() for item in items)
