"""Every method by name. A method takes the world and judged parameters, and gives the result or a Refusal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from . import messages, profile
from .webhook import DEFAULT_CONNECTIONS, judge_target
from .world import Json, World


def set_webhook(world: World, given: Json) -> bool:
    """setWebhook; without an address it is deleteWebhook."""
    url = given.get("url", "")
    secret, connections = given.get("secret_token", ""), given.get("max_connections", DEFAULT_CONNECTIONS)
    target = judge_target(url, secret, connections) if url else None
    world.updates.allow(given.get("allowed_updates"))
    if given.get("drop_pending_updates"):
        world.updates.clear()
    if target is None:
        world.webhook.stop()
    else:
        world.webhook.start(target)
    return True


CALLS: Mapping[str, Callable[[World, Json], Any]] = {
    "getMe": lambda world, _: profile.get_me(world),
    "setWebhook": set_webhook,
    "deleteWebhook": set_webhook,
    "getWebhookInfo": lambda world, _: world.webhook.info(),
    "sendMessage": messages.send_message,
    "editMessageText": partial(messages.edit_message, what="text"),
    "editMessageCaption": partial(messages.edit_message, what="caption"),
    "editMessageReplyMarkup": partial(messages.edit_message, what="reply_markup"),
    "deleteMessage": messages.delete_message,
    "deleteMessages": messages.delete_messages,
    "answerCallbackQuery": messages.answer_tap,
    "sendPhoto": partial(messages.send_media, kind="Photo", name="photo"),
    "sendAnimation": partial(messages.send_media, kind="Animation", name="animation"),
    "sendVoice": partial(messages.send_media, kind="VoiceNote", name="voice"),
    "sendDocument": partial(messages.send_media, kind="Document", name="document"),
    "sendChatAction": messages.send_action,
    "leaveChat": messages.leave_chat,
    "setMyCommands": profile.set_commands,
    "getMyCommands": profile.get_commands,
    "deleteMyCommands": profile.delete_commands,
    "setMyDescription": partial(profile.set_description, name="description"),
    "getMyDescription": partial(profile.get_description, name="description"),
    "setMyShortDescription": partial(profile.set_description, name="short_description"),
    "getMyShortDescription": partial(profile.get_description, name="short_description"),
    "getFile": lambda world, given: world.files.path(given.get("file_id", "")),
}
