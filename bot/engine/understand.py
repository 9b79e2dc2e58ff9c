"""What a typed answer means: a number on a scale, yes or no, one of the choices, a length of time, a time, a date.

The one door to `typed`. None means that the words are no clear answer, and the question is asked again; an answer that
is not sure is confirmed before it counts; every time and date is read back. No text makes a function here raise.
"""

from bot.engine.typed.choice import choice
from bot.engine.typed.clock import clock_time
from bot.engine.typed.day import calendar_date
from bot.engine.typed.duration import length
from bot.engine.typed.lexicon import Tables, compile_tables
from bot.engine.typed.reading import Understood
from bot.engine.typed.scale import scale
from bot.engine.typed.when import when
from bot.engine.typed.yes_no import yes_no

__all__ = [
    "Tables",
    "Understood",
    "calendar_date",
    "choice",
    "clock_time",
    "compile_tables",
    "length",
    "scale",
    "when",
    "yes_no",
]
