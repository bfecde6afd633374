"""What goes out: our words into the parameters of ``sendMessage``, and the files behind them. Pure, and without the SDK."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from clair_bot.messages import Block, BlockKind, Card, File, OutboundMessage, Source
from clair_bot_telegram.issues import issue, only_page
from clair_bot_telegram.lines import is_link, one_line, paragraph, written
from clair_bot_telegram.spans import BLANK, Group, Line, Span, html_of, pack, plain_of
from clair_bot_telegram.texts import clean

DATA_LIMIT = 64
"""Bot API, InlineKeyboardButton.callback_data: "1-64 bytes"."""
_NUMBERS_IN_A_ROW = 5
_NARROW = 8
_LONGEST_NAME = 255

_WORDS = {
    "ja": {"sources": "出典", "as_of": "{} 時点", "unknown": "時点不明", "choose": "下のボタンから選んでください。"},
    "en": {"sources": "Sources", "as_of": "as of {}", "unknown": "date unknown", "choose": "Please choose below."},
    "easy": {
        "sources": "どこに 書いて あるか",
        "as_of": "{} の 情報",
        "unknown": "いつの 情報か わかりません",
        "choose": "下の ボタンから えらんで ください。",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One platform message."""

    payload: dict[str, Any]
    """The parameters of ``sendMessage``."""
    plain: str
    """The same text without markup, for when the platform cannot read ours."""
    file: File | None = None
    """To be sent instead of the text, which names it for where it cannot be."""


def render(message: OutboundMessage) -> tuple[Part, ...]:
    """Return the platform messages of this delivery, in order: texts, then files.

    The buttons hang on the last text; the first message replies, and so does every file, which says nothing by itself.
    """
    keyboard, homeless = _keyboard(message)
    packed = pack(_groups(message, homeless))
    if keyboard and not packed:
        packed = [[(Span(text=_words(message)["choose"]),)]]
    parts = [Part(payload=_payload(message, lines), plain=plain_of(lines)) for lines in packed]
    _show_page(message, parts)
    if parts and keyboard:
        parts[-1].payload["reply_markup"] = {"inline_keyboard": keyboard}
    files = [_file(message, file) for file in message.files]
    if message.reply_to.isdecimal():
        for part in (*parts[:1], *files):
            part.payload["reply_parameters"] = {"message_id": int(message.reply_to), "allow_sending_without_reply": True}
    return (*parts, *files)


def _file(message: OutboundMessage, file: File) -> Part:
    name = name_of(file)
    title = Span(text=name, tag="a", href=file.url) if is_link(file.url) else Span(text=name)
    line = (Span(text="📎 "), title)
    return Part(payload=_payload(message, [line]), plain=plain_of([line]), file=file)


def name_of(file: File) -> str:
    """Return the file's name in one line; a file without one goes by its number."""
    return one_line(file.name)[:_LONGEST_NAME] or f"file-{file.id}"


def _payload(message: OutboundMessage, lines: Iterable[Line]) -> dict[str, Any]:
    recipient = message.to.recipient
    payload: dict[str, Any] = {
        "chat_id": int(recipient) if recipient.removeprefix("-").isdecimal() else recipient,
        "text": html_of(lines),
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }
    if message.thread.isdecimal():
        payload["message_thread_id"] = int(message.thread)
    return payload


def _show_page(message: OutboundMessage, parts: Sequence[Part]) -> None:
    """Let the platform draw the page of a bulletin's only item below the text that names it; of several none stands out."""
    page = only_page(message.issue) if message.issue else ""
    for part in parts:
        if page and page in part.plain:
            part.payload["link_preview_options"] = {"is_disabled": False, "url": page}


def _groups(message: OutboundMessage, homeless: Sequence[str]) -> Iterator[Group]:
    yield from _single(_before(message))
    if message.issue:
        yield from issue(message.issue, message.language)
    yield from _single(_behind(message, homeless))


def _single(lines: Iterable[Line]) -> Iterator[Group]:
    return (Group(lines=(line,)) for line in lines)


def _before(message: OutboundMessage) -> Iterator[Line]:
    for text in message.paragraphs:
        yield from paragraph(text)
    if message.card:
        yield from _card(message.card, _words(message))


def _behind(message: OutboundMessage, homeless: Sequence[str]) -> Iterator[Line]:
    for number, choice in enumerate(message.choices, start=1):
        yield from written(f"{number}. {choice.title}")
    if message.choices:
        yield BLANK
    for label in homeless:
        yield from written(f"・{label}")


def _card(card: Card, words: dict[str, str]) -> Iterator[Line]:
    yield from paragraph(card.title, tag="b")
    for index, block in enumerate(card.blocks):
        yield from _block(block)
        following = card.blocks[index + 1 : index + 2]
        if block.kind is BlockKind.ITEM and not (following and following[0].kind is BlockKind.ITEM):
            yield BLANK
    if card.sources:
        yield from written(words["sources"], tag="b")
        for source in card.sources:
            yield _source(source, words)
        yield BLANK
    if card.note.strip():
        yield from paragraph(card.note, tag="i")


def _block(block: Block) -> Iterator[Line]:
    if block.kind is BlockKind.HEADING:
        yield from written(block.text, tag="b")
    elif block.kind is BlockKind.ITEM:
        yield from written(f"・{block.text}")
    else:
        yield from paragraph(block.text)


def _source(source: Source, words: dict[str, str]) -> Line:
    as_of = clean(source.as_of)
    time = words["unknown"] if as_of in {"", "不明"} else words["as_of"].format(as_of)
    title = Span(text=one_line(source.title))
    if source.url and is_link(source.url):
        title = Span(text=one_line(source.title) or source.url, tag="a", href=source.url)
    return (Span(text="・"), title, Span(text=f"（{time}）"))


def _keyboard(message: OutboundMessage) -> tuple[list[list[dict[str, str]]], list[str]]:
    """Return the rows of buttons, and the labels of those whose action does not fit: these can still be typed."""
    numbers = [(str(number), choice.action) for number, choice in enumerate(message.choices, start=1)]
    labels = [(one_line(button.label), button.action) for button in message.buttons]
    fitting = [[pair for pair in pairs if _fits(*pair)] for pairs in (numbers, labels)]
    rows = [fitting[0][start : start + _NUMBERS_IN_A_ROW] for start in range(0, len(fitting[0]), _NUMBERS_IN_A_ROW)]
    for pair in fitting[1]:
        if rows and len(rows[-1]) == 1 and rows[-1][0] in fitting[1] and _narrow(rows[-1][0]) and _narrow(pair):
            rows[-1].append(pair)
        else:
            rows.append([pair])
    homeless = [label for label, action in labels if label and not _fits(label, action)]
    return [[{"text": text, "callback_data": action} for text, action in row] for row in rows], homeless


def _fits(label: str, action: str) -> bool:
    return bool(label) and 0 < len(action.encode(errors="replace")) <= DATA_LIMIT


def _narrow(pair: tuple[str, str]) -> bool:
    return len(pair[0]) <= _NARROW


def _words(message: OutboundMessage) -> dict[str, str]:
    return _WORDS.get(message.language, _WORDS["ja"])
