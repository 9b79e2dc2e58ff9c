"""Who comes in: links and button data that are forged, old or somebody else's, and a crowd within one minute."""

from __future__ import annotations

import asyncio
import random
import re
from datetime import timedelta
from string import ascii_letters, digits
from typing import Any

from telegram_server import Person, TelegramServer

from .pair import acquaint, seat
from .phone import PATIENCE, from_bot, toast
from .process import Copy
from .stored import later

REFUSALS = ("That question is closed.", "That button does not work here.", "I have your answer already.")
KINDS = "adlgxmfwcknteosqivhb"
"""Every letter that button data can begin with."""


async def invitation(person: Person) -> str:
    """A fresh link, read from the message that is there to be forwarded."""
    await person.send("/link")
    message = await person.sees("?start=", PATIENCE, unread=True)
    address = re.search(r"https://t\.me/\S+", message.words)
    assert address
    return address[0]


# --- links ------------------------------------------------------------------------------------------------------------


async def test_while_two_confirm_nobody_else_gets_in(server: TelegramServer, bot: Copy) -> None:
    """A third person opens the used link, forges the yes of either side, tries made-up and replaced links."""
    ida, jon, kim = people = [server.person(name) for name in ("Ida", "Jon", "Kim")]
    await acquaint(server, bot, *people)
    await bot.start()
    older = await invitation(ida)
    link = await invitation(ida)
    await ida.open(link)
    await ida.sees("This is your own link", PATIENCE)
    await jon.open(link)
    await jon.tap("I agree", timeout=PATIENCE)
    await ida.sees("Jon opened your link. Is this your partner?", PATIENCE)
    numbers = dict(bot.rows("SELECT chat, id FROM people"))
    made_up = "".join(random.Random(5).choices(ascii_letters + digits + "_-", k=64))
    opened = await kim.open(link)
    await kim.sees("This link was used already", PATIENCE)
    for one in (ida, jon, kim):
        for data in (f"k:m:{numbers[one.id]}:y", f"k:a:{numbers[one.id]}:y"):
            assert await toast(server, kim, opened, data) in REFUSALS
    await kim.open(f"{link.partition('=')[0]}={made_up}")
    await kim.sees("I do not know this link", PATIENCE)
    await kim.open(older)
    await kim.sees("This link is older than 48 hours", PATIENCE)
    assert bot.rows("SELECT count(*) FROM people WHERE partner IS NOT NULL") == [(0,)]
    await ida.tap("Yes, this is Jon")
    for one in (ida, jon):
        await one.sees("are linked", PATIENCE)
    await kim.open(link)
    await kim.sees("This link was used already", PATIENCE, unread=True)
    partners = bot.rows("SELECT chat FROM people WHERE partner IS NOT NULL ORDER BY chat")
    assert partners == sorted([(ida.id,), (jon.id,)]) and server.violations == []


# --- button data ------------------------------------------------------------------------------------------------------


async def test_forged_button_data_changes_nothing(server: TelegramServer, bot: Copy) -> None:
    """Wrong runs, other people's buttons, data of every kind, and 64 bytes of chance, beside a talk that goes on."""
    ana, ben, eve = (server.person(name) for name in ("Ana", "Ben", "Eve"))
    await acquaint(server, bot, ana, ben, linked=True)
    await acquaint(server, bot, eve)
    seat(bot, ana, ben)
    runs = bot.rows("SELECT id, state ->> 'visit' FROM runs")
    stands = standing(bot)
    await bot.start()
    theirs = [
        data
        for run, visit in runs
        for data in (
            *(f"{kind}:{run}:{visit}:{item}" for kind in "adlg" for item in ("0", "s", "y", "a", "d", "u0", "fy")),
            *(f"h:{run}:{said}" for said in ("wait", "later", "end", "18")),
            *(f"b:{said}:{run}:{visit}:" for said in "ta"),
            *(f"x:{run}", f"s:send:{run}", f"s:none:{run}", f"n:{run}:0"),
        )
    ]
    chance = random.Random(7)
    noise = ["".join(chr(chance.randrange(1, 128)) for _ in range(64)) for _ in range(8)]
    noise += ["\u202e" * 21, ":" * 64, "", "\N{GRINNING FACE}" * 16]
    shapes = [kind + tail for kind in KINDS for tail in ("", ":", "::", ":0:0:0", ":nothing:1:-1", ":" + "9" * 62)]
    under = eve.chat[0]
    for data in (*theirs, *shapes, *noise):
        assert await toast(server, eve, under, data) in REFUSALS, data
    other = [f"g:{run}:0:y" for run, _ in runs] + [f"a:{run}:999:0" for run, _ in runs]
    for data in other:  # one's own run, and a visit that was never
        assert await toast(server, ben, ben.chat[0], data) in REFUSALS, data
    await server.settled()
    assert standing(bot) == stands
    assert from_bot(eve) == [] == from_bot(ben)
    await ana.send("I felt alone.")
    await ana.sees("“I felt alone.”", PATIENCE)
    assert bot.rows("SELECT count(*) FROM inbox WHERE status <> 'ok'") == [(0,)] and server.violations == []


def standing(bot: Copy) -> list[list[tuple[Any, ...]]]:
    """Everything that a tap could have moved."""
    tables = (
        "SELECT id, state FROM people",
        "SELECT id, state FROM runs",
        "SELECT * FROM timers",
        "SELECT * FROM safety",
    )
    return [bot.rows(f"{one} ORDER BY 1") for one in tables]


# --- many at once -----------------------------------------------------------------------------------------------------


async def test_more_new_people_than_fit_a_minute_are_asked_to_come_again(server: TelegramServer, bot: Copy) -> None:
    """A hundred in a row, within Telegram's limits: half are met, half read where help is; a minute later all are."""
    server.enforce_limits = True
    bot.settings["SIGNUPS_PER_MINUTE"] = "50"
    crowd = [server.person(f"Person {number}") for number in range(100)]
    await bot.start()
    for person in crowd:
        await person.send("/start")
    await asyncio.gather(*(person.sees("call 112 or 911", 2 * PATIENCE) for person in crowd))
    late = [person for person in crowd if "Please try again in a minute" in person.dump()]
    assert len(late) == 50
    await later(server, bot, timedelta(minutes=1))
    for person in late:
        await person.send("/start")
    await asyncio.gather(*(person.sees(f"Hello, {person.user.first_name}.", 2 * PATIENCE) for person in crowd))
    assert [len(from_bot(person)) for person in crowd] == [1 + (person in late) for person in crowd]
    assert bot.rows("SELECT count(*) FROM people") == [(100,)] and server.violations == []
