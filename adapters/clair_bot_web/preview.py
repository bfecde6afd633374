"""Draws a message as a plain web chat would: everything in one bubble, the buttons below."""

from html import escape

from clair_bot.messages import Block, BlockKind, Bubble, Card, File, OutboundMessage, PreviewButton, Source
from clair_bot_web.issues import drawn
from clair_bot_web.markup import lines, linked

_SOURCES = {"ja": "出典", "en": "Sources", "easy": "どこに 書いてあるか"}
_AS_OF = {"ja": "（{as_of}時点）", "en": " (as of {as_of})", "easy": "（{as_of}の 話）"}
_UNKNOWN = {"ja": "（時点不明）", "en": " (date unknown)", "easy": "（いつの 話か わかりません）"}


def preview(message: OutboundMessage) -> tuple[Bubble, ...]:
    """Return the one bubble."""
    html = "".join(f"<p>{lines(paragraph)}</p>" for paragraph in message.paragraphs)
    if message.card:
        html += f'<div class="card">{_card(message.card, message.language)}</div>'
    if message.issue:
        html += f'<div class="issue">{drawn(message.issue, message.language)}</div>'
    html += "".join(f"<p>{_file(file)}</p>" for file in message.files)
    numbered = [PreviewButton(label=f"{number}. {choice.title}", action=choice.action) for number, choice in enumerate(message.choices, 1)]
    buttons = [PreviewButton(label=button.label, action=button.action) for button in message.buttons]
    return (Bubble(html=html, buttons=(*numbered, *buttons)),)


def _card(card: Card, language: str) -> str:
    sources = _sources(card.sources, language) if card.sources else ""
    note = f"<p><small>{lines(card.note)}</small></p>" if card.note else ""
    return f"<h3>{lines(card.title)}</h3>{_blocks(card.blocks)}{sources}{note}"


def _blocks(blocks: tuple[Block, ...]) -> str:
    html = "".join(_block(block) for block in blocks)
    return html.replace("</ul><ul>", "")  # neighbouring items are one list; escaped text cannot hold this


def _block(block: Block) -> str:
    match block.kind:
        case BlockKind.HEADING:
            return f"<p><b>{lines(block.text)}</b></p>"
        case BlockKind.ITEM:
            return f"<ul><li>{lines(block.text)}</li></ul>"
        case BlockKind.PARAGRAPH:
            return f"<p>{lines(block.text)}</p>"


def _sources(sources: tuple[Source, ...], language: str) -> str:
    title = _SOURCES.get(language, _SOURCES["ja"])
    return f"<p><b>{title}</b></p><ul>{''.join(f'<li>{_source(source, language)}</li>' for source in sources)}</ul>"


def _source(source: Source, language: str) -> str:
    dated = _UNKNOWN if source.as_of in {"", "不明"} else _AS_OF
    date = escape(dated.get(language, dated["ja"]).format(as_of=source.as_of))
    title = linked(source.url or "", lines(source.title))
    return f'{title}<span class="date">{date}</span>'


def _file(file: File) -> str:
    return linked(file.url, f"📎 {lines(file.name)}")
