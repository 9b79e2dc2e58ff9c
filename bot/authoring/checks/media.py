"""Checks of media and cards: a picture that is there, can be sent and is described; a card that exists."""

from __future__ import annotations

from collections.abc import Iterator

from bot.authoring.checks.sheet import Said, Sheet, check
from bot.authoring.draft import DraftStep
from bot.authoring.finding import Severity, did_you_mean, listed
from bot.engine.flow import Media, Scale

KINDS = ("jpg", "jpeg", "png", "gif", "mp4", "ogg", "mp3")


def _media(sheet: Sheet) -> Iterator[tuple[DraftStep, Media]]:
    for draft, step in sheet.steps():
        if step.media is not None:
            yield draft, step.media


def _files(sheet: Sheet) -> Iterator[tuple[Media, str]]:
    for _, media in _media(sheet):
        if media.file is not None:
            yield media, media.file


def _outside(file: str) -> bool:
    return "/" in file or "\\" in file or ":" in file or file.startswith(".")


@check("M01")
def undescribed(sheet: Sheet) -> Iterator[Said]:
    """A picture that some cannot see."""
    for draft, media in _media(sheet):
        if not media.alt:
            said = "The picture has no description for people who cannot see it."
            yield draft.key("media"), said, "Add `alt:` with one sentence."


@check("M02")
def no_chart(sheet: Sheet) -> Iterator[Said]:
    """A chart of an answer that is not there, or that has no numbers."""
    scales = [name for name, step in sheet.draft.steps.items() if isinstance(step.shape, Scale)]
    for _, media in _media(sheet):
        name = media.chart_of
        if name is None or name in scales or (name in sheet.draft.steps and not sheet.draft.steps[name].sound):
            continue
        if name in sheet.draft.steps and sheet.draft.steps[name].verb == "ask":
            hint = "Only answers on a scale such as 0-10 can be drawn."
            yield media.mark, f"The answer “{name}” has no numbers to draw.", hint
        else:
            hint = f"Answers that can be drawn: {listed(scales)}." if scales else "Ask a question with a scale first."
            yield media.mark, f"There is no answer “{name}” to draw.{did_you_mean(name, scales)}", hint


@check("M03")
def unsendable(sheet: Sheet) -> Iterator[Said]:
    """A kind of file that the bot does not send."""
    for media, file in _files(sheet):
        if not _outside(file) and file.rpartition(".")[2].lower() not in KINDS:
            said = f"“{file}” is not a picture, GIF, video or voice file that I can send."
            yield media.mark, said, "Use jpg, png, gif, mp4, ogg or mp3."


@check("M04")
def elsewhere(sheet: Sheet) -> Iterator[Said]:
    """A file outside the folder of media."""
    for media, file in _files(sheet):
        if _outside(file):
            hint = "Put the file in the folder `media` and write only its name."
            yield media.mark, "Media must be a file of this pack.", hint


@check("M05", Severity.WARNING)
def describes_nothing(sheet: Sheet) -> Iterator[Said]:
    """`alt` without media."""
    for draft, step in sheet.steps():
        if "alt" in draft.words and step.media is None:
            yield draft.key("alt"), "`alt` describes a picture, and this step has none.", "Add `media:`, or delete it."


@check("M07")
def unknown_card(sheet: Sheet) -> Iterator[Said]:
    """A card that is not in the content folder."""
    cards = sheet.pack.cards
    if cards is None:
        return
    if sheet.draft.card is not None and sheet.draft.card not in cards:
        yield sheet.draft.value("card"), *_no_card(sheet.draft.card, cards)
    for draft, _ in sheet.steps():
        if draft.card is not None and draft.card not in cards:
            yield draft.value("card"), *_no_card(draft.card, cards)


def _no_card(name: str, cards: frozenset[str]) -> tuple[str, str]:
    return f"There is no card “{name}”.{did_you_mean(name, sorted(cards))}", ""


@check("M11")
def missing_file(sheet: Sheet) -> Iterator[Said]:
    """A file that is not in the folder of media."""
    files = sheet.pack.media
    if files is None:
        return
    for media, file in _files(sheet):
        if not _outside(file) and file.rpartition(".")[2].lower() in KINDS and file not in files:
            said = f"There is no file “media/{file}”.{did_you_mean(file, sorted(files))}"
            yield media.mark, said, "Put it into the folder `media` beside the flows."
