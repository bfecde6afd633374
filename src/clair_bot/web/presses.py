"""Presses: bulletin work on behalf of somebody at a page."""

import uuid

from clair_bot.bootstrap import Application
from clair_bot.ports import UnitOfWork
from clair_bot.services.bulletins.presses import Press
from clair_bot.services.speaking import Speech


def press_of(application: Application, work: UnitOfWork) -> Press:
    """Return what bulletin work needs inside this transaction."""
    speech = Speech(work, f"page:{uuid.uuid4()}")
    return Press(work=work, speech=speech, settings=application.bulletins, now=application.clock.now())
