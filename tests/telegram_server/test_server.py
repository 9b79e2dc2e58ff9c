"""The server does for a well-behaved bot what Telegram does; the bot here is python-telegram-bot's."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from telegram import (
    Bot,
    BotCommand,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    MessageEntity,
    Update,
)

from . import Person, TelegramServer
from .conftest import Call, picture
from .methods import CALLS
from .parameters import TABLES

YES_NO = InlineKeyboardMarkup(
    [[InlineKeyboardButton("Yes", callback_data="y"), InlineKeyboardButton("No", callback_data="n")]]
)


async def the_update(bot: Bot) -> Update:
    """The only update that waits; it is confirmed."""
    (update,) = await bot.get_updates(timeout=5)
    await bot.get_updates(offset=update.update_id + 1, timeout=0)
    return update


async def test_every_method_in_the_table_is_carried_out() -> None:
    assert set(TABLES) - set(CALLS) == {"getUpdates"}
    assert set(CALLS) <= set(TABLES)


async def test_a_whole_conversation(server: TelegramServer, bot: Bot) -> None:
    ana = server.person("Ana", language="de")
    sent = await ana.send("/start")
    update = await the_update(bot)
    assert update.message is not None and update.message.text == "/start"
    assert update.message.message_id == sent.message_id
    assert update.message.from_user is not None and update.message.from_user.language_code == "de"
    assert [(e.type, e.offset, e.length) for e in update.message.entities] == [("bot_command", 0, 6)]

    bold = [MessageEntity("bold", 0, 5)]
    question = await bot.send_message(ana.id, "Ready? 😀", entities=bold, reply_markup=YES_NO)
    assert question.message_id == sent.message_id + 1
    assert question.entities[0].type == "bold"
    assert (await ana.sees("Ready?")).rows[0][1].data == "n"

    tap_id = await ana.tap("Yes")
    query = (await the_update(bot)).callback_query
    assert query is not None and (query.id, query.data) == (tap_id, "y")
    assert isinstance(query.message, Message) and query.message.text == "Ready? 😀"
    assert query.message.reply_markup == YES_NO
    assert [tap.data for tap in server.unanswered] == ["y"]
    await bot.answer_callback_query(query.id, "Noted")
    assert server.unanswered == [] and ana.notices == ["Noted"]

    edited = await bot.edit_message_text("Good.", ana.id, question.message_id)
    assert isinstance(edited, Message) and edited.edit_date is not None
    assert [(m.words, m.buttons) for m in ana.chat] == [("/start", []), ("Good.", [])]
    await bot.delete_message(ana.id, question.message_id)
    assert [m.words for m in ana.chat] == ["/start"]
    assert [e.kind for e in ana.log] == ["person", "bot", "tapped", "notice", "edited", "deleted"]
    assert [e.seq for e in server.log] == sorted(e.seq for e in server.log)
    assert server.violations == []
    await server.settled()


async def test_updates_stay_until_a_higher_offset(server: TelegramServer, bot: Bot) -> None:
    ana = server.person("Ana")
    for words in ("/start", "one", "two"):
        await ana.send(words)
    first = await bot.get_updates()
    again = await bot.get_updates(limit=2)
    assert [u.update_id for u in again] == [u.update_id for u in first][:2]
    ids = [u.update_id for u in first]
    assert ids == sorted(set(ids))
    left = await bot.get_updates(offset=ids[1] + 1)
    assert [u.update_id for u in left] == ids[2:]
    assert [u.update_id for u in await bot.get_updates(offset=-1)] == ids[2:]
    with pytest.raises(AssertionError, match="1 updates are not confirmed"):
        await server.settled(timeout=0.01)


async def test_a_long_poll_wakes_at_once(server: TelegramServer, bot: Bot) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await server.updates.polled(True)
    await server.person("Ana").send("/start")
    assert len(await asyncio.wait_for(poll, 5)) == 1


async def test_only_asked_kinds_are_kept(server: TelegramServer, bot: Bot) -> None:
    await bot.get_updates(allowed_updates=["my_chat_member"])
    ana = server.person("Ana")
    await ana.send("/start")
    await ana.block()
    update = await the_update(bot)
    assert update.my_chat_member is not None


async def test_a_block_is_told_and_taken_back(server: TelegramServer, bot: Bot, ana: Person) -> None:
    await ana.block()
    change = (await the_update(bot)).my_chat_member
    assert change is not None
    assert (change.old_chat_member.status, change.new_chat_member.status) == ("member", "kicked")
    with pytest.raises(AssertionError, match="Ana has blocked the bot"):
        await ana.send("hello?")
    await ana.unblock()
    change = (await the_update(bot)).my_chat_member
    assert change is not None and change.new_chat_member.status == "member"
    await bot.send_message(ana.id, "Welcome back")
    assert [e.kind for e in ana.log] == ["person", "blocked", "unblocked", "bot"]


async def test_an_edit_of_a_person(bot: Bot, ana: Person) -> None:
    said = await ana.send("helo")
    await ana.edit(said, "hello")
    updates = await bot.get_updates()
    assert updates[1].edited_message is not None and updates[1].edited_message.text == "hello"
    assert updates[1].edited_message.message_id == said.message_id
    assert updates[1].edited_message.edit_date is not None


async def test_media_of_a_person_can_be_downloaded(server: TelegramServer, bot: Bot, ana: Person) -> None:
    await ana.voice(b"OggS my voice", seconds=7)
    await ana.photo(picture(), caption="us")
    await ana.sticker()
    voice, photo, sticker = (update.message for update in await bot.get_updates())
    assert voice is not None and voice.voice is not None and voice.voice.duration == 7
    assert photo is not None and photo.caption == "us" and photo.photo[-1].width == 64
    assert sticker is not None and sticker.sticker is not None
    file = await bot.get_file(voice.voice.file_id)
    assert bytes(await file.download_as_bytearray()) == b"OggS my voice"
    await bot.send_voice(ana.id, voice.voice.file_id)
    assert ana.chat[-1].media_kind == "voice"
    assert server.violations == []


async def test_the_bot_sends_files(server: TelegramServer, bot: Bot, ana: Person) -> None:
    card = await bot.send_photo(ana.id, picture(), caption="A card", reply_markup=YES_NO)
    await bot.send_photo(ana.id, card.photo[-1].file_id)
    await bot.send_animation(ana.id, b"\x00\x00\x00 ftypmp42", caption="Breathe")
    await bot.send_voice(ana.id, b"OggS")
    assert [m.media_kind for m in ana.chat[1:]] == ["photo", "photo", "animation", "voice"]
    await bot.edit_message_caption(ana.id, card.message_id, caption="The same card", reply_markup=YES_NO)
    await bot.edit_message_reply_markup(ana.id, card.message_id, reply_markup=None)
    assert (ana.chat[1].words, ana.chat[1].buttons) == ("The same card", [])
    assert server.violations == []


async def test_the_bots_card(server: TelegramServer, bot: Bot, ana: Person) -> None:
    assert (await bot.get_me()).username == "twofold_test_bot"
    await bot.set_my_commands([BotCommand("help", "What I do")])
    await bot.set_my_commands([BotCommand("help", "Was ich tue")], language_code="de")
    assert [c.description for c in await bot.get_my_commands(language_code="de")] == ["Was ich tue"]
    await bot.delete_my_commands(language_code="de")
    assert await bot.get_my_commands(language_code="de") == ()
    assert [c.description for c in await bot.get_my_commands()] == ["What I do"]
    await bot.set_my_description("For two.")
    await bot.set_my_short_description("Two.")
    assert (await bot.get_my_description("de")).description == "For two."
    assert (await bot.get_my_short_description()).short_description == "Two."
    await bot.send_chat_action(ana.id, "typing")
    assert ana.log[-1].kind == "action"
    assert server.violations == []


async def test_links_open_the_bot(server: TelegramServer, bot: Bot) -> None:
    ana = server.person("Ana")
    await ana.open("https://t.me/twofold_test_bot?start=abc_-9")
    await ana.open("tg://resolve?domain=twofold_test_bot&start=x")
    await ana.open("t.me/twofold_test_bot")
    assert [m.words for m in ana.chat] == ["/start abc_-9", "/start x", "/start"]
    with pytest.raises(AssertionError, match="cannot stand in a link"):
        await ana.open("https://t.me/twofold_test_bot?start=a.b")
    with pytest.raises(AssertionError, match="does not lead to this bot"):
        await ana.open("https://t.me/other_bot?start=a")
    invite = InlineKeyboardButton("Join", url="https://t.me/twofold_test_bot?start=ben")
    await bot.send_message(ana.id, "Here", reply_markup=InlineKeyboardMarkup([[invite]]))
    assert await ana.tap("Join") == ""
    assert ana.chat[-1].words == "/start ben"


async def test_a_tap_takes_the_newest_button(server: TelegramServer, bot: Bot, ana: Person) -> None:
    old = await bot.send_message(ana.id, "First", reply_markup=YES_NO)
    new = await bot.send_message(ana.id, "Second", reply_markup=YES_NO)
    await ana.tap("Yes")
    await ana.tap("Yes", message=ana.chat[1])
    await ana.tap_data(ana.chat[1], "forged")
    queries = [u.callback_query for u in await bot.get_updates()]
    seen = [(q.message.message_id, q.data) for q in queries if q and isinstance(q.message, Message)]
    assert seen == [(new.message_id, "y"), (old.message_id, "y"), (old.message_id, "forged")]
    with pytest.raises(AssertionError) as failure:
        await ana.tap("Maybe")
    assert "no button 'Maybe' is shown" in str(failure.value) and "[Yes] [No]" in str(failure.value)
    held = ana.chat[1]
    await bot.delete_message(ana.id, old.message_id)
    await ana.tap_data(held, "late")
    late = (await bot.get_updates())[-1].callback_query
    assert isinstance(late, CallbackQuery) and late.message is not None and not late.message.is_accessible


async def test_seeing_waits_for_words_and_knows_what_is_new(server: TelegramServer, bot: Bot, ana: Person) -> None:
    waiting = asyncio.create_task(ana.sees("soon"))
    await asyncio.sleep(0)
    await bot.send_message(ana.id, "It comes soon")
    assert (await waiting).words == "It comes soon"
    assert (await ana.sees("soon", unread=True)).words == "It comes soon"
    await ana.send("thanks")
    with pytest.raises(AssertionError, match="no new message holds 'soon'") as failure:
        await ana.sees("soon", timeout=0.01, unread=True)
    assert "bot: It comes soon" in str(failure.value)
    await bot.edit_message_text("Now, not soon", ana.id, 2)
    assert (await ana.sees("soon", unread=True)).message_id == 2
    later = asyncio.create_task(ana.tap("Yes", timeout=5))
    await bot.send_message(ana.id, "Well?", reply_markup=YES_NO)
    assert await later


async def test_groups(server: TelegramServer, bot: Bot, ana: Person) -> None:
    ben = server.person("Ben")
    group = server.group("Home", [ana, ben])
    change = (await the_update(bot)).my_chat_member
    assert change is not None and change.chat.type == "supergroup" and change.new_chat_member.status == "member"
    await group.send(ana, "between us")
    said = await bot.send_message(group.id, "Hello both", reply_markup=YES_NO)
    await group.send(ben, "/help")
    await group.send(ben, "an answer", reply_to=group.chat[1])
    await group.screen(ben).tap("No")
    got = await bot.get_updates()
    assert [u.message.text for u in got if u.message] == ["/help", "an answer"]
    assert got[-1].callback_query is not None and got[-1].callback_query.from_user.first_name == "Ben"
    assert [m.message_id for m in group.chat] == [1, said.message_id, 3, 4]
    assert await bot.leave_chat(group.id)
    assert "the bot left" in [event.words for event in group.log]


async def test_form_multipart_and_address_are_read_alike(
    server: TelegramServer, session: aiohttp.ClientSession, ana: Person
) -> None:
    where = f"{server.url}/bot{server.token}"
    keyboard = '{"inline_keyboard":[[{"text":"Go","callback_data":"g"}]]}'
    given = {"chat_id": str(ana.id), "text": "hi", "reply_markup": keyboard, "protect_content": "true"}
    async with session.get(f"{where}/sendMessage", params=given) as answer:
        assert (await answer.json())["ok"]
    async with session.post(f"{where}/SENDMESSAGE", data=given) as answer:
        assert (await answer.json())["ok"]
    form = aiohttp.FormData({"chat_id": str(ana.id), "photo": "attach://one"})
    form.add_field("one", picture(), filename="one.png")
    async with session.post(f"{where}/sendPhoto", data=form) as answer:
        assert (await answer.json())["result"]["photo"][-1]["height"] == 48
    assert [m.buttons for m in ana.chat[1:]] == [["Go"], ["Go"], []]
    assert server.violations == []


async def test_texts_arrive_trimmed_with_entities_in_place(ana: Person, call: Call) -> None:
    entities = [{"type": "italic", "offset": 2, "length": 2}, {"type": "url", "offset": 0, "length": 1}]
    answer = await call("sendMessage", chat_id=ana.id, text=" \n😀 x\r\n ", entities=entities)
    assert answer["result"]["text"] == "😀 x"
    assert answer["result"]["entities"] == [{"type": "italic", "offset": 0, "length": 2}]


async def test_replies(ana: Person, call: Call) -> None:
    answer = await call("sendMessage", chat_id=ana.id, text="yes", reply_parameters={"message_id": 1})
    assert answer["result"]["reply_to_message"]["text"] == "/start"


async def test_a_long_text_of_a_person_comes_in_parts(server: TelegramServer, ana: Person) -> None:
    await ana.send("é" * 4096 + "end")
    assert [len(m.words) for m in ana.chat[1:]] == [4096, 3]
    assert len(server.updates.pending) == 2
