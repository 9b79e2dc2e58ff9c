"""Every card can be shown and traced to its sources, and no doubtful help line ships."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

CONTENT = Path(__file__).parents[2] / "content"
CARDS = sorted((CONTENT / "cards").glob("*.yaml"))
FIELDS = ["id", "kind", "title", "what_happens", "what_helps", "evidence", "caveat", "do_not_say", "refs", "exercises"]
GRADES = {"strong", "moderate", "mixed", "contested", "theory", "practice"}
# fmt: off
COUNTRIES = {
    "AR", "AU", "AT", "BE", "BR", "CA", "CZ", "DK", "FI", "FR", "DE",
    "IN", "IE", "IL", "IT", "JP", "MX", "NL", "NZ", "NO", "PL", "PT",
    "RU", "ZA", "KR", "ES", "SE", "CH", "TR", "UA", "GB", "US", "EU",
}
# fmt: on
WITHOUT = {("CZ", "crisis"), ("TR", "crisis"), ("AR", "violence")}
"""Topics for which no number of a country is sure enough."""
TOPICS = ["crisis", "violence", "youth", "own_behaviour"]
PREPARED = date(2026, 11, 22)


def read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def name_of(path: Path) -> str:
    return path.stem


def help_lines() -> list[tuple[str, dict[str, str], str]]:
    """Every line with its country and the day on which it was checked."""
    lines = read(CONTENT / "help_lines.yaml")
    places = {**lines["countries"], "anywhere": lines["anywhere"]}
    return [
        (code, line, line.get("checked_on", place["checked_on"]))
        for code, place in places.items()
        for line in place["lines"]
    ]


def test_the_cards_that_the_flows_need_are_there() -> None:
    named = {
        "flooding",
        "prefrontal-cortex",
        "perceived-responsiveness",
        "self-compassion",
        "affect-labelling",
        "stress-spillover",
        "gratitude",
        "capitalisation",
        "affectionate-touch",
        "paced-breathing-hrv",
        "grounding",
        "co-regulation",
        "attachment-anxiety",
        "demand-withdraw-cycle",
        "cognitive-reappraisal",
        "rupture-and-repair",
    }
    assert named <= {path.stem for path in CARDS}


@pytest.mark.parametrize("path", CARDS, ids=name_of)
def test_a_card_has_its_fields_in_order(path: Path) -> None:
    card = read(path)
    optional = [field for field in ("audience", "safety") if field in card]
    assert list(card) == [*FIELDS, *optional, "reviewed"]
    assert card["id"] == path.stem
    assert card["kind"] in {"region", "system", "chemical", "process"}
    assert card["evidence"] in GRADES
    assert card.get("audience", "on_request") == "on_request"
    assert card.get("safety", "true") == "true"
    assert date.fromisoformat(card["reviewed"]) <= PREPARED
    for field in ("title", "what_happens", "what_helps", "caveat"):
        assert card[field].strip() == card[field] != ""
    for field in ("do_not_say", "refs", "exercises"):
        assert isinstance(card[field], list)
        assert len(set(card[field])) == len(card[field])


@pytest.mark.parametrize("path", CARDS, ids=name_of)
def test_a_card_is_short_enough_to_show(path: Path) -> None:
    card = read(path)
    assert len(card["what_happens"]) <= 280
    assert len(card["what_helps"]) <= 280


@pytest.mark.parametrize("path", CARDS, ids=name_of)
def test_a_card_does_not_say_what_it_forbids(path: Path) -> None:
    card = read(path)
    shown = f"{card['title']} {card['what_happens']} {card['what_helps']}".lower()
    assert card["do_not_say"]
    assert [words for words in card["do_not_say"] if words.lower() in shown] == []


@pytest.mark.parametrize("path", CARDS, ids=name_of)
def test_a_card_names_known_sources(path: Path) -> None:
    card = read(path)
    assert set(card["refs"]) <= set(read(CONTENT / "references.yaml"))
    # Only an idea that nobody tested may stand without a source, and its grade says so.
    assert card["refs"] or card["evidence"] in {"theory", "practice"}


def test_every_reference_says_how_it_was_checked_and_is_used() -> None:
    references = read(CONTENT / "references.yaml")
    assert set(references) == {key for path in CARDS for key in read(path)["refs"]}
    for key, reference in references.items():
        assert {"cite", "status"} <= set(reference) <= {"cite", "doi", "status", "doi_status", "where"}, key
        assert reference["status"] in {"verified", "memory"}, key
        assert reference.get("doi_status", "memory") == "memory", key
        assert reference.get("doi", "10.").startswith("10."), key
        assert ("where" in reference) == (reference["status"] == "verified"), key


@pytest.mark.parametrize("path", [*CARDS, *CONTENT.glob("*.yaml")], ids=name_of)
def test_every_reader_of_yaml_sees_the_same_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    plain = yaml.safe_load(text.replace("safety: true", 'safety: "true"'))
    assert plain == read(path)


def test_help_lines_cover_32_countries_and_the_european_union() -> None:
    countries = read(CONTENT / "help_lines.yaml")["countries"]
    assert set(countries) == COUNTRIES
    for code, country in countries.items():
        assert list(country) == ["name", "emergency", "checked_on", "checked_by", "lines"], code
        assert country["name"] and country["emergency"], code
        missing = {(code, topic) for topic in ("crisis", "violence")} - {
            (code, one["topic"]) for one in country["lines"]
        }
        assert missing == {one for one in WITHOUT if one[0] == code}, code


def test_help_lines_hold_nothing_doubtful() -> None:
    text = (CONTENT / "help_lines.yaml").read_text(encoding="utf-8")
    assert "?" not in text
    for code, line, _ in help_lines():
        assert {"topic", "name", "contact", "source"} <= set(line), (code, line)
        known = {"topic", "name", "contact", "hours", "languages", "note", "checked_on", "source"}
        assert set(line) <= known, (code, line)
        assert all(line.values()), (code, line)
        # Europe's own numbers are known from the news and from memory, and are the same in many lists of countries.
        assert code == "EU" or "M" not in line["source"].split(", "), (code, line)
        assert "free" not in f"{line['contact']} {line.get('hours', '')}".lower(), (code, line)


def test_help_lines_show_crisis_first() -> None:
    for code, country in read(CONTENT / "help_lines.yaml")["countries"].items():
        order = [TOPICS.index(line["topic"]) for line in country["lines"]]
        assert order == sorted(order), code


def test_help_lines_were_checked_within_a_year_and_not_in_the_future() -> None:
    for code, line, checked_on in help_lines():
        assert PREPARED - timedelta(days=365) < date.fromisoformat(checked_on) <= PREPARED, (code, line)


def test_lines_for_partner_violence_do_not_pretend_to_be_checked() -> None:
    for code, line, checked_on in help_lines():
        if line["topic"] in {"violence", "own_behaviour"}:
            assert code == "EU" or line["source"] == "list, not verified by its author", (code, line)
            assert checked_on == PREPARED.isoformat(), (code, line)
