"""What goes wrong on purpose goes wrong in just that way: repeats, 429, 500, silence, broken lines, limits."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from . import Person, TelegramServer
from .conftest import Call, Json
from .faults import Limits

ROOT = Path(__file__).resolve().parents[2]


async def confirmed_ids(call: Call) -> list[int]:
    """Polls as a bot does, until nothing comes; every update id in the order it came."""
    ids: list[int] = []
    while found := (await call("getUpdates", offset=max(ids, default=-1) + 1))["result"]:
        ids += [update["update_id"] for update in found]
    return ids


async def test_updates_come_twice(server: TelegramServer, ana: Person, call: Call) -> None:
    server.deliver_twice(1.0)
    for words in ("one", "two"):
        await ana.send(words)
    first, second, *rest = await confirmed_ids(call)
    assert second == first + 1 and rest == [first, second]
    await server.settled()


async def test_some_updates_come_twice_and_a_seed_says_which(ana: Person, server: TelegramServer, call: Call) -> None:
    async def repeated(seed: int) -> list[int]:
        server.deliver_twice(0.5, seed)
        for number in range(20):
            await ana.send(f"word {number}")
        ids = await confirmed_ids(call)
        return [number - min(ids) for number in ids[20:]]

    first = await repeated(1)
    assert 0 < len(first) < 20
    assert await repeated(1) == first != await repeated(2)


async def test_429_says_how_long_and_holds_the_chat(server: TelegramServer, ana: Person, call: Call) -> None:
    fault = server.fail("sendMessage", 429, count=1, retry_after=3)
    refused = {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 3",
        "parameters": {"retry_after": 3},
    }
    assert await call("sendMessage", chat_id=ana.id, text="one") == refused
    assert await call("sendMessage", chat_id=ana.id, text="one") == refused
    assert server.too_early == []  # the first answer may not have been read yet
    until = server._waits[ana.id][1]
    server._waits[ana.id] = (until - 10, until)
    assert (await call("editMessageText", chat_id=ana.id, message_id=1, text="x"))["error_code"] == 429
    assert [v.method for v in server.too_early] == ["editMessageText"]
    server._waits[ana.id] = (until - 10, until - 5)
    assert (await call("sendMessage", chat_id=ana.id, text="one"))["ok"]
    assert fault.happened == 1 and server.violations == []


async def test_500_before_and_after_the_request_is_carried_out(server: TelegramServer, ana: Person, call: Call) -> None:
    server.fail("any", 500, count=1)
    failed = {"ok": False, "error_code": 500, "description": "Internal Server Error"}
    assert await call("sendMessage", chat_id=ana.id, text="lost") == failed
    server.fail("any", 500, count=1, accepted=True)
    assert await call("sendMessage", chat_id=ana.id, text="kept") == failed
    assert (await call("getUpdates"))["ok"]
    assert [m.words for m in ana.chat[1:]] == ["kept"]
    assert server.violations == []


async def test_a_chance_is_drawn_for_each_call(server: TelegramServer, ana: Person, call: Call) -> None:
    fault = server.fail("sendMessage", 500, probability=0.5, seed=3)
    answers = [(await call("sendMessage", chat_id=ana.id, text="x"))["ok"] for _ in range(20)]
    assert 0 < fault.happened < 20 and answers.count(False) == fault.happened
    server.faults.clear()
    assert (await call("sendMessage", chat_id=ana.id, text="x"))["ok"]


async def test_silence_after_the_message_went_out(
    server: TelegramServer, ana: Person, session: aiohttp.ClientSession
) -> None:
    server.fail("sendMessage", "timeout", count=1)
    where = f"{server.url}/bot{server.token}/sendMessage"
    asked = asyncio.ensure_future(session.post(where, json={"chat_id": ana.id, "text": "heard"}))
    await ana.sees("heard")
    assert not asked.done()
    asked.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asked


@pytest.mark.parametrize(("accepted", "arrived"), [(False, []), (True, ["x"])])
async def test_a_broken_line(
    server: TelegramServer, ana: Person, session: aiohttp.ClientSession, accepted: bool, arrived: list[str]
) -> None:
    server.fail("sendMessage", "reset", count=1, accepted=accepted)
    with pytest.raises(aiohttp.ClientConnectionError):
        await session.post(f"{server.url}/bot{server.token}/sendMessage", json={"chat_id": ana.id, "text": "x"})
    assert [m.words for m in ana.chat[1:]] == arrived


async def test_a_poll_can_fail_too(server: TelegramServer, ana: Person, call: Call) -> None:
    server.fail("getUpdates", 500, count=1)
    await ana.send("kept")
    assert (await call("getUpdates"))["error_code"] == 500
    assert len((await call("getUpdates"))["result"]) == 1


async def test_what_was_sent_is_carried_out_though_the_sender_dies(
    server: TelegramServer, ana: Person, session: aiohttp.ClientSession
) -> None:
    server.delay = 0.2
    where = f"{server.url}/bot{server.token}/sendMessage"
    asked = asyncio.ensure_future(session.post(where, json={"chat_id": ana.id, "text": "posthumous"}))
    await server.called("sendMessage")
    asked.cancel()
    await ana.sees("posthumous")


async def test_the_delay_is_on_both_ways(server: TelegramServer, ana: Person, session: aiohttp.ClientSession) -> None:
    server.delay = 0.2
    where = f"{server.url}/bot{server.token}/sendMessage"
    asked = asyncio.ensure_future(session.post(where, json={"chat_id": ana.id, "text": "slow"}))
    await server.called("sendMessage")
    assert len(ana.chat) == 1
    await ana.sees("slow")
    assert not asked.done()
    assert (await asked).status == 200


def test_limits_let_a_burst_through_and_then_one_a_second() -> None:
    limits = Limits(burst=3)
    assert [limits.judge(1, 10.0) for _ in range(4)] == [None, None, None, 1]
    assert limits.judge(1, 11.0) is None and limits.judge(1, 11.0) == 1
    assert limits.judge(1, 20.0) is None
    assert [limits.judge(-5, 30.0) for _ in range(4)] == [None, None, None, 3]
    assert limits.refused == 3


def test_limits_let_thirty_a_second_through_over_all_chats() -> None:
    limits = Limits()
    assert [limits.judge(person, 10.0 + person / 100) for person in range(31)] == [None] * 30 + [1]
    assert limits.judge(31, 11.0) is None


async def test_limits_answer_429_and_are_counted(server: TelegramServer, ana: Person, call: Call) -> None:
    server.enforce_limits = True
    answers = [await call("sendMessage", chat_id=ana.id, text="x") for _ in range(4)]
    assert [answer["ok"] for answer in answers] == [True, True, True, False]
    assert answers[3]["parameters"] == {"retry_after": 1}
    assert server.limits.refused == 1 and server.violations == []


class Hook:
    """A bot's webhook that notes what comes and answers as it is told."""

    def __init__(self) -> None:
        self.url = ""
        self.got: list[tuple[str | None, Json]] = []
        self.answers: list[int] = []
        self.waiting_for: set[str] = set()
        self.go = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        update = await request.json()
        self.got.append((request.headers.get("X-Telegram-Bot-Api-Secret-Token"), update))
        if update.get("message", {}).get("text") in self.waiting_for:
            await self.go.wait()
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

    @property
    def words(self) -> list[str]:
        return [update["message"]["text"] for _, update in self.got]


@contextlib.asynccontextmanager
async def a_webhook() -> AsyncIterator[Hook]:
    hook = Hook()
    app = web.Application()
    app.router.add_post("/hook", hook.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    hook.url = f"http://{host}:{port}/hook"
    try:
        yield hook
    finally:
        await runner.cleanup()


async def test_a_webhook_gets_updates_until_it_says_200(server: TelegramServer, ana: Person, call: Call) -> None:
    async with a_webhook() as hook:
        await ana.send("before")
        hook.answers = [500, 404, 200]
        assert (await call("setWebhook", url=hook.url, secret_token="open-sesame"))["ok"]
        await ana.send("after")
        await server.settled()
        assert hook.words == ["before", "before", "before", "after"]
        assert {secret for secret, _ in hook.got} == {"open-sesame"}
        info = (await call("getWebhookInfo"))["result"]
        assert info["url"] == hook.url and info["pending_update_count"] == 0
        assert info["last_error_message"] == "Wrong response from the webhook: 404 Not Found"
        server.deliver_twice(1.0)
        await ana.send("twice")
        await server.settled()
        assert hook.words[-2:] == ["twice", "twice"]
        assert (await call("deleteWebhook"))["ok"]
        await ana.send("kept for a poll")
        assert len((await call("getUpdates"))["result"]) == 1
        assert server.violations == []


async def test_webhook_chats_do_not_wait_for_each_other(server: TelegramServer, ana: Person, call: Call) -> None:
    ben = server.person("Ben")
    async with a_webhook() as hook:
        hook.waiting_for = {"slow"}
        await call("setWebhook", url=hook.url)
        await ana.send("slow")
        await ana.send("behind")
        await ben.send("quick")
        await server.updates.bell.until(lambda: True if len(server.updates.pending) == 2 else None, 5)
        assert sorted(hook.words) == ["quick", "slow"]
        hook.go.set()
        await server.settled()
        assert hook.words[-1] == "behind"


async def test_pending_updates_can_be_dropped(server: TelegramServer, ana: Person, call: Call) -> None:
    await ana.send("old news")
    assert (await call("deleteWebhook", drop_pending_updates=True))["ok"]
    assert (await call("getUpdates"))["result"] == []


async def test_in_its_own_process_with_the_control_interface(session: aiohttp.ClientSession) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.telegram_server", "--port", "0", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        url = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()

        async def control(what: str, **asked: object) -> Json:
            async with session.post(f"{url}/control/{what}", json=asked) as answer:
                body: Json = await answer.json()
                assert body["ok"] == (answer.status == 200)
                return body

        ana = (await control("person", person="Ana", language="de"))["result"]["id"]
        await control("send", person="Ana", text="/start")
        keyboard = {"inline_keyboard": [[{"text": "Go", "callback_data": "g"}]]}
        message = {"chat_id": ana, "text": "Hello", "reply_markup": keyboard}
        where = f"{url}/bot4242:telegram-server-of-the-tests"
        async with session.post(f"{where}/sendMessage", json=message) as answer:
            assert (await answer.json())["ok"]
        seen = (await control("sees", person="Ana", words="Hello"))["result"]
        assert seen["rows"] == [[{"label": "Go", "data": "g", "url": None}]]
        tap = (await control("tap", person="Ana", words="Go"))["result"]
        await control("tap", person="Ana", message_id=seen["message_id"], data="forged")
        assert "no button 'Stay' is shown" in (await control("tap", person="Ana", words="Stay"))["error"]
        async with session.post(f"{where}/answerCallbackQuery", json={"callback_query_id": tap}) as answer:
            assert (await answer.json())["ok"]
        await control("fail", method="sendMessage", kind=500, count=1)
        async with session.post(f"{where}/sendMessage", json=message) as answer:
            assert answer.status == 500
        await control("set", delay=0.001, enforce_limits=True, burst=2, repeat=0.5)
        before = (await control("report"))["result"]["clock"]
        assert (await control("advance", hours=49))["result"] > before + 48 * 3600
        report = (await control("report"))["result"]
        assert report["violations"] == [] and [t["data"] for t in report["unanswered"]] == ["forged"]
        assert report["calls"]["sendMessage"] == 2 and report["pending"] == 3
        kinds = [event["kind"] for event in (await control("log", person="Ana"))["result"]]
        assert kinds == ["person", "bot", "tapped", "tapped", "notice"]
        assert [m["words"] for m in (await control("chat", person="Ana"))["result"]] == ["/start", "Hello"]
        assert "there is no /control/dance" in (await control("dance"))["error"]
    finally:
        process.terminate()
        assert await process.wait() == 0
