"""The queue of updates: each is kept until the bot confirms it with a higher offset, or its webhook answers 200."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from dataclasses import dataclass
from typing import Any

from .bell import Bell
from .refusal import POLL_ENDED_BY_WEBHOOK, POLL_TWICE, POLL_WHILE_WEBHOOK, Refusal, conflict

KINDS = frozenset({"message", "edited_message", "callback_query", "my_chat_member"})
FIRST_UPDATE = 700_000_001
LONGEST_POLL = 50  # seconds: LONG_POLL_MAX_TIMEOUT of telegram-bot-api
MOST_UPDATES = 100


@dataclass(frozen=True, slots=True, eq=False)
class Update:
    """One update as the bot gets it. Webhook deliveries keep the order within a `lane`."""

    id: int
    lane: int
    body: dict[str, Any]


class Updates:
    """Updates that the bot has not confirmed, oldest first, and the one long poll that may wait for them."""

    def __init__(self) -> None:
        self.pending: deque[Update] = deque()
        self.repeats: deque[Update] = deque()
        self.allowed: frozenset[str] = KINDS
        self.webhook_active = False
        self.bell = Bell()
        self._next_id = FIRST_UPDATE
        self._poll: asyncio.Future[Refusal | None] | None = None
        self._repeat_chance = 0.0
        self._chance = random.Random(0)

    async def polled(self, by_somebody: bool, timeout: float = 5.0) -> None:  # noqa: ASYNC109
        """Waits until a long poll waits here, or until none does."""
        await self.bell.until(lambda: True if (self._poll is not None) == by_somebody else None, timeout)

    def deliver_twice(self, probability: float, seed: int) -> None:
        """From now on each confirmed update comes once more with this probability."""
        self._repeat_chance, self._chance = probability, random.Random(seed)

    def comes_again(self) -> bool:
        """Draws whether an update that was just confirmed comes once more."""
        return self._repeat_chance > 0 and self._chance.random() < self._repeat_chance

    def add(self, kind: str, lane: int, body: dict[str, Any]) -> None:
        """Puts an update at the end, unless the bot did not ask for its kind."""
        if kind not in self.allowed:
            return
        self.pending.append(Update(self._next_id, lane, {"update_id": self._next_id, kind: body}))
        self._next_id += 1
        self.bell.ring()
        self._wake(None)

    def clear(self) -> None:
        """Forgets every update (`drop_pending_updates`)."""
        self.pending.clear()
        self.repeats.clear()
        self.bell.ring()

    def confirm(self, update: Update) -> None:
        """A webhook took this one."""
        if update in self.pending:
            self.pending.remove(update)
        self.bell.ring()

    def allow(self, kinds: list[str] | None) -> None:
        """Telegram keeps the last list; an empty one means its default, in which all of our kinds are."""
        if kinds is not None:
            self.allowed = frozenset(kinds) & KINDS or KINDS

    def end_poll(self) -> None:
        """setWebhook ends a poll that waits."""
        self._wake(conflict(POLL_ENDED_BY_WEBHOOK))

    async def poll(self, offset: int, limit: int, timeout: int) -> list[dict[str, Any]]:  # noqa: ASYNC109
        """Confirms what lies below `offset`, then answers at once or waits up to `timeout` seconds for an update.

        A second poll ends the first one with 409, as Telegram does; the second one goes on.
        """
        if self.webhook_active:
            raise conflict(POLL_WHILE_WEBHOOK)
        self._wake(conflict(POLL_TWICE))
        self._confirm_below(offset)
        limit = min(max(limit, 1), MOST_UPDATES)
        if timeout > 0 and not self.pending and not self.repeats:
            await self._wait(min(timeout, LONGEST_POLL))
        return self._take(limit)

    def _take(self, limit: int) -> list[dict[str, Any]]:
        taken = [self.repeats.popleft().body for _ in range(min(limit, len(self.repeats)))]
        for update in self.pending:
            if len(taken) == limit:
                break
            taken.append(update.body)
        self.bell.ring()
        return taken

    async def _wait(self, seconds: int) -> None:
        poll: asyncio.Future[Refusal | None] = asyncio.get_running_loop().create_future()
        self._poll = poll
        self.bell.ring()
        try:
            await asyncio.wait((poll,), timeout=seconds)
        finally:
            if self._poll is poll:
                self._poll = None
            self.bell.ring()
        refusal = poll.result() if poll.done() else None
        if refusal is not None:
            raise refusal

    def _wake(self, refusal: Refusal | None) -> None:
        poll, self._poll = self._poll, None
        if poll is not None and not poll.done():
            poll.set_result(refusal)

    def _confirm_below(self, offset: int) -> None:
        if offset < 0:  # «the last -offset updates; all earlier ones are forgotten»
            offset = self._next_id + offset
        while self.pending and self.pending[0].id < offset:
            update = self.pending.popleft()
            if self.comes_again():
                self.repeats.append(update)
        self.bell.ring()
