"""The pause with its promise, as it is lived: it comes back, it says so when it is late, and nobody is left hanging."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

from telegram_server import Person, TelegramServer

from .pair import acquaint
from .phone import PATIENCE, data_of, toast
from .process import Copy
from .stored import DELAY, later

A_BREAK = timedelta(minutes=20)
WAIT_OF = """
SELECT due FROM timers WHERE key LIKE '%:wait' AND owner = (SELECT id FROM people WHERE chat = :caller)
"""


async def call_pause(caller: Person, *others: Person) -> None:
    """The command and one tap. Whoever is linked hears of it in the same moment."""
    await caller.send("/pause")
    await caller.tap("Twenty minutes", timeout=PATIENCE)
    for one in (caller, *others):
        promise = await one.sees("Until then nothing about the quarrel", PATIENCE)
        assert promise.media_kind == "animation" and "in 20 minutes" in promise.words


async def everybody_sees(words: str, *people: Person) -> None:
    await asyncio.gather(*(one.sees(words, PATIENCE) for one in people))


def refused(server: TelegramServer) -> int:
    """How many messages and edits the bot sent that never reached a phone."""
    sent = sum(count for method, count in server.calls.items() if method.startswith(("send", "edit")))
    return sent - sum(event.kind in ("bot", "edited") for event in server.log)


async def lands_softly(left: Person) -> None:
    """The ending for one."""
    await left.sees("What would be kind to your body", PATIENCE)
    await left.tap("A glass of water")
    await left.sees("I am here when you want to go on", PATIENCE)


# --- the promised return ----------------------------------------------------------------------------------------------


async def test_a_pause_returns_when_promised_and_says_so_when_it_is_late(server: TelegramServer, bot: Copy) -> None:
    """Four breaks at the same bot, which is away while the time passes: once, and longer than it may be."""
    ana, ben, cleo, dan, eva, fay, gil = map(server.person, ("Ana", "Ben", "Cleo", "Dan", "Eva", "Fay", "Gil"))
    for pair in ((ana, ben), (cleo, dan), (fay, gil)):
        await acquaint(server, bot, *pair, linked=True)
    await bot.start()
    await asyncio.gather(call_pause(ana, ben), call_pause(cleo, dan), call_pause_alone(eva), call_pause(fay, gil))
    assert "Ana called a break and comes back in 20 minutes" in (await ben.sees("Until then")).words
    assert await bot.stop() == 0
    for caller in (ana, eva, fay):
        bot.move_wait(caller.id, A_BREAK - timedelta(seconds=1))
    bot.move_wait(cleo.id, A_BREAK + timedelta(minutes=61))
    await gil.delete_account()  # nobody tells the bot of that
    assert refused(server) == 0

    await bot.start()
    await asyncio.gather(is_back(server, ana, ben), is_late(server, cleo, dan), is_back_alone(eva))
    await fay.sees("The break is over, Fay", PATIENCE)
    assert "What would be kind" not in fay.dump()
    await later(server, bot, DELAY)
    await is_left_alone(fay)
    assert await bot.stop() == 0
    assert refused(server) == 1  # Gil's phone said 403 once, and nothing was sent there again
    assert bot.rows("SELECT count(*) FROM outbox WHERE status IN ('queued', 'quarantined')") == [(0,)]
    [(due,)] = bot.rows(WAIT_OF, {"caller": cleo.id})
    assert 0 < due / 1e6 - time.time() <= (A_BREAK - DELAY).total_seconds()  # the new promise
    assert server.violations == []


async def is_back(server: TelegramServer, ana: Person, ben: Person) -> None:
    """At the promised time both are asked; both calm leads to the talk."""
    await everybody_sees("The break is over, ", ana, ben)
    await ana.tap("Calm enough to talk")
    await ana.sees("I asked Ben too", PATIENCE)
    await ben.send("Calm enough to talk.")
    await everybody_sees("Welcome back, you two", ana, ben)
    assert not any("I am sorry" in message.words for message in ana.chat + ben.chat)


async def is_late(server: TelegramServer, cleo: Person, dan: Person) -> None:
    """More than an hour late: said to both, and the first of them chooses a new time."""
    late = [await one.sees("I was not there at the time I promised", PATIENCE) for one in (cleo, dan)]
    assert [message.buttons for message in late] == [["Go on now", "In 20 minutes", "In an hour", "In 12 hours"]] * 2
    await dan.tap("In 20 minutes")
    await everybody_sees("I will write in 20 minutes", cleo, dan)
    assert not any("Go on now" in message.buttons for message in cleo.chat + dan.chat)
    # Cleo's screen shows the buttons still.
    assert await toast(server, cleo, late[0], data_of(late[0], "Go on now")) == "That question is closed."
    assert not any("The break is over" in message.words for message in cleo.chat + dan.chat)


async def call_pause_alone(eva: Person) -> None:
    """Somebody who has never met the bot and has no partner here: two taps, and a sentence to send on."""
    await eva.send("/start")
    await eva.tap("We need a pause", timeout=PATIENCE)
    await eva.tap("Twenty minutes", timeout=PATIENCE)
    ready = "I need a break. I will come back to this in twenty minutes. I care about us."
    assert (
        await eva.sees(ready, PATIENCE)
    ).words == ready  # alone in its message, so that it can be forwarded as it is
    assert (await eva.sees("I will write to you in 20 minutes", PATIENCE)).media_kind == "animation"


async def is_back_alone(eva: Person) -> None:
    await eva.sees("The break is over, Eva", PATIENCE)
    await eva.tap("Calm enough to talk")
    await eva.sees("Welcome back, Eva", PATIENCE)


async def is_left_alone(fay: Person) -> None:
    """The bot learns by a 403 that Gil is gone. Fay lands softly, and another pause goes on without him."""
    await fay.sees("What would be kind to your body", PATIENCE)
    await fay.send("/time_out")
    question = await fay.sees("For how long", PATIENCE, unread=True)
    await fay.tap("One hour", question)
    await fay.sees("in 1 hour", PATIENCE)


# --- somebody goes ----------------------------------------------------------------------------------------------------


async def test_somebody_goes_in_the_middle(server: TelegramServer, bot: Copy) -> None:
    """By /unlink, or by blocking the bot: minutes later the other one reads the same soft ending and no reason."""
    ana, ben, cleo, dan = map(server.person, ("Ana", "Ben", "Cleo", "Dan"))
    for pair in ((ana, ben), (cleo, dan)):
        await acquaint(server, bot, *pair, linked=True)
    await bot.start()
    await asyncio.gather(call_pause(ana, ben), call_pause(cleo, dan))
    await server.settled()
    await asyncio.gather(unlinks(ana, ben), blocks(dan))
    await later(server, bot, DELAY)
    await asyncio.gather(lands_softly(ana), lands_softly(cleo))
    assert "What would be kind" not in ben.dump() + dan.dump()
    await dan.unblock()
    await dan.send("/menu")
    await dan.sees("What would help now?", PATIENCE)
    assert await bot.stop() == 0
    assert refused(server) == 0
    assert bot.rows("SELECT count(*) FROM timers WHERE key LIKE '%:wait'") == [(0,)]
    assert server.violations == []


async def unlinks(ana: Person, ben: Person) -> None:
    """Ben reads at once that it is done, and Ana nothing yet."""
    heard = len(ana.log)
    await ben.send("/unlink")
    await ben.sees("You are no longer linked", PATIENCE)
    assert len(ana.log) == heard


async def blocks(dan: Person) -> None:
    """Dan hears nothing more until he comes back by himself."""
    heard = len(dan.log)
    await dan.block()
    assert [event.kind for event in dan.log[heard:]] == ["blocked"]
