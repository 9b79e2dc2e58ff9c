"""Carries updates to the bot's webhook: in order within a lane, lanes side by side, again until it answers 2xx."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections import deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from .refusal import bad_request
from .updates import Update, Updates

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
DEFAULT_CONNECTIONS = 40
FIRST_RETRY, LAST_RETRY = 0.05, 1.0  # seconds; Telegram's own waits begin at a second, too long for a test
PATIENCE = 60.0  # seconds that telegram-bot-api leaves a webhook to answer


@dataclass(frozen=True, slots=True)
class Target:
    """Where the webhook is and what goes with it."""

    url: str
    secret: str
    connections: int


def judge_target(url: str, secret: str, connections: int) -> Target:
    """Checks what setWebhook was given; raises a 400 in Telegram's words. Plain http is taken, as by a local server."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad_request("invalid webhook URL specified")
    if len(secret) > 256:
        raise bad_request("secret token is too long")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", secret):
        raise bad_request("secret token contains unallowed characters")
    return Target(url, secret, min(max(connections, 1), 100))


class Webhook:
    """The deliverer. It runs while a target is set."""

    def __init__(self, updates: Updates) -> None:
        self.target: Target | None = None
        self.last_error: tuple[int, str] | None = None
        self._updates = updates
        self._lanes: dict[int, deque[Update]] = {}
        self._seen = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, target: Target) -> None:
        """Sets the target; whatever waits is delivered at once."""
        self.stop()
        self.target = target
        self._updates.webhook_active = True
        self._updates.end_poll()
        self._spawn(self._run(target))

    def stop(self) -> None:
        """Ends every delivery; updates that were not taken stay in the queue."""
        for task in self._tasks:
            task.cancel()
        self._tasks = set()
        self._lanes = {}
        self._seen = 0
        self.target = None
        self.last_error = None
        self._updates.webhook_active = False

    def info(self) -> dict[str, Any]:
        """The result of getWebhookInfo."""
        body: dict[str, Any] = {
            "url": self.target.url if self.target else "",
            "has_custom_certificate": False,
            "pending_update_count": len(self._updates.pending),
        }
        if self.target is not None:
            body["max_connections"] = self.target.connections
            body["allowed_updates"] = sorted(self._updates.allowed)
        if self.last_error is not None:
            body["last_error_date"], body["last_error_message"] = self.last_error
        return body

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, target: Target) -> None:
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        connector = aiohttp.TCPConnector(limit=target.connections)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
            while True:
                for update in await self._updates.bell.until(self._unseen, None):
                    self._seen = update.id
                    lane = self._lanes.get(update.lane)
                    if lane is not None:
                        lane.append(update)
                        continue
                    self._lanes[update.lane] = deque((update,))
                    self._spawn(self._drive(session, target, update.lane))

    def _unseen(self) -> list[Update] | None:
        if not self._updates.pending or self._updates.pending[-1].id <= self._seen:
            return None
        return [update for update in self._updates.pending if update.id > self._seen]

    async def _drive(self, session: aiohttp.ClientSession, target: Target, key: int) -> None:
        lane = self._lanes[key]
        while lane:
            update = lane[0]
            await self._deliver(session, target, update)
            lane.popleft()
            if self._updates.comes_again():
                await self._deliver(session, target, update)
            self._updates.confirm(update)
        del self._lanes[key]

    async def _deliver(self, session: aiohttp.ClientSession, target: Target, update: Update) -> None:
        headers = {SECRET_HEADER: target.secret} if target.secret else {}
        wait = FIRST_RETRY
        while True:
            problem = "Connection failed"
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
                async with session.post(target.url, json=update.body, headers=headers) as answer:
                    if 200 <= answer.status < 300:
                        return
                    problem = f"Wrong response from the webhook: {answer.status} {answer.reason}"
            self.last_error = (int(time.time()), problem)
            await asyncio.sleep(wait)
            wait = min(wait * 2, LAST_RETRY)
