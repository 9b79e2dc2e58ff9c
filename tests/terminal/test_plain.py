"""Lines in, lines out: who said what, numbered buttons, and a clean end."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from bot.authoring.transcript import play, read_transcript
from bot.store.database import StoreError
from bot.terminal.direction import Director
from bot.terminal.plain import asked, play_lines

from .scene import Begin


def printed(director: Director, *lines: str, troubles: list[str] | None = None) -> str:
    out = io.StringIO()
    play_lines(director, [f"{line}\n" for line in lines], out, troubles if troubles is not None else [], echo=True)
    return out.getvalue()


def after(text: str, line: str) -> list[str]:
    """What was printed after this line was taken, up to the next one."""
    rows = text.split(f"◂ {line}\n", 1)[1].split("\n◂ ", 1)[0].splitlines()
    return [row for row in rows if row]


def test_a_whole_time_out(begin: Begin, tmp_path: Path) -> None:
    director, file = begin("time_out"), tmp_path / "evening.yaml"

    text = printed(
        director,
        "Ana: 1",
        ":pass 19 minutes",
        ":restart",
        ":next",
        "ben: calm enough to TALK",
        "Ana: #1",
        f":save {file}",
    )

    assert "▸ Ana | [1] Twenty minutes" in text
    assert [row for row in after(text, "Ana: 1") if row.startswith("✎")] == ["✎ Ana | ✓ Twenty minutes"]
    called = [
        row
        for row in after(text, "Ana: 1")
        if row.endswith("| Ana called a break and comes back in 20 minutes (20:20).")
    ]
    assert len(called) == 2, "both read it"
    assert after(text, ":pass 19 minutes") == ["It is Mon 2 Mar 20:19 now.", "The next timer is in 1 minute (20:20)."]
    assert after(text, ":restart") == ["The bot was stopped and started again. Nothing was lost."]
    assert any(row.endswith("| The break is over, Ben. How is it now?") for row in after(text, ":next"))
    assert "▸ Ben | Thank you. I asked Ana too." in after(text, "ben: calm enough to TALK")
    assert any(row.startswith("▸ Ben | Welcome back, you two.") for row in after(text, "Ana: #1"))
    transcript, _ = read_transcript(file.read_bytes(), file.name)
    assert transcript is not None
    assert play(director.stage.library, transcript).failures == ()


def test_a_scale_is_tapped_by_its_own_numbers(begin: Begin) -> None:
    director = begin("check_in")

    text = printed(director, "0", "#2")

    assert "▸ Ana | [0]  [1]  [2]  [3]  [4]  [5]\n" in text
    assert "▸ Ana | [2] Angry" in after(text, "0")
    assert [words for head, words in director.stage.lines if head == "Ana"] == ["/check_in", "0", "Angry"]


def test_a_bare_number_is_an_answer_where_words_are_awaited(begin: Begin) -> None:
    director = begin("check_in")

    printed(director, "Ana: 9", "Ana: 1")

    assert ("Ana", "1") in director.stage.lines


def test_a_line_without_a_name_is_from_whoever_did_something_last(begin: Begin) -> None:
    director = begin("time_out")

    text = printed(director, "Ben: /menu", "/help", "# a remark", "")

    assert any(row.startswith("▸ Ben | ") for row in after(text, "/help"))
    assert not any(row.startswith("▸ Ana | ") for row in after(text, "/help"))
    assert after(text, "# a remark") == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Bob: hello", "Nobody is called Bob here. Begin the line with Ana: / Ben:."),
        ("Ana: #9", "Ana has no button 9 now."),
        (":pas 3 minutes", "There is no “:pas” here. Did you mean “pass”? Write “:help” to see what there is."),
    ],
)
def test_a_line_that_means_nothing_says_what_to_write(begin: Begin, line: str, said: str) -> None:
    director = begin("time_out")

    assert after(printed(director, line), line) == [said]
    assert len([one for one in director.stage.lines if not one[0].startswith("bot")]) == 1


def test_why_and_back_are_said_by_the_one_who_is_named(begin: Begin) -> None:
    director = begin("time_out")

    printed(director, "Ben: :why")

    assert ("Ben", "/why") in director.stage.lines


def test_quit_ends_it_before_the_lines_do(begin: Begin) -> None:
    text = printed(begin("time_out"), ":help", ":quit", "Ana: 1")

    assert ":pass 20 minutes" in "\n".join(after(text, ":help"))
    assert "Ana: 1" not in text.split("◂ :quit")[1]


def test_a_button_that_opens_a_page_shows_its_address(begin: Begin) -> None:
    text = printed(begin("calm_me"), "/link", "Forward it")

    assert any("https://t.me/share" in row for row in after(text, "Forward it"))


def test_a_refused_tap_flashes_up_and_is_kept_in_the_test(begin: Begin, tmp_path: Path) -> None:
    file = tmp_path / "late.yaml"

    text = printed(begin("time_out"), "Ana: 1", "Ana: /stop", "Ana: Stop", f":save {file}")

    assert after(text, "Ana: Stop") == ["▸ Ana | ‹That question is closed.›"]
    assert after(text, f":save {file}") == [f"This talk is now a test in {file}."]
    assert "  - Ana: Stop\n  - bot to Ana: That question is closed.\n" in file.read_text()


def test_what_goes_wrong_inside_is_said(begin: Begin) -> None:
    troubles = ["quarantined KeyError at steps.py:10"]

    text = printed(begin("calm_me"), troubles=troubles)

    assert "Something went wrong inside the bot: quarantined KeyError at steps.py:10" in text
    assert troubles == []


def test_a_database_that_fails_is_told_to_the_caller_and_closed(begin: Begin, tmp_path: Path) -> None:
    director = begin("calm_me")
    (tmp_path / "try.sqlite3").write_text("this is no database, whatever its name says " * 50)

    with pytest.raises(StoreError):
        printed(director, "hello")


def test_escape_codes_never_reach_the_terminal(begin: Begin) -> None:
    assert "\x1b" not in printed(begin("calm_me"), "Ana: \x1b[2Jhello")


def test_somebody_at_the_keyboard_gets_a_prompt(begin: Begin) -> None:
    out = io.StringIO()

    assert list(asked(io.StringIO("one\ntwo"), out)) == ["one\n", "two"]
    assert out.getvalue() == "> > > \n"
