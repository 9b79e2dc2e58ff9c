"""One process: settings → store, engine, delivery and the edge, started in order and stopped in order."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

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
from bot.engine.danger import warm
from bot.engine.library import Library
from bot.export import archive
from bot.keys import open_sealed, readable
from bot.service import Service, phrase, utc_now
from bot.settings import Settings, Wrong, make_folder, needs_replica, needs_token, webhook_secret
from bot.store.database import StoreError
from bot.store.migrations import check, migrate
from bot.store.writer import Writer

if TYPE_CHECKING:
    from bot.delivery.distributed import Distributed

log = structlog.get_logger()

NOTHING_STARTED = 1
WRONG_SETTINGS = 2

GRACE = 5.0
"""Seconds that requests under way get at a stop: with the rest, the process is gone within ten."""

LAST = 9.0
"""Seconds after which a stop that hangs, such as on a database that does not answer, is ended all the same."""

LEFT_BEHIND = 3
"""The exit code then."""

Engine: TypeAlias = "type[Embedded] | type[Distributed]"
"""What sends messages and fires timers: alone, or together with other replicas."""

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


def serve(settings: Settings, *, replica: bool = False) -> int:
    """Runs the bot until it is told to stop. The exit code: 0, 1 where nothing could start, 2 for wrong settings.

    A `replica` shares the work with others, and leaves the tables as they are.
    """
    set_up_log(settings)
    try:
        token, secret = needs_token(settings), webhook_secret(settings)
        if replica:
            needs_replica(settings)
    except Wrong as wrong:
        print(wrong, file=sys.stderr)
        return WRONG_SETTINGS
    loaded = load(settings.flows, settings.content)
    if loaded.library is None:
        print(rendered(ordered(loaded.findings), loaded.texts), file=sys.stderr)
        print("Nothing was started: the flows have errors.", file=sys.stderr)
        return NOTHING_STARTED
    engine: Engine = Embedded
    if replica:
        from bot.delivery.distributed import Distributed

        engine = Distributed
    try:
        asyncio.run(_serve(settings, loaded, loaded.library, token, secret, engine))
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


async def _serve(settings: Settings, loaded: Loaded, library: Library, token: str, secret: str, engine: Engine) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _go, stop)
    make_folder(settings)
    # Replicas of two versions may run side by side: none of them may change the tables under the others.
    await asyncio.to_thread(migrate if engine is Embedded else check, settings.database)
    database = open_sealed(settings)
    writer = Writer(database)
    try:
        service = Service(writer, library, compile_source, newcomers=settings.signups_per_minute)
        await service.publish(
            (flow, structure, library.programs[flow, structure].wording, source)
            for (flow, structure), source in loaded.sources.items()
        )
        async with connected(token, settings.bot_api) as connection:
            await _work(settings, service, connection, stop, secret, engine)
    finally:
        await writer.close()
        database.close()


def _go(stop: asyncio.Event) -> None:
    """Asks everybody to come to an end. Whatever hangs is left behind: all that counts is in the database."""
    stop.set()
    last = threading.Timer(LAST, os._exit, (LEFT_BEHIND,))
    last.daemon = True
    last.start()


async def _work(
    settings: Settings, service: Service, connection: Connection, stop: asyncio.Event, secret: str, engine: Engine
) -> None:
    """From the first word with Telegram until the stop: then what is in hand is finished."""
    username = await meet(connection.bot, stop)
    if username is None:
        return
    # A second of work that nobody waits for, unless somebody types within it.
    threading.Thread(target=warm, args=(service.library.danger,), daemon=True).start()
    service.library = replace(
        service.library,
        address=f"https://t.me/{username}",
        operator=settings.operator,
        household=settings.household is True,
        keep_days=settings.keep_days,
    )
    post = TelegramPost(connection.line, settings.flows / "media")
    delivery = engine(
        service.writer,
        post,
        service.due,
        service.gone,
        utc_now,
        pack=lambda conn, person, now: archive(conn, service.library, person, now),
        keep=timedelta(days=settings.keep_days),
    )
    service.wake = delivery
    notice = Notice(phrase(service.library, "group"), phrase(service.library, "group_button"))
    full = phrase(service.library, "full")
    reception = Reception(service.handle, post, username, lambda _language: notice, lambda _language: full)
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
        delivering = group.create_task(delivery.run())
        log.info("started", bot=username)
        if (said := readable(settings)) is not None:
            log.warning("not_sealed", said=said)
        await stop.wait()
        log.info("stopping")
        try:
            async with asyncio.timeout(GRACE):
                await delivery.stop()
        except TimeoutError:
            # A request that hangs is given up: its message is in the outbox and goes out at the next start.
            delivering.cancel()
    with suppress(TimeoutError):
        async with asyncio.timeout(GRACE / 2):
            await reception.settle()


async def _listen(settings: Settings, reception: Reception, secret: str) -> web.AppRunner:
    application = web.Application()
    application.add_routes([webhook(HOOK, secret, reception.receive)])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=GRACE / 2)
    await runner.setup()
    await web.TCPSite(runner, port=settings.webhook_port).start()
    return runner


async def _until(stop: asyncio.Event, runner: web.AppRunner) -> None:
    await stop.wait()
    await runner.cleanup()


def descriptions(library: Library) -> Mapping[str, str]:
    """What each command does, for the menu of the phone."""
    return {name: phrase(library, f"commands.{name}") for name in COMMANDS}
