"""A chat made bland: what can go goes, what is too old is edited, one line stays, and a stop half-way loses nothing."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from moments import NOON
from sqlalchemy import text

from bot.delivery.bland import DELETABLE
from bot.delivery.port import Failed, Letter, TooFast, Wrong
from bot.engine.events import Edit, Message, Send, Tidy
from bot.store import traces

from .conftest import Office

HOUR = timedelta(hours=1)
HELLO = Message("hello")


async def noted(office: Office, number: int, age: timedelta = HOUR, *, ours: bool = True, media: bool = False) -> None:
    job = partial(traces.note, person=office.ann, message_id=number, at=office.time.now() - age, ours=ours, media=media)
    await office.writer.run(job)


async def tidied(office: Office, since: timedelta = 10 * HOUR, last: str = "") -> list[Letter]:
    """The letters of a tidying, until its row is done."""
    before = len(office.postman.letters)
    await office.put(Tidy(office.ann, office.time.now() - since, "bland", last))
    while (await office.status())[-1] == "queued":
        await office.deliver(office.ann)
    return [letter for _, letter in office.postman.letters[before:]]


def done(letters: list[Letter]) -> list[tuple[str, tuple[int, ...] | int | None, str]]:
    return [
        (one.kind, one.message_ids or one.message_id, one.message.text if one.message is not None else "")
        for one in letters
    ]


async def left(office: Office) -> list[int]:
    def job(conn: object) -> list[int]:
        return list(conn.execute(text("SELECT message_id FROM traces ORDER BY 1")).scalars())  # type: ignore[attr-defined]

    return await office.writer.run(job)


async def test_all_goes_but_the_newest_words_of_the_bot(office: Office) -> None:
    for number, ours in ((1, True), (2, False), (3, True), (4, False)):
        await noted(office, number, ours=ours)
    await noted(office, 9, 11 * HOUR)
    assert done(await tidied(office)) == [("remove", (1, 2, 4), ""), ("edit", 3, "bland")]
    assert await left(office) == [3, 9]


async def test_more_than_a_hundred_go_in_several_calls(office: Office) -> None:
    for number in range(1, 152):
        await noted(office, number)
    letters = await tidied(office, last="what was done")
    assert [len(one.message_ids) for one in letters] == [100, 50, 0]
    assert done(letters)[-1] == ("edit", 151, "what was done")


async def test_what_is_too_old_to_go_is_edited(office: Office) -> None:
    for number, ours in ((1, True), (2, False)):
        await noted(office, number, DELETABLE, ours=ours)
    await noted(office, 3, DELETABLE - timedelta(seconds=1))
    await noted(office, 4)
    letters = await tidied(office, 60 * HOUR, last="what was done")
    assert done(letters) == [("remove", (3,), ""), ("edit", 1, "bland"), ("edit", 4, "what was done")]


async def test_a_picture_never_stays_as_the_line(office: Office) -> None:
    await noted(office, 1)
    await noted(office, 2, media=True)
    assert done(await tidied(office)) == [("remove", (2,), ""), ("edit", 1, "bland")]
    await noted(office, 3, DELETABLE, media=True)
    letters = await tidied(office, DELETABLE, last="what was done")
    assert done(letters) == [("edit", 3, "bland"), ("edit", 1, "what was done")]
    assert letters[0].shown_media


async def test_with_nothing_to_edit_the_line_is_sent_and_can_be_taken_away_later(office: Office) -> None:
    await noted(office, 1, ours=False)
    assert done(await tidied(office, last="what was done")) == [("remove", (1,), ""), ("send", None, "what was done")]
    assert await left(office) == [2]
    assert done(await tidied(office)) == [("edit", 2, "bland")]
    office.time.at += timedelta(seconds=1)
    assert done(await tidied(office, timedelta(0))) == []


async def test_what_is_queued_before_goes_out_first_and_away_with_the_rest(office: Office) -> None:
    await office.put(Send(office.ann, Message("invitation"), unasked=True), Send(office.ann, Message("answer"), "q"))
    assert done(await tidied(office)) == [
        ("send", None, "answer"),
        ("send", None, "invitation"),
        ("remove", (1,), ""),
        ("edit", 2, "bland"),
    ]
    await office.put(Edit(office.ann, "q", Message("telling")))
    await office.deliver(office.ann)
    assert office.postman.texts()[-1] == "bland", "a message that was made bland is not changed again"


async def test_the_persons_words_after_it_are_left_alone(office: Office) -> None:
    await noted(office, 1)
    await office.put(Tidy(office.ann, NOON - HOUR, "bland"))
    office.time.at += timedelta(seconds=1)
    await noted(office, 2, timedelta(0), ours=False)
    await office.deliver(office.ann)
    assert done([letter for _, letter in office.postman.letters]) == [("edit", 1, "bland")]
    assert await office.status() == ["sent"]


async def test_what_cannot_be_taken_or_edited_is_skipped(office: Office) -> None:
    for number in (1, 2):
        await noted(office, number)
    office.postman.answers[101] += [Wrong("message can't be deleted for everyone"), Wrong("message to edit not found")]
    letters = await tidied(office, last="what was done")
    assert done(letters) == [("remove", (1,), ""), ("edit", 2, "what was done"), ("send", None, "what was done")]


async def test_a_fault_half_way_is_made_up_for(office: Office) -> None:
    for number in (1, 2):
        await noted(office, number)
    office.postman.answers[101] += [TooFast(HOUR), Failed("no network")]
    await office.put(Tidy(office.ann, NOON - 10 * HOUR, "bland"))
    for _ in range(3):
        await office.deliver(office.ann)
        office.time.at += HOUR
    await office.deliver(office.ann)
    letters = [letter for _, letter in office.postman.letters]
    assert done(letters) == [("remove", (1,), "")] * 3 + [("edit", 2, "bland")]
    assert await office.status() == ["sent"]


async def test_a_finished_tidying_holds_no_words(office: Office) -> None:
    await tidied(office, last="what was done")
    (row,) = await office.rows()
    assert (row["status"], row["payload"], row["kind"]) == ("sent", "", "tidy")


async def test_new_messages_are_noted_and_edits_are_not(office: Office) -> None:
    await office.put(Send(office.ann, HELLO, "q"), Edit(office.ann, "q", Message("edited")), Send(office.ann, HELLO))
    for _ in range(3):
        await office.deliver(office.ann)
    assert await left(office) == [1, 3]
