"""What is queued besides messages, as JSON text: a chat to be made bland, and the last words to somebody forgotten."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from bot.engine.events import Message, PersonId, Tidy
from bot.engine.saved import FORMAT, Damaged, dump_message, load_message


def dump_tidy(tidy: Tidy) -> str:
    """What is to be made bland in a chat, as text; `load_tidy` gives the same back."""
    since = tidy.since.astimezone(UTC).isoformat()
    return json.dumps({"format": FORMAT, "since": since, "bland": tidy.bland, "last": tidy.last}, ensure_ascii=False)


def load_tidy(text: str, to: PersonId) -> Tidy:
    """What `dump_tidy` wrote for this person. Raises Damaged for anything else."""
    try:
        saved = json.loads(text)
        return Tidy(to, datetime.fromisoformat(saved["since"]), saved["bland"], saved["last"])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise Damaged("a saved tidying cannot be read") from None


def dump_farewell(chat: int, message: Message) -> str:
    """The last message to a chat that is nobody's any more, as text; `load_farewell` gives both back."""
    return json.dumps({"format": FORMAT, "chat": chat, "message": dump_message(message)}, ensure_ascii=False)


def load_farewell(text: str) -> tuple[int, Message]:
    """What `dump_farewell` wrote. Raises Damaged for anything else."""
    try:
        saved = json.loads(text)
        return int(saved["chat"]), load_message(saved["message"])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise Damaged("a saved farewell cannot be read") from None
