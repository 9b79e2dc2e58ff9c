"""Where and when tests of the terminal play."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bot.authoring.library import Loaded, load
from bot.terminal import phone as chat
from bot.terminal.direction import Director
from bot.terminal.stage import Stage

ROOT = Path(__file__).resolve().parents[2]
EIGHT = datetime(2026, 3, 2, 19, 0, 42, tzinfo=UTC)
"""Eight in the evening in Berlin, and a few seconds that the virtual clock leaves out."""

ANA, BEN = 1, 2

Begin = Callable[[str], Director]


def read_flows() -> Loaded:
    return load(ROOT / "flows", ROOT / "content")


def texts(stage: Stage, person: int) -> list[str]:
    """What stands on a phone, oldest first."""
    return [bubble.text for bubble in stage.phones[person].bubbles]


async def tap(stage: Stage, person: int, label: str) -> None:
    """Taps the newest button with these words."""
    button = chat.called(stage.phones[person], label)
    assert button is not None, f"no button {label}"
    await stage.tap(person, button)
