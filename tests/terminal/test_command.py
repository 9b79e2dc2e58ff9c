"""The command: which flow, which terminal, and one clear sentence where nothing can start."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from bot.settings import Settings, read_settings
from bot.terminal import command, try_flow

from .scene import ROOT


@pytest.fixture(autouse=True)
def log() -> Iterator[None]:
    """The command turns the log round; other tests find it as it was."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a copy of the flows that a test may spoil."""
    shutil.copytree(ROOT / "flows", tmp_path / "flows")
    return read_settings(flows=tmp_path / "flows", content=ROOT / "content")


def typed(monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(words))


def test_an_unknown_flow_is_one_sentence_with_a_guess(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert try_flow("timeout", settings, True) == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("There is no flow “timeout”. Did you mean “time_out”? The flows are: calm_me, ")
    assert said.err.count("\n") == 1


def test_a_part_names_the_flow_that_it_belongs_to(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert try_flow("one_turn", settings, True) == 1

    assert capsys.readouterr().err == (
        "“one_turn” is only a part of other flows and cannot start alone. Try “talk_in_turns”.\n"
    )


def test_a_broken_flow_prints_every_finding(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    (settings.flows / "broken.yaml").write_text("flow: broken\ntitle: Broken\nsteps:\n  a:\n    sya: Hello\n")
    (settings.flows / "tabbed.yaml").write_text("flow: tabbed\n\ttitle: Tabbed\n")

    assert try_flow("time_out", settings, True) == 1

    said = capsys.readouterr().err
    assert "broken.yaml:5:5" in said
    assert "tabbed.yaml:2:1" in said
    assert said.rstrip().splitlines()[-1].startswith("Nothing was started: the flows have errors (")


def test_piped_lines_are_played_plainly_and_end_well(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, "Ana: Twenty minutes\n:pass 20 minutes\nBen: Calm enough to talk")

    assert try_flow("time_out", settings, False) == 0

    out = capsys.readouterr().out
    assert "| The break is over, Ben. How is it now?" in out
    assert "▸ Ben | Thank you. I asked Ana too." in out


def test_no_words_for_the_terminal_are_one_sentence(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(command, "shipped", lambda _name: tmp_path)

    assert try_flow("time_out", settings.model_copy(update={"content": tmp_path}), True) == 1

    assert "terminal.yaml is missing or cannot be opened" in capsys.readouterr().err


def test_the_flows_as_they_are_now_are_read_at_a_restart(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = settings.flows / "calm_me.yaml"
    before = flow.read_text()

    def lines() -> Iterator[str]:
        flow.write_text(before.replace("How is your body now, {name}?", "And now, {name}?"))
        yield ":restart\n"
        yield "Ana: I am done\n"
        flow.write_text("flow: calm_me\nsteps: none\n")
        yield ":restart\n"
        yield "Ana: A bit calmer\n"

    typed(monkeypatch, "")
    monkeypatch.setattr(command, "lines_of", lambda _here: lines())

    assert try_flow("calm_me", settings, True) == 0

    out = capsys.readouterr().out
    assert "▸ Ana | And now, Ana?" in out
    assert "The flows have errors now, so it uses them as they were." in out
    assert "▸ Ana | Good. You can come back to this at any time." in out


def test_the_whole_program_takes_a_pipe() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "bot", "try", "time_out"],
        input="Ana: Twenty minutes\n:next\n\xff\n",
        encoding="latin-1",
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "TZ": "Europe/Berlin"},
        timeout=60,
    )

    assert (ran.returncode, ran.stderr) == (0, "")
    assert "| The break is over, Ben. How is it now?" in ran.stdout


def test_a_closed_window_leaves_nothing_behind(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "bot", "try", "calm_me", "--plain"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert running.stdout is not None
    assert running.stdin is not None
    while b"Ana |" not in (line := running.stdout.readline()):
        assert line, "it ended before it began"
    assert list(tmp_path.glob("twofold-try-*"))

    running.terminate()

    assert running.wait(timeout=30) == 0
    assert list(tmp_path.iterdir()) == []
    running.stdin.close()
    running.stdout.close()


def test_the_zone_is_the_machines_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    link = tmp_path / "localtime"
    link.symlink_to("/usr/share/zoneinfo/Europe/Lisbon")

    monkeypatch.setenv("TZ", "America/Lima")
    assert command.local_zone(link) == "America/Lima"
    monkeypatch.setenv("TZ", "nonsense/../x")
    assert command.local_zone(link) == "Europe/Lisbon"
    monkeypatch.delenv("TZ")
    assert command.local_zone(tmp_path / "missing") == "UTC"
