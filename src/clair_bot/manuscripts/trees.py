"""Trees: YAML as texts, lists and tables with the line of each. Nothing is built from it but these: no tags, no aliases, no types."""

from dataclasses import dataclass, field
from typing import Any

import yaml

from clair_bot.errors import ClairBotError
from clair_bot.manuscripts.words import shown

_DEEPEST = 6
_TOO_DEEP = "入れ子が深すぎます。"
_MOST_NODES = 20_000
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C where there is one: only its events are used."""
_NOTHING = frozenset({"", "~", "null"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands in a file."""

    file: str
    line: int

    def fault(self, sentence: str) -> ClairBotError:
        """Return what is to be raised about it."""
        return ClairBotError(f"{self.file}:{self.line}: {sentence}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A single value, as it is written: 12, yes and 2026-12-18 are texts too."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """A list."""

    place: Place
    parts: list["Node"] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Keys and values."""

    place: Place
    entries: dict[str, "Node"] = field(default_factory=dict)
    keys: dict[str, Place] = field(default_factory=dict)
    """Where each key stands."""


Node = Text | Many | Table


def read_tree(text: str, *, file: str, first_line: int) -> Node | None:
    """Return the tree of a YAML text; None: it is empty.

    Args:
        text: The YAML.
        file: Its name, for sentences.
        first_line: The line of the file at which it begins.

    Raises:
        ClairBotError: it is no YAML, or more than plain texts, lists and tables.
    """
    builder = _Builder(file, first_line)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.YAMLError as error:
        line = first_line + _line_of(error)
        if "nesting depth" in str(error):  # newer parsers refuse it before the first event comes
            raise Place(file=file, line=line).fault(_TOO_DEEP) from error
        sentence = 'YAMLの形式で書いてください（ここを読み取れません）。「:」や「#」を含む値は引用符（"）で囲んでください。'
        raise Place(file=file, line=line).fault(sentence) from error
    return builder.root


def _line_of(error: yaml.YAMLError) -> int:
    """Return where an error is: at the beginning of what is not closed, or where something else was expected."""
    problem, context = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    is_open = context is not None and str(getattr(error, "context", "")).startswith("while scanning")
    mark = context if is_open or problem is None else problem
    return mark.line if mark else 0


class _Builder:
    """Builds a tree from events, one by one: nothing is deeper or more than is allowed, however it is written."""

    def __init__(self, file: str, first_line: int) -> None:
        self._file = file
        self._first = first_line
        self._open: list[tuple[Many | Table, str | None]] = []
        self._count = 0
        self.root: Node | None = None

    def take(self, event: Any) -> None:
        """Go on by one event."""
        if isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            self._open.pop()
        elif isinstance(event, yaml.NodeEvent):
            self._put(event)
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            raise self._place(event).fault("YAMLの中に「---」の区切りは使えません。")

    def _put(self, event: Any) -> None:
        place = self._place(event)
        self._count += 1
        if self._count > _MOST_NODES:
            raise place.fault(f"値が多すぎます。{_MOST_NODES:,}個以内にしてください。")
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise place.fault('YAMLの「&」「*」による参照は使えません。値をそのまま書くか、引用符（"）で囲んでください。')
        if event.tag and event.tag != "!":
            raise place.fault('YAMLの「!」による型の指定は使えません。値をそのまま書くか、引用符（"）で囲んでください。')
        if isinstance(event, yaml.ScalarEvent):
            plain = event.implicit[0] and event.style is None
            self._attach(Text(place=place, text="" if plain and event.value.lower() in _NOTHING else event.value))
            return
        if len(self._open) >= _DEEPEST:
            raise place.fault(_TOO_DEEP)
        node = Many(place=place) if isinstance(event, yaml.SequenceStartEvent) else Table(place=place)
        self._attach(node)
        self._open.append((node, None))

    def _attach(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        parent, key = self._open[-1]
        if isinstance(parent, Many):
            parent.parts.append(node)
        elif key is None:
            self._open[-1] = (parent, self._key(parent, node))
        else:
            parent.entries[key] = node
            self._open[-1] = (parent, None)

    @staticmethod
    def _key(parent: Table, node: Node) -> str:
        if not isinstance(node, Text) or not node.text.strip():
            raise node.place.fault("項目名は文字で書いてください。")
        key = node.text.strip()
        if key in parent.keys:
            raise node.place.fault(f"「{shown(key)}」が2回書かれています（{parent.keys[key].line}行目にもあります）。1つにしてください。")
        parent.keys[key] = node.place
        return key

    def _place(self, event: Any) -> Place:
        return Place(file=self._file, line=self._first + event.start_mark.line)
