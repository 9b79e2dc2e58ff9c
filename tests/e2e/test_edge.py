"""Where Telegram meets the bot: first words, menu, odd taps and messages, groups, links. One bot serves all."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import pytest
import pytest_asyncio
from telegram_server import Message, Person, TelegramServer

from .conftest import TOKEN
from .pair import acquaint
from .phone import PATIENCE, data_of, from_bot, toast
from .process import Copy

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOME = [["We need a pause"], ["Check in"], ["Talk"], ["More", "More help"]]
ALONE = [["We need a pause"], ["Check in"], ["More", "More help"]]
PAIR = ("Pia", "Paul")
KNOWN = ("Bea", "Cleo", "Dora", "Finn", "Flo", "Ida", "Lou", "Mia")
"""People who have pressed Start before the test begins, so that it need not wait for the first message."""


@dataclass(frozen=True, slots=True)
class House:
    """A running bot and its Telegram, for every test of this file: each one brings people of its own."""

    server: TelegramServer
    bot: Copy


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """The bot is up and knows a few people; at the end it has never done what Telegram refuses."""
    async with TelegramServer(TOKEN) as server:
        server.enforce_limits = True
        bot = Copy(tmp_path_factory.mktemp("house"), TOKEN=TOKEN, BOT_API=server.url, SIGNUPS_PER_MINUTE="1000")
        await acquaint(server, bot, *map(server.person, PAIR), linked=True)
        for name in KNOWN:
            await acquaint(server, bot, server.person(name))
        await bot.start()
        await server.updates.polled(True, PATIENCE)
        yield House(server, bot)
        try:
            assert await bot.stop() == 0
        finally:
            await bot.kill()
        assert server.violations == [] and server.too_early == []
        assert bot.rows("SELECT reason FROM outbox WHERE status = 'quarantined'") == []
        assert bot.rows("SELECT reason FROM inbox WHERE status = 'quarantined'") == []
        assert "Traceback" not in bot.said and TOKEN not in bot.said


def layout(message: Message) -> list[list[str]]:
    return [[button.label for button in row] for row in message.rows]


# --- first words, home, menu ------------------------------------------------------------------------------------------


async def test_the_first_message_is_three_lines_and_four_buttons_and_asks_nothing(house: House) -> None:
    ana = house.server.person("Ana")
    await ana.send("/start")
    first = await ana.sees("Hello, Ana", PATIENCE)
    lines = first.words.splitlines()
    assert len(lines) == 3 and "?" not in first.words
    assert "I am a bot" in lines[0] and "not for emergencies" in lines[1] and "adults only" in lines[2]
    assert sorted(first.buttons) == ["Calm me down", "More help", "Set up", "We need a pause"]
    await ana.tap("More help")
    help_page = await ana.sees("Help from people", PATIENCE)
    assert len(from_bot(ana)) == 2  # nothing was asked in between
    assert "findahelpline.com" in help_page.words


async def test_home_shows_only_what_can_start_now(house: House) -> None:
    alone, linked = house.server.person("Al"), house.server.person("Pia")
    await alone.send("/start")
    await alone.sees("Hello, Al", PATIENCE)
    for person, buttons in ((alone, ALONE), (linked, HOME)):
        await person.send("/menu")
        assert layout(await person.sees("What would help now?", PATIENCE, unread=True)) == buttons


async def test_the_menu_is_turned_over_in_place(house: House) -> None:
    bea = house.server.person("Bea")
    await bea.send("/menu")
    menu = await bea.sees("What would help now?", PATIENCE)
    before = len(from_bot(bea))
    pages = (
        ("More", "your settings"),
        ("Settings", "Time zone"),
        ("Menu", "What would help now?"),
        ("More", "your settings"),
    )
    for label, words in pages:
        await bea.tap(label, menu)
        page = await bea.sees(words, PATIENCE, unread=True)
        assert page.message_id == menu.message_id
    await house.server.settled()
    assert len(from_bot(bea)) == before


async def test_commands_are_set_at_start(house: House) -> None:
    url = f"{house.server.url}/bot{TOKEN}/getMyCommands"
    async with aiohttp.ClientSession() as session:
        for language in ("", "en"):
            asked = {"scope": {"type": "all_private_chats"}, "language_code": language}
            async with session.post(url, json=asked) as answer:
                commands = (await answer.json())["result"]
            names = [command["command"] for command in commands]
            assert names == [
                *("start", "menu", "pause", "stop", "back", "help", "why", "settings", "link", "unlink"),
                *("mine", "hide", "export", "forget"),
            ]
            assert all(command["description"] for command in commands)


async def test_words_that_fit_nothing(house: House) -> None:
    lou = house.server.person("Lou")
    await lou.send("what is the capital of France")
    lost = await lou.sees("I may not have that. Calm first, sort my thoughts, or see everything?", PATIENCE)
    assert [row[:1] for row in layout(lost)][:3] == [["Calm first"], ["Sort my thoughts"], ["See everything"]]


# --- odd taps and odd messages ----------------------------------------------------------------------------------------


async def test_stale_and_forged_taps_are_refused_with_a_toast(house: House) -> None:
    cleo, eve = house.server.person("Cleo"), house.server.person("Eve")
    await eve.send("/start")
    await eve.sees("Hello", PATIENCE)
    await cleo.send("/check_in")
    question = await cleo.sees("ow close to your partner", PATIENCE)
    two = data_of(question, "2")
    await cleo.tap("5", question)
    await cleo.sees("one small kind thing", PATIENCE)
    assert await toast(house.server, cleo, question, two) == "That question is closed."
    there = len(from_bot(cleo))
    run, visit = two.split(":")[1:3]
    refusals = ("That button does not work here.", "That question is closed.")
    forged = [
        "m:everything",
        "f:one_turn",
        "f:../etc",
        "zzz",
        f"a:{run}:{visit}:99",
        "w:nothing",
        "g:a:b:c",
        "\u202e" * 21,
    ]
    for data in forged:
        assert await toast(house.server, cleo, question, data) in refusals
    # Data that is good under somebody else's question.
    now = data_of(from_bot(cleo)[-1], "Skip")
    assert await toast(house.server, eve, from_bot(eve)[-1], now) in refusals
    await house.server.settled()
    assert len(from_bot(cleo)) == there and len(from_bot(eve)) == 1


async def test_an_edited_message_changes_nothing(house: House) -> None:
    dora = house.server.person("Dora")
    await dora.send("/check_in")
    await dora.sees("ow close to your partner", PATIENCE)
    typed = await dora.send("five")
    await dora.sees("one small kind thing", PATIENCE)
    await dora.edit(typed, "nine")
    await house.server.settled()
    assert house.bot.rows(STANDS, {"chat": dora.id}) == [("small_thing",)]  # the question is open as before
    await dora.send("tea in bed")
    await dora.sees("Here are your last two weeks", PATIENCE)
    assert house.bot.rows(NUMBERS, {"chat": dora.id}) == [(5,)]


STANDS = "SELECT runs.state ->> 'step' FROM runs JOIN people ON people.id = runs.one WHERE chat = :chat"
NUMBERS = "SELECT CAST(value AS INTEGER) FROM numbers JOIN people ON people.id = numbers.person WHERE chat = :chat"


async def test_stickers_and_photos_get_a_friendly_sentence(house: House) -> None:
    """Where words are expected. The question stays open, and takes the words that come next."""
    finn, flo = house.server.person("Finn"), house.server.person("Flo")

    async def attach(person: Person, thing: Callable[[], Awaitable[Message]]) -> None:
        await person.send("/check_in")
        await person.sees("ow close to your partner", PATIENCE)
        await person.tap("9")
        await person.sees("Lovely", PATIENCE)
        await thing()
        await person.sees("Here I can only use words or the buttons", PATIENCE)
        await person.send("the walk")
        await person.sees("Here are your last two weeks", PATIENCE)

    await asyncio.gather(attach(finn, finn.sticker), attach(flo, flo.photo))


async def test_a_group_gets_one_line_and_a_button(house: House) -> None:
    gus, hal = house.server.person("Gus"), house.server.person("Hal")
    group = house.server.group("Family", [gus, hal])
    line = await group.screen(gus).sees("I work in a private chat", PATIENCE)
    assert "\n" not in line.words and layout(line) == [["Open the private chat"]]
    await group.send(hal, "/start")
    await group.screen(hal).sees("I work in a private chat", PATIENCE, unread=True)
    await group.send(hal, "we had a quarrel")
    await house.server.settled()
    assert sum(message.from_bot for message in group.chat) == 2
    await hal.open(line.rows[0][0].url or "")
    await hal.sees("Hello, Hal", PATIENCE)


async def test_a_hundred_new_people_in_a_row(house: House) -> None:
    """Everybody is met by name and once, though Telegram takes no more than thirty messages a second."""
    crowd = [house.server.person(f"Person {number}") for number in range(100)]
    for person in crowd:
        await person.send("/start")
    await asyncio.gather(*(person.sees(f"Hello, {person.user.first_name}.", 30) for person in crowd))
    assert [len(from_bot(person)) for person in crowd] == [1] * 100
    assert house.server.limits.refused < 30  # a busy machine bunches some; without limits it would be seventy


async def test_a_second_process_does_not_get_the_database(house: House) -> None:
    """It says so in a sentence and goes; the first one does not mind."""
    second = Copy(house.bot.folder, **house.bot.settings)
    ended = await second.run()
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "Another process is using the database twofold.sqlite3. Stop that one first, or choose another file.\n"
    )
    oli = house.server.person("Oli")
    await oli.send("/start")
    await oli.sees("Hello, Oli", PATIENCE)


# --- links ------------------------------------------------------------------------------------------------------------


async def invitation(person: Person) -> str:
    """A fresh link, read from the message that is there to be forwarded."""
    await person.send("/link")
    message = await person.sees("?start=", PATIENCE, unread=True)
    address = re.search(r"https://t\.me/\S+", message.words)
    assert address
    return address[0]


async def test_a_link_is_used_once_and_by_nobody_else(house: House) -> None:
    """Somebody who has a partner, a third person, the same one twice; no id of a person is in the link."""
    ida, jon, kim, pia = map(house.server.person, ("Ida", "Jon", "Kim", "Pia"))
    link = await invitation(ida)
    assert str(ida.id) not in link and re.search(r"\?start=[0-9a-f]{32}$", link)
    await pia.open(link)
    await pia.sees("You are already linked with a partner", PATIENCE)
    await jon.open(link)
    await jon.tap("I agree", timeout=PATIENCE)
    await ida.sees("Jon opened your link. Is this your partner?", PATIENCE)
    await kim.open(link)
    await kim.sees("This link was used already", PATIENCE)
    await ida.tap("Yes, this is Jon")
    for person in (ida, jon):
        await person.sees("are linked", PATIENCE)
    await jon.open(link)
    await jon.sees("link", PATIENCE, unread=True)
    assert house.bot.rows(PARTNER, {"chat": ida.id}) == [(jon.id,)]
    assert house.bot.rows(PARTNER, {"chat": kim.id}) == []


PARTNER = "SELECT two.chat FROM people AS one JOIN people AS two ON two.id = one.partner WHERE one.chat = :chat"


async def test_a_link_is_for_somebody_else_and_ends_after_48_hours(house: House) -> None:
    mia, nat = house.server.person("Mia"), house.server.person("Nat")
    link = await invitation(mia)
    assert house.bot.rows(LIFETIME, {"chat": mia.id}) == [(48,)]
    await mia.open(link)
    await mia.sees("This is your own link", PATIENCE)
    house.bot.rows(OLDER, {"chat": mia.id})
    await nat.open(link)
    await nat.sees("This link is older than 48 hours", PATIENCE)
    await nat.open(link.partition("=")[0] + "=" + "0" * 32)
    await nat.sees("I do not know this link", PATIENCE)


LIFETIME = """
SELECT round((expires / 1e6 - unixepoch()) / 3600) FROM invitations
WHERE inviter = (SELECT id FROM people WHERE chat = :chat)
"""
OLDER = """
UPDATE invitations SET expires = expires - 48 * 3600 * 1000000
WHERE inviter = (SELECT id FROM people WHERE chat = :chat)
"""
