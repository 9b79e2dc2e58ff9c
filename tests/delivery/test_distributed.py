"""Replicas on one PostgreSQL: wake-ups come with the turn, a lost one costs a delay, no trap of the queue is met."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from databases import Postgres, couple
from moments import NOON
from sqlalchemy import Connection, text

from bot.delivery import distributed
from bot.delivery.distributed import ANSWERS, AT_ONCE, REMINDERS, WINDOW, WakeUp, defer, defer_once
from bot.delivery.port import Failed
from bot.engine.events import Arm, Message, Send
from bot.store import migrations, outbox, timers
from bot.store.migrations import migrate

from .houses import PATIENCE, Houses, got, now, running, until

HELLO = Message("hello")


# --- wake-ups come with the turn ---


async def test_a_wake_up_is_there_if_and_only_if_its_turn_is(houses: Houses) -> None:
    writer = houses.writers[0]
    replica = houses.replica(writer)
    ann, ben = await writer.run(couple)
    soon, far = Arm("r1:wait", ann, now() + WINDOW / 2), Arm("r2:wait", ann, now() + WINDOW * 2)

    def turn(conn: Connection, *, fails: bool) -> None:
        replica.leave(conn, {ann: False, ben: True}, [soon, far, Arm("every:1:evening:", ben, now())])
        if fails:
            raise LookupError

    with pytest.raises(LookupError):
        await writer.run(partial(turn, fails=True))
    assert await houses.jobs() == []
    await writer.run(partial(turn, fails=False))
    found = await houses.rows(
        "SELECT task_name, queue_name, args::text, scheduled_at FROM procrastinate_jobs ORDER BY id"
    )
    assert [(task, queue) for task, queue, *_ in found] == [
        ("send", ANSWERS),
        ("send", REMINDERS),
        ("fire", ANSWERS),
        ("fire", REMINDERS),
    ]
    assert [at for *_, at in found] == [None, None, soon.due, None]  # to the microsecond
    assert "r2:wait" not in repr(found)


async def test_a_replica_sends_what_another_left_and_fires_what_it_armed(houses: Houses) -> None:
    here, there = houses.writers[0], houses.open()
    ann, ben = await here.run(couple)
    works, answers = houses.replica(there), houses.replica(here)  # only one of them runs
    async with running(works):
        await houses.say(answers, here, ann, "one", "two")
        await houses.say(answers, here, ben, "three", unasked=True)
        armed = [Arm("r1:wait", ann, now() + timedelta(milliseconds=300))]

        def arm(conn: Connection) -> None:
            timers.arm(conn, armed)
            answers.leave(conn, {}, armed)

        await here.run(arm)
        assert sorted(await got(houses.postman, 3)) == ["one", "three", "two"]
        await asyncio.wait_for(houses.rang.wait(), PATIENCE)
        assert houses.fired == ["r1:wait"]
    assert houses.postman.texts().index("one") < houses.postman.texts().index("two")
    assert await houses.rows("SELECT DISTINCT status FROM outbox") == [("sent",)]


async def test_a_message_that_failed_comes_again_when_its_pause_is_over(houses: Houses) -> None:
    writer = houses.writers[0]
    ann, _ = await writer.run(couple)
    replica = houses.replica(writer)
    houses.postman.answers[101].append(Failed("502"))
    async with running(replica):
        await houses.say(replica, writer, ann, "hello")
        assert await got(houses.postman, 2) == ["hello", "hello"]
    first, second = houses.postman.times()
    assert second - first >= timedelta(seconds=1)


# --- the traps ---


async def test_a_job_for_later_holds_up_none_of_now(houses: Houses) -> None:
    """A `lock` together with a moment to come would block the chat until then. So no job ever has one."""
    writer = houses.writers[0]
    ann, _ = await writer.run(couple)
    replica = houses.replica(writer)
    later = now() + timedelta(hours=1)
    await writer.run(lambda conn: defer(conn, [distributed.send(ann, False, later)]))
    async with running(replica):
        await houses.say(replica, writer, ann, "now")
        await got(houses.postman, 1)
        await until(lambda: _is(houses.jobs(), [("send", {"person": ann, "invited": 0}, "todo", None)]))
    assert {task.lock for task in replica.app.tasks.values()} == {None}


async def _is(found: Awaitable[list[tuple[Any, ...]]], wanted: list[tuple[Any, ...]]) -> bool:
    return [row for row in await found if row[0] in ("send", "fire")] == wanted


async def test_far_timers_stay_in_our_table_until_a_sweep_hands_them_over(houses: Houses) -> None:
    writer = houses.writers[0]
    ann, ben = await writer.run(couple)
    at = [NOON]
    replica = houses.replica(writer, lambda: at[0])
    many = [Arm(f"every:{n}:e:", ben, NOON + timedelta(hours=1)) for n in range(AT_ONCE + 10)]
    promise = Arm("r1:wait", ann, NOON + timedelta(hours=1, seconds=30))

    def arm(conn: Connection) -> None:
        timers.arm(conn, [*many, promise])
        replica.leave(conn, {}, [*many, promise])

    await writer.run(arm)
    await replica.sweep(0)
    assert await houses.jobs() == []
    at[0] = NOON + timedelta(hours=1) - WINDOW / 2
    for _ in range(2):  # the second sweep finds them waiting
        await replica.sweep(0)
        handed = "SELECT count(*), count(DISTINCT queueing_lock) FROM procrastinate_jobs WHERE queue_name = '{}'"
        assert await houses.rows(handed.format(REMINDERS)) == [(AT_ONCE, AT_ONCE)]
        assert await houses.rows(handed.format(ANSWERS)) == [(1, 1)]  # behind all of those, and woken all the same
    waiting = await houses.rows("SELECT min(scheduled_at), max(scheduled_at) FROM procrastinate_jobs")
    assert waiting == [(many[0].due, promise.due)]


async def test_a_job_that_waits_already_does_not_spoil_the_transaction(houses: Houses) -> None:
    here, there = houses.writers[0], houses.open()
    wake_up = {"x": WakeUp("send", ANSWERS, {"person": 1, "invited": 0})}
    with there.database.engine.connect() as first:
        defer_once(first, wake_up)  # not committed yet: nobody else can see it

        def job(conn: Connection) -> None:
            defer_once(conn, wake_up)
            conn.execute(text("INSERT INTO slots VALUES ('after', 1)"))

        second = asyncio.ensure_future(here.run(job))
        waits = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        with there.database.engine.connect() as third:

            def blocked() -> bool:
                found = bool(third.execute(waits).scalar())
                third.rollback()
                return found

            await until(lambda: asyncio.to_thread(blocked))
        first.commit()
    await second
    assert await houses.rows("SELECT name FROM slots") == [("after",)]
    assert len(await houses.jobs()) == 1
    await here.run(lambda conn: defer_once(conn, wake_up))
    assert len(await houses.jobs()) == 1


async def test_jobs_of_a_dead_replica_wait_anew(houses: Houses) -> None:
    """Also where their like waits already: to let both wait is refused, and would leave the dead one's for ever."""
    writer = houses.writers[0]
    replica = houses.replica(writer)
    send = "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, args, status, worker_id)"
    statements = [
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute'), (now())",
        f"{send} SELECT 'answers', 'send', 'send:1', '{{}}', 'doing', min(id) FROM procrastinate_workers",
        f"{send} SELECT 'answers', 'send', 'send:2', '{{}}', 'doing', min(id) FROM procrastinate_workers",
        f"{send} SELECT 'answers', 'send', 'send:3', '{{}}', 'doing', max(id) FROM procrastinate_workers",
        f"{send} VALUES ('answers', 'send', 'send:1', '{{}}', 'todo', NULL)",
        f"{send} VALUES ('answers', 'take_over', NULL, '{{}}', 'doing', NULL)",
    ]
    await writer.run(lambda conn: [conn.execute(text(one)) for one in statements])
    async with replica.app.open_async():
        await replica.take_over(0)
        await replica.take_over(0)
    found = await houses.rows("SELECT queueing_lock, status::text FROM procrastinate_jobs ORDER BY 1, 2")
    assert found == [("send:1", "todo"), ("send:2", "todo"), ("send:3", "doing"), (None, "todo")]
    assert len(await houses.rows("SELECT id FROM procrastinate_workers")) == 1
    again = replica.app.tasks["take_over"]
    assert again.lock is None and again.queueing_lock == "take_over"
    assert len(replica.app.periodic_registry.periodic_tasks) == 2


async def test_the_queues_tables_are_made_once(houses: Houses, postgres: Postgres) -> None:
    migrate(houses.url)  # again
    shipped = Path(migrations.__file__).with_name("versions") / "r0004_procrastinate.sql"
    theirs = (files("procrastinate") / "sql" / "schema.sql").read_text(encoding="utf-8")
    assert shipped.read_text(encoding="utf-8").endswith(theirs), "another procrastinate: its tables need a migration"
    by_hand = postgres.empty()
    postgres.say(by_hand.split("/")[3].partition("?")[0], theirs)
    migrate(by_hand)
    migrations.check(by_hand)


async def test_all_waiting_jobs_are_deleted_and_no_message_is_lost(houses: Houses) -> None:
    writer = houses.writers[0]
    ann, ben = await writer.run(couple)
    replica = houses.replica(writer)
    for person in (ann, ben):
        await houses.say(replica, writer, person, f"to {person}", unasked=person == ben)
    await writer.run(lambda conn: timers.arm(conn, [Arm("r1:wait", ann, now())]))
    await writer.run(lambda conn: conn.execute(text("DELETE FROM procrastinate_jobs")))
    async with running(replica):  # which begins with a sweep
        assert sorted(await got(houses.postman, 2)) == [f"to {ann}", f"to {ben}"]
        await asyncio.wait_for(houses.rang.wait(), PATIENCE)
    assert houses.fired == ["r1:wait"]


async def test_a_sweep_wakes_nobody_who_rests_or_is_served(houses: Houses) -> None:
    writer = houses.writers[0]
    ann, ben = await writer.run(couple)
    replica = houses.replica(writer)

    def job(conn: Connection) -> None:
        outbox.put(conn, [("a", Send(ann, HELLO)), ("b", Send(ben, HELLO))], now())
        outbox.rest(conn, ann, now() + timedelta(minutes=1))
        assert outbox.claim(conn, ben, now()) is not None

    await writer.run(job)
    await replica.sweep(0)
    assert await houses.jobs() == []
