"""Desk work from the command line: one transaction, in somebody's name."""

import contextlib
import getpass
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from clair_bot.errors import ClairBotError

if TYPE_CHECKING:
    from clair_bot.bootstrap import Application
    from clair_bot.domain.tickets import Ticket
    from clair_bot.services.desk.actors import Actor
    from clair_bot.services.desk.shifts import Shift

Person = Annotated[str, typer.Option("--as", help="だれとして行うか（登録した名前か channel:id。省略すると管理者）")]
Json = Annotated[bool, typer.Option("--json", help="JSONで出力")]


def application() -> "Application":
    """Return the application on a migrated database.

    Raises:
        ClairBotError: settings or database are not usable.
    """
    from clair_bot.bootstrap import bootstrap
    from clair_bot.settings import read_settings
    from clair_bot.storage.schema import require_current

    made = bootstrap(read_settings())
    require_current(made.store.engine)
    return made


@contextlib.contextmanager
def shift() -> Iterator["Shift"]:
    """Open a transaction for desk work; it is committed where nothing was raised."""
    from clair_bot.services.desk.shifts import Shift
    from clair_bot.services.speaking import Speech

    app = application()
    with app.store.write() as work:
        speech = Speech(work, f"cli:{uuid.uuid4()}")
        yield Shift(work=work, speech=speech, settings=app.desk, retriever=app.retriever, now=app.clock.now())
        work.commit()


def acting(shift: "Shift", person: str) -> "Actor":
    """Return who acts: a registered person, or without a name an administrator called like the user of the operating system.

    Raises:
        ClairBotError: nobody is registered under this name or address.
    """
    from clair_bot.messages import Address
    from clair_bot.services.desk.actors import Actor, actor_of

    if not person:
        user = getpass.getuser()
        return Actor(mark=f"cli:{user}", name=user, advisor=None)
    with contextlib.suppress(ValueError):
        if advisor := shift.work.advisors.at(Address.parse(person)):
            return actor_of(advisor)
    if advisor := shift.work.advisors.named(person):
        return actor_of(advisor)
    raise ClairBotError(f"「{person}」という人は登録されていません。clair-bot advisor list で確かめてください。")


def ticket_of(shift: "Shift", number: int) -> "Ticket":
    """Return a ticket for changing.

    Raises:
        ClairBotError: there is none with this number.
    """
    ticket = shift.work.tickets.lock(number) if 0 < number < 2**31 else None
    if ticket is None:
        raise ClairBotError(f"受付番号{number}の相談は見つかりません。clair-bot ticket list で確かめてください。")
    return ticket
