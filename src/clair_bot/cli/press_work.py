"""Bulletin work from the command line: one transaction, in somebody's name. The knowledge base is not opened for it."""

import contextlib
import sys
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from clair_bot.cli.output import print_json
from clair_bot.cli.working import open_application, operator, person_named, printable, shown
from clair_bot.errors import ClairBotError

if TYPE_CHECKING:
    from clair_bot.bootstrap import Application
    from clair_bot.domain.bulletins import Bulletin
    from clair_bot.messages import Address
    from clair_bot.ports import UnitOfWork
    from clair_bot.services.bulletins.control import Done
    from clair_bot.services.bulletins.presses import Person, Press

LARGEST = 2_147_483_647
"""What the databases hold as a number."""
Number = Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST, help="配信の番号")]
Reason = Annotated[str, typer.Argument(metavar="REASON", help="理由")]
Deed = Callable[["Press", "Person", "Bulletin"], "Done"]
_SHOWN_START, _SHOWN_END = 3, 2
_SHORTEST = 8
"""An id that is shorter would be given away by what is shown of it."""


@contextlib.contextmanager
def press_work(person: str | None, *, changes: bool = True, application: "Application | None" = None) -> Iterator[tuple["Press", "Person"]]:
    """Begin bulletin work in somebody's name; the caller commits what is to stay.

    Args:
        person: As on the command line; None: whoever operates this machine.
        changes: False for looking only, which does not wait for the database's one writer.
        application: Where it is open already.

    Raises:
        ClairBotError: the person is unknown.
    """
    from clair_bot.services.bulletins.presses import Press
    from clair_bot.services.speaking import Speech

    application = application or open_application()
    with application.store.write() if changes else application.store.read() as work:
        speech = Speech(work, f"cli:{uuid.uuid4()}")
        press = Press(work=work, speech=speech, settings=application.bulletins, now=application.clock.now())
        yield press, press_person(work, person)


def press_person(work: "UnitOfWork", person: str | None) -> "Person":
    """Return in whose name a command acts: somebody registered with their roles, or this machine's user with all of them.

    Raises:
        ClairBotError: nobody is registered so.
    """
    from clair_bot.domain.advisors import Role
    from clair_bot.services.bulletins.presses import Person
    from clair_bot.services.desk.actors import actor_of

    if person is None:
        user = operator()
        return Person(mark=f"cli:{user}", name=user, roles=frozenset(Role))
    advisor = person_named(work, person)
    return Person(mark=actor_of(advisor).mark, name=advisor.name, roles=advisor.roles)


def do(number: int, person: str | None, deed: Deed, *, json: bool, application: "Application | None" = None) -> "Done":
    """Do something to a bulletin in one transaction, and say what came of it.

    Raises:
        ClairBotError: it was refused; nothing has changed.
    """
    from clair_bot.services.bulletins.control import bulletin_of

    with press_work(person, application=application) as (press, who):
        done = deed(press, who, bulletin_of(press, number))
        press.work.commit()
    say(done, json=json)
    return done


def say(done: "Done", *, json: bool) -> None:
    """Say what came of a deed."""
    if json:
        print_json({"id": done.bulletin.id, "revision": done.bulletin.revision, "status": done.bulletin.status.value})
    else:
        print(printable(done.sentence))


def warn_unconnected(application: "Application", channels: set[str]) -> None:
    """Say on standard error which channels have no adapter here."""
    missing = sorted(channels - set(application.adapters))
    if missing:
        names = "、".join(missing)
        print(f"注意: {names} はこのコンピューターでは設定されていません。設定のある worker が送るまで待ちます。", file=sys.stderr)


def address_named(text: str) -> "Address":
    """Return an address as it is stored.

    Raises:
        ClairBotError: it is none, or its channel is not known.
    """
    from clair_bot.manuscripts.subscribers import recipient
    from clair_bot.manuscripts.words import CHANNELS
    from clair_bot.messages import Address

    try:
        address = Address.parse(text)
    except ValueError as error:
        raise ClairBotError(f"「{shown(text)}」は宛先の形ではありません。「line:U…」のように、channel:id で指定してください。") from error
    if address.channel not in CHANNELS.values():
        raise ClairBotError(
            f"{shown(address.channel)} というチャンネルはありません。使えるもの: {'、'.join(dict.fromkeys(CHANNELS.values()))}"
        )
    try:
        return Address(channel=address.channel, recipient=recipient(address.channel, address.recipient))
    except ValueError as error:
        raise ClairBotError(f"{error}。") from error


def veiled(address: str) -> str:
    """Return ``channel:id`` so that it is recognised, and of no use to anybody else."""
    from clair_bot.domain.masking import masked

    channel, _, recipient = address.partition(":")
    if "@" in recipient:
        return f"{channel}:{masked(recipient)}"
    kept = recipient if len(recipient) >= _SHORTEST else recipient[:1]
    start, end = (kept[:_SHOWN_START], kept[-_SHOWN_END:]) if len(kept) > 1 else (kept, "")
    return f"{channel}:{start}…{end}" if recipient else channel


def table(rows: list[list[str]]) -> str:
    """Return rows in columns that stand below each other."""
    widths = [max(wide(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell + " " * (width - wide(cell)) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines)


def wide(text: str) -> int:
    """Return how many columns a terminal takes for a text."""
    import unicodedata

    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in text)
