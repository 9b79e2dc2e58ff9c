"""Draws docs/two_phones.svg: the terminal in the middle of a time-out. Run: `make picture`."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from textual.widgets import Button

from bot.authoring.library import load
from bot.settings import shipped
from bot.terminal.app import TryApp
from bot.terminal.direction import Director
from bot.terminal.stage import ANA, BEN, Stage
from bot.terminal.words import read_words

EVENING = datetime(2026, 3, 2, 19, 0, tzinfo=UTC)
HERE = Path(__file__).resolve().parent


async def draw(folder: str) -> None:
    """Plays the first minutes of a time-out and keeps what the screen shows."""
    loaded = load(shipped("flows"), shipped("content"))
    assert loaded.library is not None
    url = f"sqlite:///{folder}/picture.sqlite3"
    stage = Stage("time_out", (ANA, BEN), loaded, loaded.library, url, EVENING, "Europe/Berlin")
    words = read_words(shipped("content"))
    app = TryApp(Director(stage, words, lambda: loaded), [])
    async with app.run_test(size=(112, 27)) as pilot:
        await pilot.pause()
        twenty = next(one for one in app.query(Button).results(Button) if str(one.label) == "Twenty minutes")
        twenty.press()
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        picture = app.export_screenshot(title="twofold try time_out")
    (HERE / "two_phones.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(draw(place))
