"""People who have met already, so that a test about something else need not begin with ten messages."""

from __future__ import annotations

from datetime import UTC, datetime

from telegram_server import Person, TelegramServer

from bot.engine.run import World, changed
from bot.store import worlds
from bot.store.database import open_database
from bot.store.migrations import migrate


async def acquaint(server: TelegramServer, url: str, *people: Person, linked: bool = False) -> None:
    """These people have pressed Start and read the first message; with `linked` the two are partners.

    Must be called while no bot has the database open.
    """
    now = datetime.now(UTC)
    migrate(url)
    database = open_database(url)
    with database.engine.begin() as connection:
        numbers = [
            worlds.person_of(connection, one.id, one.user.first_name, one.user.language or "", now) for one in people
        ]
        before = worlds.load_world(connection, numbers[0], numbers[-1])
        partners = dict(zip(numbers, reversed(numbers), strict=True)) if linked else {}
        after = {
            number: changed(person, met=True, partner=partners.get(number), linked=now if number in partners else None)
            for number, person in before.people.items()
        }
        worlds.save_world(connection, before, World(after, {}))
    database.close()
    for one in people:
        await one.send("/start")
    server.updates.clear()
