"""The words of the language: the one table that reader, checks and schema share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class Takes(Enum):
    """What stands after a word's colon."""

    NAME = "a name"
    NAMES = "names"
    PLAIN = "one text"
    TEXT = "one text, or `one_of`"
    PHRASES = "phrases"
    KIND = "a kind"
    EVERY = "a time"
    STEPS = "steps"
    CHOICES = "choices"
    ANSWER = "a kind of answer"
    WHO = "a person"
    SHARE = "a way to share"
    LENGTH = "a length of time"
    LENGTHS = "lengths of time"
    MEDIA = "a file"
    NEXT = "a step or a table"


@dataclass(frozen=True, slots=True)
class Word:
    """`most` is the longest text in characters, where there is a limit. `meaning` is shown by editors."""

    name: str
    takes: Takes
    meaning: str
    most: int | None = None


TEXT_MOST = 3500
CAPTION_MOST = 1000
BUTTON_MOST = 60
SENT_MOST = 4096
CAPTION_SENT_MOST = 1024
STEPS_MOST = 150
CHOICES_MOST = 12
ROWS_MOST = 20
PHRASES_MOST = 10

_CARD = Word("card", Takes.NAME, "The card that explains this (button “Why?”). At the top: for every step without one.")

FLOW_WORDS = {
    word.name: word
    for word in (
        Word("flow", Takes.NAME, "Name of the flow, also its command in Telegram.", 32),
        Word("title", Takes.PLAIN, "Shown in the menu. A flow without a title is a part of other flows.", 40),
        Word("about", Takes.PLAIN, "One or two sentences for people and for other authors.", 300),
        Word("kind", Takes.KIND, "The gate before a flow for two: light, conflict or pause."),
        Word("roles", Takes.NAMES, "Names of the two people. The first one starts."),
        Word("alone", Takes.NAME, "A flow for one, for whoever is left when the other stops or leaves."),
        Word("every", Takes.EVERY, "day at 21:00 | weekday at 08:30 | weekend at 10:00 | Sunday at 19:00"),
        Word("words", Takes.PHRASES, "Phrases that start this flow when somebody types them."),
        _CARD,
        Word("steps", Takes.STEPS, "The steps, in order. The first one starts."),
    )
}

STEP_WORDS = {
    word.name: word
    for word in (
        Word("say", Takes.TEXT, "Words the bot sends. Goes on at once.", TEXT_MOST),
        Word("ask", Takes.TEXT, "A question. Waits for the answer. Needs `choices` or `answer`.", TEXT_MOST),
        Word("choices", Takes.CHOICES, "Buttons: a short name, then the words on the button.", BUTTON_MOST),
        Word("answer", Takes.ANSWER, "text, voice, photo, time, date, a scale such as 0-10, or with choices: up to 3"),
        Word("who", Takes.WHO, "Who sees or answers this: one of your two roles, both, or anyone."),
        Word("share", Takes.SHARE, "Who may read this answer. private = nobody else."),
        Word("meanwhile", Takes.TEXT, "What the other one reads while waiting.", TEXT_MOST),
        Word("wait", Takes.LENGTH, "A length of time, or a question whose choices are lengths of time."),
        Word("remind", Takes.LENGTHS, "Nudge after this time."),
        Word("run", Takes.NAME, "Name of another flow, or a part of the bot (bot.help_lines)."),
        Word("media", Takes.MEDIA, "A file in the folder media, or `chart of <answer>`."),
        Word("alt", Takes.PLAIN, "What the picture shows, for people who cannot see it.", 1000),
        _CARD,
        Word("next", Takes.NEXT, "Where to go: a step, or lines `answer: step`. Last line: `otherwise`."),
        Word("was", Takes.NAMES, "Old name(s) of this step."),
    )
}

VERBS = ("say", "ask", "wait", "run")
GOES_WITH = {
    "say": frozenset({"wait", "media", "alt"}),
    "wait": frozenset({"say", "media", "alt"}),
    "ask": frozenset({"choices", "answer", "share", "meanwhile", "remind", "media", "alt"}),
    "run": frozenset({"meanwhile", "media", "alt"}),
}
"""What may stand beside a verb, besides `who`, `card`, `next` and `was`, which go with all."""
ALWAYS = frozenset({"who", "card", "next", "was"})

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
FLOW_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
CARD_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

RESERVED_STEPS = frozenset(
    {"end", "otherwise", "skipped", "both", "either", "anyone", "name", "partner", "bot", "and", "or", "not", "in"}
)
RESERVED_ROLES = RESERVED_STEPS | {"ends", "private", "now"}

COMMANDS = frozenset(
    {"start", "menu", "pause", "stop", "back", "help", "why", "settings", "link", "unlink"}
    | {"mine", "hide", "export", "forget"}
    | {"home", "skip", "privacy", "sources", "bot"}
)
"""Commands of the bot itself, and some kept for later; no flow may be called so."""

PERSON_CASES = ("he", "she", "they", "other")
NUMBER_CASES = ("zero", "one", "two", "few", "many", "skipped", "other")


def plain_name(words: str) -> str:
    """Somebody's words as a name: `Time Out!` → `time_out`. Empty where nothing is left."""
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_").lstrip("0123456789_")[:32].rstrip("_")
