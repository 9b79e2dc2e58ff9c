"""What tests of the terminal share: the real flows, and a stage with two people or one on a fresh file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.authoring.library import Loaded
from bot.terminal.direction import Director
from bot.terminal.stage import ANA, BEN, Stage
from bot.terminal.words import Words, read_words

from .scene import EIGHT, ROOT, Begin, read_flows


@pytest.fixture(scope="session")
def loaded() -> Loaded:
    """The flows of this repository."""
    return read_flows()


@pytest.fixture(scope="session")
def words() -> Words:
    """The terminal's own words."""
    return read_words(ROOT / "content")


@pytest.fixture
def begin(loaded: Loaded, words: Words, tmp_path: Path) -> Begin:
    """A director for a flow by name: with Ana and Ben where it is for two, else with Ana alone. Not opened yet."""

    def make(flow: str) -> Director:
        assert loaded.library is not None
        program = loaded.library.newest(flow)
        assert program is not None
        cast = (ANA, BEN) if program.flow.for_two else (ANA,)
        url = f"sqlite:///{tmp_path}/try.sqlite3"
        return Director(Stage(flow, cast, loaded, loaded.library, url, EIGHT, "Europe/Berlin"), words, read_flows)

    return make


@pytest.fixture
async def time_out(begin: Begin) -> AsyncIterator[Director]:
    """An open stage on which Ana has just asked for a time-out."""
    director = begin("time_out")
    await director.stage.open()
    await director.stage.say(1, "/time_out")
    yield director
    await director.stage.close()
