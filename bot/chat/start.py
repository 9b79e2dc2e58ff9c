"""The first words with Telegram: who are we, and how do updates come? Waits for a server that cannot be reached yet."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from telegram import Bot
from telegram.error import BadRequest, InvalidToken, RetryAfter, TelegramError

from bot.chat.inbound import ALLOWED
from bot.chat.patience import Waits, pauses, rest

log = structlog.get_logger()

T = TypeVar("T")


class Unwelcome(Exception):
    """Telegram will not have the bot as it is set up. The message is one sentence that says what to do."""


WRONG_TOKEN = (
    "Telegram does not know this bot's token. Check the token that @BotFather gave you, and the server's address."
)


async def meet(bot: Bot, stop: asyncio.Event, waits: Waits = pauses) -> str | None:
    """The bot's user name, once the server has answered; None if `stop` came first. Raises Unwelcome."""
    me = await _patiently(bot.get_me, stop, waits)
    return None if me is None else me.username or ""


async def choose_polling(bot: Bot, stop: asyncio.Event, waits: Waits = pauses) -> None:
    """Ends a webhook that was set before; with one, getUpdates gets nothing. Updates that wait are kept."""
    await _patiently(lambda: bot.delete_webhook(drop_pending_updates=False), stop, waits)


async def choose_webhook(bot: Bot, stop: asyncio.Event, url: str, secret: str, waits: Waits = pauses) -> None:
    """Asks for updates at this https address, with the secret in each request's header. Raises Unwelcome."""
    await _patiently(
        lambda: bot.set_webhook(url, secret_token=secret, allowed_updates=ALLOWED, drop_pending_updates=False),
        stop,
        waits,
    )


async def _patiently(ask: Callable[[], Awaitable[T]], stop: asyncio.Event, waits: Waits) -> T | None:
    """Asks until there is an answer. One line in the log when it must wait and one when it need not any more."""
    told = False
    for wait in waits():
        if stop.is_set():
            return None
        refused = ""
        try:
            found = await ask()
        except InvalidToken:
            refused = WRONG_TOKEN
        except BadRequest as error:
            refused = f"Telegram refused the bot's settings: {error.message}. Change them and start again."
        except RetryAfter as error:
            asked = error.retry_after
            wait = max(wait, asked if isinstance(asked, int) else asked.total_seconds())
        except TelegramError as error:
            if not told:
                log.warning("Telegram cannot be reached. Trying again until it can.", reason=type(error).__name__)
            told = True
        else:
            if told:
                log.info("Telegram can be reached.")
            return found
        if refused:  # raised out here, so that the library's error is not its context
            raise Unwelcome(refused)
        await rest(stop, wait)
    return None
