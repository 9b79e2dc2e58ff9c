"""The pumps: messages leave, timers fire, faults pass, and nothing is lost over a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise

import pytest
from databases import couple
from moments import NOON, FakeTime
from sqlalchemy import Connection, text
from structlog.testing import capture_logs

from bot.delivery.embedded import SWEEP, Embedded
from bot.delivery.limits import BOT_INTERVAL
from bot.delivery.port import Failed, Gone
from bot.delivery.retention import TIDY
from bot.engine.events import Arm, Message, Send
from bot.store import inbox, outbox, timers
from bot.store.database import StoreError, open_database
from bot.store.outbox import Claimed
from bot.store.writer import Writer

from .conftest import Office
from .postman import Postman

SECOND = timedelta(seconds=1)
HELLO = Message("hello")


@dataclass(slots=True)
class Fired:
    """Takes timers as the service does, and notes them. `faults[key]` are raised first, one each time."""

    writer: Writer
    now: Callable[[], datetime]
    keys: list[str] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)
    faults: dict[str, list[Exception]] = field(default_factory=dict)
    tries: list[tuple[str, datetime]] = field(default_factory=list)
    rang: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, person: int, key: str, due: datetime) -> None:
        self.tries.append((key, self.now()))
        self.rang.set()
        if self.faults.get(key):
            raise self.faults[key].pop(0)
        if await self.writer.run(partial(timers.take, key=key, now=self.now())) is not None:
            self.keys.append(key)
            self.times.append(self.now())
            self.rang.set()

    async def until(self, enough: Callable[[], bool]) -> None:
        while not enough():
            self.rang.clear()
            await self.rang.wait()


@asynccontextmanager
async def _running(office: Office, fired: Fired | None = None) -> AsyncIterator[Embedded]:
    async def gone(person: int) -> None:
        office.gone.append(person)

    fired = fired or Fired(office.writer, office.time.now)
    embedded = Embedded(office.writer, office.postman, fired.handle, gone, office.time.now, office.time.sleep)
    running = asyncio.ensure_future(embedded.run())
    try:
        yield embedded
    finally:
        stopping = asyncio.ensure_future(embedded.stop())
        await asyncio.wait([running])
        await stopping
        running.result()


def _next_moment(time: FakeTime, most: timedelta = SWEEP / 3) -> None:
    """Let time pass to the next sleeper's moment, if it is near: a far one may be one that work has yet to shorten."""
    if steps := [end - time.at for end, _ in time.sleepers if end <= time.at + most]:
        time.pass_by(min(steps))


async def _all_sent(office: Office, count: int) -> None:
    """Let time pass until so many letters have been posted and noted."""
    while (await office.status()).count("sent") < count:
        _next_moment(office.time)


async def test_messages_leave_when_woken_in_order_in_each_chat(office: Office) -> None:
    async with _running(office) as embedded:
        await office.time.asleep_until(NOON + SWEEP)
        for n in range(4):
            await office.put(Send(office.ann, Message(f"ann {n}")), Send(office.ben, Message(f"ben {n}")))
        embedded.wake()
        await _all_sent(office, 8)
    texts = office.postman.texts()
    for name in ("ann", "ben"):
        assert [one for one in texts if one.startswith(name)] == [f"{name} {n}" for n in range(4)]
    for chat in (101, 102):
        times = [at for at, letter in office.postman.letters if letter.chat == chat]
        assert all(later - first >= SECOND for first, later in pairwise(times))


async def test_a_chat_that_hangs_holds_up_no_other(office: Office) -> None:
    office.postman.shut = asyncio.Event()
    await office.put(Send(office.ann, HELLO), Send(office.ben, HELLO))
    async with _running(office):
        await office.time.asleep_until(NOON + BOT_INTERVAL)
        office.time.pass_by(BOT_INTERVAL)
        assert {letter.chat for letter in await office.postman.got(2)} == {101, 102}
        office.postman.shut.set()
        await _all_sent(office, 2)


async def test_a_lost_wake_up_costs_a_delay_and_no_message(office: Office) -> None:
    await office.put(Send(office.ben, HELLO))
    await office.writer.run(lambda conn: outbox.rest(conn, office.ben, NOON + 9 * SWEEP))
    async with _running(office):
        await office.time.asleep_until(NOON + SWEEP)
        await office.put(Send(office.ann, HELLO))
        assert office.postman.letters == []
        office.time.pass_by(SWEEP)
        await office.postman.got(1)


async def test_a_message_that_failed_comes_again_by_itself(office: Office) -> None:
    office.postman.answers[101].extend([Failed("502"), Failed("502")])
    await office.put(Send(office.ann, HELLO))
    async with _running(office):
        for rest in (1, 2):
            until = office.time.at + rest * SECOND
            await office.time.asleep_until(until)
            office.time.pass_by(rest * SECOND)
        await office.postman.got(3)
    assert office.postman.times() == [NOON, NOON + SECOND, NOON + 3 * SECOND]


async def test_whoever_is_gone_is_reported(office: Office) -> None:
    office.postman.answers[101].append(Gone())
    await office.put(Send(office.ann, HELLO), Send(office.ann, HELLO))
    async with _running(office):
        while await office.status() != ["closed", "closed"]:
            pass
    assert office.gone == [office.ann]
    assert len(office.postman.letters) == 1


async def test_a_timer_fires_at_its_moment(office: Office) -> None:
    fired = Fired(office.writer, office.time.now)
    due = NOON + timedelta(seconds=9, microseconds=3)
    await office.writer.run(lambda conn: timers.arm(conn, [Arm("t", office.ann, due)]))
    async with _running(office, fired):
        await office.time.asleep_until(due)
        assert fired.keys == []
        office.time.pass_by(due - NOON)
        await fired.until(lambda: fired.keys == ["t"])
    assert fired.times == [due]


async def test_a_nearer_timer_is_seen_after_a_wake_up(office: Office) -> None:
    fired = Fired(office.writer, office.time.now)
    await office.writer.run(lambda conn: timers.arm(conn, [Arm("far", office.ann, NOON + 20 * SECOND)]))
    async with _running(office, fired) as embedded:
        await office.time.asleep_until(NOON + 20 * SECOND)
        await office.writer.run(lambda conn: timers.arm(conn, [Arm("near", office.ann, NOON + 5 * SECOND)]))
        embedded.wake()
        await office.time.asleep_until(NOON + 5 * SECOND)
        office.time.pass_by(5 * SECOND)
        await fired.until(lambda: fired.keys == ["near"])


async def test_what_became_due_while_we_were_down_fires_at_the_start(office: Office) -> None:
    fired = Fired(office.writer, office.time.now)
    due = {f"t{n:03}": NOON - n * SECOND for n in range(150)}
    armed = [Arm(key, office.ann if n % 2 else office.ben, at) for n, (key, at) in enumerate(due.items())]
    await office.writer.run(lambda conn: timers.arm(conn, armed))
    async with _running(office, fired):
        await fired.until(lambda: len(fired.keys) == len(due))
    assert sorted(fired.keys) == sorted(due)
    for half in (0, 1):  # each person's own in the order in which they were promised
        mine = [key for key in fired.keys if int(key[1:]) % 2 == half]
        assert mine == sorted(mine, reverse=True)


async def test_a_timer_that_fails_gets_pauses_of_its_own_and_harms_no_other(office: Office) -> None:
    fired = Fired(office.writer, office.time.now, faults={"bad": [ValueError("words"), ValueError("words")]})
    armed = [Arm("bad", office.ann, NOON), Arm("good", office.ann, NOON + SECOND / 2)]
    await office.writer.run(lambda conn: timers.arm(conn, armed))
    with capture_logs() as logs:
        async with _running(office, fired):
            await office.time.asleep_until(NOON + SECOND / 2)
            office.time.pass_by(SECOND / 2)
            await fired.until(lambda: fired.keys == ["good"])
            for until in (NOON + SECOND, NOON + 3 * SECOND):
                await office.time.asleep_until(until)
                office.time.pass_by(until - office.time.at)
            await fired.until(lambda: fired.keys == ["good", "bad"])
    assert [at for key, at in fired.tries if key == "bad"] == [NOON, NOON + SECOND, NOON + 3 * SECOND]
    assert [line["error"] for line in logs if line["event"] == "timer_failed"] == ["ValueError", "ValueError"]
    assert "words" not in repr(logs)


async def test_a_timer_that_nobody_takes_eats_no_core(office: Office) -> None:
    tries = 0

    async def leave(*_: object) -> None:
        nonlocal tries
        tries += 1

    fired = Fired(office.writer, office.time.now)
    await office.writer.run(lambda conn: timers.arm(conn, [Arm("t", office.ann, NOON)]))
    fired_leaving = Embedded(office.writer, office.postman, leave, leave, office.time.now, office.time.sleep)
    running = asyncio.ensure_future(fired_leaving.run())
    for until in (NOON + SECOND, NOON + 3 * SECOND):
        await office.time.asleep_until(until)
        office.time.pass_by(until - office.time.at)
    await office.time.asleep_until(NOON + 7 * SECOND)
    assert tries == 3
    assert fired.keys == []
    await fired_leaving.stop()
    await running


async def test_a_broken_database_means_growing_pauses_and_one_line(office: Office) -> None:
    fired = Fired(office.writer, office.time.now, faults={"t": [StoreError("The disk is full.")] * 3})
    await office.writer.run(lambda conn: timers.arm(conn, [Arm("t", office.ann, NOON)]))
    with capture_logs() as logs:
        async with _running(office, fired):
            for _ in range(3):
                await fired.until(lambda: len(fired.tries) > 0)
                fired.tries.clear()
                before = office.time.at
                await _next_try(office, fired)
                assert office.time.at > before
            await fired.until(lambda: fired.keys == ["t"])
    pumps = [line for line in logs if line["event"] == "pump_failed"]
    assert [(line["pump"], line["said"]) for line in pumps] in (
        [("timers", "The disk is full.")] * n for n in (1, 2, 3)
    )


async def _next_try(office: Office, fired: Fired) -> None:
    while not fired.tries:
        _next_moment(office.time)
        await asyncio.sleep(0)


async def test_a_full_disk_stops_sending_and_passes(office: Office) -> None:
    refused: list[datetime] = []
    run = office.writer.run

    async def failing(job: Callable[[Connection], object], **_: bool) -> object:
        if getattr(job, "__qualname__", "").startswith("deliver") and len(refused) < 5:
            refused.append(office.time.at)
            raise StoreError("The disk is full.")
        return await run(job)

    office.writer.run = failing  # type: ignore[method-assign, assignment]
    await office.put(Send(office.ann, HELLO), Send(office.ben, HELLO))
    with capture_logs() as logs:
        async with _running(office):
            await _all_sent(office, 2)
    failed = [line for line in logs if line["event"] == "pump_failed"]
    assert [(line["pump"], line["said"]) for line in failed] == [("senders", "The disk is full.")]
    assert [line["pump"] for line in logs if line["event"] == "pump_works_again"] == ["senders"]
    assert sorted(office.postman.texts()) == ["hello", "hello"]
    # Both chats at once, then one message alone after growing pauses.
    assert refused == [NOON, NOON, NOON, NOON + SECOND, NOON + 3 * SECOND]
    assert min(office.postman.times()) == NOON + 7 * SECOND


async def test_a_message_that_trips_us_up_harms_no_other(office: Office) -> None:
    run = office.writer.run

    async def failing(job: Callable[[Connection], object], **_: bool) -> object:
        done = await run(job)
        if isinstance(getattr(done, "row", None), Claimed) and done.row.person == office.ann:  # type: ignore[attr-defined]
            raise KeyError("words")
        return done

    office.writer.run = failing  # type: ignore[method-assign, assignment]
    await office.put(Send(office.ann, HELLO), Send(office.ben, HELLO))
    with capture_logs() as logs:
        async with _running(office):
            await _all_sent(office, 1)
            resting = text("SELECT count(*) FROM people WHERE paused > 0")
            while not await run(lambda conn: conn.execute(resting).scalar()):
                pass
            assert (await office.postman.got(1))[0].chat == 102
            assert await run(partial(outbox.ready, now=office.time.at, busy=(), limit=9)) == []
    assert [line["event"] for line in logs] == ["sender_failed"]
    assert "words" not in repr(logs)


async def test_a_stop_finishes_what_is_under_way_and_nothing_more(office: Office) -> None:
    office.postman.shut = asyncio.Event()
    await office.put(Send(office.ann, Message("first")), Send(office.ann, Message("second")))
    async with _running(office) as embedded:
        await office.postman.got(1)
        stopping = asyncio.ensure_future(embedded.stop())
        await asyncio.sleep(0)
        assert not stopping.done()
        office.postman.shut.set()
        await stopping
    assert await office.status() == ["sent", "queued"]
    assert (await office.rows())[1]["lease"] == 0


async def test_after_a_crash_the_only_process_takes_everything_up_at_once(sqlite_url: str, time: FakeTime) -> None:
    def job(conn: Connection) -> None:
        ann, _ = couple(conn)
        outbox.put(conn, [("k", Send(ann, HELLO))], NOON)
        assert outbox.claim(conn, ann, NOON) is not None  # a sender that was killed

    database = open_database(sqlite_url)
    writer = Writer(database)
    await writer.run(job)
    postman = Postman(time.now)

    async def nothing(*_: object) -> None:
        raise AssertionError

    embedded = Embedded(writer, postman, nothing, nothing, time.now, time.sleep)
    running = asyncio.ensure_future(embedded.run())
    await postman.got(1)
    assert time.at == NOON
    await embedded.stop()
    await running
    await writer.close()
    database.close()


async def test_two_processes_share_the_work_and_send_everything_once(postgres_url: str, time: FakeTime) -> None:
    databases = [open_database(postgres_url) for _ in range(2)]
    writers = [Writer(database) for database in databases]
    postman = Postman(time.now)

    async def nothing(*_: object) -> None:
        raise AssertionError

    def job(conn: Connection) -> None:
        for pair in range(6):
            for person in couple(conn, 1000 + 2 * pair, 1001 + 2 * pair):
                outbox.put(conn, [(f"{person}:{n}", Send(person, Message(str(n)))) for n in range(2)], NOON)

    await writers[0].run(job)
    pumps = [Embedded(writer, postman, nothing, nothing, time.now, time.sleep) for writer in writers]
    running = [asyncio.ensure_future(pump.run()) for pump in pumps]
    left = text("SELECT count(*) FROM outbox WHERE status <> 'sent'")
    while await writers[0].run(lambda conn: conn.execute(left).scalar()):
        # Only by the rests of chats and slots: a longer step would end the lease of somebody who is at work.
        _next_moment(time, SECOND)
    assert len(postman.letters) == 24
    for chat in {letter.chat for _, letter in postman.letters}:
        mine = [letter for _, letter in postman.letters if letter.chat == chat]
        assert [letter.message and letter.message.text for letter in mine] == ["0", "1"]
    for pump in pumps:
        await pump.stop()
    await asyncio.gather(*running)
    for writer, database in zip(writers, databases, strict=True):
        await writer.close()
        database.close()


async def test_what_is_too_old_is_forgotten_every_hour(office: Office) -> None:
    await office.writer.run(lambda conn: inbox.first_time(conn, 1, NOON - inbox.KEPT + TIDY))
    seen = text("SELECT count(*) FROM inbox")

    async def count() -> int:
        return int(await office.writer.run(lambda conn: conn.execute(seen).scalar_one()))

    async with _running(office):
        await office.time.asleep_until(NOON + TIDY)
        assert await count() == 1
        office.time.pass_by(TIDY + SECOND)
        while await count():
            pass


@pytest.mark.parametrize("rings", [1, 50])
async def test_waking_without_work_is_harmless(office: Office, rings: int) -> None:
    async with _running(office) as embedded:
        for _ in range(rings):
            embedded.wake()
        await office.time.asleep_until(NOON + SWEEP)
    assert office.postman.letters == []
