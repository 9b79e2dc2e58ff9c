"""What goes into a turn and what comes out. Effects are addressed to people of the world, never to a chat."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from bot.engine.flow import Style

PersonId = int
"""A number of our own. Which chat it belongs to is known to the store and to nobody in here."""

# --- in --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tap:
    """A button was pressed. `data` is whatever the phone sent back: it is checked, not trusted."""

    by: PersonId
    data: str


@dataclass(frozen=True, slots=True)
class Words:
    """Somebody typed. Commands come as words too: `/time_out`, `/start token`."""

    by: PersonId
    words: str


class Attached(Enum):
    VOICE = "voice"
    PHOTO = "photo"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A voice note, a photo or something that is no answer (sticker, file). `file` is the messenger's own id."""

    by: PersonId
    what: Attached
    file: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """A timer's moment has come. `due` is when it was promised, which can be long ago."""

    by: PersonId
    key: str
    due: datetime


@dataclass(frozen=True, slots=True)
class Away:
    """The messenger says that this person left: blocked the bot or deleted the account."""

    by: PersonId


@dataclass(frozen=True, slots=True)
class Returned:
    """This person let the bot in again."""

    by: PersonId


class Link(Enum):
    """What became of an invitation that somebody opened."""

    GOOD = "good"
    UNKNOWN = "unknown"
    USED = "used"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody opened an invitation. `inviter` is set only where the link is good."""

    by: PersonId
    link: Link
    inviter: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Located:
    """Somebody shared a place. Only the name of its time zone gets this far, "" where none is known."""

    by: PersonId
    zone: str


Input = Tap | Words | Attachment | Due | Away | Returned | Arrived | Located

# --- out -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text in one style. Offsets count characters; the edge turns them into UTF-16 units."""

    offset: int
    length: int
    style: Style


@dataclass(frozen=True, slots=True)
class Button:
    """`data` comes back in a `Tap`, at most 64 bytes; `url` opens a page instead (https or tg)."""

    label: str
    data: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A file of the flows' media folder."""

    file: str
    alt: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The reader's own answers to one question over the last days, in days of the reader's zone.

    Only named here: the sender draws it.
    """

    flow: str
    step: str
    low: int
    high: int
    days: int
    title: str
    alt: str
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Relay:
    """A partner's voice note or photo, passed on unheard and unseen."""

    what: Attached
    file: str


Shown = Picture | Chart | Relay


@dataclass(frozen=True, slots=True)
class Message:
    text: str
    spans: tuple[Span, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()
    media: Shown | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """A message to one person. `tag` names it so that it can be edited later; an older one of the same tag is
    forgotten. `instead` asks to edit the newest message of this tag in place, where there is one that can be.
    `unasked` messages are invitations: silent, and sent after answers."""

    to: PersonId
    message: Message
    tag: str = ""
    instead: bool = False
    unasked: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """The message with this tag becomes this one; None only takes its buttons away. No such message: nothing."""

    to: PersonId
    tag: str
    message: Message | None


@dataclass(frozen=True, slots=True)
class Arm:
    """A timer. Its key is unique: arming it again moves it. `owner` is whom `Due.by` will name."""

    key: str
    owner: PersonId
    due: datetime


@dataclass(frozen=True, slots=True)
class Disarm:
    """Every timer whose key begins so is dropped."""

    prefix: str


@dataclass(frozen=True, slots=True)
class Invite:
    """A link to become partners: the token goes into a link and is stored only as a hash."""

    by: PersonId
    token: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Remember:
    """A number for the person's own charts."""

    of: PersonId
    flow: str
    step: str
    value: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """An answer as its own person can read it again later: the question's flow and step, and what was answered.

    `shared`: the partner was to see it. It goes when its person unlinks.
    """

    of: PersonId
    flow: str
    step: str
    words: str
    shared: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Retract:
    """This person took back the last answer to this question: its note goes."""

    of: PersonId
    flow: str
    step: str


@dataclass(frozen=True, slots=True)
class Recall:
    """A page of this person's own notes goes to this person. `page` counts from 0, the newest first."""

    to: PersonId
    page: int


@dataclass(frozen=True, slots=True)
class Tidy:
    """Everything in this chat since then that can go, goes: the bot's messages, and the person's own.

    The bot's newest one stays and becomes `last`, so that the chat does not end in a hole; without `last` it becomes
    `bland`, like those that are too old to be taken away.
    """

    to: PersonId
    since: datetime
    bland: str
    last: str = ""


@dataclass(frozen=True, slots=True)
class Export:
    """A file with everything the bot holds about this person goes to this person."""

    to: PersonId


@dataclass(frozen=True, slots=True)
class Unshare:
    """Stored copies of what this person shared are deleted."""

    of: PersonId


@dataclass(frozen=True, slots=True)
class Forget:
    """Everything about this person is removed at once; with `wholly`, the person too.

    `farewell` is the last thing said in the chat, which from then on is a stranger's.
    """

    of: PersonId
    wholly: bool = True
    farewell: Message | None = None


Effect = Send | Edit | Arm | Disarm | Invite | Remember | Note | Retract | Recall | Tidy | Export | Unshare | Forget


class Why(Enum):
    """Why an input changed nothing. The names are logged; the words shown live in the phrases (`refused.<name>`)."""

    STALE = "stale"
    FORGED = "forged"
    CLOSED = "closed"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Refused:
    """The input changes nothing. `toast` is a short line for the tap that asked."""

    why: Why
    toast: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """Which row was taken, for coverage and the author's trace: flow, step, trigger and the row's line (0: below)."""

    flow: str
    step: str
    trigger: str
    line: int
    target: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a turn did besides changing the world. `toast` answers the tap."""

    effects: tuple[Effect, ...] = ()
    toast: str = ""
    trace: tuple[Trace, ...] = field(default=())
