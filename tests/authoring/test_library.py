"""The folders: a library where all is well, none where one thing is wrong, and what old versions need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.authoring.check import check
from bot.authoring.finding import Severity
from bot.authoring.library import Loaded, compile_source, load
from bot.engine.flow import Ask, Call, GivenValue, Part, ReaderName, Value, Wait
from bot.engine.library import HelpLine, Place, Reference
from bot.engine.machine import ADVANCE, fire

ROOT = Path(__file__).parents[2]
FILES = {
    "flows/hello.yaml": "flow: hello\ntitle: Hello\ncard: breath\nalone: soft\nsteps:\n"
    "  a:\n    say: Hello, {setup.word}.\n",
    "flows/setup.yaml": "flow: setup\ntitle: Set up\nsteps:\n  word:\n    ask: Which word?\n    answer: text\n",
    "flows/soft.yaml": "flow: soft\nsteps:\n  a:\n    say: Bye.\n",
    "content/cards/breath.yaml": "id: breath\ntitle: Breath\nwhat_happens: It slows.\nwhat_helps: Breathe out.\n"
    "evidence: mixed\ncaveat: Not for all.\nrefs: [one1999]\nsafety: true\n",
    "content/references.yaml": "one1999:\n  cite: One 1999\n  doi: 10.1/x\n  status: verified\n"
    "two2000:\n  cite: Two 2000\n  doi: 10.1/y\n  status: memory\n  doi_status: memory\n",
    "content/help_lines.yaml": 'countries:\n  "US":\n    name: United States\n    emergency: "911"\n'
    "    checked_on: 2026-01-01\n    lines:\n      - topic: crisis\n        name: Line\n        contact: call 1\n"
    "anywhere:\n  emergency: 112 or 911\n  checked_on: 2026-01-01\n  lines: []\n",
    "content/phrases/en.yaml": 'first: Hello, {name}.\ngate:\n  question: "About {title}: ready?"\n'
    "  again:\n    one_of:\n      - Once more?\n      - And now?\n",
    "content/answers.yaml": "en:\n  yes: [yes]\n  no: [no]\n",
    "content/home.yaml": "hello:\n  flow: hello\n  alone: soft\nset: setup\n",
    "content/zones.yaml": "Berlin: Europe/Berlin\n",
}


def write(folder: Path, **changes: str | None) -> Path:
    """The small pack, with some files changed, added or (None) left out."""
    for name, text in {**FILES, **changes}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is not None:
            path.write_text(text, encoding="utf-8")
    return folder


def loaded(folder: Path, **changes: str | None) -> Loaded:
    write(folder, **changes)
    return load(folder / "flows", folder / "content")


def codes(seen: Loaded) -> list[tuple[str, str]]:
    return [(Path(finding.mark.file).name, finding.code) for finding in seen.findings]


def test_a_sound_pack_becomes_a_library(tmp_path: Path) -> None:
    seen = loaded(tmp_path)
    assert not seen.findings
    library = seen.library
    assert library is not None
    assert sorted(library.current) == ["hello", "setup", "soft"]
    program = library.newest("hello")
    assert program is not None and program.flow.steps["a"].card == "breath"
    assert seen.sources["hello", program.structure] == FILES["flows/hello.yaml"]
    assert library.remembered == {("setup", "word")}
    assert library.references == {
        "one1999": Reference("One 1999", "10.1/x", True),
        "two2000": Reference("Two 2000", None, False),
    }
    assert library.help["US"].lines == (HelpLine("crisis", "Line", "call 1", None),)
    assert library.help["*"].emergency == "112 or 911"
    assert library.home == {"hello": Place("hello", "soft"), "set": Place("setup")}
    assert library.zones == {"berlin": "Europe/Berlin"}
    assert library.cards["breath"].what_helps == "Breathe out."
    assert len(library.phrases["gate.again"].wordings) == 2
    given = [piece.subject for piece in library.phrases["gate.question"].wordings[0].pieces if isinstance(piece, Value)]
    assert given == [GivenValue("title")]
    assert [
        type(piece.subject) for piece in library.phrases["first"].wordings[0].pieces if isinstance(piece, Value)
    ] == [ReaderName]


@pytest.mark.parametrize(
    ("name", "text", "finding"),
    [
        ("flows/soft.yaml", "flow: soft\nsteps:\n  a:\n    say: Bye.\n    next: b\n", ("soft.yaml", "S06")),
        ("flows/soft.yaml", None, ("hello.yaml", "P04")),
        ("flows/new.yaml", "flow: new\nsteps:\n  a:\n    say: Bye.\n", ("new.yaml", "P01")),
        ("content/phrases/en.yaml", None, ("en.yaml", "Y19")),
        ("content/answers.yaml", "en: [yes]\n", ("answers.yaml", "K06")),
        ("content/home.yaml", "a: hallo\n", ("home.yaml", "P04")),
        ("content/zones.yaml", "mars: Mars/Base\n", ("zones.yaml", "T02")),
        ("content/references.yaml", "one:\n  cite: One\n  status: verified\n", ("breath.yaml", "M10")),
        ("content/cards/twin.yaml", FILES["content/cards/breath.yaml"], ("twin.yaml", "P08")),
        ("content/help_lines.yaml", "countries: {}\n", ("help_lines.yaml", "K07")),
    ],
)
def test_one_error_refuses_the_lot(tmp_path: Path, name: str, text: str | None, finding: tuple[str, str]) -> None:
    seen = loaded(tmp_path, **{name: text})
    assert seen.library is None and not seen.sources
    assert finding in codes(seen)


def test_a_home_button_cannot_fall_back_on_a_flow_for_two(tmp_path: Path) -> None:
    two = "flow: two\ntitle: Two\nkind: pause\nroles: [a, b]\nsteps:\n  x:\n    who: both\n    say: Hello.\n"
    home = FILES["content/home.yaml"] + "two:\n  flow: two\n  alone: two\n"
    seen = loaded(tmp_path, **{"flows/two.yaml": two, "content/home.yaml": home})
    assert codes(seen) == [("home.yaml", "C13")]


def test_warnings_do_not_stop_anybody(tmp_path: Path) -> None:
    flow = "flow: soft\nsteps:\n  a:\n    say: Bye.\n    next: end\n  b:\n    say: Unread.\n"
    seen = loaded(tmp_path, **{"flows/soft.yaml": flow})
    assert seen.library is not None and codes(seen) == [("soft.yaml", "S07")]
    flow = flow.replace("  b:\n", "  # allow S07: kept for later\n  b:\n")
    assert codes(loaded(tmp_path, **{"flows/soft.yaml": flow})) == []


def test_an_old_version_runs_from_its_source_alone(tmp_path: Path) -> None:
    seen = loaded(tmp_path)
    assert seen.library is not None
    for (name, structure), source in seen.sources.items():
        program = compile_source(source, f"{name}.yaml", seen.library)
        assert (program.name, program.structure) == (name, structure)
        assert program.wording == seen.library.programs[name, structure].wording


def test_the_flows_of_this_house_have_no_errors_and_no_warnings() -> None:
    seen = load(ROOT / "flows", ROOT / "content")
    serious = [finding for finding in seen.findings if finding.severity is not Severity.ADVICE]
    assert not serious
    assert seen.library is not None
    pause = seen.library.newest("time_out")
    assert pause is not None and isinstance(pause.flow.steps["pause"].action, Wait)
    assert pause.flow.steps["pause"].action.length == "how_long"
    ask = pause.flow.steps["how_long"].action
    assert isinstance(ask, Ask) and pause.flow.steps["how_long"].who == "caller"
    talk = seen.library.newest("talk_in_turns")
    assert talk is not None and talk.flow.steps["order"].action == Call(Part.DRAW_FIRST)
    soft = seen.library.newest("land_alone")
    assert soft is not None
    assert fire(soft, "soft", ADVANCE, None) == ("body", None)  # type: ignore[arg-type]


def test_the_command_checks_a_folder_or_one_file_among_its_neighbours(tmp_path: Path) -> None:
    write(tmp_path, **{"flows/new.yaml": "flow: new\nsteps:\n  a:\n    say: Bye.\n"})
    report = check([tmp_path / "flows"])
    assert report.code == 1 and len(report.files) == 4
    assert "new.yaml:1:7: error P01: Nobody can start this flow" in report.text
    assert report.text.endswith("4 flows: 1 error, 0 warnings, 0 advice.")
    alone = check([tmp_path / "flows" / "hello.yaml"])
    assert alone.code == 0 and alone.text == "1 flow: 0 errors, 0 warnings, 0 advice."
    assert check([tmp_path / "flows" / "none.yaml"]).code == 1
    assert check([tmp_path / "content"]).code == 1


def test_checking_imports_nothing_heavy() -> None:
    code = "import sys, bot.authoring.check; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not {"telegram", "sqlalchemy", "pydantic", "aiohttp", "typer", "asyncio"} & set(run.stdout.split())
