"""A picture becomes a frame with the same words, once."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.engine.events import Chart, Picture, Span
from bot.engine.flow import Style
from bot.terminal.frame import body, frame_of, sparkline
from bot.terminal.phone import Bubble
from bot.terminal.words import Words

from .scene import EIGHT

BERLIN = ZoneInfo("Europe/Berlin")


def test_the_line_for_the_picture_is_said_by_the_frame_alone(words: Words) -> None:
    text = "Breathe.\n\n(Picture: A circle.)\n\nBen will see this."
    spans = (Span(10, 20, Style.ITALIC), Span(32, 18, Style.ITALIC))
    bubble = Bubble(1, False, text, EIGHT, spans, media=Picture("slow.gif", "A circle."))

    shown, (left,) = body(bubble)
    frame = frame_of(bubble, words, EIGHT, BERLIN)

    assert shown == "Breathe.\n\nBen will see this."
    assert shown[left.offset : left.offset + left.length] == "Ben will see this."
    assert frame is not None
    assert frame.alt == "A circle."


def test_words_that_only_mention_the_picture_stay() -> None:
    long = "A circle. " + "Breathe with it as long as you like. " * 3
    bubble = Bubble(1, False, long, EIGHT, media=Picture("slow.gif", "A circle."))

    assert body(bubble) == (long, ())


def test_a_chart_has_a_block_a_day_with_today_last() -> None:
    points = [(EIGHT - timedelta(days=2), 0), (EIGHT - timedelta(hours=1), 4), (EIGHT, 10)]

    assert sparkline(points, 0, 10, 5, EIGHT, BERLIN) == "··▁·█  10"
    assert sparkline([], 0, 10, 3, EIGHT, BERLIN) == "···"


def test_a_chart_counts_days_where_its_reader_lives() -> None:
    past_midnight_there = EIGHT.replace(hour=23, minute=30)
    next_morning = past_midnight_there + timedelta(hours=8)

    assert sparkline([(EIGHT, 5)], 0, 10, 2, past_midnight_there, BERLIN) == "▅·  5"
    assert sparkline([(past_midnight_there, 5)], 0, 10, 2, next_morning, BERLIN) == "·▅  5"


def test_a_chart_of_one_number_is_framed_with_its_scale(words: Words) -> None:
    chart = Chart("check_in", "closeness", 0, 10, 3, "closeness", "A line.")
    frame = frame_of(Bubble(1, False, "", EIGHT, media=chart, points=((EIGHT, 7),)), words, EIGHT, BERLIN)

    assert frame is not None
    assert frame.title.endswith("closeness (0–10)")
    assert frame.chart == "··▆  7"
