"""Desk work from the command line: one transaction, in somebody's name, delivered by the worker that runs anyway."""

import contextlib
import os
import pwd
import unicodedata
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from clair_bot.cli.output import configure_logs
from clair_bot.errors import ClairBotError

if TYPE_CHECKING:
    from clair_bot.bootstrap import Application
    from clair_bot.domain.advisors import Advisor
    from clair_bot.domain.desks import Desk, Desks
    from clair_bot.ports import UnitOfWork
    from clair_bot.services.desk.actors import Actor
    from clair_bot.services.desk.shifts import Shift

Json = Annotated[bool, typer.Option("--json", help="JSONで出力")]
Person = Annotated[
    str | None,
    typer.Option("--as", metavar="PERSON", help="だれとして行うか（channel:id か登録した名前。既定: OSの利用者名の管理者）"),
]

_REPEATED = 40
_CONTROLS = frozenset({"Cc", "Cs"})


def open_application() -> "Application":
    """Return the wired application on a database with current tables.

    Raises:
        ClairBotError: settings are wrong, or the database cannot be used.
    """
    from clair_bot.bootstrap import bootstrap
    from clair_bot.settings import read_settings
    from clair_bot.storage.schema import require_current

    configure_logs()
    application = bootstrap(read_settings())
    require_current(application.store.engine)
    return application


@contextlib.contextmanager
def desk_work(person: str | None, *, changes: bool = True) -> Iterator[tuple["Shift", "Actor"]]:
    """Begin desk work in somebody's name; the caller commits what is to stay.

    Args:
        person: As on the command line; None: whoever operates this machine.
        changes: False for looking only, which does not wait for the database's one writer.

    Raises:
        ClairBotError: the person is unknown or may not act.
    """
    from clair_bot.services.desk.shifts import Shift
    from clair_bot.services.speaking import Speech

    application = open_application()
    retriever = application.retriever  # before the transaction, which keeps others waiting
    with application.store.write() if changes else application.store.read() as work:
        speech = Speech(work, f"cli:{uuid.uuid4()}")
        now = application.clock.now()
        shift = Shift(work=work, speech=speech, settings=application.desk, retriever=retriever, now=now)
        yield shift, actor_named(work, person)


def actor_named(work: "UnitOfWork", person: str | None) -> "Actor":
    """Return in whose name a command acts.

    Raises:
        ClairBotError: nobody is registered so, or the person may not act on tickets.
    """
    from clair_bot.domain.advisors import DESK_ROLES
    from clair_bot.services.desk.actors import Actor, actor_of

    if person is None:
        user = operator()
        return Actor(mark=f"cli:{user}", name=user, advisor=None)
    advisor = person_named(work, person)
    if not advisor.roles & DESK_ROLES:
        raise ClairBotError(f"{advisor.name}さんの役割は相談員以外のため、操作できません。管理者にお問い合わせください。")
    return actor_of(advisor)


def person_named(work: "UnitOfWork", text: str) -> "Advisor":
    """Return who is registered under an address or a name.

    Raises:
        ClairBotError: nobody is.
    """
    from clair_bot.messages import Address

    found = None
    with contextlib.suppress(ValueError):
        found = work.advisors.at(Address.parse(text))
    found = found or work.advisors.named(text)
    if found is None:
        raise ClairBotError(f"「{shown(text)}」という相談員は登録されていません。clair-bot advisor list で確かめてください。")
    return found


def desk_named(desks: "Desks", text: str) -> "Desk":
    """Return the desk with a key or a name.

    Raises:
        ClairBotError: there is none.
    """
    from clair_bot.services.desk.orders import read_desk

    found = read_desk(desks, "".join(text.split()))
    if found is None:
        raise ClairBotError(f"「{shown(text)}」という窓口はありません。使えるもの: {'、'.join(desks.by_key)}")
    return found[0]


def operator() -> str:
    """Return the operating system's own name of who runs the command: the environment's could be anybody's."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid{os.getuid()}"


def readable(text: str) -> str:
    """Return a text from the command line without blanks around it.

    Raises:
        ClairBotError: there is nothing left, or the terminal has sent what is no UTF-8.
    """
    if not text.strip():
        raise ClairBotError("本文がありません。受付番号のあとに本文を指定してください。")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ClairBotError("文字を読み取れません。端末の文字コードを UTF-8 にしてください。") from error
    return text.strip()


def has_controls(text: str) -> bool:
    """Tell whether a text holds control characters, or what is no character at all."""
    return any(unicodedata.category(character) in _CONTROLS for character in text)


def printable(text: str) -> str:
    """Return what others wrote as it may go to a terminal, which would obey control characters."""
    return "".join("\ufffd" if has_controls(character) and character not in "\n\t" else character for character in text)


def shown(text: str) -> str:
    """Return the beginning of something that was typed, in one line, as a sentence repeats it."""
    line = " ".join(text.encode(errors="replace").decode().split())
    return line if len(line) <= _REPEATED else line[: _REPEATED - 1] + "…"
