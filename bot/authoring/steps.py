"""One step of a file → a draft step: which verb it is, and what each of its words means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from bot.authoring.diagnose import missing_space, no_space
from bot.authoring.draft import DraftStep, Option, Options, Shape
from bot.authoring.finding import Finding, did_you_mean, error, listed, warning
from bot.authoring.nodes import Entry, Fields, Items, Scalar
from bot.authoring.shapes import by_word, lines, names, once, one_text, spoken, wordings
from bot.authoring.times import LONGEST_WAIT, read_length
from bot.authoring.words import ALWAYS, CHOICES_MOST, GOES_WITH, NAME, STEP_WORDS, VERBS, plain_name
from bot.engine.flow import Mark, Open, Part, Scale, Share, Who

_SCALE = re.compile(r"(-?[0-9]{1,4})\s*-\s*(-?[0-9]{1,4})")
_UP_TO = re.compile(r"up to ([0-9]{1,3})")
SCALE_MOST = 21
"""Numbers on a scale: -10 to 10 still fits under one message."""
_KINDS = "text, voice, photo, time, date, or a scale such as 0-10"


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of the step that is being read, and where findings go."""

    step: str
    entries: dict[str, Entry]
    roles: tuple[str, ...]
    found: list[Finding]
    unknown: bool

    def text(self, word: str) -> Scalar | None:
        entry = self.entries.get(word)
        return None if entry is None else one_text(entry.value, word, self.found)


def read_step(entry: Entry, roles: tuple[str, ...], found: list[Finding]) -> DraftStep:
    """The draft of a step. With a finding in it, it is not `sound`, and other checks leave it alone."""
    before, name, mark = len(found), entry.key.text, entry.key.mark
    if not isinstance(entry.value, Fields):
        _no_lines(entry, found)
        return DraftStep(name, mark, {}, False, None)
    entries = by_word(entry.value, STEP_WORDS, f"the step “{name}”", found)
    words = _Words(name, entries, roles, found, unknown=len(found) > before)
    verb = _verb(words, mark)
    who = _who(words, mark) if verb else None
    texts = {word: wordings(words.entries[word].value, word, found) for word in _TEXTS if word in words.entries}
    shape = _shape(words) if verb == "ask" else None
    share = _share(words, who)
    length = _length(words) if verb == "wait" else None
    remind = _remind(words) if verb == "ask" else ()
    alt = spoken(words.entries["alt"].value, "alt", found) if "alt" in words.entries else None
    card, media = words.text("card"), words.text("media")
    was = names(words.entries["was"].value, "was", found) if "was" in words.entries else ()
    return DraftStep(
        name=name,
        mark=mark,
        words=words.entries,
        sound=not any(finding.severity.value == "error" for finding in found[before:]),
        verb=verb,
        who=who,
        share=share,
        shape=shape,
        length=length,
        calls=_calls(words) if verb == "run" else None,
        remind=remind,
        texts=texts,
        card=card.text if card else None,
        alt=alt.text.strip() if alt else "",
        media=media,
        next=words.entries["next"].value if "next" in words.entries else None,
        was=tuple(old.text for old in was),
    )


_NO_CHOICES = frozenset({"skipped", "otherwise", "both", "either"})
_TEXTS = ("say", "ask", "meanwhile")


def _no_lines(entry: Entry, found: list[Finding]) -> None:
    value, name = entry.value, entry.key.text
    if isinstance(value, Scalar) and (split := missing_space(value.text)):
        found.append(no_space(Mark(value.mark.file, value.mark.line, value.mark.column + len(split[0])), *split))
        return
    said = f"The step “{name}” has no lines of its own."
    found.append(error("S03", value.mark, said, "Indent its lines by two more blanks, below its name."))


def _verb(words: _Words, mark: Mark) -> str | None:
    """The one thing that the step does. `say` with `wait` is a wait with words."""
    verbs = [word for word in words.entries if word in VERBS]
    name = words.step
    if not verbs and words.unknown:
        return None
    if not verbs:
        if "choices" in words.entries or "answer" in words.entries:
            word = "choices" if "choices" in words.entries else "answer"
            said = f"`{word}` belongs to a question, and the step “{name}” asks nothing."
            hint = "Add `ask:` with the words of the question, or delete this line."
            words.found.append(error("A02", words.entries[word].key.mark, said, hint))
        else:
            said = f"The step “{name}” does nothing."
            words.found.append(error("S04", mark, said, "Give it one of: say, ask, wait, run."))
        return None
    verb = "wait" if set(verbs) == {"say", "wait"} else verbs[0]
    if len(verbs) > 1 and verb == verbs[0] and set(verbs) != {"say", "wait"}:
        said = f"The step “{name}” has both `{verbs[0]}` and `{verbs[1]}`."
        hint = "One step does one thing. Write two steps."
        words.found.append(error("S05", words.entries[verbs[1]].key.mark, said, hint))
        return verb
    for word, entry in words.entries.items():
        if word == verb or word in ALWAYS or word in GOES_WITH[verb]:
            continue
        if word in ("choices", "answer"):
            said = f"`{word}` belongs to a question, and the step “{name}” asks nothing."
            hint = f"Change `{verb}` to `ask`, or delete this line."
            words.found.append(error("A02", entry.key.mark, said, hint))
        else:
            said = f"The step “{name}” has both `{verb}` and `{word}`."
            hint = (
                f"`{word}` goes with {' or '.join(f'`{v}`' for v in VERBS if word in GOES_WITH[v])}. Delete this line."
            )
            words.found.append(error("S05", entry.key.mark, said, hint))
    return verb


def _who(words: _Words, mark: Mark) -> str | Who | None:
    entry = words.entries.get("who")
    people = [*words.roles, "both", "anyone"]
    if len(words.roles) != 2:
        if entry is not None and "roles" not in words.entries and not words.roles:
            hint = "Add `roles: [first, second]` at the top, or delete this line."
            words.found.append(error("C03", entry.key.mark, "`who` is for flows with two people.", hint))
        return None
    if entry is None and words.unknown:
        return None  # the unknown word may be the one that was meant
    if entry is None:
        known = f"{', '.join(people[:-1])} or {people[-1]}"
        words.found.append(error("C05", mark, f"Who does “{words.step}”?", f"Add `who:` with {known}."))
        return None
    text = one_text(entry.value, "who", words.found)
    if text is None:
        return None
    if text.text not in people:
        said = f"“{text.text}” is nobody here.{did_you_mean(text.text, people)}"
        words.found.append(error("C04", text.mark, said, f"Use {', '.join(people[:-1])} or {people[-1]}."))
        return None
    return text.text if text.text in words.roles else Who(text.text)


def _share(words: _Words, who: str | Who | None) -> Share:
    """The promise under a question. What `anyone` answers is read by both at once."""
    text = words.text("share")
    if text is None:
        return Share.NOW if who is Who.ANYONE else Share.PRIVATE
    ways = [share.value for share in Share]
    if text.text not in ways:
        said = f"“{text.text}” is not a way to share.{did_you_mean(text.text, ways)}"
        words.found.append(error("C06", text.mark, said, "Use private, when_both or now."))
        return Share.PRIVATE
    share = Share(text.text)
    if not words.roles and share is not Share.PRIVATE:
        hint = "Delete this line: in a flow for one nobody else reads the answer."
        words.found.append(error("C03", words.entries["share"].key.mark, "`share` is for flows with two people.", hint))
    elif share is Share.WHEN_BOTH and who is not Who.BOTH and who is not None:
        only = who.value if isinstance(who, Who) else who
        said = f"`when_both` needs two answers, and only “{only}” answers here."
        words.found.append(error("C08", text.mark, said, "Use `now`, or ask both."))
    elif share is Share.PRIVATE and who is Who.ANYONE:
        said = "What `anyone` answers is read by both at once, so it cannot be private."
        words.found.append(error("C06", text.mark, said, "Use `now`, or ask both."))
    return share


def _length(words: _Words) -> timedelta | str | None:
    text = words.text("wait")
    if text is None:
        return None
    length = read_length(text.text)
    if length is None:
        if NAME.fullmatch(text.text):
            return text.text
        said = f"“{text.text}” is neither a length of time nor the name of a step."
        hint = "Write for example `20 minutes`, or the name of a question whose choices are lengths of time."
        words.found.append(error("T04", text.mark, said, hint))
    elif not timedelta(minutes=1) <= length <= LONGEST_WAIT:
        words.found.append(_too_long(text.mark, length))
    return length


def _too_long(mark: Mark, length: timedelta) -> Finding:
    if length <= timedelta(0):
        return error("T05", mark, "A wait takes one minute at least.", "To go on at once, delete the wait.")
    return error("T05", mark, "A wait may be 7 days at most.", "For longer gaps use a second flow with `every:`.")


def _remind(words: _Words) -> tuple[timedelta, ...]:
    if "remind" not in words.entries:
        return ()
    lengths: list[timedelta] = []
    texts = names(words.entries["remind"].value, "remind", words.found)
    for text in texts:
        length = read_length(text.text)
        if length is None or length <= timedelta(0):
            said = f"“{text.text}” is not a length of time."
            words.found.append(error("T06", text.mark, said, "Write for example `10 minutes`."))
        elif length > LONGEST_WAIT:
            words.found.append(_too_long(text.mark, length))
        else:
            lengths.append(length)
    if len(texts) > 3:
        said = "More than three reminders feel like nagging; three are sent."
        words.found.append(warning("T07", texts[3].mark, said))
    return tuple(sorted(lengths)[:3])


def _calls(words: _Words) -> str | Part | None:
    text = words.text("run")
    if text is None:
        return None
    parts = [part.value for part in Part]
    if text.text in parts:
        return Part(text.text)
    if text.text.startswith("bot."):
        said = f"The bot has no part “{text.text}”.{did_you_mean(text.text, parts)}"
        words.found.append(error("P03", text.mark, said, f"Parts: {listed(parts)}."))
        return None
    return text.text


def _shape(words: _Words) -> Shape | None:
    """How the question is answered: buttons, a scale, an open answer."""
    has = words.entries
    if "choices" not in has and "answer" not in has and words.unknown:
        return None
    if "choices" not in has and "answer" not in has:
        hint = f"Add `choices:` or `answer:` ({_KINDS})."
        words.found.append(error("A12", has["ask"].key.mark, f"How can “{words.step}” be answered?", hint))
        return None
    answer = words.text("answer")
    if "choices" not in has:
        return None if answer is None else _answer(answer, words.found)
    options = _choices(has["choices"], words.found)
    if answer is None:
        return Options(options) if options else None
    up_to = _UP_TO.fullmatch(answer.text)
    if up_to is None:
        second = max(has["choices"].key.mark, has["answer"].key.mark, key=lambda mark: mark.line)
        said = "A question has `choices` or `answer`; both only for `answer: up to 3`."
        words.found.append(error("A01", second, said, "Delete one of the two."))
    elif options and not 2 <= int(up_to[1]) <= len(options):
        said = f"“{answer.text}” does not go with {len(options)} choices."
        words.found.append(error("A10", answer.mark, said, f"Write a number from 2 to {len(options)}."))
    return Options(options, int(up_to[1]) if up_to else 1) if options else None


def _answer(text: Scalar, found: list[Finding]) -> Shape | None:
    kinds = [kind.value for kind in Open]
    if text.text in kinds:
        return Open(text.text)
    if _UP_TO.fullmatch(text.text):
        found.append(error("A01", text.mark, f"“{text.text}” needs `choices` to pick from.", "Add `choices:`."))
        return None
    scale = _SCALE.fullmatch(text.text)
    if scale is None:
        said = f"“{text.text}” is not a kind of answer.{did_you_mean(text.text, kinds)}"
        found.append(error("A11", text.mark, said, f"Kinds: {_KINDS}."))
        return None
    low, high = int(scale[1]), int(scale[2])
    if low >= high:
        runs = "runs backwards" if low > high else "has only one number"
        hint = f"Write `{high}-{low}`." if low > high else "Write for example `0-10`."
        found.append(error("A10", text.mark, f"The scale {text.text} {runs}.", hint))
        return None
    if high - low >= SCALE_MOST:
        said = f"The scale {text.text} has {high - low + 1} numbers; {SCALE_MOST} fit on a phone."
        found.append(error("A10", text.mark, said, "Write for example `0-10`."))
        return None
    return Scale(low, high)


def _choices(entry: Entry, found: list[Finding]) -> tuple[Option, ...]:
    if isinstance(entry.value, Items):
        said = "Each choice needs a short name before its words."
        first = entry.value.items[0] if entry.value.items else None
        words = first.text if isinstance(first, Scalar) else "Yes, I am ready"
        hint = (
            f"Write `{plain_name(words.split()[0] if words.split() else '') or 'yes'}: {words}` instead of `- {words}`."
        )
        keeps = "The name keeps answers and translations together when you change the words."
        found.append(error("A03", entry.value.mark, said, f"{hint} {keeps}"))
        return ()
    table = lines(entry.value, "choices", found)
    if table is None:
        return ()
    entries = once(table, found)
    if len(entries) > CHOICES_MOST:
        mark = list(entries.values())[CHOICES_MOST].key.mark
        said = f"{len(entries)} choices. A question may have {CHOICES_MOST}."
        found.append(error("K13", mark, said, "Keep the ones that differ most."))
        return ()
    options: list[Option] = []
    for name, choice in entries.items():
        label = spoken(choice.value, f"“{name}”", found)
        length = read_length(name)
        if length is None and (not NAME.fullmatch(name) or name in _NO_CHOICES):
            said = f"“{name}” cannot be the name of a choice."
            own = plain_name(name)
            better = f": `{own}`" if own and own != name else ""
            why = f"Use small letters, digits and _ {better}." if own != name else "It is a word of the language."
            found.append(error("A06", choice.key.mark, said, why))
        elif length is not None and not timedelta(minutes=1) <= length <= LONGEST_WAIT:
            found.append(_too_long(choice.key.mark, length))
        elif label is not None:
            options.append(Option(name, choice.key.mark, label, length))
    timed = [option for option in options if option.length is not None]
    if timed and len(timed) < len(options):
        odd = next(o for o in options if (o.length is None) == (options[0].length is not None))
        said = "Some choices are lengths of time and some are not."
        hint = "Give all of them names such as `20 minutes`, or none."
        found.append(error("A09", odd.mark, said, hint))
    return tuple(options)
