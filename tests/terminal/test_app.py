"""The two phones as drawn: what is tapped on one is read on the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static

from bot.terminal import phone as chat
from bot.terminal.app import TryApp
from bot.terminal.direction import Director

from .scene import ANA, BEN, Begin

WIDE, SMALL = (130, 40), (80, 24)


@asynccontextmanager
async def shown(director: Director, size: tuple[int, int] = WIDE) -> AsyncIterator[tuple[TryApp, Pilot[str]]]:
    app = TryApp(director, [])
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


def button(app: TryApp, person: int, label: str) -> Button:
    found = [one for one in app.query(f"#chat-{person} Button").results(Button) if str(one.label) == label]
    assert found, f"no button {label} on phone {person}"
    return found[-1]


def read(app: TryApp, person: int) -> str:
    """All words on one phone's chat, from its widgets."""
    return "\n".join(str(one.content) for one in app.query(f"#chat-{person} Static").results(Static))


def line(app: TryApp, name: str) -> str:
    return str(app.query_one(f"#{name}", Static).content)


async def write(pilot: Pilot[str], words: str) -> None:
    focused = pilot.app.focused
    assert isinstance(focused, Input)
    focused.value = words
    await pilot.press("enter")
    await pilot.pause()


@pytest.mark.parametrize("size", [WIDE, SMALL])
async def test_a_tap_with_the_mouse_is_read_on_the_other_phone(begin: Begin, size: tuple[int, int]) -> None:
    async with shown(begin("time_out"), size) as (app, pilot):
        assert "For how long, Ana?" in read(app, ANA)
        assert read(app, BEN) == ""

        await pilot.click(button(app, ANA, "Twenty minutes"))
        await pilot.pause()

        assert "comes back in 20 minutes (20:20)" in read(app, BEN)
        assert "✓ Twenty minutes" in read(app, ANA)
        assert "A circle that grows" in read(app, BEN)
        assert line(app, "timer") == "The next timer is in 20 minutes (20:20)."


async def test_keys_pick_a_button_and_move_the_clock(begin: Begin) -> None:
    async with shown(begin("time_out")) as (app, pilot):
        await pilot.press("down", "down", "up", "enter")
        await pilot.pause()
        assert "✓ Twenty minutes" in read(app, ANA)

        await pilot.press("ctrl+n")
        assert line(app, "clock") == "Mon 2 Mar 20:10"
        await pilot.press("f2")
        await pilot.pause()
        assert line(app, "clock") == "Mon 2 Mar 20:20"
        assert "The break is over, Ben" in read(app, BEN)


async def test_tab_goes_to_the_other_phone_and_typed_words_come_from_there(begin: Begin) -> None:
    async with shown(begin("time_out")) as (app, pilot):
        await write(pilot, "twenty minutes")
        assert "Ben · new" in str(app.query_one("#phone-2").border_title)

        await pilot.press("tab")
        assert str(app.query_one("#phone-2").border_title) == "Ben"
        await write(pilot, ":why")

        assert "/why" in read(app, BEN)
        assert "/why" not in read(app, ANA)


async def test_a_saved_talk_a_restart_and_an_unclear_line_say_so(begin: Begin, tmp_path: Path) -> None:
    async with shown(begin("time_out")) as (app, pilot):
        await write(pilot, ":restart")
        assert line(app, "notice") == app.words["restarted"]
        await write(pilot, ":nonsense")
        assert "“:nonsense”" in line(app, "notice")
        await write(pilot, f":save {tmp_path}/talk.yaml")
        assert line(app, "notice") == f"This talk is now a test in {tmp_path}/talk.yaml."
        await write(pilot, ":pass 20 minutes")
        assert not app.query_one("#notice").display

    assert (tmp_path / "talk.yaml").read_text().startswith("test: talk\n")


async def test_an_old_tap_flashes_up_on_that_phone_only(begin: Begin) -> None:
    async with shown(begin("time_out")) as (app, pilot):
        phone = app.stage.phones[ANA]
        old = phone.bubbles[-1].buttons[0][0]
        await app.stage.tap(ANA, old)
        await app._do(app.stage.tap(ANA, old))
        await pilot.pause()

        assert line(app, "toast-1") == "That question is closed."
        assert app.query_one("#toast-1").display
        assert not app.query_one("#toast-2").display


async def test_a_flow_for_one_has_one_phone_and_its_chart(begin: Begin) -> None:
    async with shown(begin("check_in")) as (app, pilot):
        await write(pilot, "8")
        await write(pilot, "[red]we[/] laughed {name}")
        chart = chat.called(app.stage.phones[ANA], "My chart")
        assert chart is not None
        await app._do(app.stage.tap(ANA, chart))
        await pilot.pause()

        assert len(app.query(".phone")) == 1
        assert "[red]we[/] laughed {name}" in read(app, ANA)
        assert "·············▇  8" in read(app, ANA)


async def test_help_opens_and_closes_and_hides_nothing_for_good(begin: Begin) -> None:
    async with shown(begin("time_out"), SMALL) as (app, pilot):
        await pilot.press("f1")
        assert app.query_one("#help").display
        assert app.query_one("#help").region.height <= SMALL[1]
        await pilot.press("escape")
        assert not app.query_one("#veil").display


async def test_a_narrow_terminal_shows_the_phone_in_use(begin: Begin) -> None:
    async with shown(begin("time_out"), (50, 20)) as (app, pilot):
        await pilot.pause()
        assert [one.display for one in app.query(".phone")] == [True, False]
        await pilot.press("tab")
        await pilot.pause()
        assert [one.display for one in app.query(".phone")] == [False, True]


async def test_quitting_closes_the_database(begin: Begin, tmp_path: Path) -> None:
    from bot.store.database import open_database

    director = begin("time_out")
    async with shown(director) as (_, pilot):
        await write(pilot, ":quit")

    open_database(director.stage.url).close()


async def test_a_database_that_fails_ends_it_with_its_sentence(begin: Begin, tmp_path: Path) -> None:
    (tmp_path / "try.sqlite3").write_text("this is no database, whatever its name says " * 50)
    async with shown(begin("time_out")) as (app, _):
        pass

    assert app.return_code == 1
    assert "no database" in (app.return_value or "")
