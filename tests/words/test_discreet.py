"""The first sixty signs of whatever comes unasked say nothing of its topic: a notice can be read over a shoulder."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from bot.authoring.library import load
from bot.engine.flow import Ask, Kind, Say, Step, Wait, Wording

ROOT = Path(__file__).parents[2]
LOADED = load(ROOT / "flows", ROOT / "content").library
assert LOADED is not None
LIBRARY = LOADED

FIRST = 60
"""Signs of a message that a locked phone shows (fact base, E6: the first sixty)."""

TOPICS = (
    *("pause", "break", "quarrel", "fight", "argu", "conflict", "upset", "hurt", "angry", "anger", "afraid", "scared"),
    *("safe", "violen", "crisis", "help line", "danger", "abuse", "sex", "money", "drunk", "divorce", "turns"),
)

UNASKED = (
    *(
        "invite.text",
        "gate.question",
        "gate.resume",
        "gate.held",
        "gate.not_now",
        "hold.silent",
        "hold.asked",
        "remind",
    ),
    *("late.question", "closing", "unlink.other", "questions.first", "phone.question", "verdict.question"),
)


def first_of(text: Wording) -> str:
    """How a text begins, with a sign for each value in it."""
    return "".join(getattr(piece, "text", "…") for piece in text.pieces)[:FIRST].casefold()


@pytest.mark.parametrize("key", UNASKED)
def test_the_bots_own_unasked_messages_begin_blandly(key: str) -> None:
    shown = first_of(LIBRARY.phrases[key].wordings[0])
    assert not [topic for topic in TOPICS if topic in shown], shown


def after_a_wait(steps: dict[str, Step]) -> list[str]:
    """Steps that follow a wait: they come by themselves."""
    order = list(steps)
    return [
        name for before, name in pairwise(order) if isinstance(steps[before].action, Wait) and not steps[before].rows
    ]


def unasked_steps() -> list[tuple[str, str]]:
    found = []
    for name in LIBRARY.current:
        program = LIBRARY.newest(name)
        assert program is not None
        steps = dict(program.flow.steps)
        found += [(name, step) for step in after_a_wait(steps)]
        if program.flow.kind is Kind.PAUSE:  # nobody is asked before it: its first words for both come unasked
            both = (step for step in program.flow.order if isinstance(steps[step].action, Wait))
            found.append((name, next(both)))
    return found


@pytest.mark.parametrize(("flow", "step"), unasked_steps())
def test_what_a_flow_says_by_itself_begins_blandly(flow: str, step: str) -> None:
    program = LIBRARY.newest(flow)
    assert program is not None
    action = program.flow.steps[step].action
    text = action.text if isinstance(action, Say | Ask | Wait) else None
    assert text is not None
    for wording in text.wordings:
        shown = first_of(wording)
        assert not [topic for topic in TOPICS if topic in shown], shown
