"""The list of commands that a phone shows behind the menu button. Only in private chats: elsewhere the bot has none."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from telegram import Bot, BotCommand, BotCommandScopeAllPrivateChats
from telegram.error import TelegramError

log = structlog.get_logger()

COMMANDS = (
    *("start", "menu", "pause", "stop", "back", "help", "why", "settings", "link", "unlink"),
    *("mine", "hide", "export", "forget"),
)
"""In the order in which a phone shows them."""

MOST_WORDS = 256
"""Characters of a description: Bot API, BotCommand."""


async def announce(bot: Bot, descriptions: Mapping[str, Mapping[str, str]], default: str = "en") -> bool:
    """Sets the list once for each language; phones in any other one see the default's.

    `descriptions` holds, for a language code of two letters, what each command does; one without words is left out.
    Gives whether all of it went well. A list that could not be set is logged and changes nothing else.
    """
    scope = BotCommandScopeAllPrivateChats()
    well = True
    for language, words in descriptions.items():
        commands = [BotCommand(name, words[name][:MOST_WORDS]) for name in COMMANDS if words.get(name)]
        try:
            await bot.set_my_commands(commands, scope=scope, language_code=language)
            if language == default:
                await bot.set_my_commands(commands, scope=scope)
        except TelegramError as error:
            log.warning("commands_not_set", language=language, reason=type(error).__name__)
            well = False
    return well
