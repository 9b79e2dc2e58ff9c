"""Danger in what people type: read by rules alone, and nothing of it kept.

The one door. `recognise` says what is in a message and how sure that is; `is_weapon` whether a phrase turns the bot or
its science against a partner. Both are pure. No text makes a function here raise.
"""

from bot.engine.danger.book import is_weapon, recognise, warm
from bot.engine.danger.rules import CATEGORIES, Danger, Language, Level, Rule, Rules

__all__ = ["CATEGORIES", "Danger", "Language", "Level", "Rule", "Rules", "is_weapon", "recognise", "warm"]
