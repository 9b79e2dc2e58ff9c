"""The shipped word tables, compiled, and the tables of typed phrases that the tests of understanding are written in."""

from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path

import yaml

from bot.engine.understand import compile_tables

WORDS: Mapping[str, Mapping[str, Mapping[str, list[str]]]] = yaml.load(
    (Path(__file__).parents[1] / "content" / "answers.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader
)
TABLES = compile_tables(WORDS)
TODAY = date(2026, 3, 4)  # a Wednesday
NOW = datetime.combine(TODAY, time(15, 10))


def rows(table: str) -> list[tuple[str, str]]:
    """Each phrase with its meaning, from lines of `meaning: phrase | phrase`."""
    lines = [line.split(": ", 1) for line in table.strip().splitlines()]
    return [(phrase, meaning) for meaning, phrases in lines for phrase in phrases.split(" | ")]


def nothing(table: str) -> list[str]:
    """The phrases of lines of `phrase | phrase`, and no words at all."""
    return ["", "   ", *(phrase for line in table.strip().splitlines() for phrase in line.split(" | "))]
