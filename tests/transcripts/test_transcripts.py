"""Every transcript is played: those beside the flows, and those about the bot's own conversations."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from bot.authoring.coverage import coverage
from bot.authoring.library import load
from bot.authoring.suite import files_of, play_file
from bot.authoring.transcript import Played
from bot.engine.library import Library

ROOT = Path(__file__).parents[2]
FLOWS, HERE = ROOT / "flows" / "tests", ROOT / "tests" / "transcripts"


@cache
def library() -> Library:
    loaded = load(ROOT / "flows", ROOT / "content")
    assert loaded.library is not None, [str(finding) for finding in loaded.findings]
    return loaded.library


@cache
def played(file: Path) -> Played:
    result, findings, _ = play_file(library(), file)
    assert result is not None, [str(finding) for finding in findings]
    return result


@pytest.mark.parametrize("file", files_of([FLOWS, HERE]), ids=lambda file: f"{file.parent.parent.name}/{file.stem}")
def test_the_conversation_goes_as_written(file: Path) -> None:
    assert not played(file).failures, "\n" + "\n".join(map(str, played(file).failures))


def test_the_flows_own_tests_take_every_path() -> None:
    traces = [trace for file in files_of([FLOWS]) for trace in played(file).trace]
    missed = [str(covered) for covered in coverage(library(), traces) if covered.missed]
    assert not missed, "\n" + "\n".join(missed)


@pytest.mark.parametrize(
    ("flow", "least"),
    [("time_out", 5), ("check_in", 5), ("talk_in_turns", 5), ("time_out_alone", 3), ("calm_me", 3)],
)
def test_every_flow_has_enough_tests(flow: str, least: int) -> None:
    assert sum(played(file).transcript.flow == flow for file in files_of([FLOWS])) >= least
