"""Whatever two people do: nothing raises, nothing private crosses over, and nobody is left stuck.

`TWOFOLD_DEPTH` sets how many conversations are played (200 by default; 20000 takes a night).
"""

from __future__ import annotations

import os
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_couple import ANA, BEN, Couple, move

DEPTH = int(os.environ.get("TWOFOLD_DEPTH", "200"))

OFTEN = ("answer",) * 8 + ("typed",) * 4 + ("command",) * 3 + ("tap", "tap", "stale", "plain", "plain", "note", "pass", "pass")
SELDOM = ("stolen", "forged", "away", "opens", "sleep", "pass", "command")

moves = st.tuples(st.sampled_from(OFTEN * 3 + SELDOM), st.sampled_from((ANA, BEN)), st.integers(0, 999))

thorough = settings(
    max_examples=DEPTH,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


@thorough
@given(st.integers(1, 1 << 30), st.lists(moves, min_size=25, max_size=70))
def test_whatever_two_people_do(seed: int, talk: list[tuple[str, int, int]]) -> None:
    two = Couple(seed=seed)
    for what, person, number in talk:
        move(two, what, person, number)
    two.pass_time(timedelta(days=40))
    assert not two.world.runs, "silence ends every conversation"
    assert all(key.startswith("every:") for key in two.timers)
