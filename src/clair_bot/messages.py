"""Frozen data that crosses the edge: what came to us, and what we want to say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Address:
    """Where a message goes or came from: a channel and the platform's recipient id."""

    channel: str
    """``slack``, ``line``, ``telegram``, ``mail``, ``web``."""
    recipient: str
    """The platform's id: a Slack channel, a LINE user or group, a Telegram chat."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``channel:id``.

        Raises:
            ValueError: The text has no channel or no id.
        """
        channel, colon, recipient = text.strip().partition(":")
        if not (channel and colon and recipient):
            raise ValueError(text)
        return cls(channel=channel.lower(), recipient=recipient)

    def __str__(self) -> str:
        """Return ``channel:id``."""
        return f"{self.channel}:{self.recipient}"


class InboundKind(StrEnum):
    """What a person did."""

    TEXT = "text"  # wrote words, or a slash command (without its slash)
    ACTION = "action"  # pressed a button that we had sent; ``action`` holds its value
    MEDIA = "media"  # sent a sticker, picture, file, place…; ``text`` holds a caption if there is one
    JOINED = "joined"  # followed, unblocked or started the bot, or added it to a room
    LEFT = "left"  # blocked the bot or removed it: nothing may be sent there any more
    EDITED = "edited"  # changed ``message_id``; ``text`` is how it reads now
    WITHDRAWN = "withdrawn"  # took back ``message_id``: its stored text must go
    MOVED = "moved"  # the room has a new id, ``moved_to``


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A picture or file that a person sent, and how to fetch it."""

    handle: str
    """What the adapter needs to fetch it; opaque to everyone else."""
    name: str = ""
    """The file's name as the person gave it; untrusted, empty where the platform tells none."""
    media_type: str = ""
    """As the platform says, such as ``image/jpeg``; untrusted, empty where it tells none."""
    size: int = 0
    """Bytes, as the platform says; 0 where it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """What came to us, verified and in our words."""

    event_ids: tuple[str, ...]
    """Every platform id that identifies this message, at least one; it counts once for each of them."""
    kind: InboundKind
    address: Address
    """The chat that it came from, and that an answer goes to."""
    sender: str
    """The platform's id of the person; empty where the platform does not tell."""
    sent_at: datetime
    """The platform's own time of it, aware."""
    text: str = ""
    """As typed, with the platform's escapes undone and the mention of the bot taken out."""
    action: str = ""
    """The value of the pressed button, as we had sent it."""
    message_id: str = ""
    """The platform's id of this message (of the changed or withdrawn one, for EDITED and WITHDRAWN)."""
    reply_to: str = ""
    """Id of the message that this one replies to or quotes; in Slack the root of its thread."""
    attachments: tuple[Attachment, ...] = ()
    """Pictures and files, for MEDIA. Stickers, places and voices are none."""
    thread: str = ""
    """Where in the chat an answer belongs: a Slack thread's ts, a Telegram topic's id."""
    direct: bool = True
    """True in a private chat, False in a room."""
    addressed: bool = True
    """True in a private chat, and in a room where the bot is mentioned, commanded or replied to."""
    reply_handle: str = ""
    """What the adapter needs to answer this very message; opaque to everyone else."""
    language_hint: str = ""
    """The person's interface language where the platform tells it, as BCP 47."""
    moved_to: Address | None = None
    """The new address, for MOVED."""


class BlockKind(StrEnum):
    """The parts of a longer text."""

    PARAGRAPH = "paragraph"  # running text
    HEADING = "heading"  # a short line that names what follows
    ITEM = "item"  # one entry of a list


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One part of a longer text: plain words, no markup."""

    kind: BlockKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where an answer comes from."""

    title: str
    url: str | None
    """None for a document that has no page, such as the plan itself."""
    as_of: str
    """``YYYY``, ``YYYY-MM``, ``YYYY-MM-DD`` or ``不明``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An answer, or a ticket as the desk sees it: set apart from the running text."""

    title: str
    blocks: tuple[Block, ...]
    sources: tuple[Source, ...] = ()
    note: str = ""
    """One small line below: the section in charge, the date of the information."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """Something to press. Typing the label does the same on every channel."""

    label: str
    """At most 20 grapheme clusters (LINE's quick reply)."""
    action: str
    """At most 60 bytes of ASCII (Telegram allows 64 bytes), a short id and never text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of several articles to choose from; shown with its number, from 1."""

    title: str
    """In full; an adapter shows it in the text and numbers its button where a button is too small."""
    action: str
    """At most 60 bytes of ASCII."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A picture or document to hand on."""

    id: int
    """Of its row: the same at every attempt."""
    name: str
    """Safe to show and to save under."""
    media_type: str
    """Found in the bytes, not believed: ``image/jpeg``, ``image/png``, ``image/gif``, ``application/pdf``…"""
    size: int
    """Bytes."""
    url: str = ""
    """Where a person can open it, for channels that take no files; empty where we have no public address."""
    content: bytes = b""
    """Filled in just before ``send``; never lies in the outbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture of a bulletin's item, on a public page."""

    url: str
    """https."""
    caption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of a bulletin. All texts are ready to be shown, in the message's language."""

    number: int
    """As the table of contents counts it, from 1 over all sections."""
    title: str
    mark: str = ""
    """What to notice first: 締切間近, 募集中."""
    owner: str = ""
    """Who is responsible: a section, an office, an outside body. Shown in brackets behind the title."""
    paragraphs: tuple[str, ...] = ()
    """In full, for long mail."""
    summary: str = ""
    """One or two sentences, for chats."""
    facts: tuple[tuple[str, str], ...] = ()
    """(name, value) in the order to show: (締切, 12月18日（金）), (開催, …), (対象, …), (問い合わせ, …)."""
    url: str = ""
    """http or https; empty: none."""
    picture: Picture | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Items under one label."""

    label: str
    """Without brackets: INFO, ロンドン事務所, 特集, 募集. Adapters put it into 【】."""
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A bulletin as it is read. Order: notice, masthead with number and date, title, lead, contents, sections, footer.

    The table of contents lists every item's number, label and title before the bodies; an issue with one item has none.
    """

    masthead: str
    """The name of the magazine or the office: CLAIRメールマガジン."""
    number: str = ""
    """vol.341; empty where it is not counted."""
    date: str = ""
    """In full: 2026年12月9日."""
    title: str
    notice: str = ""
    """Above everything else and not to be overlooked: 【訓練】…, 【訂正】…, 【緊急】…; empty: none."""
    lead: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    footer: tuple[str, ...] = ()
    """Short lines: who publishes it, how to stop it."""
    archive_url: str = ""
    """Where this issue stands on a public page; empty: nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessage:
    """What we want to say: meaning, not layout. Each adapter renders it as its platform can.

    Order of rendering: paragraphs, card, issue, choices, buttons, files. All text is plain and untrusted: an adapter escapes it.
    """

    to: Address
    idempotency_key: str
    """A UUID that belongs to the delivery's row: the same at every attempt."""
    paragraphs: tuple[str, ...] = ()
    card: Card | None = None
    issue: Issue | None = None
    """A bulletin. Adapters draw it in full where there is room (mail), and as title, summary, facts and link in chats."""
    unsubscribe: str = ""
    """Address of this recipient's own one-click unsubscription (RFC 8058), for channels that have such a header."""
    choices: tuple[Choice, ...] = ()
    buttons: tuple[Button, ...] = ()
    files: tuple[File, ...] = ()
    """Below everything else. A channel that takes no files names them in words, with their address where there is one."""
    language: str = "ja"
    """``ja``, ``en`` or ``easy``: for the few words that an adapter adds (出典, Source)."""
    thread: str = ""
    """As InboundMessage.thread."""
    reply_to: str = ""
    """Id of the message that this one replies to; a hint, never a condition."""
    reply_handle: str = ""
    """As InboundMessage.reply_handle; may have expired."""
    replaces: tuple[str, ...] = ()
    """Ids of the platform messages of an earlier delivery that this one takes the place of; only where the adapter edits.
    The first id takes the first part, and so on; parts without an id are sent anew. What is gone by now is left."""
    maybe_sent: bool = False
    """True when an earlier attempt broke off and may have been accepted."""
    parts_sent: int = 0
    """How many of the platform messages of this delivery were accepted at an earlier attempt: go on behind them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the platform gave back."""

    message_ids: tuple[str, ...] = ()
    """The platform's ids of what was sent, in order; empty where it gives none."""
    moved_to: Address | None = None
    """Set when the room had moved and the message was accepted at its new address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRequest:
    """An HTTP request of a platform, raw."""

    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    received_at: datetime
    """Aware."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookResult:
    """What an adapter made of a request, and what to answer once the messages are stored."""

    status: int = 200
    """200; 401 for a wrong proof of origin; 400 for a body that cannot be read. With anything but 200 there are no messages."""
    messages: tuple[InboundMessage, ...] = ()
    ignored: int = 0
    """How many events were verified and understood to be none of our business, or unknown: for the count."""
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewButton:
    """A button as the platform would draw it."""

    label: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """One message as its platform would draw it, for the simulator and for previews of bulletins."""

    html: str
    """Safe HTML: only ``p br b i code a[href] ul li h3 small hr div[class] span[class]``; every text escaped by the adapter."""
    buttons: tuple[PreviewButton, ...] = field(default=())
    """Below the message."""
