"""Replicas side by side: they share the work and the limits, and whoever goes down leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from itertools import pairwise

import pytest
from databases import Postgres, couple
from moments import NOON
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from bot.delivery import distributed, limits, sender
from bot.delivery.distributed import ANSWERS
from bot.engine.events import Message, Send
from bot.store import database, inbox, outbox, versions
from bot.store.moment import ticks

from .conftest import Office
from .houses import PATIENCE, Houses, all_sent, got, now, running, until

HELLO = Message("hello")


async def test_replicas_share_the_work_and_send_everything_once_in_order(houses: Houses) -> None:
    writers = [houses.writers[0], houses.open()]
    replicas = [houses.replica(writer) for writer in writers]
    people: list[int] = []
    for pair in range(3):
        people += await writers[0].run(partial(couple, one=900 + 2 * pair, other=901 + 2 * pair))
    async with running(*replicas):
        for n in range(2):
            for person in people:
                await houses.say(replicas[(n + person) % 2], writers[(n + person) % 2], person, f"{person} {n}")
        await got(houses.postman, 12)
        await until(lambda: all_sent(houses))
    texts = houses.postman.texts()
    assert len(texts) == 12
    for person in people:
        assert [one for one in texts if one.startswith(f"{person} ")] == [f"{person} 0", f"{person} 1"]
    for chat in {letter.chat for _, letter in houses.postman.letters}:
        times = [at for at, letter in houses.postman.letters if letter.chat == chat]
        assert all(later - first >= timedelta(seconds=1) for first, later in pairwise(times))


async def test_a_chat_with_much_to_hear_lets_others_have_their_turn(
    houses: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distributed, "SEATS", {ANSWERS: 1})
    monkeypatch.setattr(distributed, "IN_A_ROW", 1)
    writer = houses.writers[0]
    ann, ben = await writer.run(couple)
    replica = houses.replica(writer)
    await houses.say(replica, writer, ann, "one", "two")
    await houses.say(replica, writer, ben, "three")
    async with running(replica):
        assert await got(houses.postman, 3) == ["one", "three", "two"]


async def test_what_comes_to_two_replicas_at_once_is_taken_once(houses: Houses) -> None:
    writers = [houses.writers[0], houses.open()]

    def both(job: Callable[[Connection], object]) -> Awaitable[list[object]]:
        return asyncio.gather(*(writer.run(job) for writer in writers))

    for update in range(8):
        assert sorted(map(bool, await both(partial(inbox.first_time, update_id=update, now=NOON)))) == [False, True]
    flows = [f"flow {n}" for n in range(20)]

    def publish(conn: Connection) -> None:
        for flow in flows:
            versions.publish(conn, flow, "s1", "w1", "source", NOON)

    await both(publish)
    assert await houses.rows("SELECT count(*) FROM versions") == [(20,)]


async def test_the_slots_of_the_bot_hold_across_replicas(houses: Houses) -> None:
    writers = [houses.writers[0], houses.open(), houses.open()]
    at = now()
    starts = await asyncio.gather(*(one.run(partial(limits.reserve, now=at)) for one in writers for _ in range(20)))
    assert sorted(starts) == [at + n * limits.BOT_INTERVAL for n in range(60)]
    crowded = await asyncio.gather(*(one.run(partial(limits.reserve_soon, now=at)) for one in writers))
    assert crowded == [None, None, None]


async def test_an_invitation_waits_while_answers_fill_the_slots(office: Office) -> None:
    await office.put(Send(office.ann, Message("would you like to"), unasked=True), Send(office.ben, Message("answer")))
    busy_until = office.time.now() + limits.GIVE_WAY + limits.BOT_INTERVAL
    await office.writer.run(lambda conn: limits.hold(conn, busy_until))
    assert await office.deliver(office.ann)  # comes to nothing, and asks to be tried again
    assert office.postman.letters == []
    row = (await office.rows())[0]
    assert (row["lease"], row["attempts"], row["status"]) == (0, 0, "queued")
    assert await office.deliver(office.ben)
    assert office.postman.texts() == ["answer"]
    await office.put(Send(office.ann, Message("an answer of hers")))
    assert await office.deliver(office.ann)
    assert office.postman.texts() == ["answer", "an answer of hers"]
    while len(office.postman.letters) < 3:
        assert await office.deliver(office.ann)
    assert office.postman.texts()[2] == "would you like to"


async def test_a_request_that_takes_long_stays_in_hand(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "RENEW", timedelta(milliseconds=5))
    office.postman.shut = asyncio.Event()
    await office.put(Send(office.ann, HELLO))
    sending = asyncio.ensure_future(sender.deliver(office.sender, office.ann))
    await office.postman.got(1)
    office.time.at += 10 * outbox.LEASE
    until_then = office.time.at

    async def renewed() -> bool:
        return bool(await office.writer.run(lambda conn: outbox.claim(conn, office.ann, until_then)) is None)

    async with asyncio.timeout(PATIENCE):
        while (await office.rows())[0]["lease"] < ticks(until_then + outbox.LEASE):
            pass
    assert await renewed()
    office.postman.shut.set()
    assert await sending
    assert await office.status() == ["sent"]


# --- going down ---


async def test_the_locks_of_a_machine_that_died_are_let_go(houses: Houses, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody tells the database that the other end is gone; it notices that nothing happens any more."""
    monkeypatch.setattr(database, "IDLE_SECONDS", 1)
    dead, alive = houses.open(), houses.writers[0]
    ann, _ = await alive.run(couple)
    lock = text("SELECT id FROM people WHERE id = :ann FOR UPDATE")
    with dead.database.engine.connect() as connection:
        connection.execute(lock, {"ann": ann})  # and then the power fails
        async with asyncio.timeout(PATIENCE):
            assert await alive.run(lambda conn: conn.execute(lock, {"ann": ann}).scalar()) == ann
        with pytest.raises(DBAPIError) as cut:
            connection.execute(lock, {"ann": ann})
        assert cut.value.connection_invalidated  # so a turn that was only slow is tried again


async def test_a_stop_gives_back_what_waits_and_a_broken_off_request_too(
    houses: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distributed, "LAST_SECONDS", 0.1)
    writer, other = houses.writers[0], houses.open()
    ann, ben = await writer.run(couple)
    replica = houses.replica(writer)
    houses.postman.shut = asyncio.Event()
    task = asyncio.ensure_future(replica.run())
    await houses.say(replica, writer, ann, "hangs", "waits")
    await got(houses.postman, 1)
    stopping = asyncio.ensure_future(replica.stop())
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(stopping, task)
    assert await houses.rows("SELECT status, lease FROM outbox ORDER BY id") == [("queued", 0), ("queued", 0)]
    assert await houses.rows("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'") == [(0,)]
    assert await houses.rows("SELECT count(*) FROM procrastinate_workers") == [(0,)]
    houses.postman.shut.set()
    async with running(houses.replica(other)):
        assert await got(houses.postman, 3) == ["hangs", "hangs", "waits"]
    assert ben not in [letter.person for _, letter in houses.postman.letters]


async def test_a_database_that_goes_away_is_waited_for(houses: Houses, postgres: Postgres) -> None:
    writer = houses.writers[0]
    ann, _ = await writer.run(couple)
    replica = houses.replica(writer)
    name = houses.url.split("/")[3].partition("?")[0]
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    with capture_logs() as logs:
        async with running(replica):
            await houses.say(replica, writer, ann, "before")
            await got(houses.postman, 1)
            await until(lambda: all_sent(houses))
            postgres.say("postgres", cut)
            await houses.say(replica, writer, ann, "after")
            assert await got(houses.postman, 2) == ["before", "after"]
    assert "before" not in repr(logs) and "after" not in repr(logs)
