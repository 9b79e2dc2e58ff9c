"""Versions by content. Two hashes: what people's place in a talk hangs on (structure), and the words (wording)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import time, timedelta
from enum import Enum

from bot.authoring.mentions import subjects_of
from bot.engine.flow import Flow, Mark, Step, Text

_WORDS_OF_FLOW = frozenset({"title", "about", "card", "words", "order"})
_WORDS_OF_STEP = frozenset({"card", "media"})


def structure_of(flow: Flow) -> str:
    """12 hex characters over steps, answers, rows, sharing, parts, roles, kind, waits, times and the placeholders of
    each text. Runs are pinned to it."""
    head = {name: _plain(value, False) for name, value in _fields(flow) if name not in _WORDS_OF_FLOW | {"steps"}}
    steps = [_step(flow.steps[name]) for name in flow.order]
    return _digest({"flow": head, "steps": steps})


def wording_of(flow: Flow) -> str:
    """12 hex characters over texts, labels, media, cards, title, about and starting phrases."""
    return _digest(_plain(flow, True))


def _step(step: Step) -> object:
    return {name: _plain(value, False) for name, value in _fields(step) if name not in _WORDS_OF_STEP}


def _fields(thing: object) -> Iterable[tuple[str, object]]:
    if not is_dataclass(thing) or isinstance(thing, type):
        return
    for one in fields(thing):
        value = getattr(thing, one.name)
        if not isinstance(value, Mark):
            yield one.name, value


def _plain(thing: object, words: bool) -> object:
    """A definition as lists and words for JSON, without places; without `words`, texts as their placeholders only."""
    match thing:
        case Text() if not words:
            return sorted({json.dumps(_plain(one, False)) for one in subjects_of(thing)})
        case Enum():
            return str(thing.value)
        case timedelta():
            return int(thing.total_seconds())
        case time():
            return thing.isoformat()
        case Mapping():
            return {str(key): _plain(value, words) for key, value in thing.items()}
        case frozenset():
            return sorted(str(one) for one in thing)
        case tuple():
            return [_plain(one, words) for one in thing]
        case None | bool() | int() | str():
            return thing
        case _:
            return [type(thing).__name__, *([name, _plain(value, words)] for name, value in _fields(thing))]


def _digest(plain: object) -> str:
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
