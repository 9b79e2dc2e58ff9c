"""Looks at settings, token, database and flows; says in one line each what is well, what is not, and the cure."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.settings import Settings, Wrong, make_folder, needs_token, read_settings, webhook_secret


@dataclass(frozen=True, slots=True)
class Line:
    good: bool
    about: str
    text: str

    def __str__(self) -> str:
        return f"{'ok  ' if self.good else 'MEND'}  {self.about:<9} {self.text}"


def examine() -> Iterator[Line]:
    """The findings of one look, in the order in which they should be mended."""
    try:
        settings = read_settings()
    except Wrong as wrong:
        for sentence in str(wrong).splitlines():
            yield Line(False, "settings", sentence)
        return
    yield Line(True, "settings", "read")
    yield _flows(settings)
    yield _database(settings)
    yield _token(settings)
    yield _webhook(settings)
    if settings.operator:
        yield Line(True, "operator", settings.operator)
    else:
        yield Line(False, "operator", "TWOFOLD_OPERATOR is empty. Write who runs this copy: people are told.")
    yield _household(settings)
    yield from _help_lines(settings)


def _household(settings: Settings) -> Line:
    match settings.household:
        case None:
            asked = "Is this copy run by one of the partners who use it? Write TWOFOLD_HOUSEHOLD=yes or =no."
            return Line(False, "household", asked)
        case True:
            return Line(True, "household", "yes: no private questions are asked, and no talks about conflicts offered")
        case False:
            return Line(True, "household", "no")


def _help_lines(settings: Settings) -> Iterator[Line]:
    from bot.authoring.old_lines import aged, read_pages

    old = aged(read_pages(settings.content), datetime.now(UTC).date())
    yield from (Line(False, "help", sentence) for sentence in old)
    if not old:
        yield Line(True, "help", "every help line was checked in the last twelve months")


def _flows(settings: Settings) -> Line:
    from bot.authoring.library import load

    loaded = load(settings.flows, settings.content)
    if loaded.library is None:
        return Line(False, "flows", f"There are errors in {settings.flows}. `twofold check` shows them.")
    return Line(True, "flows", f"{len(loaded.library.current)} in {settings.flows}")


def _database(settings: Settings) -> Line:
    from bot.keys import open_sealed, readable
    from bot.store.database import InUse, StoreError
    from bot.store.migrations import check, migrate

    said = readable(settings)
    words = "" if said is None else f"; {said}"

    try:
        make_folder(settings)
        if settings.database.startswith("sqlite"):
            migrate(settings.database)
        else:
            check(settings.database)  # who brings a shared database up to date, and when, is not for a look to decide
        open_sealed(settings, only_look=True).close()
    except InUse:
        return Line(True, "database", f"in use, by a bot that runs now{words}")
    except StoreError as error:
        return Line(False, "database", str(error))
    return Line(True, "database", f"opens, and is up to date{words}")


def _token(settings: Settings) -> Line:
    try:
        token = needs_token(settings)
    except Wrong as wrong:
        return Line(False, "token", str(wrong))
    return asyncio.run(_ask(settings, token))


async def _ask(settings: Settings, token: str) -> Line:
    from telegram.error import InvalidToken, TelegramError

    from bot.chat.line import connected
    from bot.chat.start import WRONG_TOKEN

    async with connected(token, settings.bot_api) as connection:
        try:
            me = await connection.bot.get_me()
        except InvalidToken:
            return Line(False, "token", WRONG_TOKEN)
        except TelegramError:
            return Line(False, "network", f"{settings.bot_api} does not answer. Check the network and the address.")
    return Line(True, "token", f"the bot is @{me.username}")


def _webhook(settings: Settings) -> Line:
    try:
        webhook_secret(settings)
    except Wrong as wrong:
        return Line(False, "webhook", str(wrong))
    return Line(True, "webhook", settings.webhook_url or "none: the bot asks Telegram for news")
