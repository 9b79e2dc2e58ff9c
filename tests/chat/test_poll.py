"""Polling loses nothing, keeps each person's order, lets nobody wait for somebody else, and survives its server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs
from telegram_server import Person, TelegramServer

from bot.chat.line import Answer, Connection, Line
from bot.chat.poll import CONFLICT, catch_up, poll, take
from bot.chat.reception import Notice, Reception
from bot.chat.send import TelegramPost
from bot.chat.start import Unwelcome

from .desk import Desk, at_once
from .updates import ANA, PRIVATE, message

PATIENCE = 10
"""Seconds after which a test that hangs has failed."""

Json = dict[str, Any]
Polling = Callable[[], AbstractAsyncContextManager[asyncio.Event]]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def polling(connection: Connection, post: TelegramPost, desk: Desk) -> Polling:
    """Polls for as long as the block lasts; gives the event that stops it."""
    reception = Reception(desk.handle, post, "twofold_test_bot", lambda _: Notice("In private.", "Open"))

    @asynccontextmanager
    async def run() -> AsyncIterator[asyncio.Event]:
        stop = asyncio.Event()
        task = asyncio.create_task(poll(connection.line, reception.receive, stop, waits=at_once))
        try:
            yield stop
        finally:
            stop.set()
            async with asyncio.timeout(PATIENCE):
                await task
                await reception.settle()

    return run


def ids(server: TelegramServer) -> list[int]:
    return [update.id for update in server.updates.pending]


async def test_what_is_said_is_handled_and_confirmed(
    server: TelegramServer, ana: Person, desk: Desk, polling: Polling
) -> None:
    await ana.send("one")
    async with polling():
        await ana.send("two")
        await server.settled()
    assert desk.words() == ["one", "two"]
    assert (server.violations, ids(server)) == ([], [])


async def test_one_person_does_not_wait_for_another_and_keeps_the_order(
    server: TelegramServer, ana: Person, desk: Desk, polling: Polling
) -> None:
    ben, door = server.person("Ben"), desk.hold("Ana")
    for words in ("1", "2", "3"):
        await ana.send(words)
        await ben.send(words)
    async with polling():
        await desk.until(lambda: desk.words("Ben") == ["1", "2", "3"])
        assert (desk.words("Ana"), len(desk.tried)) == ([], 4)
        door.set()
        await server.settled()
    assert desk.words("Ana") == ["1", "2", "3"]


async def test_nothing_is_confirmed_before_it_is_committed(
    server: TelegramServer, ana: Person, desk: Desk, polling: Polling
) -> None:
    door = desk.hold("Ana")
    await ana.send("one")
    async with polling():
        await desk.entered["Ana"].wait()
        assert len(ids(server)) == 1
        assert server.calls["getUpdates"] == 1
        door.set()
        await server.settled()
    assert desk.words() == ["one"]


async def test_a_stop_finishes_what_is_in_hand_and_loses_nothing(
    server: TelegramServer, ana: Person, desk: Desk, polling: Polling
) -> None:
    door = desk.hold("Ana")
    await ana.send("one")
    await ana.send("two")
    first, second = ids(server)
    async with polling() as stop:
        await desk.entered["Ana"].wait()
        stop.set()
        door.set()
    assert desk.words() == ["one"]
    assert (desk.tried, ids(server)) == ([first], [second])
    async with polling():
        await server.settled()
    assert desk.words() == ["one", "two"]


async def test_a_stop_ends_a_question_that_is_held_open(server: TelegramServer, polling: Polling) -> None:
    async with polling():
        await server.updates.bell.until(lambda: server.calls["getUpdates"] or None, 5)
    assert server.calls["getUpdates"] == 1


async def test_an_update_that_was_not_kept_is_tried_again_before_the_next_one(
    server: TelegramServer, ana: Person, desk: Desk, polling: Polling
) -> None:
    desk.fails = 3
    await ana.send("one")
    await ana.send("two")
    first, second = ids(server)
    with capture_logs() as logs:
        async with polling():
            await server.settled()
    assert desk.tried == [first, first, first, first, second]
    assert desk.words() == ["one", "two"]
    assert [(entry["event"], entry["update"], entry["error"]) for entry in logs] == [
        ("update_not_kept", first, "ConnectionError")
    ]


async def test_a_stop_while_nothing_can_be_kept_leaves_it_with_telegram(
    server: TelegramServer, ana: Person, desk: Desk, polling: Polling
) -> None:
    desk.fails = 10**9
    await ana.send("one")
    async with polling():
        await desk.until(lambda: len(desk.tried) > 1)
    assert (desk.done, len(ids(server))) == ([], 1)


async def test_repeated_updates_come_with_the_same_number(
    server: TelegramServer, ana: Person, desk: Desk, polling: Polling
) -> None:
    server.deliver_twice(1.0)
    async with polling():
        await ana.send("one")
        await desk.until(lambda: len(desk.tried) == 2)
    first, again = desk.tried
    assert first == again


async def test_taps_are_answered(server: TelegramServer, ana: Person, desk: Desk, polling: Polling) -> None:
    desk.toast = "Saved"
    async with polling():
        await ana.tap_data(await ana.send("x"), "a:1")
        await server.settled()
    assert ana.notices == ["Saved"]


async def test_a_group_is_told_once_when_it_takes_the_bot_in(
    server: TelegramServer, ana: Person, desk: Desk, polling: Polling
) -> None:
    async with polling():
        group = server.group("Us", [ana])
        await server.settled()
    assert [one.words for one in group.chat if one.from_bot] == ["In private."]
    assert (desk.done, server.violations) == ([], [])


async def test_a_server_in_trouble_costs_two_lines_and_no_update(
    server: TelegramServer, ana: Person, desk: Desk, polling: Polling
) -> None:
    fault = server.fail("getUpdates", 500, count=5)
    await ana.send("one")
    with capture_logs() as logs:
        async with polling():
            await server.settled()
    assert (fault.happened, desk.words()) == (5, ["one"])
    assert [entry["event"] for entry in logs] == [
        "Telegram has trouble (500). Trying again until it is over.",
        "Telegram answers again.",
    ]


async def test_a_server_that_goes_away_is_waited_for(
    server: TelegramServer, ana: Person, desk: Desk, polling: Polling
) -> None:
    server.fail("getUpdates", "reset", count=4)
    await ana.send("one")
    with capture_logs() as logs:
        async with polling():
            await server.settled()
    assert desk.words() == ["one"]
    assert len(logs) == 2 and str(logs[0]["event"]).startswith("Telegram cannot be reached (")
    assert server.token not in repr(logs)


# --- before the timers begin ------------------------------------------------------------------------------------------


async def test_what_waited_is_handled_and_confirmed_before_anything_else(
    server: TelegramServer, connection: Connection, ana: Person, post: TelegramPost, desk: Desk
) -> None:
    reception = Reception(desk.handle, post, "twofold_test_bot", lambda _: Notice("", ""))
    said = [str(number) for number in range(130)]  # more than one batch
    for words in said:
        await ana.send(words)
    async with asyncio.timeout(PATIENCE):
        await catch_up(connection.line, reception.receive, asyncio.Event())
    assert desk.words() == said
    assert (ids(server), server.calls["getUpdates"]) == ([], 3)


async def test_a_server_in_trouble_does_not_hold_up_the_timers(
    server: TelegramServer, connection: Connection, ana: Person
) -> None:
    await ana.send("one")
    server.fail("getUpdates", 500)
    async with asyncio.timeout(PATIENCE):
        await catch_up(connection.line, nothing, asyncio.Event())
    assert len(ids(server)) == 1


# --- with answers that no good server gives ---------------------------------------------------------------------------

Answers = Callable[[int], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def odd_server(answer: Callable[[int], tuple[int, object]]) -> AsyncIterator[tuple[Line, list[Json]]]:
    """A server whose n-th answer is what the function gives; and what it was asked."""
    asked: list[Json] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        asked.append(json.loads(await request.read()))
        status, body = answer(len(asked))
        return web.json_response(body, status=status)

    app = web.Application()
    app.router.add_post("/{path:.*}", handle)
    async with asyncio.timeout(PATIENCE), TestServer(app) as server, aiohttp.ClientSession() as session:
        yield Line(session, str(server.make_url("/bot4242:hidden"))), asked


def refusal(status: int, description: str = "no", **parameters: int) -> tuple[int, Json]:
    return status, {"ok": False, "error_code": status, "description": description, "parameters": parameters}


async def nothing(_: object) -> None:
    raise AssertionError("no update should come through")


async def test_a_token_that_is_refused_ends_it_in_one_sentence() -> None:
    async with odd_server(lambda _: refusal(401)) as (line, asked):
        with pytest.raises(Unwelcome, match="token") as caught:
            await poll(line, nothing, asyncio.Event(), waits=at_once)
    assert "4242" not in str(caught.value)
    assert len(asked) == 1


async def test_two_programs_for_one_bot_are_told_in_one_line() -> None:
    stop = asyncio.Event()

    def answer(n: int) -> tuple[int, object]:
        if n == 3:
            stop.set()
        return refusal(409, "Conflict: terminated by other getUpdates request")

    with capture_logs() as logs:
        async with odd_server(answer) as (line, asked):
            await poll(line, nothing, stop, waits=at_once)
    assert [entry["event"] for entry in logs] == [CONFLICT]
    assert len(asked) >= 3


async def test_the_wait_that_the_server_asks_for_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    stop, rests = asyncio.Event(), []

    async def rest(_: asyncio.Event, seconds: float) -> None:
        rests.append(seconds)
        if len(rests) == 4:
            stop.set()

    monkeypatch.setattr("bot.chat.poll.rest", rest)
    async with odd_server(lambda n: refusal(429, retry_after=9) if n == 2 else refusal(500)) as (line, _):
        await poll(line, nothing, stop)
    assert rests == [1, 9, 4, 8]


@pytest.mark.parametrize("result", ["words", {"a": 1}, [{"no": "number"}], None, 3])
async def test_an_answer_that_makes_no_sense_is_no_update(result: object) -> None:
    stop = asyncio.Event()

    def answer(n: int) -> tuple[int, object]:
        if n == 3:
            stop.set()
        return 200, {"ok": True, "result": result}

    with capture_logs() as logs:
        async with odd_server(answer) as (line, _):
            await poll(line, nothing, stop, waits=at_once)
    assert [entry["log_level"] for entry in logs] == ["warning"]


async def test_every_kind_of_update_that_is_read_is_asked_for() -> None:
    stop = asyncio.Event()

    def answer(_: int) -> tuple[int, object]:
        stop.set()
        return 200, {"ok": True, "result": []}

    async with odd_server(answer) as (line, asked):
        await poll(line, nothing, stop, hold=3)
    kinds = ["message", "edited_message", "callback_query", "my_chat_member"]
    assert asked == [{"offset": 0, "timeout": 3, "allowed_updates": kinds}]


# --- one batch --------------------------------------------------------------------------------------------------------


async def test_the_offset_stops_before_the_first_that_is_left_over() -> None:
    stop, done = asyncio.Event(), []
    other = {**PRIVATE, "id": 8}
    batch = [message(5, text="x"), message(6, text="x"), message(7, text="x", chat=other, sender={**ANA, "id": 8})]

    async def receive(raw: Any) -> None:
        done.append(raw["update_id"])
        if raw["update_id"] == 5:
            stop.set()
            raise ConnectionError

    assert await take(batch, receive, stop, at_once) == 5
    assert 6 not in done
    stop.clear()
    done.clear()

    async def receive_all(raw: Any) -> None:
        done.append(raw["update_id"])

    assert await take(batch, receive_all, stop, at_once) == 8
    assert sorted(done) == [5, 6, 7]


def test_an_answer_hides_its_result_when_it_is_printed() -> None:
    assert "secret" not in repr(Answer(200, [{"text": "secret"}]))
