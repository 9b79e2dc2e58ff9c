"""A rest ends at its moment or at a bell, and leaves nobody waiting behind."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from moments import NOON, FakeTime

from bot.delivery.clock import Clock

SECOND = timedelta(seconds=1)


async def test_a_rest_ends_at_its_moment(time: FakeTime) -> None:
    resting = asyncio.ensure_future(Clock(time.now, time.sleep).rest(NOON + 3 * SECOND))
    await time.asleep_until(NOON + 3 * SECOND)
    time.pass_by(2 * SECOND)
    assert not resting.done()
    time.pass_by(SECOND)
    await resting
    assert time.sleepers == []


async def test_a_rest_ends_at_a_bell(time: FakeTime) -> None:
    bell = asyncio.Event()
    resting = asyncio.ensure_future(Clock(time.now, time.sleep).rest(NOON + SECOND, asyncio.Event(), bell))
    await time.asleep_until(NOON + SECOND)
    bell.set()
    await resting
    await asyncio.sleep(0)
    assert time.sleepers == []


async def test_what_is_past_or_rung_is_no_rest(time: FakeTime) -> None:
    clock = Clock(time.now, time.sleep)
    bell = asyncio.Event()
    bell.set()
    await clock.rest(NOON)
    await clock.rest(NOON - SECOND)
    await clock.rest(NOON + SECOND, bell)
    assert time.sleepers == []


async def test_a_sleep_that_ends_too_early_is_gone_on_with(time: FakeTime) -> None:
    naps: list[float] = []

    async def short(seconds: float) -> None:
        naps.append(seconds)
        time.at += timedelta(seconds=seconds / 2) if len(naps) < 3 else timedelta(seconds=seconds)

    await Clock(time.now, short).rest(NOON + 4 * SECOND)
    assert naps == [4, 2, 1]
