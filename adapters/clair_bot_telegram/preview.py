"""How a message would look in Telegram, drawn from the very payloads that ``send`` would send."""

from clair_bot.messages import Bubble, OutboundMessage, PreviewButton
from clair_bot_telegram.rendering import Part, render


def preview(message: OutboundMessage) -> tuple[Bubble, ...]:
    """Draw the messages. Telegram's HTML of ours is a subset of what a bubble may hold; only line ends are missing."""
    return tuple(_bubble(part) for part in render(message))


def _bubble(part: Part) -> Bubble:
    rows = part.payload.get("reply_markup", {}).get("inline_keyboard", [])
    return Bubble(
        html=part.payload["text"].replace("\n", "<br>"),
        buttons=tuple(PreviewButton(label=key["text"], action=key["callback_data"]) for row in rows for key in row),
    )
