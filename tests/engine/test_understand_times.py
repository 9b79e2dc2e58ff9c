"""Lengths of time, moments, times of day and dates as people type them, in seven languages."""

from datetime import date, datetime, time, timedelta

import pytest
from typed_rows import NOW, TABLES, TODAY, nothing, rows

from bot.engine.understand import Understood, calendar_date, clock_time, length, when

END_OF_TIME = datetime.combine(date.max, time.max)
SURE, GUESS = True, False

LENGTHS = """
15: quarter of an hour | Viertelstunde | un cuarto de hora | un quart d'heure | четверть часа
20: 20 minutes | 20 min | 20m | about 20 minutes | in 20 minutes
30: half an hour | half hour | eine halbe Stunde | media hora | une demi-heure | meia hora | mezz'ora | полчаса
35: half an hour and 5 minutes
45: forty five minutes | three quarters of an hour | fünfundvierzig Minuten | quarenta e cinco minutos
60: an hour | 1 hour | one hour | час | un'ora
90: an hour and a half | one and a half hours | 1.5 hours | 1½ hours | 1h30 | 1 h 30 | 1 hour and 30 minutes
90: anderthalb Stunden | una hora y media | une heure et demie | uma hora e meia | un'ora e mezza | полтора часа
2880: 2 days | zwei Tage
10080: a week | неделю
"""
UNSURE_LENGTHS = """
3: a few minutes | ein paar Minuten
20: 20 minutes is too long for me
120: a couple of hours
"""
NO_LENGTHS = nothing("""
20 | soon | ten | 0 minutes | 20-30 minutes | an hour or two | 20 minutes ago | vor 20 Minuten | hace una hora
20 minutes and then 10 minutes | 99999 weeks | 1 hour 90 minutes | 7/10 | at 8 | 1:30
""")


@pytest.mark.parametrize(("words", "meaning"), rows(LENGTHS))
def test_a_clear_length_of_time(words: str, meaning: str) -> None:
    assert length(words, TABLES) == Understood(timedelta(minutes=int(meaning)), SURE)


@pytest.mark.parametrize(("words", "meaning"), rows(UNSURE_LENGTHS))
def test_a_length_of_time_to_confirm(words: str, meaning: str) -> None:
    assert length(words, TABLES) == Understood(timedelta(minutes=int(meaning)), GUESS)


@pytest.mark.parametrize("words", NO_LENGTHS)
def test_no_length_of_time(words: str) -> None:
    assert length(words, TABLES) is None


MOMENTS = """
04 15:30: in 20 minutes | 20 min | in 20 Minuten | en 20 minutos | dans 20 minutes | em 20 minutos | tra 20 minuti
04 15:30: через 20 минут | give me 20 minutes | ¡en 20 minutos!
04 15:25: in a quarter of an hour | in einer Viertelstunde | en un cuarto de hora | dans un quart d'heure
04 15:40: in half an hour | in einer halben Stunde | en media hora | dans une demi-heure | daqui a meia hora
04 15:40: tra mezz'ora | через полчаса
04 16:10: in an hour | an hour from now | dentro de una hora | dans une heure | tra un'ora | через час
04 16:40: in about an hour and a half | in anderthalb Stunden | dans une heure et demie | через полтора часа
04 17:10: two hours | in a couple of hours | em duas horas | deux heures | через два часа
04 17:00: at 5 | um fünf | à 17h
04 19:30: half past seven | halb acht | à sept heures et demie | alle sette e mezza | в половине восьмого | полвосьмого
04 19:45: quarter to eight | viertel vor acht | a las ocho menos cuarto | huit heures moins le quart
04 19:45: quinze para as oito | alle otto meno un quarto | без четверти восемь
04 19:50: zehn vor acht | ten to eight
04 20:00: at 8 | 8pm | 8 p.m. | at 8 tonight | I am free at 8 then | um 20 Uhr | heute Abend um acht | a las ocho
04 20:00: not in the morning, 8pm
04 20:00: a las 20 horas | 20 heures | après 20h | às oito da noite | alle otto | alle ore 20 | в 8 вечера | в 8 часов
04 20:30: 20:30 | 8:30 | eight thirty tonight | 20.30 Uhr | acht Uhr dreißig | a las ocho y media | às oito e meia
04 21:00: tonight at 9 | esta noche a las 9 | ce soir à 21h | stasera alle 9 | сегодня вечером в 9
04 18:30: à 18h30
05 00:00: midnight | 12am | tonight at 12
05 00:30: 12:30am
05 01:00: tonight at 1 | heute Nacht um 1
05 02:00: в 2 часа ночи
05 08:00: tomorrow at 8 | morgen um 8 | demain à 8 heures | amanhã às 8 | domani alle 8 | завтра в 8
05 08:30: 08:30 | 8:30am
05 09:00: morgen früh um 9 | domani mattina alle 9 | завтра утром в 9
05 10:00: mañana por la mañana a las 10
05 12:00: at noon | mittags | al mediodía | à midi | ao meio-dia | a mezzogiorno | в полдень
05 12:30: halb eins
05 13:00: all'una | в час дня
05 15:00: tomorrow at 3 | at 3
05 20:00: tomorrow 8pm | 8 tomorrow evening | let's talk tomorrow at 8pm when the kids sleep | 2026-03-05 20:00
05 20:00: mañana a las 8 de la noche | am 5. März um 20 Uhr | el 5 de marzo a las 20h | amanhã à noite às 8
05 20:00: 5 марта в 20:00 | 5/3/2026 20:00
06 12:00: day after tomorrow at noon | après-demain à midi | послезавтра в полдень
06 15:10: in 2 days
06 18:00: übermorgen 18 Uhr | pasado mañana a las 18:00
06 20:00: am Freitag um 8 Uhr abends | vendredi soir à 8 heures | in 2 days at 8pm
06 20:30: friday at 20:30 | el viernes a las 20:30
08 20:00: Sonntagabend um 8
09 20:30: segunda-feira às 20:30 | lunedì sera alle otto e mezza
11 10:00: wednesday at 10
13 18:00: friday next week at 6
20 19:00: le 20 vendredi à 19h
15 20:00: the 15th at 8pm | am 15. um 20 Uhr | le 15 à 20h | 15-го в 8 вечера | sunday the 15th at 8pm
"""
NO_MOMENTS = nothing("""
7/10 | 7 out of 10 | 7 | seven | 7.5 | 7 and a half | a 7 today | 24/7 | 100% | at 8% | soon | later | 2026
after dinner | when the kids sleep | 20 people | at 5 tables | I was 8 | 8 euro | my 2 kids | room 101 | ten points
we sat down | I may go | march | tomorrow | friday | in the morning | good morning | next week at 8 | 20 is enough
yesterday at 8 | 20 minutes ago | vor 20 Minuten | hace 20 minutos | il y a une heure | 20 минут назад
between 8 and 9 | 8-9pm | 8 or 9 | monday or tuesday at 8 | at 25 | 25:00 | 8:75 | 30 february at 8 | today at 8am
at eight two | 7/10 at 8pm | in 20 minutes or in an hour
it takes about 2 hours | for 20 years | la segunda | das dritte Mal | on the second try | 2020-01-01 20:00
""")


@pytest.mark.parametrize(("words", "meaning"), rows(MOMENTS))
def test_when(words: str, meaning: str) -> None:
    assert when(words, NOW, TABLES) == datetime.fromisoformat(f"2026-03-{meaning}")


@pytest.mark.parametrize("words", NO_MOMENTS)
def test_no_moment(words: str) -> None:
    assert when(words, NOW, TABLES) is None


@pytest.mark.parametrize(
    ("words", "hour", "meaning"),
    [
        ("at 8", 6, "04 08"),
        ("at 8", 8, "04 20"),
        ("at 8", 20, "05 08"),
        ("today at 8", 8, "04 20"),
        ("at 20", 20, "05 20"),
    ],
)
def test_a_bare_hour_is_the_next_one(words: str, hour: int, meaning: str) -> None:
    moment = when(words, datetime.combine(TODAY, time(hour)), TABLES)
    assert moment == datetime.fromisoformat(f"2026-03-{meaning}")


CLOCKS = """
00:00: midnight | 12am | 12 at night | 24:00
02:00: 2 at night
07:30: half past seven | halb acht
08:00: 8 | at 8 | eight | 8 am
08:30: 8.30 | eight thirty | a las ocho y media
09:00: 9 in the morning
12:00: noon | 12pm
12:45: quarter to one
18:30: 18h30
20:00: 8pm | 8 P.M. | às 8 da noite | восемь вечера
20:15: zwanzig Uhr fünfzehn
20:30: 20:30 | 8.30 pm | vingt heures trente | alle venti e trenta
23:00: 11 at night
"""
DATES = """
2026-03-03: yesterday
2026-03-04: today | 4 march | heute
2026-03-05: tomorrow | march 5th
2026-03-06: friday | übermorgen | pasado mañana | depois de amanhã | в пятницу
2026-03-07: in 3 days | dans 3 jours
2026-03-11: wednesday | in a week | через неделю
2026-03-18: in zwei Wochen
2026-03-02: 2026-03-02 | 2/3/2026 | 2.3.26 | 02.03.2026
2026-03-14: 3/14/2026
2026-03-31: the 31st
2026-04-01: 1er avril | am ersten April
2026-04-03: friday, 3 april
2026-05-03: the 3rd of may | 3. Mai | 3 maggio | третьего мая
2027-03-02: 2.3.
2027-03-03: 3 march
2027-05-03: 3 de mayo de 2027
2025-03-03: march 3, 2025
2028-02-29: 29 february
"""


@pytest.mark.parametrize(("words", "meaning"), rows(CLOCKS))
def test_a_clock_time(words: str, meaning: str) -> None:
    assert clock_time(words, TABLES) == time.fromisoformat(meaning)


@pytest.mark.parametrize(
    "words",
    nothing("""
7/10 | 25 | tomorrow | 3 march | in 20 minutes | 8 or 9 | a | soon | 2.3.2026
"""),
)
def test_no_clock_time(words: str) -> None:
    assert clock_time(words, TABLES) is None


@pytest.mark.parametrize(("words", "meaning"), rows(DATES))
def test_a_date(words: str, meaning: str) -> None:
    assert calendar_date(words, TODAY, TABLES) == date.fromisoformat(meaning)


@pytest.mark.parametrize(
    "words",
    nothing("""
7/10 | 20 | 2.3 | 20:30 | 30 february | 31.4. | 2026-13-01 | 13/13/2026 | in 20 minutes | next week
monday or tuesday | march | march 8 pm | the 32nd | christmas
"""),
)
def test_no_date(words: str) -> None:
    assert calendar_date(words, TODAY, TABLES) is None


@pytest.mark.parametrize("words", ["in 9999 weeks", "tomorrow at 8", "at 8", "friday at 8", "tonight at 1"])
def test_no_moment_after_the_end_of_time(words: str) -> None:
    assert when(words, END_OF_TIME, TABLES) is None


def test_no_date_beyond_the_calendar() -> None:
    assert calendar_date("tomorrow", date.max, TABLES) is None
    assert calendar_date("29 february", date.max, TABLES) is None
    assert calendar_date("yesterday", date.min, TABLES) is None
