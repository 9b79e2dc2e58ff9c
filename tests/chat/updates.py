"""Updates as Telegram writes them, for tests that need no server."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

ANA: Json = {"id": 7, "is_bot": False, "first_name": "Ana", "language_code": "pt-br"}
BOT: Json = {"id": 1, "is_bot": True, "first_name": "Bot", "username": "twofold_bot"}
PRIVATE: Json = {"id": 7, "type": "private", "first_name": "Ana"}
GROUP: Json = {"id": -100, "type": "supergroup", "title": "Us"}
CHANNEL: Json = {"id": -200, "type": "channel", "title": "News"}


def message(number: int = 1, *, kind: str = "message", chat: Json = PRIVATE, sender: Json = ANA, **parts: Any) -> Json:
    """A message with `parts` (text, photo, …) of it."""
    return {"update_id": number, kind: {"message_id": 5, "date": 1, "chat": chat, "from": sender, **parts}}


def tap(number: int = 1, *, data: str | None = "a:1", chat: Json | None = PRIVATE, sender: Json = ANA) -> Json:
    """A tap. Its message is one that is too old to be shown, as Telegram sends it; None leaves it out."""
    body: Json = {"id": "44", "from": sender, "chat_instance": "9"}
    if chat is not None:
        body["message"] = {"chat": chat, "message_id": 5, "date": 0}
    if data is not None:
        body["data"] = data
    return {"update_id": number, "callback_query": body}


RIGHTS: Json = dict.fromkeys(
    (
        *("can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats"),
        *("can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories"),
        *("can_edit_stories", "can_delete_stories"),
    ),
    False,
)
MORE: dict[str, Json] = {"kicked": {"until_date": 0}, "administrator": RIGHTS}
"""What a place in a chat says besides its name."""


def membership(before: str, after: str, chat: Json = PRIVATE, number: int = 1) -> Json:
    """The bot's place in a chat has changed."""
    states = {
        name: {"user": BOT, "status": status, **MORE.get(status, {})}
        for name, status in (("old_chat_member", before), ("new_chat_member", after))
    }
    return {"update_id": number, "my_chat_member": {"chat": chat, "from": ANA, "date": 1, **states}}


def command(words: str) -> list[Json]:
    """The entity of a command at the beginning of a text."""
    return [{"type": "bot_command", "offset": 0, "length": len(words)}]
