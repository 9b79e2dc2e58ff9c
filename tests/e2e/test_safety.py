"""Words that tell of danger in the middle of a talk: contacts for the writer, nothing for others, nothing kept."""

from __future__ import annotations

from telegram_server import Person, TelegramServer

from .pair import Seats, seat
from .phone import PATIENCE, from_bot
from .process import Copy
from .stored import DELAY, later, readable

MARK = "elderberrytart"
DANGER = f"I want to kill myself, {MARK}"
LANDING = "We stop here for now"


async def alarmed(talk: Seats) -> None:
    """The speaker types it and has the page; the listener has got nothing."""
    await talk.speaker.send(DANGER)
    page = await talk.speaker.sees("call 112 or 911", PATIENCE)
    assert MARK not in page.words and "I meant something else" in page.buttons
    assert page.words.startswith("Thank you for telling me. I am a bot, and no person reads ")
    assert from_bot(talk.listener) == []


async def test_the_writer_gets_contacts_at_once_and_the_partner_one_neutral_text_later(
    server: TelegramServer, bot: Copy, couple: tuple[Person, Person]
) -> None:
    talk = seat(bot, *couple)
    await bot.start()
    await alarmed(talk)
    await server.settled()
    await later(server, bot, DELAY)
    landed = await talk.listener.sees(LANDING, PATIENCE)
    assert landed.words == f"{LANDING}, {talk.listener.user.first_name}. That is all right."
    await talk.listener.sees("What would be kind to your body", PATIENCE)
    assert len(from_bot(talk.listener)) == 2 and len(from_bot(talk.speaker)) == 1
    assert await bot.stop() == 0
    assert bot.rows("SELECT count(*) FROM runs WHERE two IS NOT NULL") == [(0,)]
    assert MARK not in bot.said and server.violations == []


async def test_the_words_are_on_no_disk_when_the_delay_is_over(
    server: TelegramServer, bot: Copy, couple: tuple[Person, Person]
) -> None:
    """Looked for while the bot runs, in the file and in its log of writes, and once more after a kill."""
    talk = seat(bot, *couple)
    await bot.start()
    await alarmed(talk)
    assert readable(bot, MARK) != []  # they wait, in case something else was meant
    by = {"by": DELAY.total_seconds() * 1e6}
    bot.rows("UPDATE timers SET due = due - :by WHERE key LIKE '%:part' OR key LIKE 'own:%:meant'", by)
    await talk.listener.send("/why")  # so that the clocks are looked at
    await talk.listener.sees(LANDING, PATIENCE)
    await server.settled()
    assert bot.rows("SELECT count(*) FROM timers WHERE key LIKE 'own:%:meant'") == [(0,)]
    assert readable(bot, MARK) == []
    await bot.kill()
    assert readable(bot, MARK) == [] and MARK not in bot.said


async def test_something_else_was_meant_across_a_kill(
    server: TelegramServer, bot: Copy, couple: tuple[Person, Person]
) -> None:
    """The same question comes again with the words, and all goes on; the partner has seen nothing of it."""
    talk = seat(bot, *couple)
    await bot.start()
    await alarmed(talk)
    await bot.kill()
    await bot.start()
    await talk.speaker.tap("I meant something else")
    await talk.speaker.sees("All right, we go on", PATIENCE)
    await talk.speaker.sees("you have the floor", PATIENCE)
    await talk.speaker.sees(f"“{DANGER}”", PATIENCE)
    await server.settled()
    assert from_bot(talk.listener) == []
    await talk.speaker.tap("Change")
    await talk.speaker.sees("Write it again", PATIENCE)
    await talk.speaker.send("I felt alone.")
    await talk.speaker.tap("Send", timeout=PATIENCE)
    await talk.listener.sees("said: “I felt alone.”", PATIENCE)
    assert len(from_bot(talk.listener)) == 1
    await later(server, bot, DELAY)
    await talk.listener.send("You felt alone.")
    await talk.listener.sees("“You felt alone.”", PATIENCE)
    assert LANDING not in talk.listener.dump() and server.violations == []
