"""What is seen, what stays quiet, and in which order: each device of the rules on its own."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine.danger import CATEGORIES, Danger, Language, Level, Rule, Rules, is_weapon, recognise, warm
from bot.engine.danger.keys import FEWEST, keys, known
from bot.engine.danger.rules import filled, regular
from bot.engine.danger.spelling import distance, mended, plain, shelf, written_out


def levels(words: str, rules: Rules) -> dict[str, Level]:
    return {danger.category: danger.level for danger in recognise(words, rules)}


def toy(before: str = "(?!)", ends: str = "(?!)", after: str = "(?!)") -> Rules:
    """One language with one sure rule, and what a test adds."""
    rule = Rule("he hits me", "violence_victim", Level.CERTAIN)
    language = Language("xx", rules=(rule,), negators=(before,), clause_ends=(ends,), negators_after=(after,))
    return Rules((language,))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("I’M  So\u200b TIRED", "i'm so tired"),
        ("él me pegó", "el me pego"),
        ("ещё Ёлка, мой", "еще елка, мой"),
        ("k!ll and su1cide", "kill and suicide"),
        ("d i e  k.i.l.l", "d i e kill"),
        ("nooooo", "noo"),
        ("𝐤𝐢𝐥𝐥 straße", "kill strasse"),
        ("", ""),
    ],
)
def test_a_message_is_made_plain(typed: str, read: str) -> None:
    assert re.sub(r"\s+", " ", plain(typed)) == read


def test_short_forms_are_written_out_word_by_word() -> None:
    spelling = {"don't": "do not", "im": "i am"}
    assert written_out("im sure i don't, self-harm", spelling) == "i am sure i do not, self harm"
    assert written_out("j'ai «peur»", {}) == "j ai peur"


def test_slips_are_mended_only_in_a_message_of_the_language() -> None:
    known = frozenset({"i", "want", "to", "myself", "the", "is", "and"})
    shelved = shelf(("kill", "suicidal"))
    assert mended("i want to kil myself", known, shelved) == "i want to kill myself"
    assert mended("i want to suicidl", known, shelved) == "i want to suicidal"
    assert mended("ik wil het kil dood", known, shelved) == "ik wil het kil dood"
    assert mended("i want to dance", known, shelved) == "i want to dance"


@pytest.mark.parametrize(("one", "other", "far"), [("kill", "kill", 0), ("kil", "kill", 1), ("klil", "kill", 1)])
def test_distance_counts_a_swap_as_one_slip(one: str, other: str, far: int) -> None:
    assert distance(one, other, 2) == far
    assert distance("completely", "different", 2) == 3


def test_a_misspelt_message_is_still_seen(rules: Rules) -> None:
    assert levels("i want to kil myself", rules)["suicide"] is Level.CERTAIN
    assert levels("my husbnad strangeld me", rules)["violence_victim"] is Level.CERTAIN


def test_masks_of_every_language_are_blanked_first(rules: Rules) -> None:
    assert not recognise("that would be social suicide", rules)
    assert not recognise("te mato si te comes mi postre jaja", rules)
    masked = Rules((*toy().languages, Language("yy", masks=("he hits me up",))))
    assert not recognise("he hits me up", masked)
    assert recognise("he hits me up", toy())


def test_a_negator_silences_its_clause_and_no_other() -> None:
    rules = toy("(never|not)", "but")
    assert not recognise("it is not that he hits me", rules)
    assert recognise("he never calls, he hits me", rules)
    assert recognise("he is not kind but he hits me", rules)
    assert recognise("not " + "very " * 12 + "he hits me", rules)


def test_a_message_surely_in_one_language_is_read_in_that_alone() -> None:
    shared = Rule("violence", "violence_victim", Level.ASK)
    known_words = frozenset({"there", "was", "a", "lot", "of"})
    told = Rules((Language("xx", words=known_words | {"violence"}), Language("yy", rules=(shared,))))
    untold = Rules((Language("xx", words=frozenset({"there"})), Language("yy", rules=(shared,))))
    assert not recognise("there was a lot of violence", told)
    assert recognise("violence", told)
    assert recognise("there was a lot of violence", untold)


def test_a_denial_about_somebody_else_is_silent(rules: Rules) -> None:
    assert "self_harm" not in levels("she has not hurt herself, she only cried about it", rules)
    assert levels("I'm trying not to hurt myself", rules)["self_harm"] is Level.ASK


def test_to_be_unable_to_stop_is_no_denial(rules: Rules) -> None:
    assert levels("I can't stop hitting her", rules)["violence_perpetrator"] is Level.CERTAIN


def test_the_index_can_be_built_before_the_first_message() -> None:
    rules = toy()
    warm(rules)
    assert recognise("he hits me", rules)


def test_a_negator_may_stand_behind() -> None:
    rules = toy(after="never")
    assert not recognise("he hits me never", rules)
    assert recognise("he hits me often", rules)


@pytest.mark.parametrize(
    ("words", "level"),
    [
        ("I want to kill myself", Level.CERTAIN),
        ("I'm trying not to kill myself", Level.ASK),
        ("I don't know I want to die", Level.CERTAIN),
        ("I want to die lol", Level.ASK),
        ("my brother killed himself when I was a kid", Level.ASK),
    ],
)
def test_suicide_is_never_silenced_by_a_negator(words: str, level: Level, rules: Rules) -> None:
    assert levels(words, rules)["suicide"] is level


@pytest.mark.parametrize(
    "words",
    [
        *("he never hits me", "he would never hurt me", "I'm not suicidal", "I don't want to die"),
        *("no me pega", "er schlägt mich nicht", "il ne me frappe pas", "non mi picchia", "ele não me bate"),
        "он меня не бьёт",
    ],
)
def test_a_plain_denial_is_never_certain(words: str, rules: Rules) -> None:
    assert Level.CERTAIN not in levels(words, rules).values()


def test_what_is_long_ago_is_asked_about(rules: Rules) -> None:
    assert levels("two years ago he hit me", rules)["violence_victim"] is Level.ASK
    assert levels("He hit me. We met two years ago.", rules)["violence_victim"] is Level.CERTAIN


def test_bugs_once_met_stay_away(rules: Rules) -> None:
    for words in (
        "that's odd, he usually calls",
        "I need to take the stress off myself",
        "she won't respond to my texts",
        "it is like a brick wall, I bang my head",
        "I don't feel heard",
    ):
        assert not recognise(words, rules), words


def test_the_most_urgent_comes_first_and_each_kind_once(rules: Rules) -> None:
    found = recognise("he hits me, he hit me again, I want to die and she is not breathing", rules)
    assert [danger.category for danger in found[:3]] == ["medical_emergency", "suicide", "violence_victim"]
    assert len({danger.category for danger in found}) == len(found)
    ranks = [(-danger.level.value, CATEGORIES.index(danger.category)) for danger in found]
    assert ranks == sorted(ranks)


def test_certain_comes_before_ask(rules: Rules) -> None:
    found = recognise("my chest hurts a bit when I'm stressed. he hits me", rules)
    assert [danger.level for danger in found] == sorted((one.level for one in found), key=lambda level: -level.value)
    assert found[0].category == "violence_victim"


def test_somebody_else_in_danger_is_told_apart(rules: Rules) -> None:
    assert recognise("my husband is suicidal", rules)[0] == Danger("suicide", Level.CERTAIN, True)
    assert recognise("I am suicidal", rules)[0] == Danger("suicide", Level.CERTAIN, False)


@pytest.mark.parametrize(
    "words", ["I'm 15", "i am 16 years old", "tengo 14 años", "ich bin 15", "j'ai 14 ans", "мне 15 лет"]
)
def test_a_minor_is_seen(words: str, rules: Rules) -> None:
    assert "minor_user" in levels(words, rules)


@pytest.mark.parametrize(
    "words", ["our son is 15", "when I was 15 I met him", "15 years together", "I'm 7", "I'm 16 weeks pregnant", "7"]
)
def test_an_age_of_another_kind_is_not(words: str, rules: Rules) -> None:
    assert "minor_user" not in levels(words, rules)


def test_weapons(rules: Rules) -> None:
    for words in (
        "the bot says you should calm down",
        "you are flooded",
        "that's your attachment style",
        "the bot agrees with me",
    ):
        assert is_weapon(words, rules), words
    for words in ("thank you", "I felt flooded yesterday", "you are lovely", ""):
        assert not is_weapon(words, rules), words


def test_no_rules_see_nothing() -> None:
    assert recognise("I want to die", Rules()) == ()
    assert not is_weapon("the bot says you should", Rules())


@pytest.mark.parametrize(
    "words",
    [
        "he hits me not " * 70,
        "a" * 1000,
        "i want to " * 100,
        "my " * 333,
        "not " * 250,
        "( [ { \\ * + ? " * 70,
        "\u202e\u200b" * 500,
        "he has was is been " * 50 + "x",
        "\n" * 1000,
    ],
)
def test_a_hostile_message_ends(words: str, rules: Rules) -> None:
    """A pattern that tries every way to split these would not come back."""
    assert isinstance(recognise(words[:1000], rules), tuple)


@settings(max_examples=60, deadline=None)
@given(words=st.text(max_size=200))
def test_no_text_raises(rules: Rules, words: str) -> None:
    for danger in recognise(words, rules):
        assert danger.category in CATEGORIES


@pytest.mark.parametrize("before", [0, 1, 150, 235, 239, 241, 300, 420, 500, 719, 721, 2000])
def test_a_long_message_says_the_same_wherever_it_says_it(before: int, rules: Rules) -> None:
    def among(words: str) -> str:
        return "la " * (before // 3) + "x" * (before % 3) + " " + words + " la" * 200

    assert levels(among("my husband punched me in the face"), rules) == {"violence_victim": Level.CERTAIN}
    assert not recognise(among("he never ever hits me"), rules)
    assert not recognise(among("that would be social suicide"), rules)


# --- the keys ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("kill(ing)? myself", {"kill myself", "killing myself"}),
        ("(want|wish) to die", {"want to die", "wish to die"}),
        (r"jump \w+ bridge", {" bridge"}),
        ("(?!never)hits? me", {"hit me", "hits me"}),
        ("abc|de", None),
        (r"\w+", None),
        ("(abc)?", None),
    ],
)
def test_keys(pattern: str, found: set[str] | None) -> None:
    seen = keys(pattern)
    assert (None if seen is None else set(seen)) == found


def test_keys_of_a_piece_are_those_of_what_it_stands_for() -> None:
    pieces = {"verb": "hit(s)?", "act": "{verb} (me|us)"}
    assert keys("he {act}", known(pieces)) == keys(filled("he {act}", pieces))
    assert keys("{gone}", known(pieces)) is None


def test_no_pattern_matches_without_its_keys(rules: Rules, sentences: list[str]) -> None:
    """Every shipped rule against every sentence there is: where it matches, one of its keys stands."""
    for language in rules.languages:
        texts = [written_out(plain(one), language.spelling) for one in sentences]
        pieces = known(language.pieces)
        for rule in language.rules:
            needed = keys(rule.pattern, pieces)
            expression = re.compile(regular(rule.pattern, language.pieces))
            assert needed is None or min(map(len, needed)) >= FEWEST
            for text in texts:
                if needed is not None and not any(key in text for key in needed):
                    assert not expression.search(text), (rule.pattern, text)
