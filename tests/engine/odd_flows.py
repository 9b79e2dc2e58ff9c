"""Flows of the tests' own, beside the shipped ones: what no shipped flow uses. Ruff leaves the long lines of YAML alone."""

# ruff: noqa: E501

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from bot.authoring.library import compile_source, load
from bot.engine.library import Library

ODD_FLOWS = """
flow: odd_light
title: Odd and light
kind: light
roles: [one, two]
alone: land_alone
steps:
  alone_first: {who: one, ask: "One thing only for you, {name}?", answer: text}
  picks: {who: both, ask: Pick some, choices: {tea: Some tea, walk: "A walk, slowly", film: A film}, answer: up to 2, share: when_both, remind: 5 minutes}
  shared: {who: both, run: bot.overlap}
  quick: {who: anyone, ask: Who is nearer the door?, choices: {me: Me, you: You}, share: now}
  when: {who: two, ask: "When, {name}?", answer: time, share: now, meanwhile: "{two} looks for a time."}
  date: {who: one, ask: "Which day? {two} said {when}.", answer: date, share: now}
  each: {who: both, run: odd_part}
  breath: {who: both, run: bot.breathe}
  end_word: {who: both, say: "It is {when} on {date}."}
---
flow: odd_words
title: Odd words
kind: light
roles: [one, two]
alone: land_alone
steps:
  secret: {who: both, ask: "Only for you, {name}?", answer: text}
  both_words: {who: both, ask: "One wish? So far {partner} said {partner.both_words}.", answer: text, share: when_both, remind: 5 minutes, next: {no answer after 6 hours: rest, otherwise: voice}}
  voice: {who: one, ask: "Say it, {name}.", answer: voice, share: now, meanwhile: "{one} is speaking."}
  photo: {who: both, ask: "A photo of now?", answer: photo, share: when_both}
  heard: {who: two, ask: "{one} said {voice} and shows {partner.photo}. {one} keeps {one.secret}. And?", answer: text, share: now}
  rest: {who: both, say: "{partner}: {partner.both_words}, {partner.photo}, {partner.secret}, {heard}. Back {rest.ends}.", wait: 2 hours}
  again: {who: both, ask: Once more?, choices: {yes: "Yes, please", no: "No"}, next: {third time: end, both yes: both_words, otherwise: end}}
---
flow: odd_part
steps:
  soft: {say: "Only you, {name}."}
  words: {ask: What is it, answer: text, next: {skipped: done, otherwise: more}}
  more: {ask: How strong, answer: 0-10}
  done: {say: "You said {words}, {more: one # step | skipped nothing | other # steps}."}
---
flow: odd_quarrel
title: Odd quarrel
kind: conflict
roles: [one, two]
steps:
  mine: {who: one, ask: "What is it about, only for you?", answer: text, next: {skipped: end, otherwise: turn}}
  turn: {who: one, run: one_turn}
  hot: {who: both, run: bot.upset}
  cool: {who: both, say: "Back {cool.ends}.", wait: 20 minutes}
  help: {who: two, run: bot.help_lines}
  last: {who: both, ask: "What did you hear? {one} guessed {turn.feeling}.", answer: text, share: now}
  bye: {who: both, say: "{partner} heard {partner.last}."}
---
flow: odd_pause
title: Odd pause
kind: pause
roles: [one, two]
alone: land_alone
words: [stop now]
steps:
  down: {who: one, run: calm_me}
  told: {who: both, say: "{one} is quiet for a while."}
  quiet: {who: both, wait: 10 minutes}
  back: {who: both, ask: Back?, choices: {yes: "Yes", no: "No"}, share: now}
"""
"""What the shipped flows do not use: pictures, times, several answers, anyone, parts for each, silent waits, a gate
that comes late."""


@cache
def library() -> Library:
    """The shipped flows and the odd ones."""
    loaded = load(Path("flows"), Path("content")).library
    assert loaded is not None
    for number, text in enumerate(ODD_FLOWS.split("---\n")):
        loaded = with_flow(loaded, text, f"odd_{number}.yaml")
    return loaded


def with_flow(among: Library, text: str, file: str = "a_test.yaml") -> Library:
    """A library that holds one flow more."""
    program = compile_source(text, file, among)
    programs = {**among.programs, (program.name, program.structure): program}
    return replace(among, programs=programs, current={**among.current, program.name: program.structure})
