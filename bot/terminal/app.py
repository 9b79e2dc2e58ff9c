"""Two phones side by side, drawn with Textual: bubbles, buttons to tap, one clock. All that happens is the stage's."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import ClassVar

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.theme import Theme
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from bot.engine.events import PersonId
from bot.engine.flow import Style
from bot.store.database import StoreError
from bot.terminal import phone as chat
from bot.terminal.direction import Direction, Director, Done, Order, Pass, clock, read_direction, timer
from bot.terminal.frame import Frame, body, frame_of
from bot.terminal.phone import Bubble
from bot.terminal.stage import News
from bot.terminal.words import fill

TEN = timedelta(minutes=10)

DUSK = Theme(
    name="dusk",
    primary="#5fafd7",
    secondary="#005f87",
    accent="#87d7af",
    foreground="#e4e4e4",
    background="#121212",
    surface="#262626",
    panel="#303030",
    dark=True,
)
"""Colours that a terminal with 256 of them has as well."""

KEYS = (
    ("Tab", "phone", "other_phone"),
    ("↑↓", "choose", "choose(1)"),
    ("F2", "timer", "next_timer"),
    ("^N", "ten", "ten_minutes"),
    ("F1", "help", "help"),
    ("^Q", "quit", "quit"),
)
"""The line of keys at the bottom: what to press, the key of its words, and what it does when it is clicked."""

STYLES = {Style.BOLD: "bold", Style.ITALIC: "italic", Style.CODE: "underline", Style.PLAIN: ""}


class TryApp(App[str]):
    """Textual's way to make an app is to inherit from its App. Its result is the sentence it ended with, or None."""

    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (64, "-wide")]  # noqa: RUF012  (Textual declares it for instances)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,shift+tab", "other_phone", priority=True, show=False),
        Binding("f2,ctrl+t", "next_timer", priority=True, show=False),
        Binding("ctrl+n", "ten_minutes", priority=True, show=False),
        Binding("f1", "help", priority=True, show=False),
        Binding("down", "choose(1)", show=False),
        Binding("up", "choose(-1)", show=False),
        Binding("pageup", "scroll(-1)", show=False),
        Binding("pagedown", "scroll(1)", show=False),
        Binding("escape", "clear", show=False),
    ]
    CSS_PATH = "app.tcss"

    def __init__(self, director: Director, troubles: list[str], endings: Sequence[int] = ()) -> None:
        super().__init__()
        self.director = director
        self.stage = director.stage
        self.words = director.words
        self.troubles = troubles
        self.endings = endings
        self.person: PersonId = 0
        self.drawn: dict[PersonId, dict[int, Bubble]] = {}
        self.chosen: str | None = None

    # --- from the first moment to the last ----------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        yield Horizontal(id="phones")
        yield Static(id="notice")
        with Horizontal(id="bar"):
            yield Static(id="clock")
            yield Static(id="timer")
        yield Static(self._keys(), id="keys")
        with Vertical(id="veil"):
            yield Static(Content(self.words["help"]), id="help")

    def _keys(self) -> Content:
        parts = (
            Content.from_markup(f"[@click=app.{action}][b]{key}[/b] $words[/]", words=self.words[f"keys.{word}"])
            for key, word, action in KEYS
            if word != "phone" or len(self.stage.cast) > 1
        )
        return Content("   ").join(parts)

    async def on_mount(self) -> None:
        self.register_theme(DUSK)
        self.theme = DUSK.name
        for number in self.endings:
            with suppress(NotImplementedError):  # not on Windows
                asyncio.get_running_loop().add_signal_handler(number, self.exit)
        try:
            await self.stage.open()
            self.person = next(iter(self.stage.phones))
            self.drawn = {person: {} for person in self.stage.phones}
            await self.query_one("#phones").mount(*(self._phone(person) for person in self.stage.phones))
            await self.stage.say(self.person, f"/{self.stage.flow}")
        except StoreError as error:
            self.exit(str(error), return_code=1)
            return
        self._turn_to(self.person)
        await self._draw()

    async def on_unmount(self) -> None:
        await self.stage.close()

    def _phone(self, person: PersonId) -> Widget:
        name = self.stage.phones[person].name
        scroll = VerticalScroll(id=f"chat-{person}", classes="chat", can_focus=False)
        scroll.anchor()
        toast = Static(id=f"toast-{person}", classes="toast")
        line = Input(placeholder=fill(self.words, "write", name=name), id=f"line-{person}", name=str(person))
        phone = Vertical(scroll, toast, line, id=f"phone-{person}", classes="phone")
        phone.border_title = name
        return phone

    # --- what the person at the keyboard does -------------------------------------------------------------------------

    @on(Input.Submitted)
    async def _entered(self, event: Input.Submitted) -> None:
        words, self.person = event.value.strip(), int(event.input.name or 0)
        event.input.clear()
        if words.startswith(":"):
            await self._direct(read_direction(words, self.words))
        elif words:
            await self._do(self.stage.say(self.person, words))
        elif self.chosen is not None:
            await self._tap(self.chosen)

    @on(Button.Pressed)
    async def _pressed(self, event: Button.Pressed) -> None:
        await self._tap(event.button.name or "")

    async def _tap(self, place: str) -> None:
        """`place` is the name of a button: person, message, row and column."""
        person, number, row, column = (int(part) for part in place.split("/"))
        self._turn_to(person)
        rows = next((one.buttons for one in self.stage.phones[person].bubbles if one.id == number), ())
        if row >= len(rows) or column >= len(rows[row]):
            return  # a click that was still on its way when the buttons went
        button = rows[row][column]
        if button.url:
            self._notice(fill(self.words, "link", url=button.url))
            return
        await self._do(self.stage.tap(person, button))

    async def _direct(self, direction: Direction) -> None:
        match direction:
            case Order.QUIT:
                self.exit()
            case Order.HELP:
                self.action_help()
            case _:
                await self._do(self.director.perform(self.person, direction))

    async def _do(self, deed: Awaitable[list[News] | Done]) -> None:
        """Waits for the stage, shows what came of it, and ends with one sentence where the database failed."""
        try:
            done = await deed
        except StoreError as error:
            self.exit(str(error), return_code=1)
            return
        troubles = [fill(self.words, "wrong.inside", what=what) for what in self.troubles]
        self.troubles.clear()
        said = [done.said] if isinstance(done, Done) and done.said else []
        self._notice("\n".join((*said, *troubles)), trouble=bool(troubles))
        self.chosen = None
        await self._draw()

    def _notice(self, said: str, *, trouble: bool = False) -> None:
        """One line of the terminal's own, until something else happens."""
        notice = self.query_one("#notice", Static)
        notice.update(Content(said))
        notice.display = bool(said)
        notice.set_class(trouble, "trouble")

    async def action_next_timer(self) -> None:
        await self._direct(Order.NEXT)

    async def action_ten_minutes(self) -> None:
        await self._direct(Pass(TEN))

    def action_other_phone(self) -> None:
        people = list(self.stage.phones)
        self._turn_to(people[(people.index(self.person) + 1) % len(people)])

    def action_help(self) -> None:
        veil = self.query_one("#veil")
        veil.display = not veil.display

    def action_clear(self) -> None:
        if self.query_one("#veil").display:
            self.action_help()
        self._choose(None)

    def action_scroll(self, pages: int) -> None:
        scroll = self.query_one(f"#chat-{self.person}", VerticalScroll)
        scroll.scroll_relative(y=pages * scroll.size.height // 2, animate=False)

    def action_choose(self, step: int) -> None:
        """The next button of this phone; to begin with, the first of the newest message, or upwards the last."""
        phone = self.stage.phones[self.person]
        places = [
            f"{self.person}/{bubble.id}/{row}/{column}"
            for bubble in phone.bubbles
            for row, buttons in enumerate(bubble.buttons)
            for column in range(len(buttons))
        ]
        if not places:
            return
        if self.chosen in places:
            at = places.index(self.chosen) + step
            self._choose(places[at % len(places)])
        else:
            last = places[-1].split("/")[1]
            first = next(place for place in places if place.split("/")[1] == last)
            self._choose(first if step > 0 else places[-1])

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if event.value:
            self._choose(None)

    def _choose(self, place: str | None) -> None:
        self.chosen = place
        for button in self.query(".row Button").results(Button):
            button.set_class(button.name == place, "chosen")
            if button.name == place:
                button.scroll_visible(animate=False)

    def _turn_to(self, person: PersonId) -> None:
        self.person = person
        if self.chosen is not None and not self.chosen.startswith(f"{person}/"):
            self._choose(None)
        for other in self.stage.phones:
            phone = self.query_one(f"#phone-{other}")
            phone.set_class(other == person, "front")
            if other == person:
                phone.border_title = self.stage.phones[other].name
        self.query_one(f"#line-{person}", Input).focus()

    # --- drawing ------------------------------------------------------------------------------------------------------

    async def _draw(self) -> None:
        """Brings every phone, the clock and the next timer up to date; what has not changed is left alone."""
        for person in self.stage.phones:
            await self._draw_phone(person)
        self.query_one("#clock", Static).update(Content(clock(self.stage, self.words)))
        self.query_one("#timer", Static).update(Content(await timer(self.stage, self.words)))

    async def _draw_phone(self, person: PersonId) -> None:
        phone, drawn = self.stage.phones[person], self.drawn[person]
        scroll = self.query_one(f"#chat-{person}", VerticalScroll)
        fresh: list[Widget] = []
        last = next(reversed(drawn.values()), None)
        for bubble in phone.bubbles:
            if bubble.id not in drawn:
                if last is None or last.at != bubble.at:
                    local = bubble.at.astimezone(self.stage.zone)
                    fresh.append(Static(Content(f"{local:%H:%M}"), classes="time"))
                fresh.append(self._message(person, bubble))
            elif drawn[bubble.id] != bubble:
                old = self.query_one(f"#m-{person}-{bubble.id}")
                await old.remove_children()
                old.set_class(bool(bubble.buttons), "keyed")
                await old.mount(*self._parts(person, bubble))
            drawn[bubble.id] = last = bubble
        if fresh:
            await scroll.mount(*fresh)
            scroll.scroll_end(animate=False)
            if person != self.person:
                self.query_one(f"#phone-{person}").border_title = fill(self.words, "unread", name=phone.name)
        toast = self.query_one(f"#toast-{person}", Static)
        toast.update(Content(phone.toast))
        toast.display = bool(phone.toast)

    def _message(self, person: PersonId, bubble: Bubble) -> Widget:
        classes = f"message {'own' if bubble.own else 'bot'}{' keyed' if bubble.buttons else ''}"
        return Vertical(*self._parts(person, bubble), id=f"m-{person}-{bubble.id}", classes=classes)

    def _parts(self, person: PersonId, bubble: Bubble) -> list[Widget]:
        frame = frame_of(bubble, self.words, self.stage.now, self.stage.zone)
        text = words_of(bubble)
        if frame is None:
            parts: list[Widget] = [Static(text, classes="card")]
        else:
            below = [Static(text)] if text.plain else []
            parts = [Vertical(framed(frame), *below, classes="card framed")]
        for row, buttons in enumerate(bubble.buttons):
            keys = [
                Button(Content(chat.label_of(one)), name=f"{person}/{bubble.id}/{row}/{column}", compact=True)
                for column, one in enumerate(buttons)
            ]
            for key in keys:
                key.can_focus = False
            keys[-1].add_class("last")
            parts.append(Horizontal(*keys, classes=f"row {'odd' if row % 2 else 'even'}"))
        return parts


def words_of(bubble: Bubble) -> Content:
    """A message's words in their styles. Nothing that people typed is read as markup."""
    text, spans = body(bubble)
    content = Content(text)
    for span in spans:
        content = content.stylize(STYLES[span.style], span.offset, span.offset + span.length)
    return content


def framed(frame: Frame) -> Widget:
    chart = [Static(Content(frame.chart))] if frame.chart else []
    alt = [Static(Content(frame.alt), classes="alt")] if frame.alt else []
    shown = Vertical(*chart, *alt, classes="frame")
    shown.border_title = frame.title
    return shown


def run_app(director: Director, troubles: list[str], endings: Sequence[int]) -> int:
    """Shows the phones until their user quits, or one of these signals comes. The exit code; a failure's one sentence
    goes to stderr."""
    app = TryApp(director, troubles, endings)
    said = app.run()
    if said:
        print(said, file=sys.stderr)
    return app.return_code or 0
