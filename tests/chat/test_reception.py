"""Every update is read once, committed, and its tap answered, whatever came of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.chat.reception import Notice, Reception, lane, numbered
from bot.engine.events import Away, Button, Tap

from .desk import Desk, Mouth
from .updates import GROUP, command, membership, message, tap


def reception(desk: Desk, mouth: Mouth) -> Reception:
    return Reception(desk.handle, mouth, "twofold_bot", lambda language: Notice(f"In private. ({language})", "Open"))


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def mouth() -> Mouth:
    return Mouth()


async def test_a_tap_is_answered_after_the_commit(desk: Desk, mouth: Mouth) -> None:
    here, door = reception(desk, mouth), desk.hold("Ana")
    desk.toast = "Saved"
    waiting = asyncio.create_task(here.receive(tap(data="x")))
    await desk.entered["Ana"].wait()
    assert mouth.answers == []
    door.set()
    await waiting
    await here.settle()
    assert [one.given for one in desk.done] == [Tap(0, "x")]
    assert mouth.answers == [("44", "Saved")]


async def test_the_next_update_does_not_wait_for_the_answer_to_a_tap(desk: Desk, mouth: Mouth) -> None:
    here = reception(desk, mouth)
    mouth.free.clear()
    async with asyncio.timeout(5):
        await here.receive(tap(1))
        await here.receive(message(2, text="x"))
    assert len(desk.done) == 2
    mouth.free.set()
    await here.settle()
    assert mouth.answers == [("44", "")]


async def test_a_tap_that_means_nothing_is_answered_too(desk: Desk, mouth: Mouth) -> None:
    here = reception(desk, mouth)
    await here.receive(tap(chat=GROUP))
    await here.settle()
    assert (desk.done, mouth.answers) == ([], [("44", "")])


async def test_a_tap_that_was_not_committed_is_not_answered(desk: Desk, mouth: Mouth) -> None:
    here = reception(desk, mouth)
    desk.fails = 1
    with pytest.raises(ConnectionError):
        await here.receive(tap())
    await here.settle()
    assert mouth.answers == []
    await here.receive(tap())
    await here.settle()
    assert mouth.answers == [("44", "")]


async def test_an_update_can_be_read_twice(desk: Desk, mouth: Mouth) -> None:
    here, raw = reception(desk, mouth), membership("member", "kicked")
    desk.fails = 1
    with pytest.raises(ConnectionError):
        await here.receive(raw)
    await here.receive(raw)
    assert [one.given for one in desk.done] == [Away(0)]


async def test_a_group_is_told_where_the_bot_works(desk: Desk, mouth: Mouth) -> None:
    here = reception(desk, mouth)
    await here.receive(message(chat=GROUP, text="/start", entities=command("/start")))
    await here.settle()
    assert mouth.said == [(-100, "In private. (pt-br)", Button("Open", url="https://t.me/twofold_bot"))]
    assert desk.done == []


@pytest.mark.parametrize(
    "parts",
    [{"message": {"message_id": "?"}}, {"message": []}, {"my_chat_member": {"chat": 3}}, {"message": {"date": 2**99}}],
)
async def test_an_update_that_cannot_be_read_is_left_out(parts: dict[str, Any], desk: Desk, mouth: Mouth) -> None:
    with capture_logs() as logs:
        await reception(desk, mouth).receive({"update_id": 31, **parts})
    assert [(entry["event"], entry["update"]) for entry in logs] == [("update_unreadable", 31)]
    assert desk.done == []


def test_the_lane_is_the_persons_whatever_they_do() -> None:
    updates = [message(text="x"), message(kind="edited_message", text="x"), tap(), membership("member", "kicked")]
    assert [lane(one) for one in updates] == [7, 7, 7, 7]
    assert lane(tap(chat=None)) == 7
    assert lane(message(chat=GROUP, text="x")) == -100
    assert lane({"update_id": 1, "message": {"chat": "?"}}) == 0


def test_an_update_has_a_number() -> None:
    assert numbered({"update_id": 1})
    others: list[object] = [{}, {"update_id": "1"}, {"update_id": True}, [], None, 1]
    assert not any(numbered(other) for other in others)


async def test_somebody_new_is_told_when_too_many_come(desk: Desk, mouth: Mouth) -> None:
    desk.full = True
    notice = Notice("", "")
    here = Reception(desk.handle, mouth, "twofold_bot", lambda _: notice, lambda language: f"Too many ({language}).")
    await here.receive(message(1, text="/start"))
    await here.receive(tap(2))
    await here.settle()
    assert mouth.said == [(7, "Too many (pt-br).", None)] * 2
    assert mouth.answers == [("44", "")]
