"""The pause with its promise, as it is lived: it comes back, it says so when it is late, and nobody is left hanging."""

from __future__ import annotations

from datetime import timedelta

import pytest
from telegram_server import Person, TelegramServer

from .process import Copy

A_BREAK = timedelta(minutes=20)
PATIENCE = 10.0


async def call_pause(caller: Person, other: Person | None = None) -> None:
    """Two taps in all: the pause and its length. Whoever is linked hears of it in the same moment."""
    await caller.send("/menu")
    await caller.tap("We need a pause", timeout=PATIENCE)
    await caller.tap("Twenty minutes", timeout=PATIENCE)
    for one in (caller, other):
        if one is not None:
            await one.sees("Until then nothing about the quarrel", PATIENCE)


def buttons(person: Person) -> list[str]:
    """Every button that this phone shows now."""
    return [label for message in person.chat for label in message.buttons]


async def test_a_pause_returns_when_promised(server: TelegramServer, bot: Copy, couple: tuple[Person, Person]) -> None:
    ana, ben = couple
    await bot.start()
    await call_pause(ana, ben)
    promise = await ben.sees("Ana called a break and comes back in 20 minutes")
    assert promise.media_kind == "animation"
    assert await bot.stop() == 0
    assert bot.move_waits(A_BREAK - timedelta(seconds=1)) == 1  # that long the bot was not there
    await bot.start()
    for one in couple:
        await one.sees("The break is over, ", PATIENCE)
    await ana.tap("Calm enough to talk")
    await ana.sees("I asked Ben too", PATIENCE)
    await ben.send("calm enough")
    for one in couple:
        await one.sees("Welcome back, you two", PATIENCE)
        assert "I am sorry" not in one.dump()
    assert await bot.stop() == 0
    assert server.violations == []


async def test_a_late_return_says_so_and_offers_a_new_time(
    server: TelegramServer, bot: Copy, couple: tuple[Person, Person]
) -> None:
    ana, ben = couple
    await bot.start()
    await call_pause(ana, ben)
    assert await bot.stop() == 0
    bot.move_waits(A_BREAK + timedelta(minutes=61))
    await bot.start()
    late = [await one.sees("I was not there at the time I promised", PATIENCE) for one in couple]
    assert [message.buttons for message in late] == [["Go on now", "In 20 minutes", "In an hour", "In 12 hours"]] * 2
    await ben.tap("In 20 minutes")
    for one in couple:
        await one.sees("I will write in 20 minutes", PATIENCE)
    await server.settled()
    assert "Go on now" not in buttons(ana) + buttons(ben)
    await ana.tap_data(late[0], late[0].rows[0][0].data or "")  # an old screen
    await server.settled()
    assert ana.notices[-1] == "That question is closed."
    assert await bot.stop() == 0
    assert bot.move_waits(A_BREAK) == 1
    await bot.start()
    for one in couple:
        await one.sees("The break is over", PATIENCE)
    assert server.violations == []


async def test_somebody_without_a_partner_gets_the_version_for_one(
    server: TelegramServer, bot: Copy, ana: Person
) -> None:
    await bot.start()
    await ana.send("/start")
    await ana.tap("We need a pause", timeout=PATIENCE)
    await ana.tap("Twenty minutes", timeout=PATIENCE)
    forward = await ana.sees("I need a break of twenty minutes. Then I will come back to this. I care about us.", PATIENCE)
    assert "send to your partner" in forward.words
    promise = await ana.sees("I will write to you in 20 minutes", PATIENCE)
    assert promise.media_kind == "animation"
    assert await bot.stop() == 0
    assert bot.move_waits(A_BREAK) == 1
    await bot.start()
    await ana.sees("The break is over, Ana", PATIENCE)
    await ana.tap("Calm enough to talk")
    await ana.sees("Welcome back, Ana", PATIENCE)
    assert server.violations == []


async def test_unlinking_in_the_middle_lands_the_other_softly(
    server: TelegramServer, bot: Copy, couple: tuple[Person, Person]
) -> None:
    ana, ben = couple
    await bot.start()
    await call_pause(ana, ben)
    await ben.send("/unlink")
    await ben.sees("You are no longer linked", PATIENCE)
    await ana.sees("You and your partner are no longer linked", PATIENCE)
    await ana.sees("What would be kind to your body", PATIENCE)
    assert "Ben" not in (await ana.sees("no longer linked")).words  # and no reason
    await ana.tap("A glass of water")
    await ana.sees("I am here when you want to go on", PATIENCE)
    assert await bot.stop() == 0
    assert bot.rows("SELECT count(*) FROM timers WHERE key LIKE '%:wait'") == [(0,)]
    assert "What would be kind" not in ben.dump()
    assert server.violations == []


@pytest.mark.parametrize("told", [True, False], ids=["a block, which the bot is told of", "an account that is gone"])
async def test_somebody_leaves_in_the_middle(
    server: TelegramServer, bot: Copy, couple: tuple[Person, Person], told: bool
) -> None:
    """The other lands softly, and who left is written to once at most, and never again."""
    ana, ben = couple
    await bot.start()
    await call_pause(ana, ben)
    await server.settled()
    calls, reached = sum(server.calls.values()), 0
    await (ben.block() if told else ben.delete_account())
    if not told:
        assert await bot.stop() == 0
        bot.move_waits(A_BREAK)
        await bot.start()
    await ana.sees("What would be kind to your body", PATIENCE)
    await ana.tap("A short walk")
    await ana.sees("I am here when you want to go on", PATIENCE)
    await ana.send("/time_out")
    await ana.sees("Let us take a break", PATIENCE)
    await server.settled()
    assert await bot.stop() == 0
    assert calls and reached == 0
    assert bot.rows("SELECT count(*) FROM outbox WHERE status = 'queued'") == [(0,)]
