"""One process: settings → store, engine, delivery and the edge, started in order and stopped in order."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

import structlog
from aiohttp import web

from bot.authoring.finding import ordered, rendered
from bot.authoring.library import Loaded, compile_source, load
from bot.chat.commands import COMMANDS, announce
from bot.chat.line import Connection, connected
from bot.chat.poll import catch_up, poll
from bot.chat.reception import Notice, Reception
from bot.chat.send import TelegramPost
from bot.chat.start import Unwelcome, choose_polling, choose_webhook, meet
from bot.chat.webhook import webhook
from bot.delivery.embedded import Embedded
from bot.engine.library import Library
from bot.service import Service, phrase, utc_now
from bot.settings import Settings, Wrong, make_folder, needs_token, webhook_secret
from bot.store.database import StoreError, open_database
from bot.store.migrations import migrate
from bot.store.writer import Writer

log = structlog.get_logger()

NOTHING_STARTED = 1
WRONG_SETTINGS = 2

GRACE = 5.0
"""Seconds that requests under way get at a stop: with the rest, the process is gone within ten."""

HOOK = "/telegram"
"""The path under which Telegram calls us, behind whatever address the settings name."""


def set_up_log(settings: Settings) -> None:
    """Logs go to stderr, one line each, with ids and codes and never with anybody's words."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if settings.log_format == "json" else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def serve(settings: Settings) -> int:
    """Runs the bot until it is told to stop. The exit code: 0, 1 where nothing could start, 2 for wrong settings."""
    set_up_log(settings)
    try:
        token, secret = needs_token(settings), webhook_secret(settings)
    except Wrong as wrong:
        print(wrong, file=sys.stderr)
        return WRONG_SETTINGS
    loaded = load(settings.flows, settings.content)
    if loaded.library is None:
        print(rendered(ordered(loaded.findings), loaded.texts), file=sys.stderr)
        print("Nothing was started: the flows have errors.", file=sys.stderr)
        return NOTHING_STARTED
    try:
        asyncio.run(_serve(settings, loaded, loaded.library, token, secret))
    except Exception as error:
        said = _sentence(error)
        if said is None:
            raise
        print(said, file=sys.stderr)
        return NOTHING_STARTED
    return 0


def _sentence(error: BaseException) -> str | None:
    """What stopped the bot, in one sentence; None for a mistake of our own, which deserves its traceback."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    match error:
        case StoreError() | Unwelcome():
            return str(error)
        case OSError():
            return f"The bot could not start: {error.strerror or type(error).__name__}."
        case _:
            return None


async def _serve(settings: Settings, loaded: Loaded, library: Library, token: str, secret: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    make_folder(settings)
    await asyncio.to_thread(migrate, settings.database)
    database = open_database(settings.database)
    writer = Writer(database)
    try:
        service = Service(writer, library, compile_source)
        await service.publish(
            (flow, structure, library.programs[flow, structure].wording, source)
            for (flow, structure), source in loaded.sources.items()
        )
        async with connected(token, settings.bot_api) as connection:
            await _work(settings, service, connection, stop, secret)
    finally:
        await writer.close()
        database.close()


async def _work(settings: Settings, service: Service, connection: Connection, stop: asyncio.Event, secret: str) -> None:
    """From the first word with Telegram until the stop: then what is in hand is finished."""
    username = await meet(connection.bot, stop)
    if username is None:
        return
    service.library = replace(service.library, address=f"https://t.me/{username}", operator=settings.operator)
    post = TelegramPost(connection.line, settings.flows / "media")
    embedded = Embedded(service.writer, post, service.due, service.gone, utc_now)
    service.wake = embedded
    notice = Notice(phrase(service.library, "group"), phrase(service.library, "group_button"))
    reception = Reception(service.handle, post, username, lambda _language: notice)
    await announce(connection.bot, {"en": descriptions(service.library)})
    async with asyncio.TaskGroup() as group:
        if settings.webhook_url:
            runner = await _listen(settings, reception, secret)
            await choose_webhook(connection.bot, stop, settings.webhook_url + HOOK, secret)
            group.create_task(_until(stop, runner))
        else:
            await choose_polling(connection.bot, stop)
            # What people wrote while the bot was down comes before the timers that ran out meanwhile.
            await catch_up(connection.line, reception.receive, stop)
            group.create_task(poll(connection.line, reception.receive, stop))
        delivering = group.create_task(embedded.run())
        log.info("started", bot=username)
        await stop.wait()
        log.info("stopping")
        try:
            async with asyncio.timeout(GRACE):
                await embedded.stop()
        except TimeoutError:
            # A request that hangs is given up: its message is in the outbox and goes out at the next start.
            delivering.cancel()
    with suppress(TimeoutError):
        async with asyncio.timeout(GRACE / 2):
            await reception.settle()


async def _listen(settings: Settings, reception: Reception, secret: str) -> web.AppRunner:
    application = web.Application()
    application.add_routes([webhook(HOOK, secret, reception.receive)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, port=settings.webhook_port).start()
    return runner


async def _until(stop: asyncio.Event, runner: web.AppRunner) -> None:
    await stop.wait()
    await runner.cleanup()


def descriptions(library: Library) -> Mapping[str, str]:
    """What each command does, for the menu of the phone."""
    return {name: phrase(library, f"commands.{name}") for name in COMMANDS}
