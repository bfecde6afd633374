"""What we want to say, as LINE's message objects: pure functions, no SDK."""

from dataclasses import dataclass, replace
from typing import Any

from clair_bot.messages import Button, Card, Choice, File, OutboundMessage
from clair_bot_line.cards import alt_text, bubble, card_text
from clair_bot_line.files import image, told
from clair_bot_line.issues import TEXT_UNITS, issue_messages
from clair_bot_line.lengths import shorten, shorten_units, split, units
from clair_bot_line.words import words

Json = dict[str, Any]

CALL_MESSAGES = 5  # LINE: at most five message objects in a call
QUICK_REPLIES = 13  # LINE: at most 13 quick reply buttons
LABEL_CLUSTERS = 20  # LINE: the label of a quick reply, at most 20 grapheme clusters
DISPLAY_UNITS = 300  # LINE: displayText, at most 300 characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One platform message: as it should look, and in plain words in case LINE refuses the look."""

    rich: Json
    plain: Json
    file: File | None = None
    """What the message hands on, if it is a file."""


def render(message: OutboundMessage) -> tuple[Part, ...]:
    """Return the platform messages of a delivery, in order; the same for the same message at every attempt."""
    shown, unshown = _buttons(message)
    files = [_file(file, message.language) for file in message.files]
    parts = [*_parts(message, unshown, len(files)), *files]
    if not parts and shown:
        parts = _texts(words(message.language).press)
    if parts and shown:
        parts[-1] = _with_buttons(parts[-1], shown, message.language)
    return tuple(parts)


def _parts(message: OutboundMessage, unshown: list[str], behind: int) -> list[Part]:
    head = _joined(message.paragraphs)
    tail = _joined((_numbered(message.choices), words(message.language).type_instead.format("、".join(unshown)) if unshown else ""))
    if message.card is None and message.issue is None:
        return _texts(_joined((head, tail)))
    above = [*_texts(head), *(_card(message.card, message.language) if message.card else ())]
    below = _texts(tail)
    return [*above, *_issue(message, len(above) + len(below) + behind), *below]


def _issue(message: OutboundMessage, others: int) -> list[Part]:
    """Return the bulletin, in what the other messages leave of a call; where they leave nothing, in a call of its own."""
    if message.issue is None:
        return []
    room = CALL_MESSAGES - others if others < CALL_MESSAGES else CALL_MESSAGES
    return [Part(rich=drawn.rich, plain=drawn.plain) for drawn in issue_messages(message.issue, message.language, room)]


def _joined(texts: tuple[str, ...]) -> str:
    return "\n\n".join(text for text in texts if text.strip())


def _numbered(choices: tuple[Choice, ...]) -> str:
    return "\n".join(f"{number}. {choice.title}" for number, choice in enumerate(choices, start=1))


def _texts(text: str) -> list[Part]:
    pieces = (piece.strip("\n") for piece in split(text, TEXT_UNITS))
    payloads: list[Json] = [{"type": "text", "text": piece} for piece in pieces if piece.strip()]
    return [Part(rich=payload, plain=payload) for payload in payloads]


def _card(card: Card, language: str) -> list[Part]:
    """Return a bubble, or texts where the card is too large.

    A bubble stands only where its words fit into one text: then the plain form has as many messages, and the count of what was sent holds.
    """
    said = card_text(card, language)
    drawn = bubble(card, language) if units(said) <= TEXT_UNITS else None
    if drawn is None:
        return _texts(said)
    return [Part(rich={"type": "flex", "altText": alt_text(card, language), "contents": drawn}, plain={"type": "text", "text": said})]


def _file(file: File, language: str) -> Part:
    plain: Json = {"type": "text", "text": told(file, language)}
    return Part(rich=image(file) or plain, plain=plain, file=file)


def _buttons(message: OutboundMessage) -> tuple[list[Json], list[str]]:
    """Return the quick replies, and the labels of the buttons for which there is no room.

    Buttons go before choices when there are too many: a choice can be named by its number, which stands in the text.
    """
    buttons = [_quick_reply(button.label, button.action) for button in message.buttons]
    room = max(QUICK_REPLIES - len(buttons), 0)
    choices = [_choice(number, choice) for number, choice in enumerate(message.choices, start=1)][:room]
    return [*choices, *buttons[:QUICK_REPLIES]], [button.label for button in message.buttons[QUICK_REPLIES:]]


def _choice(number: int, choice: Choice) -> Json:
    fits = bool(choice.title.strip()) and shorten(choice.title, LABEL_CLUSTERS) == choice.title
    return _quick_reply(choice.title if fits else str(number), choice.action, choice.title)


def _quick_reply(label: str, action: str, said: str = "") -> Json:
    return {
        "type": "action",
        "action": {
            "type": "postback",
            "label": shorten(label, LABEL_CLUSTERS),
            "data": action,
            "displayText": shorten_units(said.strip() or label, DISPLAY_UNITS),
        },
    }


def _with_buttons(part: Part, quick_replies: list[Json], language: str) -> Part:
    """Hang the buttons on the last message, the only one whose quick replies LINE shows; in the plain form name what to type."""
    labels = "、".join(f"「{reply['action']['label']}」" for reply in quick_replies)
    said = _joined((part.plain["text"], words(language).type_instead.format(labels)))
    plain = {"type": "text", "text": said} if units(said) <= TEXT_UNITS else part.plain
    return replace(part, rich={**part.rich, "quickReply": {"items": quick_replies}}, plain=plain)


def button_of(item: Json) -> Button:
    """Return what a quick reply carries."""
    return Button(label=item["action"]["label"], action=item["action"]["data"])
