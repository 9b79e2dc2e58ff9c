"""A picture is a function of its numbers: the same in, the same bytes out, and no word that was not given."""

import math
import sys
from collections.abc import Sequence
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

# Both pictures bring their own dark ground, so they look the same in a light and in a dark chat.
Colour = tuple[int, int, int]
GROUND: Colour = (31, 45, 61)
FAINT: Colour = (71, 89, 108)
INK: Colour = (238, 242, 244)
ACCENT: Colour = (143, 217, 199)

FRAME_MS = 80  # twelve and a half frames a second: 50 frames make four seconds, 75 make six
BREATH_IN_FRAMES = 50
BREATH_OUT_FRAMES = 75
SIDE = 320
NARROWEST, WIDEST = 46, 130  # the circle's radius, breathed out and breathed in
SHADES = 24  # steps from ground to accent: enough for smooth edges, few enough for a small file
SMOOTHING = 3  # circles are drawn three times as large and shrunk, because Pillow's circles have hard edges

WIDTH, HEIGHT = 1080, 720
LEFT, TOP, RIGHT, BOTTOM = 120, 130, 60, 110
INDENT = 40  # the first and the last dot stand this far from the ends of the lines
TEXT_SIZE = 44  # a phone shows the picture at about a third: 44 becomes 15 points
TITLE_SIZES = (56, 50, 44, 38)
DAY_ROOM = 110  # from the middle of one day number to the next
DOT, SMALL_DOT, LINE = 13, 5, 7
FULL_DATES_FROM = 28  # days from first to last: from here on, a bare day number could stand there twice


def breathing() -> bytes:
    """The GIF for slow breathing: a circle grows for four seconds and shrinks for six (10 s, loops for ever, silent).

    Four in and six out is the pace of the card `paced-breathing-hrv` (about six breaths a minute).
    """
    ways_in = [(1 - math.cos(math.pi * n / BREATH_IN_FRAMES)) / 2 for n in range(BREATH_IN_FRAMES)]
    ways_out = [(1 + math.cos(math.pi * n / BREATH_OUT_FRAMES)) / 2 for n in range(BREATH_OUT_FRAMES)]
    first, *others = [_breath(openness) for openness in ways_in + ways_out]
    file = BytesIO()
    first.save(file, "GIF", save_all=True, append_images=others, duration=FRAME_MS, loop=0, optimize=False)
    return file.getvalue()


def chart(points: Sequence[tuple[date, float | None]], low: int, high: int, title: str) -> bytes:
    """The PNG of one answer over the given days, at most 150 KB.

    `points` are the days with the answer of each, or None for a day without one: there the line is broken. Days stand
    where the calendar puts them. `low` and `high` are the ends of the scale. The bundled font has no letters beyond
    plain English; a title with others is left out, so the words beside the picture must say what it shows.

    ValueError: no days, a scale that does not rise, or an answer outside the scale.
    """
    if not points:
        raise ValueError("A chart needs at least one day.")
    if low >= high:
        raise ValueError(f"The scale must rise, but it goes from {low} to {high}.")
    if any(value is not None and not low <= value <= high for _, value in points):
        raise ValueError(f"A chart from {low} to {high} cannot show an answer outside it.")
    days = sorted(points, key=lambda point: point[0])
    first, last = days[0][0], days[-1][0]
    picture = Image.new("RGB", (WIDTH * SMOOTHING, HEIGHT * SMOOTHING), GROUND)
    drawing = ImageDraw.Draw(picture)
    for share in (0.0, 0.5, 1.0):
        drawing.line(_scaled((LEFT, _height(share)), (WIDTH - RIGHT, _height(share))), FAINT, 3 * SMOOTHING)
    dot = min(DOT, max(SMALL_DOT, 0.4 * _room() / max(1, (last - first).days)))  # many days: dots must not touch
    stretch: list[tuple[float, float]] = []
    for day, value in days:
        if value is None:
            _draw_stretch(drawing, stretch, dot)
            stretch = []
        else:
            stretch.append((_across(day, first, last), _height((value - low) / (high - low))))
    _draw_stretch(drawing, stretch, dot)
    picture = picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    _write(ImageDraw.Draw(picture), [day for day, _ in days], low, high, title)
    file = BytesIO()
    picture.quantize(64, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


def _breath(openness: float) -> Image.Image:
    """One frame; `openness` runs from 0 (breathed out) to 1 (breathed in)."""
    size = SIDE * SMOOTHING
    amount = Image.new("L", (size, size), 0)
    drawing = ImageDraw.Draw(amount)

    def circle(radius: float, fill: int | None, outline: int | None = None) -> None:
        drawing.circle((size / 2, size / 2), radius * SMOOTHING, fill, outline, 3 * SMOOTHING)

    radius = NARROWEST + (WIDEST - NARROWEST) * openness
    circle(WIDEST + 16, None, 60)  # the quiet ring shows how far the breath will go
    circle(radius + 14, 45)  # a soft edge keeps the turn from in to out gentle
    circle(radius + 7, 95)
    circle(radius, 255)
    shades = amount.resize((SIDE, SIDE), Image.Resampling.LANCZOS).point(lambda grey: round(grey * (SHADES - 1) / 255))
    frame = Image.frombytes("P", shades.size, shades.tobytes())
    frame.putpalette(
        [round(g + (a - g) * n / (SHADES - 1)) for n in range(SHADES) for g, a in zip(GROUND, ACCENT, strict=True)]
    )
    return frame


def _scaled(*places: tuple[float, float]) -> list[tuple[float, float]]:
    return [(x * SMOOTHING, y * SMOOTHING) for x, y in places]


def _across(day: date, first: date, last: date) -> float:
    span = (last - first).days
    share = (day - first).days / span if span else 0.5
    return LEFT + INDENT + share * _room()


def _room() -> float:
    """Pixels from the first day to the last."""
    return WIDTH - LEFT - RIGHT - 2 * INDENT


def _height(share: float) -> float:
    """From the share of the scale (0 low, 1 high) to pixels from the top."""
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _draw_stretch(drawing: ImageDraw.ImageDraw, stretch: list[tuple[float, float]], dot: float) -> None:
    places = _scaled(*stretch)
    if len(places) > 1:
        drawing.line(places, ACCENT, LINE * SMOOTHING, joint="curve")
    for place in places:
        drawing.circle(place, dot * SMOOTHING, ACCENT)


def _write(drawing: ImageDraw.ImageDraw, days: list[date], low: int, high: int, title: str) -> None:
    font = _font(TEXT_SIZE)
    for share, scale_end in ((0.0, low), (1.0, high)):
        drawing.text((LEFT - 24, _height(share)), str(scale_end), INK, font, anchor="rm")
    for across, number_or_date, anchor in _day_labels(days):
        drawing.text((across, HEIGHT - BOTTOM + 60), number_or_date, INK, font, anchor=anchor)
    if fitted := _fitted(title):
        words, size = fitted
        drawing.text((WIDTH / 2, TOP / 2), words, INK, _font(size), anchor="mm")


def _day_labels(days: list[date]) -> list[tuple[float, str, str]]:
    """Where, what and how anchored. Numbers only, because they need no translation: days of the month, or two full
    dates for more than a month. Counted from the newest day, which is always named."""
    first, last = days[0], days[-1]
    if (last - first).days >= FULL_DATES_FROM:
        return [(LEFT, first.isoformat(), "lm"), (WIDTH - RIGHT, last.isoformat(), "rm")]
    labels: list[tuple[float, str, str]] = []
    for day in reversed(days):
        across = _across(day, first, last)
        if not labels or across <= labels[-1][0] - DAY_ROOM:
            labels.append((across, str(day.day), "mm"))
    return labels


def _fitted(title: str) -> tuple[str, int] | None:
    """The title and a size at which it fits; cut at the end when none does; None when the font lacks a letter."""
    words = " ".join(title.split())
    if not words or any(_missing(letter) for letter in words):
        return None
    room = WIDTH - 2 * RIGHT
    for size in TITLE_SIZES:
        if _font(size).getlength(words) <= room:
            return words, size
    size = TITLE_SIZES[-1]
    while _font(size).getlength(words + "…") > room:
        words = words.rpartition(" ")[0] or words[:-1]
    return words + "…", size


def _missing(letter: str) -> bool:
    font = _font(TEXT_SIZE)
    return letter != " " and bytes(font.getmask(letter)) == bytes(font.getmask("\uffff"))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size=size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType. Install Pillow from its own wheels.")
    return font


def main(arguments: Sequence[str]) -> int:
    """Write slow_breath.gif into the one folder given; 0 when done, 2 when the folder is not there."""
    match arguments:
        case [folder] if Path(folder).is_dir():
            (Path(folder) / "slow_breath.gif").write_bytes(breathing())
            return 0
        case _:
            sys.stderr.write("Name one folder that exists: python -m bot.pictures OUT_FOLDER\n")
            return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
