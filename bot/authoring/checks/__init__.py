"""The checks: one function each, found by its code. A new one is a function with `@check`."""

from bot.authoring.checks import answers, media, packs, paths, people, sizes, tables, time
from bot.authoring.checks.sheet import CHECKS, Check, Pack, Sheet, run_checks

__all__ = [
    "CHECKS",
    "Check",
    "Pack",
    "Sheet",
    "answers",
    "media",
    "packs",
    "paths",
    "people",
    "run_checks",
    "sizes",
    "tables",
    "time",
]
