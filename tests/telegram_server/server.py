"""The server: HTTP in, a method's answer out; faults, limits and delays happen here and nowhere else."""

from __future__ import annotations

import asyncio
import json
import math
import random
from collections import Counter
from types import TracebackType
from typing import Any

from aiohttp import web

from . import control
from .bell import Bell
from .faults import ANY, Fault, FaultKind, Limits
from .methods import CALLS
from .parameters import LARGEST_REQUEST, TABLES, judge_parameters, read_request
from .people import Group, Person
from .refusal import Refusal, envelope, too_many
from .world import Event, Json, Tap, User, Violation, World

METHODS = {name.lower(): name for name in TABLES}
MESSAGES = {"sendMessage", "sendPhoto", "sendAnimation", "sendVoice", "sendDocument"}
LETTER_ON_ITS_WAY = 0.2  # seconds in which a call may have left before the 429 to the same chat was read


class TelegramServer:
    """One bot's Telegram. Use as `async with`; then `url` is what the bot needs as its server.

    delay: seconds that each call takes on its way, half before and half after it is carried out.
    enforce_limits: answers 429 to a bot that sends too fast; `limits.refused` counts them.
    violations: every refusal that the product provoked, the deliberate ones left out.
    too_early: calls to a chat that came before the wait of a 429 was over; they got a 429 too.
    """

    def __init__(
        self,
        token: str = "4242:telegram-server-of-the-tests",
        *,
        username: str = "twofold_test_bot",
        host: str = "127.0.0.1",
        port: int = 0,
        privacy_mode: bool = True,
    ) -> None:
        bot_id, _, secret = token.partition(":")
        assert bot_id.isdigit() and secret, "a bot's token looks like 4242:letters"
        self.token = token
        self.delay = 0.0
        self.enforce_limits = False
        self.limits = Limits()
        self.violations: list[Violation] = []
        self.too_early: list[Violation] = []
        self.faults: list[Fault] = []
        self.calls: Counter[str] = Counter()
        self.world = World(User(int(bot_id), "Test bot", is_bot=True, username=username), privacy_mode=privacy_mode)
        self.updates = self.world.updates
        self.url = ""
        self._called = Bell()
        self._people: dict[str, Person] = {}
        self._waits: dict[int | str | None, tuple[float, float]] = {}
        self._address = (host, port)
        self._closing = asyncio.Event()
        self._runner: web.ServerRunner | None = None

    async def __aenter__(self) -> TelegramServer:
        handler = web.Server(self._handle, request_factory=_large_request, handler_cancellation=True, access_log=None)
        self._runner = web.ServerRunner(handler, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, *self._address)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self.world.webhook.stop()
        assert self._runner is not None
        await self._runner.cleanup()

    # --- for tests ---------------------------------------------------------------------------------------------

    def person(self, name: str, language: str = "en") -> Person:
        """The person of this name; a new one has not met the bot."""
        if name not in self._people:
            chat = self.world.new_person(name, language)
            self._people[name] = Person(self.world, chat, chat.people[chat.id])
        return self._people[name]

    def group(self, title: str, people: list[Person]) -> Group:
        """A new group of these people; the first one takes the bot in."""
        chat = self.world.new_group(title, [person.user for person in people])
        group = Group(self.world, chat)
        group.add_bot(people[0])
        return group

    @property
    def people(self) -> list[Person]:
        """Everybody, in the order of their coming."""
        return list(self._people.values())

    @property
    def log(self) -> list[Event]:
        """Everything that happened in all chats, in order."""
        return sorted((event for chat in self.world.chats.values() for event in chat.log), key=lambda event: event.seq)

    @property
    def unanswered(self) -> list[Tap]:
        """Taps that were never answered."""
        return [tap for tap in self.world.taps.values() if not tap.answered]

    @property
    def clock(self) -> float:
        """The server's time, in seconds since 1970."""
        return self.world.now()

    def advance(self, *, hours: float = 0, seconds: float = 0) -> None:
        """Moves the server's clock on. Nothing is sent because of it."""
        self.world.ahead += hours * 3600 + seconds

    def deliver_twice(self, probability: float, seed: int = 0) -> None:
        """Each update that the bot confirms comes once more with this probability, with the same update id."""
        self.updates.deliver_twice(probability, seed)

    def fail(
        self,
        method: str = ANY,
        kind: FaultKind = 500,
        *,
        count: int | None = None,
        probability: float = 1.0,
        retry_after: int = 1,
        accepted: bool | None = None,
        seed: int = 0,
    ) -> Fault:
        """Makes calls fail: 429, 500, "timeout" (never answered) or "reset" (the connection breaks).

        `method` "any" is every method but getUpdates. `accepted` carries the request out first; that is the default
        of "timeout" only. Without `count` it goes on until `server.faults.clear()`. Returns the fault, which counts
        in `happened`.
        """
        assert method == ANY or method in TABLES, f"no method {method!r}"
        done = kind == "timeout" if accepted is None else accepted
        fault = Fault(method, kind, done, retry_after, count, probability, random.Random(seed))
        self.faults.append(fault)
        return fault

    async def called(self, method: str, timeout: float = 5.0) -> None:  # noqa: ASYNC109
        """Waits for the next call of a method: the moment to kill a process while its call is on the way."""
        before = self.calls[method]
        await self._called.until(lambda: True if self.calls[method] > before else None, timeout)

    async def settled(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109
        """Waits until every update is confirmed (its repeat delivered too) and every tap answered."""

        def look() -> bool | None:
            return True if not self.updates.pending and not self.updates.repeats and not self.unanswered else None

        try:
            await self.updates.bell.until(look, timeout)
        except TimeoutError:
            taps = [(tap.person, tap.data) for tap in self.unanswered]
            raise AssertionError(
                f"after {timeout} s {len(self.updates.pending)} updates are not confirmed, not answered: {taps}"
            ) from None

    # --- HTTP --------------------------------------------------------------------------------------------------

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path.startswith("/control/"):
            return await control.handle(self, request)
        if path.startswith("/file/bot"):
            token, _, name = path.removeprefix("/file/bot").partition("/")
            data = self.world.files.download(name) if token == self.token else None
            return _reply(Refusal(404, "Not Found")) if data is None else web.Response(body=data)
        token, _, name = path.removeprefix("/bot").partition("/")
        method = METHODS.get(name.lower(), "")
        if not path.startswith("/bot") or token != self.token:
            return self._refuse(request, method or "unknown", {}, Refusal(401, "Unauthorized"))
        if not method:
            return self._refuse(request, "unknown", {}, Refusal(404, "Not Found: method not found"))
        try:
            given = await read_request(request)
        except Refusal as refusal:
            return self._refuse(request, method, {}, refusal)
        self.calls[method] += 1
        self._called.ring()
        if method == "getUpdates":
            return await self._poll(request, given)
        if self.delay or self.faults or self._waits:
            # what was sent is carried out, even if the sender dies before the answer
            return await asyncio.shield(self._serve(request, method, given))
        return self._carry_out(request, method, given)

    async def _poll(self, request: web.BaseRequest, given: Json) -> web.StreamResponse:
        try:
            await asyncio.sleep(self.delay / 2)
            asked = judge_parameters("getUpdates", given)
            self.updates.allow(asked.get("allowed_updates"))
            if (fault := self._fault("getUpdates")) is not None:
                return await self._break(request, fault)
            found = await self.updates.poll(asked.get("offset", 0), asked.get("limit", 100), asked.get("timeout", 0))
            await asyncio.sleep(self.delay / 2)
        except Refusal as refusal:
            return self._refuse(request, "getUpdates", given, refusal)
        return _reply(found)

    async def _serve(self, request: web.BaseRequest, method: str, given: Json) -> web.StreamResponse:
        await asyncio.sleep(self.delay / 2)
        early = self._too_early(method, _chat_id(given))
        if early is not None:
            return _reply(early)
        fault = self._fault(method)
        if fault is not None and not fault.accepted:
            if fault.kind == 429:
                self._must_wait(_chat_id(given), fault.retry_after)
            return await self._break(request, fault)
        answer = self._carry_out(request, method, given)
        if fault is not None:
            return await self._break(request, fault)
        await asyncio.sleep(self.delay / 2)
        return answer

    def _fault(self, method: str) -> Fault | None:
        return next((fault for fault in self.faults if fault.strikes(method)), None)

    async def _break(self, request: web.BaseRequest, fault: Fault) -> web.StreamResponse:
        match fault.kind:
            case 429:
                return _reply(too_many(fault.retry_after))
            case 500:
                return _reply(Refusal(500, "Internal Server Error"))
            case "timeout":
                await self._closing.wait()
            case "reset":
                pass
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    def _carry_out(self, request: web.BaseRequest, method: str, given: Json) -> web.StreamResponse:
        try:
            asked = judge_parameters(method, given)
            if self.enforce_limits and method in MESSAGES:
                self._judge_pace(asked.get("chat_id"))
            return _reply(CALLS[method](self.world, asked))
        except Refusal as refusal:
            return self._refuse(request, method, given, refusal)

    def _must_wait(self, chat_id: int | str | None, seconds: int) -> None:
        now = asyncio.get_running_loop().time()
        if chat_id is not None:
            self._waits[chat_id] = now, now + seconds

    def _too_early(self, method: str, chat_id: int | str | None) -> Refusal | None:
        """The 429 for a call to a chat whose last 429 still asks for patience."""
        since, until = self._waits.get(chat_id, (0.0, 0.0))
        now = asyncio.get_running_loop().time()
        if now >= until:
            return None
        if now > since + self.delay + LETTER_ON_ITS_WAY:
            self.too_early.append(Violation(method, f"{until - now:.2f} s before time", chat_id, self.clock))
        return too_many(math.ceil(until - now))

    def _judge_pace(self, chat_id: int | str | None) -> None:
        wait = self.limits.judge(chat_id, asyncio.get_running_loop().time())
        if wait is not None:
            self._must_wait(chat_id, wait)
            raise too_many(wait)

    def _refuse(self, request: web.BaseRequest, method: str, given: Json, refusal: Refusal) -> web.Response:
        gone = request.transport is None or request.transport.is_closing()
        if not refusal.deliberate and not gone:
            self.violations.append(Violation(method, refusal.description, _chat_id(given), self.clock))
        return _reply(refusal)


def _large_request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=LARGEST_REQUEST)


def _chat_id(given: Json) -> int | str | None:
    value = given.get("chat_id")
    if isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    return value if isinstance(value, int | str) else None


def _reply(result: Any) -> web.Response:
    if not isinstance(result, Refusal):
        body = json.dumps({"ok": True, "result": result}).encode()
        return web.Response(body=body, content_type="application/json")
    headers = None if result.retry_after is None else {"Retry-After": str(result.retry_after)}
    body = json.dumps(envelope(result)).encode()
    return web.Response(body=body, status=result.code, headers=headers, content_type="application/json")
