"""What stands for a picture where there are only letters: a title, blocks for a chart, and its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.engine.events import Attached, Chart, Picture, Relay, Span
from bot.terminal.phone import Bubble
from bot.terminal.words import Words

BLOCKS = "▁▂▃▄▅▆▇█"
GAP = "·"
"""A day without an answer."""

ROOM = 24
"""Signs that the bot may put around a picture's words in its own line for them, “(Picture: …)”."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The lines to put a frame around: a short title, the chart (or ""), and what the picture shows (or "")."""

    title: str
    chart: str = ""
    alt: str = ""


def frame_of(bubble: Bubble, words: Words, now: datetime, zone: ZoneInfo) -> Frame | None:
    """The frame of a message with a picture, a chart, a voice message or a photo."""
    match bubble.media:
        case None:
            return None
        case Picture(alt=alt):
            return Frame(words["picture"], alt=alt)
        case Chart() as chart:
            drawn = sparkline(bubble.points, chart.low, chart.high, chart.days, now, zone)
            return Frame(f"{words['chart']}: {chart.title} ({chart.low}–{chart.high})", drawn, chart.alt)
        case Relay(what=Attached() as what):
            return Frame(words[what.value])


def body(bubble: Bubble) -> tuple[str, tuple[Span, ...]]:
    """The message's text and spans, without the line that only says what its picture shows: the frame says that."""
    alt = bubble.media.alt if isinstance(bubble.media, Picture | Chart) else ""
    start = 0
    for paragraph in bubble.text.split("\n\n"):
        if alt and alt in paragraph and len(paragraph) <= len(alt) + ROOM:
            return _without(bubble, start, min(start + len(paragraph) + 2, len(bubble.text)))
        start += len(paragraph) + 2
    return bubble.text, bubble.spans


def _without(bubble: Bubble, start: int, end: int) -> tuple[str, tuple[Span, ...]]:
    text = bubble.text[:start] + bubble.text[end:]
    moved = (
        span if span.offset < start else Span(span.offset - (end - start), span.length, span.style)
        for span in bubble.spans
        if not start <= span.offset < end
    )
    return text.rstrip(), tuple(moved)


def sparkline(
    points: Sequence[tuple[datetime, int]], low: int, high: int, days: int, now: datetime, zone: ZoneInfo
) -> str:
    """One block a day, today last, and the newest number behind it. A day with two answers shows the later one."""
    by_day = {at.astimezone(zone).date(): value for at, value in points}
    today = now.astimezone(zone).date()
    shown = [by_day.get(today - timedelta(days=back)) for back in reversed(range(days))]
    line = "".join(GAP if value is None else _block(value, low, high) for value in shown)
    return f"{line}  {points[-1][1]}" if points else line


def _block(value: int, low: int, high: int) -> str:
    share = (min(max(value, low), high) - low) / max(high - low, 1)
    return BLOCKS[round(share * (len(BLOCKS) - 1))]
