"""How a step looks on a phone: words, a line about who will see the answer, and buttons. Sends nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from bot.engine.casting import people_of, question_of
from bot.engine.danger import is_weapon
from bot.engine.events import Button, Chart, Message, PersonId, Picture, Shown, Span
from bot.engine.flow import (
    AnswerValue,
    Ask,
    Call,
    Choices,
    Flow,
    Open,
    Part,
    Scale,
    Share,
    Step,
    Style,
    Text,
    Who,
)
from bot.engine.ledger import Ledger
from bot.engine.run import Draft, Form, Run, changed
from bot.engine.text import Given, Page, Quoted, Rendered, isolate, render

ROW = 6
"""Numbers of a scale in one row of buttons: six still have room for a thumb on a small phone."""

BUTTONS = 21
"""A scale with more numbers than this is typed."""

DAYS = 14
"""A chart shows the last fourteen days."""


def question_tag(run: Run) -> str:
    return f"{run.id}:{run.visit}"


def preview_tag(run: Run) -> str:
    return f"{run.id}:{run.visit}:p"


def late_tag(run: Run) -> str:
    return f"{run.id}:{run.visit}:l"


def line_tag(root: Run) -> str:
    return f"{root.id}:w"


def data(run: Run, what: str, item: str | int = "") -> str:
    """What a button sends back: the kind of tap, the run, its visit and the item. Never an author's word."""
    return f"{what}:{run.id}:{run.visit}:{item}"


# --- texts of a run ---------------------------------------------------------------------------------------------------


def page_of(ledger: Ledger, run: Run, reader: PersonId, given: Mapping[str, Given] | None = None) -> Page:
    """Everything a text of this run may draw on for this reader."""
    flow = ledger.program(run).flow

    def quote(value: AnswerValue) -> Quoted:
        return _quote(ledger, run, reader, value)

    roles = {role: ledger.people[person] for role, person in zip(flow.roles, run.cast, strict=False)}
    me, partner = ledger.people[reader], ledger.partner(reader)
    return Page(me, partner, ledger.now, ledger.library.phrases, roles, quote, run.ends, given or {})


def _quote(ledger: Ledger, run: Run, reader: PersonId, value: AnswerValue) -> Quoted:
    """Finds the answer that a value means. Whether the reader may see it is for the text to ask the answer."""
    program, cast, answers = ledger.program(run), run, run.answers
    flow = program.flow
    if value.part is not None:
        call = flow.steps[value.part].action
        if not isinstance(call, Call) or isinstance(call.target, Part):
            return Quoted(None, None, None)
        answers = run.parts.get(value.part, {})
        program = ledger.library.programs[call.target, ledger.root(run).lock[call.target]]
        flow = program.flow
    step = flow.steps[value.step]
    question = question_of(ledger, program, step)
    by = answers.get(value.step, {})
    if value.of == "partner":
        owners = [person for person in by if person != reader]
    elif value.of is not None:
        owners = list(people_of(flow, cast, value.of))
    elif step.who is Who.BOTH or (step.who is None and reader in by):
        owners = [reader]
    else:
        owners = list(by)
    owner = owners[0] if owners else None
    answer = by.get(owner) if owner is not None else None
    if owner != reader and question is not None and question.share is Share.PRIVATE:
        answer = None  # it may have been shared under an older wording of the promise; a narrower one holds at once
    return Quoted(answer, owner, question.expects if question is not None else None)


def words_of(ledger: Ledger, run: Run, text: Text, reader: PersonId) -> tuple[Run, Rendered]:
    """The text of this run's step for one reader; of several wordings one is chosen once a visit and kept."""
    index = 0
    if len(text.wordings) > 1:
        kept = run.worded.get(run.step)
        index = ledger.pick(text, f"{run.flow}/{run.step}", reader, run.seed + run.visit) if kept is None else kept
        if kept is None:
            run = ledger.put(changed(run, worded={**run.worded, run.step: index}))
    return run, render(text.wordings[index], page_of(ledger, run, reader))


def joined(*parts: Rendered | None) -> Rendered:
    """Several texts as one, with an empty line between."""
    text, spans = "", []
    for part in parts:
        if part is None or not part.text:
            continue
        text = f"{text.rstrip()}\n\n" if text else ""
        spans += [Span(span.offset + len(text), span.length, span.style) for span in part.spans]
        text += part.text
    relays = tuple(relay for part in parts if part is not None for relay in part.relays)
    return Rendered(text, tuple(spans), relays)


def italic(words: Rendered) -> Rendered:
    return replace(words, spans=(Span(0, len(words.text), Style.ITALIC),) if words.text else ())


def shown_of(ledger: Ledger, run: Run, step: Step, reader: PersonId) -> tuple[Shown | None, Rendered | None]:
    """A step's picture, and the line that says the same for somebody who cannot see it."""
    media = step.media
    if media is None:
        if isinstance(step.action, Call) and step.action.target is Part.BREATHE:
            alt = ledger.phrase("breathe.alt", reader)
            return Picture("slow_breath.gif", alt.text), None
        return None, None
    if media.file is None:
        return None, None  # a chart comes on tap
    return Picture(media.file, media.alt), italic(ledger.phrase("picture", reader, alt=media.alt))


def chart_of(ledger: Ledger, flow: Flow, step: Step, reader: PersonId) -> Message | None:
    """The reader's own chart that a step offers; None where it offers none. Only shown to somebody who taps for it."""
    if step.media is None or step.media.chart_of is None:
        return None
    name, alt = step.media.chart_of, step.media.alt
    asked = flow.steps[name].action
    scale = asked.expects if isinstance(asked, Ask) and isinstance(asked.expects, Scale) else Scale(0, 10)
    zone = ledger.people[reader].zone or "UTC"
    words = italic(ledger.phrase("picture", reader, alt=alt))
    chart = Chart(flow.name, name, scale.low, scale.high, DAYS, name.replace("_", " "), alt, zone)
    return Message(words.text, words.spans, media=chart)


# --- buttons ----------------------------------------------------------------------------------------------------------


def card_of(ledger: Ledger, run: Run) -> str | None:
    """The card that explains the step a run stands on: its own, or the flow's."""
    flow = ledger.program(run).flow
    return flow.steps[run.step].card or flow.card


def footer(ledger: Ledger, run: Run, reader: PersonId, *, skip: bool, stop: bool) -> tuple[tuple[Button, ...], ...]:
    """What stands under every message without being written: Skip, Why?, More help, Stop."""
    first: list[Button] = []
    flow = ledger.program(run).flow
    step = flow.steps[run.step]
    if step.media is not None and step.media.chart_of is not None:
        first.append(ledger.label("button.chart", reader, f"c:{flow.name}:{flow.order.index(step.name)}"))
    if skip:
        first.append(ledger.label("button.skip", reader, data(run, "a", "s")))
    card = card_of(ledger, run)
    if card is not None:
        first.append(ledger.label("button.why", reader, f"w:{card}"))
    second = [ledger.label("button.help", reader, "m:help")]
    if stop:
        second.append(ledger.label("button.stop", reader, f"x:{ledger.root(run).id}"))
    return tuple(tuple(row) for row in (first, second) if row)


def _grid(buttons: Sequence[Button]) -> tuple[tuple[Button, ...], ...]:
    return tuple(tuple(buttons[at : at + ROW]) for at in range(0, len(buttons), ROW))


def answer_buttons(ledger: Ledger, run: Run, ask: Ask, reader: PersonId) -> tuple[tuple[Button, ...], ...]:
    """The buttons of one question for one person, what was picked so far marked."""
    match ask.expects:
        case Choices(options, up_to):
            picked = run.picks.get(reader, ())
            rows = []
            for number, option in enumerate(options):
                label = render(option.label.wordings[0], page_of(ledger, run, reader)).text
                if option.name in picked:
                    label = ledger.phrase("picked", reader, label=label).text
                rows.append((Button(label, data(run, "a", number)),))
            if up_to > 1:
                rows.append((ledger.label("button.done", reader, data(run, "a", "d")),))
            return tuple(rows)
        case Scale(low, high):
            if high - low + 1 > BUTTONS:
                return ()
            return _grid([Button(str(number), data(run, "a", number - low)) for number in range(low, high + 1)])
        case Open.TEXT | Open.VOICE:
            if not ledger.program(ledger.root(run)).flow.for_two or ask.share is Share.PRIVATE:
                return ()
            return ((ledger.label("button.aloud", reader, data(run, "a", "a")),),)
        case Open.PHOTO | Open.TIME | Open.DATE:
            return ()
        case _:
            assert_never(ask.expects)


NEW_TIMES = {"0": timedelta(0), "20": timedelta(minutes=20), "60": timedelta(hours=1), "720": timedelta(hours=12)}
"""The new times offered when a promised end was missed, in minutes as the buttons carry them."""


def late_buttons(ledger: Ledger, run: Run, person: PersonId) -> tuple[tuple[Button, ...], ...]:
    """What can be chosen where a promise was kept too late."""
    return tuple((ledger.label(f"late.in_{minutes}", person, data(run, "l", minutes)),) for minutes in NEW_TIMES)


# --- whole messages ---------------------------------------------------------------------------------------------------


def privacy_line(ledger: Ledger, run: Run, ask: Ask, reader: PersonId) -> Rendered | None:
    """Who will see the answer, said before it is given. Only where there are two."""
    if not ledger.program(ledger.root(run)).flow.for_two:
        return None
    anyone = ledger.step(run).who is Who.ANYONE
    return italic(ledger.phrase(f"privacy.{'now' if anyone else ask.share.value}", reader))


def question(ledger: Ledger, run: Run, reader: PersonId, said: Rendered | None = None) -> tuple[Run, Message, Rendered]:
    """The question of the run's step; with `said`, as it reads once it is answered: no buttons, the answer below."""
    step = ledger.step(run)
    ask = question_of(ledger, ledger.program(run), step)
    if ask is None:
        raise ValueError("this step asks nothing")
    run, words = words_of(ledger, run, ask.text, reader)
    shown, line = shown_of(ledger, run, step, reader)
    if said is not None:
        whole = joined(words, line, said)
        return run, Message(whole.text, whole.spans, (), shown), words
    hint = _hint(ledger, ask, reader)
    whole = joined(words, hint, line, privacy_line(ledger, run, ask, reader))
    rows = answer_buttons(ledger, run, ask, reader) + footer(ledger, run, reader, skip=True, stop=True)
    return run, Message(whole.text, whole.spans, rows, shown), words


def _hint(ledger: Ledger, ask: Ask, reader: PersonId) -> Rendered | None:
    match ask.expects:
        case Choices(_, up_to) if up_to > 1:
            return ledger.phrase("hint.picks", reader, n=Given(str(up_to), up_to))
        case Open.TIME | Open.DATE | Open.PHOTO | Open.VOICE:
            return ledger.phrase(f"hint.{ask.expects.value}", reader)
        case Scale(low, high) if high - low + 1 > BUTTONS:
            return ledger.phrase("hint.scale", reader, low=str(low), high=str(high))
        case _:
            return None


def statement(ledger: Ledger, run: Run, text: Text, reader: PersonId, *, stop: bool) -> tuple[Run, Message, Rendered]:
    """What a step says, with its picture and the footer."""
    step = ledger.step(run)
    run, words = words_of(ledger, run, text, reader)
    shown, line = shown_of(ledger, run, step, reader)
    whole = joined(words, line)
    rows = footer(ledger, run, reader, skip=False, stop=stop)
    return run, Message(whole.text, whole.spans, rows, shown), words


def preview(ledger: Ledger, run: Run, ask: Ask, person: PersonId, draft: Draft) -> Message:
    """The words as they will be quoted, who will read them and when; or a reading that wants a Yes."""
    if draft.guess:
        label = guess_label(ledger, run, ask, person, draft)
        words = ledger.phrase("guess.question", person, label=Given(label))
        rows: tuple[tuple[Button, ...], ...] = (
            (
                ledger.label("guess.yes", person, data(run, "d", "y")),
                ledger.label("guess.no", person, data(run, "d", "n")),
            ),
        )
        return Message(words.text, words.spans, rows)
    keep = ledger.label("preview.keep", person, data(run, "d", "k"))
    if draft.gist:
        words = ledger.phrase("preview.write_gist", person)
        return Message(words.text, words.spans, ((keep,),))
    quoted = f"“{isolate(draft.value)}”" if draft.form is Form.WORDS else _spoken(ledger, person, draft)
    words = ledger.phrase(f"preview.{ask.share.value}", person, words=Given(quoted))
    if draft.form is Form.WORDS and is_weapon(draft.value, ledger.library.danger):
        words = joined(words, ledger.phrase("weapon", person))
    rows = (
        (ledger.label("preview.send", person, data(run, "d", "y")),),
        (
            ledger.label("preview.change", person, data(run, "d", "n")),
            ledger.label("preview.gist", person, data(run, "d", "g")),
        ),
        (keep,),
    )
    return Message(words.text, words.spans, rows)


def offered(draft: Draft) -> str:
    """What can be decided about words that wait, as the buttons carry it."""
    return "yn" if draft.guess else "k" if draft.gist else "yngk"


def _spoken(ledger: Ledger, person: PersonId, draft: Draft) -> str:
    return ledger.phrase("value.voice" if draft.form is Form.VOICE else "value.photo", person).text


def guess_label(ledger: Ledger, run: Run, ask: Ask, person: PersonId, draft: Draft) -> str:
    """What a guessed answer would be, in the words of its button."""
    if draft.form in (Form.CHOICE, Form.PICKS) and isinstance(ask.expects, Choices):
        page, named = page_of(ledger, run, person), draft.value.split(",")
        labels = {one.name: render(one.label.wordings[0], page).text for one in ask.expects.options}
        return ", ".join(labels[name] for name in named)
    return draft.value


def relays(words: Rendered) -> list[Message]:
    """Voice notes and photos that a text quotes, each as a message of its own."""
    return [Message("", media=relay) for relay in words.relays]
