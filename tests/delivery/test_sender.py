"""What becomes of one message, whatever the messenger answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from moments import NOON
from sqlalchemy import Connection, text

from bot.delivery.limits import BOT_INTERVAL, hold, reserve
from bot.delivery.port import Delivered, Failed, Gone, TooFast, Wrong
from bot.delivery.sender import deliver
from bot.engine.events import Chart, Edit, Message, Picture, Remember, Send
from bot.store import numbers, outbox
from bot.store.database import StoreError

from .conftest import Office

SECOND = timedelta(seconds=1)
HELLO = Message("hello")
PICTURE = Message("look", media=Picture("breath.gif", "a circle"))


async def test_a_message_is_sent_and_noted(office: Office) -> None:
    await office.put(Send(office.ann, HELLO, tag="q", unasked=True))
    assert await office.deliver(office.ann)
    (letter,) = await office.postman.got(1)
    assert (letter.person, letter.chat, letter.kind, letter.tag) == (office.ann, 101, "send", "q")
    assert (letter.message, letter.message_id, letter.chart, letter.unasked) == (HELLO, None, None, True)
    (row,) = await office.rows()
    assert (row["status"], row["payload"], row["message_id"]) == ("sent", "", 1)
    assert not await office.deliver(office.ann)


async def test_one_new_message_a_second_in_a_chat(office: Office) -> None:
    await office.put(*(Send(office.ann, Message(str(n))) for n in range(3)))
    for _ in range(3):
        assert await office.deliver(office.ann)
    assert office.postman.texts() == ["0", "1", "2"]
    assert office.postman.times() == [NOON, NOON + SECOND, NOON + 2 * SECOND]


async def test_an_edit_does_not_wait_for_the_chat_but_for_the_bot(office: Office) -> None:
    await office.put(
        Send(office.ann, HELLO, tag="q"), Edit(office.ann, "q", Message("edited")), Edit(office.ann, "q", None)
    )
    for _ in range(3):
        await office.deliver(office.ann)
    assert office.postman.texts() == ["hello", "edited", "strip"]
    assert office.postman.times() == [NOON, NOON + BOT_INTERVAL, NOON + 2 * BOT_INTERVAL]
    edit, strip = (await office.postman.got(3))[1:]
    assert (edit.kind, edit.message_id, edit.shown_media) == ("edit", 1, False)
    assert (strip.kind, strip.message_id, strip.message) == ("strip", 1, None)


async def test_all_chats_share_the_slots_of_the_bot(office: Office) -> None:
    await office.put(Send(office.ann, HELLO), Send(office.ben, HELLO))
    await office.deliver(office.ann)
    await office.deliver(office.ben)
    assert office.postman.times() == [NOON, NOON + BOT_INTERVAL]


async def test_the_chats_slot_comes_before_the_bots(office: Office) -> None:
    await office.put(Send(office.ann, HELLO), Send(office.ann, HELLO))
    await office.deliver(office.ann)
    waiting = asyncio.ensure_future(deliver(office.sender, office.ann))
    await office.time.asleep_until(NOON + SECOND)
    # While one chat rests, it has taken no slot from the others.
    assert await office.writer.run(lambda conn: reserve(conn, NOON)) == NOON + BOT_INTERVAL
    assert await office.while_time_passes(waiting)
    assert office.postman.times()[1] == NOON + SECOND


async def test_too_fast_keeps_the_row_and_rests_the_chat(office: Office) -> None:
    office.postman.answers[101].append(TooFast(7 * SECOND))
    await office.put(Send(office.ann, Message("first")), Send(office.ann, Message("second")), Send(office.ben, HELLO))
    assert not await office.deliver(office.ann)
    assert not await office.deliver(office.ann)
    assert await office.status() == ["queued"] * 3
    assert await office.deliver(office.ben)
    office.time.at = NOON + 7 * SECOND
    assert await office.deliver(office.ann)
    assert office.postman.texts() == ["first", "hello", "first"]


async def test_two_chats_refused_in_a_row_rest_the_whole_bot(office: Office) -> None:
    for chat in (101, 102):
        office.postman.answers[chat].append(TooFast(7 * SECOND))
    await office.put(Send(office.ann, HELLO), Send(office.ben, HELLO))
    await office.deliver(office.ann)
    assert await office.writer.run(lambda conn: reserve(conn, office.time.at)) < NOON + SECOND
    await office.deliver(office.ben)
    refused = office.time.at
    assert await office.writer.run(lambda conn: reserve(conn, refused)) == refused + 7 * SECOND


@pytest.mark.parametrize("between", ["delivered", "late", "the same chat"])
async def test_two_refusals_apart_rest_only_their_chats(office: Office, between: str) -> None:
    refusals = [TooFast(SECOND / 4), TooFast(9 * SECOND)]
    await office.put(Send(office.ann, HELLO), Send(office.ann, HELLO), Send(office.ben, HELLO))
    office.postman.answers[101].append(refusals[0])
    await office.deliver(office.ann)
    office.time.at += SECOND / 4
    last = office.ben
    match between:
        case "delivered":
            await office.deliver(office.ann)
        case "late":
            office.time.at += SECOND
        case _:
            last = office.ann
    office.postman.answers[101 if last == office.ann else 102].append(refusals[1])
    assert not await office.deliver(last)
    now = office.time.at
    assert await office.writer.run(lambda conn: reserve(conn, now)) <= now + BOT_INTERVAL


async def test_whoever_waits_long_for_a_slot_keeps_the_message(office: Office) -> None:
    start = NOON + 3 * outbox.LEASE
    await office.writer.run(lambda conn: hold(conn, start))
    await office.put(Send(office.ann, HELLO))
    waiting = asyncio.ensure_future(deliver(office.sender, office.ann))
    await office.time.asleep_until(start)
    for now in (NOON + 2 * outbox.LEASE, start + outbox.LEASE - SECOND):
        assert await office.writer.run(partial(outbox.claim, person=office.ann, now=now)) is None
    office.time.pass_by(start - NOON)
    assert await waiting
    assert office.postman.times() == [start]


async def test_no_answer_is_tried_again_after_growing_pauses(office: Office) -> None:
    office.postman.answers[101].extend([Failed("502"), Failed("timeout"), ValueError("words"), Failed("502")])
    await office.put(Send(office.ann, HELLO))
    rests = []
    for _ in range(4):
        assert not await office.deliver(office.ann)
        assert await office.status() == ["queued"]
        before = office.time.at
        later = await office.writer.run(partial(outbox.next_ready, now=before))
        assert later is not None
        rests.append((later - before).total_seconds())
        office.time.at = later
    assert rests == [1, 2, 4, 8]
    assert await office.deliver(office.ann)
    assert (await office.rows())[0]["attempts"] == 5


async def test_whoever_is_gone_is_told_of_and_sent_nothing_more(office: Office) -> None:
    office.postman.answers[101].append(Gone())
    await office.put(Send(office.ann, HELLO), Send(office.ann, HELLO), Send(office.ben, HELLO))
    assert not await office.deliver(office.ann)
    assert office.gone == [office.ann]
    assert await office.status() == ["closed", "closed", "queued"]


@pytest.mark.parametrize("error", [StoreError("full"), KeyError("words")])
async def test_going_is_told_until_it_is_kept_and_then_closed(office: Office, error: Exception) -> None:
    told: list[int] = []

    async def fail_first(person: int) -> None:
        told.append(person)
        if len(told) == 1:
            raise error

    office.sender.handle_gone = fail_first
    office.postman.answers[101].append(Gone())
    await office.put(Send(office.ann, HELLO))
    assert not await office.deliver(office.ann)
    assert told == [office.ann] * (2 if isinstance(error, StoreError) else 1)
    assert await office.status() == ["closed"]
    assert len(office.postman.letters) == 1


async def test_what_the_messenger_has_is_noted_once_the_disk_has_room(office: Office) -> None:
    faults = 3
    run = office.writer.run

    async def failing(job: Callable[[Connection], object], **_: bool) -> object:
        nonlocal faults
        if getattr(job, "__qualname__", "").startswith("_settle") and faults:
            faults -= 1
            raise StoreError("The disk is full.")
        return await run(job)

    office.writer.run = failing  # type: ignore[method-assign, assignment]
    await office.put(Send(office.ann, HELLO))
    assert await office.deliver(office.ann)
    assert office.time.at == NOON + 7 * SECOND
    assert len(office.postman.letters) == 1
    assert await office.status() == ["sent"]


async def test_a_stop_does_not_wait_for_the_disk(office: Office) -> None:
    async def failing(_: int) -> None:
        office.sender.stopping.set()
        raise StoreError("The disk is full.")

    office.sender.handle_gone = failing
    office.postman.answers[101].append(Gone())
    await office.put(Send(office.ann, HELLO))
    with pytest.raises(StoreError):
        await office.deliver(office.ann)


async def test_a_letter_that_is_wrong_is_put_aside_with_its_reason(office: Office) -> None:
    office.postman.answers[101].append(Wrong("Bad Request: message is too long"))
    await office.put(Send(office.ann, Message("bad")), Send(office.ann, Message("good")))
    assert await office.deliver(office.ann)
    assert await office.deliver(office.ann)
    bad, good = await office.rows()
    assert (bad["status"], bad["reason"], bad["payload"]) == ("quarantined", "Bad Request: message is too long", "")
    assert good["status"] == "sent"


async def test_a_damaged_row_is_put_aside_unsent(office: Office) -> None:
    await office.put(Send(office.ann, HELLO))
    await office.writer.run(lambda conn: conn.execute(text("UPDATE outbox SET payload = '{'")) and None)
    assert await office.deliver(office.ann)
    (row,) = await office.rows()
    assert (row["status"], row["reason"], row["payload"]) == ("quarantined", "damaged", "")
    assert office.postman.letters == []


async def test_an_edit_of_nothing_is_dropped_silently(office: Office) -> None:
    await office.put(Edit(office.ann, "q", HELLO), Edit(office.ann, "q", None))
    assert await office.deliver(office.ann)
    assert await office.deliver(office.ann)
    assert await office.status() == ["closed", "closed"]
    assert office.postman.letters == []


async def test_an_edit_of_a_message_that_is_gone_is_dropped(office: Office) -> None:
    await office.put(Send(office.ann, HELLO, tag="q"), Edit(office.ann, "q", HELLO), Edit(office.ann, "q", HELLO))
    office.postman.answers[101].extend([Delivered(5, False), Wrong("Bad Request: message to edit not found")])
    for _ in range(3):
        assert await office.deliver(office.ann)
    assert await office.status() == ["sent", "closed", "closed"]
    assert len(office.postman.letters) == 2


async def test_a_question_in_the_place_of_another_edits_it(office: Office) -> None:
    await office.put(Send(office.ann, HELLO, tag="q"), Send(office.ann, Message("next"), tag="q", instead=True))
    await office.deliver(office.ann)
    await office.deliver(office.ann)
    letter = (await office.postman.got(2))[1]
    assert (letter.kind, letter.message_id, letter.instead) == ("edit", 1, True)
    assert office.postman.times()[1] == NOON + BOT_INTERVAL


async def test_a_question_in_the_place_of_nothing_is_new(office: Office) -> None:
    await office.put(Send(office.ann, HELLO, tag="q", instead=True))
    await office.deliver(office.ann)
    assert (await office.postman.got(1))[0].kind == "send"


@pytest.mark.parametrize("reason", ["message to edit not found", "message can't be edited", "MESSAGE_ID_INVALID"])
async def test_a_question_whose_place_is_gone_is_sent_as_new(office: Office, reason: str) -> None:
    office.postman.answers[101].extend([Delivered(5, False), Wrong(f"Bad Request: {reason}"), Delivered(6, False)])
    await office.put(Send(office.ann, HELLO, tag="q"), Send(office.ann, Message("next"), tag="q", instead=True))
    for _ in range(3):
        assert await office.deliver(office.ann)
    letters = await office.postman.got(3)
    assert [(letter.kind, letter.message_id) for letter in letters] == [("send", None), ("edit", 5), ("send", None)]
    assert office.postman.times()[2] == NOON + SECOND
    assert await office.status() == ["sent", "sent"]
    await office.put(Edit(office.ann, "q", None))
    await office.deliver(office.ann)
    assert (await office.postman.got(4))[3].message_id == 6


@pytest.mark.parametrize(("shown", "following"), [(PICTURE, HELLO), (HELLO, PICTURE), (PICTURE, PICTURE)])
async def test_only_words_take_the_place_of_words(office: Office, shown: Message, following: Message) -> None:
    await office.put(Send(office.ann, shown, tag="q"), Send(office.ann, following, tag="q", instead=True))
    await office.deliver(office.ann)
    await office.deliver(office.ann)
    assert [letter.kind for letter in await office.postman.got(2)] == ["send", "send"]


async def test_an_edit_knows_whether_a_picture_is_shown(office: Office) -> None:
    await office.put(Send(office.ann, PICTURE, tag="q"), Edit(office.ann, "q", None), Edit(office.ann, "q", HELLO))
    office.postman.answers[101].extend([Delivered(5, True), Delivered(5, False)])
    for _ in range(3):
        await office.deliver(office.ann)
    assert [letter.shown_media for letter in await office.postman.got(3)] == [False, True, True]


async def test_a_chart_brings_its_points_of_the_last_days(office: Office) -> None:
    chart = Chart("mood", "rate", 0, 10, days=7, title="Your week", alt="a line")
    days = [(9, 1), (7, 2), (3, 3), (0, 4)]
    given = [Remember(office.ann, "mood", "rate", value, NOON - timedelta(days=day)) for day, value in days]
    await office.writer.run(lambda conn: numbers.remember(conn, given))
    await office.put(Send(office.ann, Message("here", media=chart)), Send(office.ben, Message("here", media=chart)))
    await office.deliver(office.ann)
    office.time.at = NOON
    await office.deliver(office.ben)
    hers, his = await office.postman.got(2)
    assert hers.chart == [(NOON - timedelta(days=day), value) for day, value in days[1:]]
    assert his.chart == []


async def test_a_stop_leaves_the_message_for_the_next_start(office: Office) -> None:
    await office.put(Send(office.ann, HELLO), Send(office.ann, HELLO))
    await office.deliver(office.ann)
    waiting = asyncio.ensure_future(deliver(office.sender, office.ann))
    await office.time.asleep_until(NOON + SECOND)
    office.sender.stopping.set()
    assert not await waiting
    assert len(office.postman.letters) == 1
    assert await office.writer.run(lambda conn: outbox.claim(conn, office.ann, NOON)) is not None


async def test_a_dead_senders_message_is_taken_over(office: Office) -> None:
    await office.put(Send(office.ann, HELLO))
    await office.writer.run(lambda conn: outbox.claim(conn, office.ann, NOON) and None)  # and never heard of again
    assert not await office.deliver(office.ann)
    office.time.at = NOON + outbox.LEASE
    assert await office.deliver(office.ann)
    assert office.postman.texts() == ["hello"]
