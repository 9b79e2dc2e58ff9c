"""A postman for tests: remembers every letter and answers what the test told it to."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bot.delivery.port import Delivered, Letter, Posted


@dataclass(slots=True)
class Postman:
    """Implements `Post`. `answers[chat]` are used up first; after that everything is delivered."""

    now: Callable[[], datetime]
    answers: dict[int, deque[Posted | Exception]] = field(default_factory=lambda: defaultdict(deque))
    letters: list[tuple[datetime, Letter]] = field(default_factory=list)
    shut: asyncio.Event | None = None
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def post(self, letter: Letter) -> Posted:
        self.letters.append((self.now(), letter))
        self.came.set()
        if self.shut is not None:
            await self.shut.wait()
        waiting = self.answers[letter.chat]
        answer = waiting.popleft() if waiting else None
        match answer:
            case None:
                media = letter.enclosed is not None or (letter.message is not None and letter.message.media is not None)
                return Delivered(letter.message_id or len(self.letters), media)
            case Exception():
                raise answer
            case _:
                return answer

    async def got(self, count: int) -> list[Letter]:
        """All letters, once there are so many."""
        while len(self.letters) < count:
            self.came.clear()
            await self.came.wait()
        return [letter for _, letter in self.letters]

    def texts(self) -> list[str]:
        return [letter.message.text if letter.message else letter.kind for _, letter in self.letters]

    def times(self) -> list[datetime]:
        return [at for at, _ in self.letters]
