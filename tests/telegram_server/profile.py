"""The bot's own card: its name, its commands and its descriptions, by scope and language."""

from __future__ import annotations

import re
from typing import Any

from .refusal import bad_request
from .rules import units
from .world import Json, World

MOST_COMMANDS = 100  # Bot API, setMyCommands
MOST_COMMAND, MOST_COMMAND_WORDS = 32, 256  # Bot API, BotCommand
MOST_DESCRIPTION, MOST_SHORT_DESCRIPTION = 512, 120  # Bot API, setMyDescription and setMyShortDescription
SCOPES = {
    "default", "all_private_chats", "all_group_chats", "all_chat_administrators", "chat", "chat_administrators",
    "chat_member",
}  # fmt: skip


def get_me(world: World) -> Json:
    """getMe."""
    return {
        **world.bot.json(),
        "can_join_groups": True,
        "can_read_all_group_messages": not world.privacy_mode,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def set_commands(world: World, given: dict[str, Any]) -> bool:
    """setMyCommands."""
    key = _key("commands", given)
    commands = given.get("commands", [])
    if len(commands) > MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    world.settings[key] = [_command(command) for command in commands]
    return True


def get_commands(world: World, given: dict[str, Any]) -> list[Json]:
    """getMyCommands: those of exactly this scope and language."""
    found: list[Json] = world.settings.get(_key("commands", given), [])
    return found


def delete_commands(world: World, given: dict[str, Any]) -> bool:
    """deleteMyCommands."""
    world.settings.pop(_key("commands", given), None)
    return True


def _command(command: Any) -> Json:
    if not isinstance(command, dict) or command.keys() != {"command", "description"}:
        raise bad_request("can't parse BotCommand: expected an Object with command and description")
    name, description = command["command"], command["description"]
    if not isinstance(name, str) or not isinstance(description, str):
        raise bad_request("can't parse BotCommand: command and description must be of type String")
    name, description = name.strip().removeprefix("/"), description.strip()
    if not name:
        raise bad_request("Command must be non-empty")
    if units(name) > MOST_COMMAND:
        raise bad_request(f"Command length must not exceed {MOST_COMMAND}")
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise bad_request("BOT_COMMAND_INVALID")
    if not description:
        raise bad_request("Command description must be non-empty")
    if units(description) > MOST_COMMAND_WORDS:
        raise bad_request(f"Command description length must not exceed {MOST_COMMAND_WORDS}")
    return {"command": name, "description": description}


def set_description(world: World, given: dict[str, Any], name: str) -> bool:
    """setMyDescription and setMyShortDescription; `name` is the parameter's. An empty text takes it away."""
    words = given.get(name, "")
    short = name == "short_description"
    if units(words) > (MOST_SHORT_DESCRIPTION if short else MOST_DESCRIPTION):
        # Telegram's own sentence for this is in no public source; the limit is
        raise bad_request(f"{'short ' if short else ''}description is too long")
    world.settings[_key(name, given)] = words
    return True


def get_description(world: World, given: dict[str, Any], name: str) -> Json:
    """getMyDescription and getMyShortDescription; without one in this language, the one for every language."""
    words = world.settings.get(_key(name, given)) or world.settings.get((name, "", ""), "")
    return {name: words}


def _key(name: str, given: dict[str, Any]) -> tuple[str, str, str]:
    scope = given.get("scope", {"type": "default"})
    if scope.get("type") not in SCOPES:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    language = given.get("language_code", "")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise bad_request("Invalid language code specified")
    place = "" if scope["type"] == "default" else ":".join(str(scope[part]) for part in sorted(scope))
    return name, place, language
