"""Bolt, dispatching in process: its listeners only translate, into a list that the request brings along."""

import logging
import re
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import structlog

from clair_bot.messages import InboundMessage, WebhookResult
from clair_bot_slack import payloads
from clair_bot_slack.fields import Frame, word

if TYPE_CHECKING:
    from slack_bolt.app.async_app import AsyncApp

_log = structlog.get_logger()
_ANYTHING = re.compile(".*", re.DOTALL)
_Reader = Callable[[Frame, datetime], InboundMessage | None]

QUIET = logging.getLogger("clair_bot_slack.sdk")
"""The SDKs log whole messages at DEBUG, and one-use addresses with errors: they write here, and we log outcomes ourselves."""
QUIET.setLevel(logging.CRITICAL)


class Switchboard:
    """Routes a verified frame to the reader of its kind."""

    async def hear(self, frame: Frame, now: datetime) -> WebhookResult:
        """Translate one frame; whatever Bolt answers to what nobody takes (404), Slack gets 200."""
        from slack_bolt.request.async_request import AsyncBoltRequest

        heard: list[InboundMessage] = []
        context = {"frame": frame, "now": now, "heard": heard}
        # A dict is only allowed in this mode; our own check of the signature, bound to the request's arrival, is done before.
        answer = await self._app.async_dispatch(AsyncBoltRequest(body=_outline(frame), context=context, mode="socket_mode"))
        if word(frame, "type") == "url_verification":
            return WebhookResult(body=answer.body.encode(), content_type="application/json; charset=utf-8")
        if answer.status >= 500:  # noqa: PLR2004
            _log.error("slack_frame_failed", event=word(frame, "event_id"))
        return WebhookResult(messages=tuple(heard), ignored=0 if heard else 1)

    @cached_property
    def _app(self) -> "AsyncApp":
        from slack_bolt.app.async_app import AsyncApp
        from slack_sdk.web.async_client import AsyncWebClient

        app = AsyncApp(
            name="clair-bot",
            logger=QUIET,
            process_before_response=True,
            client=AsyncWebClient(logger=QUIET),
            authorize=_authorize,
            # Ours stand in front (signatures.py) and behind (payloads.py): they hold for what Bolt does not know as well.
            request_verification_enabled=False,
            ignoring_self_events_enabled=False,
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )
        app.event({"type": _ANYTHING})(_listener(payloads.event))  # type: ignore[dict-item]
        app.command(_ANYTHING)(_listener(payloads.command))
        app.block_action(_ANYTHING)(_listener(payloads.action))
        return app


async def _authorize() -> Any:
    """Answer without asking Slack: with ``token=`` Bolt calls auth.test on the way in, and an outage there loses events here."""
    from slack_bolt.authorization import AuthorizeResult

    return AuthorizeResult(enterprise_id=None, team_id=None)


def _listener(reader: _Reader) -> Callable[..., Any]:
    async def translate(context: Any, ack: Any) -> None:
        message = reader(context["frame"], context["now"])
        if message is not None:
            context["heard"].append(message)
        await ack()

    return translate


def _outline(frame: Frame) -> dict[str, Any]:
    """Return only what Bolt routes by, all strings: it raises on members of another shape that do not matter to us."""
    outline: dict[str, Any] = {key: word(frame, key) for key in ("type", "command", "ssl_check", "challenge") if word(frame, key)}
    if kind := word(frame, "event", "type"):
        outline["event"] = {"type": kind}
    actions = frame.get("actions")
    if isinstance(actions, list) and actions:
        outline["actions"] = [{"action_id": word(actions[0], "action_id"), "type": word(actions[0], "type")}]
    return outline
