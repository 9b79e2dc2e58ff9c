"""How findings look, in which order, and which ones a comment confirms."""

from __future__ import annotations

from bot.authoring.finding import advice, counted, did_you_mean, error, ordered, rendered, shown, unconfirmed, warning
from bot.engine.flow import Mark


def test_a_finding_shows_its_place_the_line_a_caret_and_what_to_do() -> None:
    source = "\n" * 17 + "      4-7: smal_thing\n"
    finding = error("S06", Mark("flows/check_in.yaml", 18, 12, 10), "There is no step “smal_thing”.", "Write another.")
    assert shown(finding, source).splitlines() == [
        "flows/check_in.yaml:18:12: error S06: There is no step “smal_thing”.",
        "  18 |       4-7: smal_thing",
        "     |            ^^^^^^^^^^",
        "  Write another.",
    ]


def test_a_long_line_is_cut_to_eighty_characters_around_the_caret() -> None:
    line = "a" * 100 + "HERE" + "b" * 100
    rows = shown(error("T01", Mark("x", 1, 101, 4), "Long."), line).splitlines()
    assert len(rows[1]) == len("  1 | ") + 80
    assert rows[1][rows[2].index("^") :].startswith("HERE")
    assert rows[1].count("…") == 2


def test_signs_that_cannot_be_seen_do_not_reach_the_terminal() -> None:
    assert "\u202e" not in shown(error("Y05", Mark("x", 1, 2), "Hidden."), "a\u202e\x1b[31m")


def test_errors_come_first_and_only_twenty_are_shown() -> None:
    many = [warning("S07", Mark("x", number, 1), "No path.") for number in range(1, 25)]
    text = rendered([*many, error("S06", Mark("x", 99, 1), "No step.")], {})
    assert text.startswith("x:99:1: error S06")
    assert text.count("S07") == 19 and "5 more" in text
    assert len(ordered(many + many)) == 24


def test_a_comment_with_a_reason_confirms_a_warning_but_no_error() -> None:
    source = {"x": "a # allow S07: wanted\n# allow A05: all are needed\nb\n# allow A04:\nc\n"}
    asked = [
        warning("S07", Mark("x", 1, 1), "a"),
        warning("S07", Mark("x", 3, 1), "b"),
        warning("A05", Mark("x", 3, 1), "b"),
        advice("A04", Mark("x", 5, 1), "c"),
        error("S07", Mark("x", 1, 1), "a"),
    ]
    assert unconfirmed(asked, source) == [asked[1], asked[3], asked[4]]


def test_suggestions_only_for_what_is_near() -> None:
    assert did_you_mean("tank", ["thank", "end"]) == " Did you mean “thank”?"
    assert did_you_mean("zebra", ["thank", "end"]) == ""


def test_counts_in_words() -> None:
    assert counted([error("S06", Mark("x", 1, 1), "No.")] * 2) == "2 errors, 0 warnings, 0 advice"
