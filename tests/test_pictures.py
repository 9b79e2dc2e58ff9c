"""The pictures show their numbers: measured on the decoded pixels, not on the drawing code."""

from collections.abc import Sequence
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from bot.pictures import breathing, chart, main

SHIPPED = Path(__file__).parents[1] / "flows" / "media" / "slow_breath.gif"
MONDAY = date(2026, 11, 9)


def bright(picture: Image.Image) -> list[tuple[int, int]]:
    """The places of line, dots and breathing circle: they are green, while ground, grid and letters are nearly grey."""
    red, green, _ = picture.convert("RGB").split()
    greenness = ImageChops.subtract(green, red).tobytes()
    return [(n % picture.width, n // picture.width) for n, excess in enumerate(greenness) if excess > 50]


def text_in(picture: Image.Image, box: tuple[int, int, int, int]) -> bool:
    """Whether near-white letters stand in the box."""
    lowest_channels = [min(extremes) for extremes in zip(*picture.convert("RGB").crop(box).getextrema(), strict=True)]
    return bool(lowest_channels[1] > 220)


def drawn(values: Sequence[float | None], low: int = 0, high: int = 10, title: str = "Closeness") -> Image.Image:
    return Image.open(
        BytesIO(chart([(MONDAY + timedelta(n), value) for n, value in enumerate(values)], low, high, title))
    )


def columns(picture: Image.Image) -> list[tuple[int, int]]:
    """The unbroken stretches of columns that hold a line or a dot, as first and last column."""
    stretches: list[tuple[int, int]] = []
    for x in sorted({x for x, _ in bright(picture)}):
        if stretches and x == stretches[-1][1] + 1:
            stretches[-1] = (stretches[-1][0], x)
        else:
            stretches.append((x, x))
    return stretches


@pytest.mark.parametrize("source", ["drawn now", "shipped"])
def test_the_circle_grows_for_four_seconds_and_shrinks_for_six(source: str) -> None:
    content = breathing() if source == "drawn now" else SHIPPED.read_bytes()
    assert len(content) < 500_000
    gif = Image.open(BytesIO(content))
    assert gif.format == "GIF"
    assert gif.info["loop"] == 0
    assert gif.size == (320, 320)
    radius_at: dict[int, int] = {}  # milliseconds from the start of the breath: half the width of the circle
    elapsed = 0
    for frame in range(getattr(gif, "n_frames", 1)):
        gif.seek(frame)
        middle = gif.convert("RGB").crop((0, 160, 320, 161))
        radius_at[elapsed] = len(bright(middle)) // 2
        elapsed += gif.info["duration"]
    assert elapsed == 10_000
    widest = max(radius_at.values())
    assert widest > 2 * radius_at[0] > 60
    moments_of_widest = [moment for moment, radius in radius_at.items() if radius == widest]
    assert min(moments_of_widest) <= 4000 <= max(moments_of_widest) < 4500
    growing = [radius for moment, radius in radius_at.items() if moment <= 4000]
    shrinking = [radius for moment, radius in radius_at.items() if moment >= 4000]
    assert growing == sorted(growing)
    assert shrinking == sorted(shrinking, reverse=True)
    assert len(set(growing)) > 25  # smooth


def test_a_chart_breaks_its_line_at_a_day_without_an_answer() -> None:
    assert len(columns(drawn([5, 6, 7, 6, 5]))) == 1
    (first, last), (single, _), *rest = columns(drawn([5, 6, None, 7, None]))
    assert rest == []
    assert first < last < single


def test_a_chart_puts_answers_at_their_height_and_day() -> None:
    picture = drawn([0, None, 10, None, 5])
    low, high, middle = [(a + b) // 2 for a, b in columns(picture)]
    places = bright(picture)

    def level(column: int) -> float:
        rows = [y for x, y in places if x == column]
        return sum(rows) / len(rows)

    assert level(high) < level(middle) < level(low)
    assert level(middle) == pytest.approx((level(low) + level(high)) / 2, abs=2)
    assert high - low == pytest.approx(middle - high, abs=2)


def test_a_chart_takes_days_in_any_order_and_keeps_the_calendar() -> None:
    answers = ((0, 3.0), (1, None), (3, 8.0), (4, None), (9, 8.0))
    days: list[tuple[date, float | None]] = [(MONDAY + timedelta(n), value) for n, value in answers]
    content = chart(days, 0, 10, "Closeness")
    assert chart(days[::-1], 0, 10, "Closeness") == content
    first, second, third = [(a + b) / 2 for a, b in columns(Image.open(BytesIO(content)))]
    assert (second - first) / (third - first) == pytest.approx(3 / 9, abs=0.01)
    assert first < 200
    assert third > 940


def test_a_chart_of_one_day_is_one_dot_in_the_middle() -> None:
    picture = drawn([3], low=1, high=5)
    assert picture.format == "PNG"
    [(left, right)] = columns(picture)
    rows = [y for _, y in bright(picture)]
    assert right - left == pytest.approx(max(rows) - min(rows), abs=2)
    assert (left + right) / 2 == pytest.approx(570, abs=2)
    assert len(bright(picture)) > 300  # large enough for a phone


def test_a_chart_without_answers_is_an_empty_scale() -> None:
    assert bright(drawn([None, None])) == []


def test_a_chart_is_labelled() -> None:
    picture = drawn([4, 6, 8])
    assert text_in(picture, (0, 100, 110, 160))  # the high end of the scale
    assert text_in(picture, (0, 580, 110, 640))  # the low end
    assert text_in(picture, (120, 620, 1080, 720))  # the days
    assert text_in(picture, (120, 0, 1080, 120))  # the title
    assert not text_in(picture, (120, 140, 1080, 600))


def test_a_chart_names_two_dates_when_it_spans_more_than_a_month() -> None:
    picture = drawn([5.0] * 60)
    assert text_in(picture, (120, 620, 400, 720))
    assert not text_in(picture, (400, 620, 740, 720))
    assert text_in(picture, (740, 620, 1020, 720))
    assert not text_in(picture, (1024, 620, 1080, 720))


def test_a_title_that_the_font_cannot_write_is_left_out() -> None:
    assert not text_in(drawn([4, 6, 8], title="Близькість"), (120, 0, 1080, 120))
    assert not text_in(drawn([4, 6, 8], title=""), (120, 0, 1080, 120))


def test_a_long_title_stays_inside_the_picture() -> None:
    picture = drawn([4, 6, 8], title="How close did you feel to your partner today " * 4)
    assert text_in(picture, (120, 0, 1000, 100))
    assert not text_in(picture, (0, 0, 56, 100))
    assert not text_in(picture, (1024, 0, 1080, 100))


def test_a_chart_is_small() -> None:
    wild = [float(n * 37 % 101) if n % 5 else None for n in range(366)]
    picture = chart([(MONDAY + timedelta(n), value) for n, value in enumerate(wild)], 0, 100, "Closeness")
    assert len(picture) < 150_000


@pytest.mark.parametrize(
    ("values", "low", "high", "words"),
    [([], 0, 10, "at least one day"), ([1.0], 5, 5, "must rise"), ([11.0], 0, 10, "outside")],
)
def test_a_chart_refuses_what_it_cannot_show(values: list[float], low: int, high: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        drawn(values, low, high)


def test_the_command_writes_the_gif(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 0
    assert (tmp_path / "slow_breath.gif").read_bytes() == breathing()
    assert main([str(tmp_path / "missing")]) == 2
    assert main([]) == 2
    assert "Name one folder that exists" in capsys.readouterr().err
