"""What people type, and what it means: answers in seven languages, and any text at all.

The tables below are lines of `what it means: words | other words | …`.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typed_rows import NOW, TABLES, TODAY, WORDS, nothing, rows

from bot.engine.understand import (
    Understood,
    calendar_date,
    choice,
    clock_time,
    compile_tables,
    length,
    scale,
    when,
    yes_no,
)

END_OF_TIME = datetime.combine(date.max, time.max)
SURE, GUESS = True, False

CHOICES: dict[str, list[tuple[str, str]]] = {
    "pause": [("20 minutes", "Twenty minutes"), ("1 hour", "One hour"), ("12 hours", "Tomorrow, after sleep")],
    "calm": [("calm", "Calm enough to talk"), ("not_yet", "Not yet")],
    "feeling": [("hurt", "Hurt"), ("angry", "Angry"), ("lonely", "Lonely 😔"), ("tired", "Just tired")],
    "again": [("yes", "Yes"), ("no", "It can rest")],
    "kind": [("walk", "A short walk"), ("water", "A glass of water"), ("call", "Calling a friend"), ("nil", "Nothing")],
    "length": [("30 minutes", "A little"), ("1 hour", "More")],
    "twins": [("first", "Some tea"), ("second", "Some rest"), ("tape", "Tape"), ("take", "Take")],
    "same": [("one", "A glass of water"), ("two", "a glass of  WATER")],
    "digits": [("long", "Talk for 10 minutes"), ("short", "Write 3 things")],
    "none": [],
}


NUMBERS = """
7: 7 | 7. | 7! |  7  | 7 😊 | 7️⃣ | ７ | ٧ | 07 | 7.0 | “7” | ~7 | 7+ | 7ish | 7-ish | seven | SEVEN | a 7
7: 7/10 | 7 / 10 | 7 out of 10 | seven out of ten | 7 of 10 | about a 7 | it's a 7 | It’s a 7 | a solid 7
7: i'd say 7 | i would say 7 | 7 today | 7 tonight | around 7 i think | hmm, 7 | 7 please
7: sieben | eine 7 | ich würde sagen 7 | 7 von 10 | siete | un siete | diría que un 7 | 7 de 10 | sept
7: c'est un 7 | je dirais 7 | 7 sur 10 | sete | acho que 7 | um 7 | sette | direi 7 | 7 su 10 | семь | 7 баллов
7: я бы сказала 7 | семь из десяти
0: 0 | zero | null | ноль
1: uno | eins | one | один
6: sei
10: 10 | ten | 🔟 | dix | 10/10
"""
UNSURE_NUMBERS = """
7: 6-7 | 6 -7 | 6 – 7 | between 6 and 7 | 6 or 7 | 6 to 8 | zwischen 6 und 7 | 6 bis 7 | entre 6 y 7 | 6 o 7
7: 6 ou 7 | tra 6 e 7 | 6 или 7 | maybe 7 | 7 because he was kind | 7 7 | no, 7
8: 7 and a half | 7.5 | 7,5 | 7½ | 7 ½ | 7.5. | siebeneinhalb | siete y medio | sept et demi | sete e meio
8: sette e mezzo | семь с половиной
6: 6.4 | 6,25
5: not 7, 5 | not a 7, more like a 5 | nicht 7, sondern 5 | no 7, mejor 5 | не 7, а 5 | pas 7, 5
5: 5, not 7 | less than 5
1: un | um
"""
NO_NUMBERS = nothing("""
11 | -3 | −3 | 100 | 7% | 70% | 7/5 | 7 out of 12 | 0-10 | between 2 and 9 | 10 and a half | 12345678 | 20:07
7 things went wrong and 3 good | 7 but 2 kids were loud | 6 and 7 | 6, 7 | 7 minutes | 7pm | 7 o'clock | 7 years
3 march | 7/10/2025 | not 7 | a | a lot | ein bisschen | one bad day | good | once | ½ minute
""")


@pytest.mark.parametrize(("words", "meaning"), rows(NUMBERS))
def test_a_clear_number(words: str, meaning: str) -> None:
    assert scale(words, 0, 10, TABLES) == Understood(int(meaning), SURE)


@pytest.mark.parametrize(("words", "meaning"), rows(UNSURE_NUMBERS))
def test_a_number_to_confirm(words: str, meaning: str) -> None:
    assert scale(words, 0, 10, TABLES) == Understood(int(meaning), GUESS)


@pytest.mark.parametrize("words", NO_NUMBERS)
def test_no_number_on_the_scale(words: str) -> None:
    assert scale(words, 0, 10, TABLES) is None


@pytest.mark.parametrize("words", ["-3", "−3", "minus 3", "minus drei", "moins 3", "минус 3", "it's a -3"])
def test_a_scale_below_zero(words: str) -> None:
    assert scale(words, -5, 5, TABLES) == Understood(-3, SURE)


def test_the_top_of_the_scale_decides_what_a_number_is_out_of() -> None:
    assert scale("3/5", 1, 5, TABLES) == Understood(3, SURE)
    assert scale("3/5", 0, 10, TABLES) is None
    assert scale("3 out of 5", 0, 10, TABLES) is None
    assert scale("1/5", 2, 5, TABLES) is None


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "pt", "it", "ru"])
def test_every_language_knows_the_numbers_of_a_scale(language: str) -> None:
    alone = compile_tables({"any": WORDS["any"], language: WORDS[language]})
    numbers = WORDS[language]["number"]
    known = [scale(numbers[str(number)][0], 0, 10, alone) for number in range(11)]
    assert [understood and understood.value for understood in known] == list(range(11))


YES_NO = """
yes: yes | Yes. | YES!!! | yesss | yeah | yep | y | ok | sure | of course | yes please | yes, today | I do | hell yes
yes: 👍 | 👍🏽 | ✅ | uh-huh | ja | na klar | auf jeden Fall | sí | claro que sí | oui | bien sûr | si
yes: sim | com certeza | sì | certo | да | конечно | ну да | ага
no: no | nope | nooo | n | nah | no way | of course not | no thanks | never | 👎 | nein | nö | auf keinen Fall
no: claro que no | non | pas du tout | não | per niente | certo che no | нет | конечно нет | ни за что
"""
UNSURE_YES_NO = """
yes: yes kind of | maybe yes | i think so | no problem | why not | go ahead | sounds good | yes but only if he is calm
yes: kein Problem | doch | pas de problème | sem problema | нет проблем | я не против | sí, un poco
no: don't think so | not really | maybe not | not yet | no, he would be angry | eher nicht | creo que no | pas vraiment
no: acho que não | da war nix, nein | да нет | не особо
"""
NEITHER = nothing("""
maybe | idk | not sure | I am not sure | yes and no | yes no | no, well, yes | it depends | 🤷‍♀️ | yeah right | no idea
no one | no more | i said no to him | jein | vielleicht | no sé | no lo sé | tal vez | bof | peut-être | talvez
não sei | boh | non lo so | не знаю | наверное | 7 | tomorrow | banana | not yes | 😶
""")


@pytest.mark.parametrize(("words", "meaning"), rows(YES_NO))
def test_a_clear_yes_or_no(words: str, meaning: str) -> None:
    assert yes_no(words, TABLES) == Understood(meaning, SURE)


@pytest.mark.parametrize(("words", "meaning"), rows(UNSURE_YES_NO))
def test_a_yes_or_no_to_confirm(words: str, meaning: str) -> None:
    assert yes_no(words, TABLES) == Understood(meaning, GUESS)


@pytest.mark.parametrize("words", NEITHER)
def test_neither_yes_nor_no(words: str) -> None:
    assert yes_no(words, TABLES) is None


CHOSEN = """
calm/calm: calm enough to talk | CALM  enough to talk! | calm
calm/not_yet: Nót yet… | not_yet | 2 | two | b
feeling/lonely: Lonely | lonely 😔 | 3 | third | letter c | c | c) | (c) | option c | в
feeling/angry: 2. | two | number 2 | the second | second one | 2nd | #2 | der zweite | la segunda | le deuxième
feeling/angry: a segunda | il secondo | второй | номер 2 | option b | zwei | dos
feeling/tired: tired | just tired | last | the last one | 4
kind/call: call | c
kind/water: b | a glass of water
pause/20 minutes: 20 | twenty | 20 min | Twenty minutes | 20 minutes | about 20 minutes
pause/1 hour: an hour | 60 minutes | eine Stunde | one hour
pause/12 hours: 12 | 12h | tomorrow after sleep
length/30 minutes: half an hour | 30 | полчаса
again/yes: yeah | 👍 | да | ok
again/no: nope | nein | it can rest
"""
UNSURE_CHOSEN = """
calm/calm: calm enough | clam | kalm | calm enogh to tlk | I am calm
calm/not_yet: not | not yet, thank you
feeling/angry: angy | agnry | I'm angry
feeling/lonely: lonly | I feel lonely
feeling/tired: just | very tired today
feeling/hurt: hurtt
kind/walk: wlk | a | a short
kind/water: a glass
digits/short: wrte 3 things | write 3
pause/20 minutes: twenty minuts
pause/1 hour: 1 | 2 | the second
pause/12 hours: tomorrow
again/yes: yes kind of | why not
again/no: not really
"""
NOT_CHOSEN = """
calm: 😶 | yes | no | not calm | calm or not yet | 0 | 3 | x | the one | 7/10 | m
pause: 30 | 2 hours | half an hour | 2 hour | 1 minute
feeling: not lonely | hurt and angry | sad | e | the fifth | 1.5 | number 0 | lnley
digits: write 4 things | talk for 20 minutes
again: maybe | not sure | yes and no
twins: some | tame
same: a glass of water | a glass
none: yes | 1 | a | 20 minutes
"""


@pytest.mark.parametrize(("words", "meaning"), rows(CHOSEN))
def test_a_clear_choice(words: str, meaning: str) -> None:
    of, name = meaning.split("/")
    assert choice(words, CHOICES[of], TABLES) == Understood(name, SURE)


@pytest.mark.parametrize(("words", "meaning"), rows(UNSURE_CHOSEN))
def test_a_choice_to_confirm(words: str, meaning: str) -> None:
    of, name = meaning.split("/")
    assert choice(words, CHOICES[of], TABLES) == Understood(name, GUESS)


@pytest.mark.parametrize(("words", "of"), rows(NOT_CHOSEN))
def test_no_clear_choice(words: str, of: str) -> None:
    assert choice(words, CHOICES[of], TABLES) is None
    assert choice("", CHOICES[of], TABLES) is None


def test_what_is_cut_is_never_sure() -> None:
    rest = " " * 200 + "and that is how it was"
    assert scale(f"7{rest}", 0, 10, TABLES) == Understood(7, GUESS)
    assert yes_no(f"yes{rest}", TABLES) == Understood("yes", GUESS)
    assert choice(f"calm{rest}", CHOICES["calm"], TABLES) == Understood("calm", GUESS)
    assert length(f"20 minutes{rest}", TABLES) == Understood(timedelta(minutes=20), GUESS)
    assert yes_no(" " * 300 + "yes" + " " * 300, TABLES) == Understood("yes", SURE)


TELLING = """
7 10 / - . : , h ' ½ ٧ ² 🔟 👍 a an and to of out in at half past quarter not 20 30 99 9999 12 31 2 1 hour minutes
days pm am tomorrow friday march 2026-03-02 2.3. 7/10 18h30 twenty five y media um halb в час через ﷺ
yes no maybe calm ago the 15th
"""
LIKELY = st.builds(
    str.join,
    st.sampled_from(["", " "]),
    st.lists(st.sampled_from(TELLING.split()) | st.text(max_size=3), max_size=60),
)
READERS: list[Callable[[str], object]] = [
    lambda words: scale(words, 0, 10, TABLES),
    lambda words: scale(words, -5, 5, TABLES),
    lambda words: yes_no(words, TABLES),
    lambda words: choice(words, CHOICES["pause"], TABLES),
    lambda words: choice("calm", [("a", words), (words, "b")], TABLES),
    lambda words: length(words, TABLES),
    lambda words: when(words, NOW, TABLES),
    lambda words: when(words, END_OF_TIME, TABLES),
    lambda words: clock_time(words, TABLES),
    lambda words: calendar_date(words, TODAY, TABLES),
    lambda words: calendar_date(words, date.max, TABLES),
]


@settings(max_examples=80, deadline=None)
@given(LIKELY | st.text(st.characters(exclude_categories=()), max_size=1000))
def test_no_text_makes_it_raise(words: str) -> None:
    for reader in READERS:
        reader(words)  # that it comes back is the assertion


@settings(max_examples=80, deadline=None)
@given(LIKELY)
def test_what_is_understood_is_possible(words: str) -> None:
    number, chosen = scale(words, 2, 9, TABLES), choice(words, CHOICES["calm"], TABLES)
    moment, wait = when(words, NOW, TABLES), length(words, TABLES)
    assert number is None or 2 <= number.value <= 9
    assert chosen is None or chosen.value in dict(CHOICES["calm"])
    assert moment is None or moment > NOW
    assert wait is None or wait.value > timedelta(0)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "at least one language"),
        ({"any": {"yes": ["ok"]}}, "at least one language"),
        ({"en": ["yes"]}, "“en” must be kinds of words"),
        ({"en": {"yess": ["yes"]}}, "“en.yess” is not a kind"),
        ({"en": {"yes": "yes"}}, "“en.yes” must be a list"),
        ({"en": {"yes": [["yes"]]}}, "“en.yes” must be a list"),
        ({"en": {"yes": ["yes", ""]}}, "“en.yes” has an entry without words"),
        ({"en": {"number": {"7": "seven"}}}, "“en.number.7” must be a list"),
        ({"en": {"number": {"seven": ["seven"]}}}, "“en.number.seven”: write a number"),
        ({"en": {"number": {"7": ["seven"], "8": ["Seven"]}}}, "“seven” has two values"),
    ],
)
def test_a_mistake_in_the_tables_is_one_sentence(data: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        compile_tables(data)
