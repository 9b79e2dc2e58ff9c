"""Plays all transcript tests of a folder: failures with file and line, and the paths that no test takes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.authoring.coverage import coverage
from bot.authoring.finding import Finding, rendered
from bot.authoring.library import load
from bot.authoring.transcript import Played, play, read_transcript
from bot.engine.events import Trace
from bot.engine.library import Library


def files_of(paths: Sequence[Path]) -> list[Path]:
    """The test files under these paths, in order."""
    return [file for path in paths for file in (sorted(path.glob("**/*.yaml")) if path.is_dir() else [path])]


def play_file(library: Library, file: Path) -> tuple[Played | None, list[Finding], str]:
    """One file played; without `Played` the findings say why it could not be read. Also the text of the file."""
    data = file.read_bytes()
    transcript, found = read_transcript(data, str(file))
    return (play(library, transcript) if transcript is not None else None), found, data.decode("utf-8", "replace")


def run_suite(paths: Sequence[Path], flows: Path, content: Path) -> tuple[str, int]:
    """The report as text, and 0 if all tests pass, 1 if not."""
    loaded = load(flows, content)
    if loaded.library is None:
        return "The flows have errors, so nothing was played. `twofold check` shows them.", 1
    lines: list[str] = []
    traces: list[Trace] = []
    passed = failed = 0
    for file in files_of(paths):
        if not file.is_file():
            return f"There is no test {file}.", 1
        played, found, text = play_file(loaded.library, file)
        if played is None or played.failures:
            failed += 1
            lines.append(f"FAIL {file}")
            lines += [str(failure) for failure in played.failures] if played is not None else []
            lines += [rendered(found, {str(file): text})] if found else []
        else:
            passed += 1
        traces += played.trace if played is not None else []
    lines += ["", *(str(one) for one in coverage(loaded.library, traces) if one.paths)]
    lines += ["", f"{passed} passed, {failed} failed"]
    return "\n".join(lines).strip("\n"), 1 if failed else 0
