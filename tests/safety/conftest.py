"""The rules as they are shipped, read once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.authoring.content import Desk
from bot.authoring.danger import read_rules
from bot.authoring.measure import read_labelled
from bot.engine.danger import Rules

CONTENT = Path(__file__).parents[2] / "content"


@pytest.fixture(scope="session")
def rules() -> Rules:
    """Fails with the findings where a file of rules is wrong."""
    desk = Desk()
    read = read_rules(CONTENT / "safety", desk)
    assert not desk.found
    return read


@pytest.fixture(scope="session")
def sentences() -> list[str]:
    """The sentences of the author's own lists."""
    folder = Path(__file__).parent
    return [one.text for name in ("dev.tsv", "own.tsv") for one in read_labelled(folder / name)]
