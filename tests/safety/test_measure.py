"""The figures: printed always, and not below the floors; and the command that prints them."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.__main__ import app
from bot.authoring.content import Desk
from bot.authoring.danger import read_rules
from bot.authoring.measure import Measured, Share, measure, read_labelled, table
from bot.engine.danger import Level, Rules, recognise
from bot.engine.danger.rules import grouped

HERE = Path(__file__).parent

FLOORS = {
    "dev": {"any": 0.95, "certain": 0.85, "alarms": 0.02},
    "own": {"any": 0.95, "certain": 0.85, "alarms": 0.04},
    "blind": {
        "any": 0.69,
        "certain": 0.65,
        "natural_any": 0.04,
        "idiom_any": 0.06,
        "idiom_certain": 0.05,
        "negation_certain": 0.03,
    },
}
"""At least (any, certain) of lines of danger; at most of harmless ones. `blind` is by a stranger to the rules, the
other two are by their author. `natural` are the kinds couple and other.

The floors of `blind` are what was reached, so that a step back fails. The goals are any 0.80 and certain 0.65, natural
0.015, idioms 0.08 and 0.03, negations 0: four of the six are not met yet (see docs/safety.md)."""

WRITTEN_FIRST = {
    "strangers_en": (0.97, 0.94, 0.01),
    "held_en": (0.95, 0.89, 0.08),
    "strangers_de": (0.98, 0.95, 0.03),
    "held_de": (0.97, 0.90, 0.03),
    "strangers_fr": (0.98, 0.95, 0.03),
    "held_fr": (0.97, 0.94, 0.03),
    "strangers_it": (0.98, 0.97, 0.04),
    "held_it": (0.92, 0.90, 0.03),
    "strangers_ru": (0.98, 0.97, 0.03),
    "held_ru": (0.97, 0.92, 0.03),
}
"""Lists that were written before anybody looked at the rules: at least (any, certain) of lines of danger, at most
alarms of all kinds. The rules were fitted to `strangers`; `held` was put aside and shows what they do with new lines.
A little below what was reached, so that a step back fails."""


def measured(name: str, rules: Rules) -> Measured:
    seen = measure(read_labelled(HERE / f"{name}.tsv"), rules)
    print(f"\n{name}\n{table(seen)}")
    return seen


@pytest.mark.parametrize("name", ["dev", "own"])
def test_the_authors_own_sentences(name: str, rules: Rules) -> None:
    seen, floor = measured(name, rules), FLOORS[name]
    crisis, harmless = seen.row("crisis by category", "all"), seen.row("alarms by kind", "all")
    assert crisis.any.part >= floor["any"]
    assert crisis.certain.part >= floor["certain"]
    assert harmless.any.part <= floor["alarms"]
    assert seen.row("alarms by kind", "negation").certain.hits == 0


@pytest.mark.parametrize("name", sorted(one.stem for one in HERE.glob("*_??.tsv")))
def test_sentences_written_before_the_rules(name: str, rules: Rules) -> None:
    seen, (least_any, least_certain, most_alarms) = measured(name, rules), WRITTEN_FIRST.get(name, (0.0, 0.0, 1.0))
    crisis, harmless = seen.row("crisis by category", "all"), seen.row("alarms by kind", "all")
    assert crisis.any.part >= least_any
    assert crisis.certain.part >= least_certain
    assert harmless.any.part <= most_alarms


def test_sentences_by_a_stranger(rules: Rules) -> None:
    seen, floor = measured("blind", rules), FLOORS["blind"]
    crisis = seen.row("crisis by category", "all")
    couple, other, idiom = (seen.row("alarms by kind", kind) for kind in ("couple", "other", "idiom"))
    natural = Share(couple.any.hits + other.any.hits, couple.any.total + other.any.total)
    assert crisis.any.part >= floor["any"]
    assert crisis.certain.part >= floor["certain"]
    assert natural.part <= floor["natural_any"]
    assert idiom.any.part <= floor["idiom_any"]
    assert idiom.certain.part <= floor["idiom_certain"]
    assert seen.row("alarms by kind", "negation").certain.part <= floor["negation_certain"]


def test_the_interval_is_wilsons() -> None:
    low, high = Share(8, 10).interval
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    assert Share(0, 0).interval == (0.0, 1.0)


def test_the_command_prints_a_table_and_no_words() -> None:
    done = CliRunner().invoke(app, ["safety", str(HERE / "dev.tsv")])
    assert done.exit_code == 0
    assert json.loads(done.stdout.splitlines()[-1])["crisis by language"]["all"]["lines"] == 238
    assert "I want to kill myself" not in done.stdout


def test_misses_are_printed_where_they_are_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "some.tsv"
    file.write_text("en\tcrisis\tsuicide\tgreen apples\nen\tnone\tcouple\the hits me\n", encoding="utf-8")
    quiet = CliRunner().invoke(app, ["safety", str(file)])
    loud = CliRunner().invoke(app, ["safety", str(file), "--misses"])
    assert "green apples" not in quiet.stdout
    assert "missed, line 1: en suicide: green apples" in loud.stdout
    assert "alarm, line 2" in loud.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("en\tcrisis\tsuicide\tI am sad\nen\tcrisis\tx\n", "line 2: there should be four cells"),
        ("en\tmaybe\tsuicide\tI am sad\n", "line 1: the second cell"),
        ("en\tnone\tsuicide\tI am sad\n", "line 1: the third cell"),
        ("", "has no lines"),
    ],
)
def test_a_bad_line_is_one_sentence(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.tsv"
    file.write_text(text, encoding="utf-8")
    done = CliRunner().invoke(app, ["safety", str(file)])
    assert done.exit_code == 2
    assert said in done.output
    assert "Traceback" not in done.output
    assert len(done.output.strip().splitlines()) == 1


# --- reading the rules ------------------------------------------------------------------------------------------------


def read(folder: Path, text: str) -> tuple[Rules, Desk]:
    (folder / "xx.yaml").write_text(text, encoding="utf-8")
    desk = Desk()
    return read_rules(folder, desk), desk


def test_pieces_accents_and_umlauts(tmp_path: Path) -> None:
    rules, desk = read(
        tmp_path, "pieces:\n  er: (er|sie)\ncertain:\n  violence_victim.other:\n    - '{er} schlägt (sie|ihn)'\n"
    )
    assert not desk.found
    for words in ("Er schlägt sie", "er schlaegt ihn", "er schlagt sie"):
        (danger,) = recognise(words, rules)
        assert (danger.category, danger.level, danger.other) == ("violence_victim", Level.CERTAIN, True)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("masks:\n  - (open\n", "W10", (2, 5)),
        ("masks:\n  - 'x {gone}'\n", "W10", (2, 5)),
        ("masks:\n  - a?\n", "W10", (2, 5)),
        ("masks:\n  - Big\n", "W10", (2, 5)),
        ("masks:\n  - (?<=a|bc)d\n", "W10", (2, 5)),
        ("pieces:\n  a: b\nmasks:\n  - (?<={a})d\n", "W10", (4, 5)),
        ("words: none.txt\n", "W10", (1, 8)),
        ("certain:\n  suicid:\n    - x\n", "K05", (2, 3)),
        ("mask:\n  - x\n", "K05", (1, 1)),
    ],
)
def test_what_is_wrong_with_a_file_is_a_finding(text: str, code: str, place: tuple[int, int], tmp_path: Path) -> None:
    _, desk = read(tmp_path, text)
    assert [(one.code, (one.mark.line, one.mark.column)) for one in desk.found] == [(code, place)]


def test_what_is_let_through_without_a_compiler_does_compile(tmp_path: Path) -> None:
    parts = [
        "a",
        "bc ",
        "(",
        ")",
        "|",
        "?",
        "*",
        "+",
        "{2}",
        "{0,3}",
        "\\w",
        "\\b",
        "(?=",
        "(?<!",
        "[.,]",
        "{p}",
        "$",
        "_",
    ]
    draw = random.Random(7)
    tried = ["".join(draw.choices(parts, k=draw.randint(1, 9))) for _ in range(4000)]
    rules, desk = read(tmp_path, "pieces:\n  p: a|bc\nmasks:\n" + "".join(f"  - '{one}'\n" for one in tried))
    (language,) = rules.languages
    kept = [one for one in language.masks if one != "(?!)"]
    assert len(kept) + len(desk.found) == len(tried)
    assert len(kept) > 500
    for pattern in kept:
        for stand_in in ("(?:x|yy)", "(?:a|bc)"):
            assert not re.fullmatch(grouped(pattern.replace("{p}", stand_in)), ""), pattern


def test_no_folder_means_no_rules(tmp_path: Path) -> None:
    desk = Desk()
    assert read_rules(tmp_path / "nothing", desk).languages == ()
    assert not desk.found


def test_the_shipped_rules_of_all_languages(rules: Rules) -> None:
    assert [language.name for language in rules.languages] == ["de", "en", "es", "fr", "it", "pt", "ru"]
    for language in rules.languages:
        assert {rule.category for rule in language.rules if rule.level is Level.CERTAIN} >= {
            *("suicide", "self_harm", "violence_victim", "violence_perpetrator", "coercive_control", "child_risk"),
            *("medical_emergency", "psychosis_or_mania", "worried_about_other", "minor_user"),
        }
        assert language.weapons
        assert language.masks
        assert language.negators
