"""What the checks let pass, and who they speak about: the other side of the broken samples."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.authoring import library
from bot.authoring.checks import CHECKS, Pack
from bot.authoring.checks.sheet import Sheet, check
from bot.authoring.finding import Finding, Severity
from bot.authoring.library import examine, read_among
from bot.authoring.nodes import Fields, read_source
from bot.authoring.outline import read_draft
from bot.authoring.words import COMMANDS
from bot.engine.words import COMMANDS as BOT_COMMANDS

ONE = "flow: {0}\ntitle: T\nsteps:\n"
TWO = "flow: {0}\ntitle: T\nkind: light\nroles: [speaker, listener]\nsteps:\n"
PART = (
    "flow: part\nkind: light\nroles: [first, second]\nsteps:\n"
    "  felt:\n    who: first\n    ask: What?\n    answer: text\n    share: now\n"
    "  secret:\n    who: first\n    ask: What else?\n    answer: text\n"
)


def found(*texts: str) -> list[tuple[str, str]]:
    """(file, code) of all errors and warnings of flows that stand side by side."""
    findings: list[Finding] = []
    drafts = []
    for number, text in enumerate(texts):
        source = read_source(text.encode(), f"{number}.yaml")
        findings += source.findings
        draft = read_draft(source.node, findings) if isinstance(source.node, Fields) else None
        drafts += [draft] if draft is not None else []
    for draft in drafts:
        read_among(draft, drafts, Pack(), findings)
    return [(one.mark.file, one.code) for one in findings if one.severity is not Severity.ADVICE]


def test_rows_with_either_for_every_answer_leave_nothing_open() -> None:
    ask = "  a:\n    who: both\n    ask: Ready?\n    choices:\n      yes: Yes\n      no: No\n    share: now\n"
    rows = "    next:\n      both yes: end\n      either no: end\n      either yes: end\n      both skipped: end\n"
    assert found(TWO.format("x") + ask + rows) == []
    assert found(TWO.format("x") + ask + rows.replace("      either yes: end\n", "")) == [("0.yaml", "N05")]


def test_picking_several_is_closed_when_every_pick_has_a_row() -> None:
    ask = "  a:\n    ask: Which?\n    choices:\n      tea: Tea\n      walk: Walk\n    answer: up to 2\n"
    rows = "    next:\n      tea: end\n      walk: end\n      skipped: end\n"
    assert found(ONE.format("x") + ask + rows) == []


def test_a_circle_that_counts_its_rounds_may_run_by_itself() -> None:
    circle = "  a:\n    say: Breathe.\n    next:\n      third time: end\n      otherwise: a\n"
    assert found(ONE.format("x") + circle) == []
    assert found(ONE.format("x") + circle.replace("      third time: end\n", "")) == [
        ("0.yaml", "S08"),
        ("0.yaml", "S09"),
    ]


def test_a_circle_through_a_part_that_asks_waits() -> None:
    again = "    next:\n      q = yes: end\n      otherwise: a\n"
    again += "  q:\n    ask: Done?\n    choices:\n      yes: Yes\n      no: No\n"
    solo = ONE.format("solo") + "  s:\n    ask: How?\n    answer: text\n"
    mute = ONE.format("solo") + "  s:\n    say: Hello.\n"
    round_trip = ONE.format("x") + "  a:\n    run: solo\n" + again
    assert found(round_trip, solo) == [("0.yaml", "S07")]
    assert found(round_trip, mute) == [("0.yaml", "S07"), ("0.yaml", "S09")]


def test_private_answers_may_be_shown_to_the_one_who_gave_them() -> None:
    ask = "  a:\n    who: listener\n    run: part\n"
    mine = "  b:\n    who: listener\n    say: You said {a.felt} and {a.secret}.\n"
    assert found(TWO.format("x") + ask + mine, PART) == []
    assert found(TWO.format("x") + ask + mine.replace("who: listener", "who: speaker"), PART) == [("0.yaml", "C11")]
    own = "  a:\n    who: both\n    ask: How?\n    answer: text\n  b:\n    who: both\n    say: You said {a}.\n"
    assert found(TWO.format("x") + own) == []


def test_an_answer_of_a_part_is_seen_through_the_flow_that_runs_it() -> None:
    runs = TWO.format("x") + "  a:\n    who: speaker\n    run: part\n  b:\n    who: both\n    say: It was {a.felt}.\n"
    assert found(runs, PART) == []
    assert found(runs.replace("{a.felt}", "good"), PART) == [("1.yaml", "C19")]


def test_between_two_files_only_one_is_blamed() -> None:
    assert found(ONE.format("x") + "  a:\n    say: Hello.\n", ONE.format("x") + "  a:\n    say: Hi.\n") == [
        ("1.yaml", "P08")
    ]
    one = ONE.format("one") + "  a:\n    ask: How?\n    answer: text\n  b:\n    run: two\n"
    two = ONE.format("two") + "  a:\n    ask: How?\n    answer: text\n  b:\n    run: one\n"
    assert found(two, one) == [("1.yaml", "P07")]
    hello = ONE.format("x").replace("steps", "words: good morning\nsteps") + "  a:\n    say: Hello.\n"
    assert found(hello, hello.replace("flow: x", "flow: y").replace("good", "Good")) == [("1.yaml", "K16")]


def test_a_pause_may_be_run_by_a_light_flow() -> None:
    pause = TWO.format("rest").replace("light", "pause") + "  a:\n    who: both\n    say: Rest.\n"
    runs = TWO.format("x") + "  a:\n    who: speaker\n    run: rest\n"
    assert found(runs, pause) == []
    assert found(runs, pause.replace("pause", "conflict")) == [("0.yaml", "P05")]


def test_one_mistake_is_said_once() -> None:
    text = ONE.format("x") + "  a:\n    say: Hello.\n    next: nowhere\n  b:\n    say: Unreached while a is wrong.\n"
    assert found(text) == [("0.yaml", "S06")]
    text = ONE.format("x") + "  a:\n    asks: How?\n    answer: text\n  b:\n    say: You said {a}.\n"
    assert found(text) == [("0.yaml", "K05")]


def test_no_flow_can_take_a_command_of_the_bot() -> None:
    assert set(BOT_COMMANDS) <= COMMANDS


def test_a_code_belongs_to_one_check() -> None:
    with pytest.raises(ValueError, match="S07"):
        check("S07")(lambda sheet: ())
    assert all(len(code) == 3 for code in CHECKS)


def test_what_nobody_foresaw_is_a_finding_of_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(sheet: Sheet) -> list[Finding]:
        raise RecursionError

    monkeypatch.setattr(library, "run_checks", broken)
    file = tmp_path / "x.yaml"
    file.write_text(ONE.format("x") + "  a:\n    say: Hello.\n")
    seen = examine([file], None)
    assert [(finding.code, finding.mark.line) for finding in seen.findings] == [("Y19", 1)]
    assert "RecursionError" in seen.findings[0].hint
