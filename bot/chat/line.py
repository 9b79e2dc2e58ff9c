"""One line to a Bot API server: an address with the token in it, which prints nowhere, and what comes back."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from telegram import Bot

from bot.chat.request import AiohttpRequest, Parts, exchange

OFFICIAL = "https://api.telegram.org"

# At DEBUG the library writes the token and everybody's words into its log.
logging.getLogger("telegram").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said: 200 and the result, or another status with its sentence and perhaps a wait in seconds."""

    status: int
    result: Any = field(default=None, repr=False)
    description: str = ""
    retry_after: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """Where calls go: JSON, without the library's objects, which nobody would read.

    Measured without the HTTP: 11 µs for a message with three buttons, 246 µs through `Bot.send_message`.
    """

    session: aiohttp.ClientSession = field(repr=False)
    address: str = field(repr=False)

    async def call(
        self, method: str, parameters: Mapping[str, Any], files: Parts | None = None, patience: float | None = None
    ) -> Answer:
        """Calls a method of the Bot API once. Raises telegram.error.NetworkError (TimedOut) if there was no answer."""
        status, body = await exchange(self.session, f"{self.address}/{method}", parameters, files, patience)
        try:
            read = json.loads(body)
        except ValueError:
            read = None
        if not isinstance(read, dict):
            # Not the Bot API but something in front of it; what it calls a success is none.
            return Answer(status if status >= 400 else 502, description="the answer is not JSON")
        if read.get("ok") is True:
            return Answer(200, read.get("result"))
        wait = (read.get("parameters") or {}).get("retry_after", 0)
        return Answer(int(read.get("error_code", status)), None, str(read.get("description", "")), int(wait))


@dataclass(frozen=True, slots=True)
class Connection:
    """The line for what happens all the time, and the library's Bot for what happens once, at the start."""

    line: Line
    bot: Bot = field(repr=False)


@asynccontextmanager
async def connected(token: str, base_url: str = OFFICIAL) -> AsyncIterator[Connection]:
    """An open connection to any server that speaks the Bot API, such as `http://127.0.0.1:8081`. Calls nothing yet."""
    root = base_url.rstrip("/")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        request = AiohttpRequest(session)
        bot = Bot(token, f"{root}/bot", f"{root}/file/bot", request=request, get_updates_request=request)
        yield Connection(Line(session, f"{root}/bot{token}"), bot)
