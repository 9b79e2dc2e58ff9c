"""What the edge hands to the one door, and what it gets back. No type of the messenger goes through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.engine.events import Input


@dataclass(frozen=True, slots=True)
class Incoming:
    """One update of one person. `input.by` is 0: who is behind a chat is known to the door, not to the edge.

    `update` is the messenger's number of it, the same when it is delivered again. `name` is at most 40 characters of
    one line, perhaps none. `language` is a code as the phone sends it (`en`, `pt-br`), or empty.
    """

    update: int
    chat: int
    name: str
    language: str
    input: Input


@dataclass(frozen=True, slots=True)
class Handled:
    """The update is committed. `toast` answers the tap; it may be empty."""

    toast: str


Handle = Callable[[Incoming], Awaitable[Handled]]
"""Returns after the commit. Raises only if nothing was committed and the update must be delivered again."""
