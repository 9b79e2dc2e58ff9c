"""What goes wrong on purpose: injected failures, and Telegram's limits on how fast a bot may send."""

from __future__ import annotations

import math
import random
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

FaultKind = Literal[429, 500, "timeout", "reset"]
ANY = "any"
PER_SECOND = 30  # messages to all chats together: Bot API FAQ, «My bot is hitting limits»
PER_CHAT = 1.0  # seconds between messages in one chat, beyond the burst: the same page
PER_GROUP = 3.0  # seconds: 20 messages a minute to a group, the same page


@dataclass(slots=True)
class Fault:
    """One failure that is waiting to happen.

    `method` is a name, or "any" for every method but getUpdates. `accepted` means that the request is carried out
    before its answer is lost. `count` None means without end; `probability` is drawn for each call.
    """

    method: str
    kind: FaultKind
    accepted: bool
    retry_after: int
    count: int | None
    probability: float
    chance: random.Random
    happened: int = 0

    def strikes(self, method: str) -> bool:
        """Whether this call fails; counts it if so."""
        if self.count == 0 or (method != self.method and (self.method != ANY or method == "getUpdates")):
            return False
        if self.probability < 1 and self.chance.random() >= self.probability:
            return False
        if self.count is not None:
            self.count -= 1
        self.happened += 1
        return True


@dataclass(slots=True)
class Limits:
    """Telegram's limits. `burst` messages in a row may go to one chat before the one-a-second rule bites."""

    burst: int = 3
    refused: int = 0
    _recent: deque[float] = field(default_factory=deque)
    _free_at: dict[int | str | None, float] = field(default_factory=dict)

    def judge(self, chat_id: int | str | None, now: float) -> int | None:
        """Seconds to wait, or None and the message is counted as sent. `now` is a monotonic clock in seconds."""
        gap = PER_GROUP if isinstance(chat_id, int) and chat_id < 0 else PER_CHAT
        free_at = max(self._free_at.get(chat_id, now), now)
        early = free_at - now - (self.burst - 1) * gap
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if early > 0 or len(self._recent) >= PER_SECOND:
            self.refused += 1
            return max(1, math.ceil(early))
        self._free_at[chat_id] = free_at + gap
        self._recent.append(now)
        return None
