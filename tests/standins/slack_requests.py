"""What a workspace sends over HTTP: signed requests, with ids and times of their own."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.standins import slack_events

from clair_bot.messages import WebhookRequest
from clair_bot_slack.signatures import signature


@dataclass
class AnswerUrl:
    """A response_url, and how often it was used."""

    channel: str
    made_at: float
    uses: int = 0


class SlackRequests:
    """The clock, the ids and the signing secret of a workspace. Needs no server."""

    origin = "http://127.0.0.1:9"

    def __init__(self) -> None:
        self.signing_secret = "8f742231b10e8888abcd99yyyzzz85a5"
        self._answers: dict[str, AnswerUrl] = {}
        self._last_ts = 0
        self._shift = 0.0
        self._count = 0

    # --- time ---------------------------------------------------------------------------------------------------------

    def now(self) -> float:
        return time.time() + self._shift

    def shift(self, seconds: float) -> None:
        """Let time pass."""
        self._shift += seconds

    def next_ts(self) -> str:
        """Return a ts: a string, unique, growing."""
        self._last_ts = max(self._last_ts + 1, int(self.now() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06}"

    # --- what Slack sends to us -----------------------------------------------------------------------------------------

    def signed(self, body: bytes, content_type: str = "application/json", *, age: float = 0) -> WebhookRequest:
        """Return the request with its signature."""
        received, stamp = self.now(), str(int(self.now() - age))
        headers = {
            "content-type": content_type,
            "content-length": str(len(body)),
            "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "x-slack-request-timestamp": stamp,
            "x-slack-signature": signature(self.signing_secret, stamp, body),
        }
        return WebhookRequest(headers=headers, body=body, received_at=datetime.fromtimestamp(received, UTC))

    def signed_form(self, body: bytes) -> WebhookRequest:
        return self.signed(body, "application/x-www-form-urlencoded")

    def signed_event(self, event: dict[str, Any], *, event_id: str = "") -> WebhookRequest:
        return self.signed(json.dumps(self.frame(event, event_id=event_id)).encode())

    def frame(self, event: dict[str, Any], *, event_id: str = "") -> dict[str, Any]:
        self._count += 1
        return slack_events.callback(event, event_id=event_id or f"Ev{self._count:08}", at=self.now())

    def text_event(
        self, text: str, *, event: str = "", channel: str = slack_events.DIRECT, user: str = slack_events.PERSON
    ) -> WebhookRequest:
        """Return a person's message, signed; the same ``event`` is the same message again."""
        ts = f"{1_700_000_000 + int(event)}.000100" if event.isdigit() else self.next_ts()
        words = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return self.signed_event(slack_events.said(words, ts=ts, channel=channel, user=user), event_id=f"EvT{event}" if event else "")

    def mention_pair(self, text: str, *, channel: str = slack_events.ROOM) -> tuple[WebhookRequest, WebhookRequest]:
        """Return the two copies of a mention in a room."""
        ts, words = self.next_ts(), f"<@{slack_events.BOT_USER}> {text}"
        copies = (slack_events.said(words, ts=ts, channel=channel, kind=kind) for kind in ("app_mention", "message"))
        first, second = (self.signed_event(copy) for copy in copies)
        return first, second

    def command(self, text: str, *, channel: str = slack_events.ROOM, channel_name: str = "general") -> WebhookRequest:
        """Return ``/clair TEXT``, signed, with a response_url that works."""
        url = self.answer_url(channel)
        body = slack_events.command(text, trigger=f"13.{self.next_ts()}.t", response_url=url, channel=channel, channel_name=channel_name)
        return self.signed_form(body)

    def answer_url(self, channel: str) -> str:
        self._count += 1
        self._answers[f"a{self._count}"] = AnswerUrl(channel, self.now())
        return f"{self.origin}/answers/a{self._count}"

    def press(
        self,
        value: str,
        *,
        message_ts: str,
        channel: str = slack_events.DIRECT,
        thread: str = "",
        ephemeral: bool = False,
        user: str = slack_events.PERSON,
    ) -> WebhookRequest:
        """Return a pressed button, signed."""
        payload = slack_events.pressed(
            value,
            user=user,
            message_ts=message_ts,
            action_ts=self.next_ts(),
            channel=channel,
            thread=thread,
            ephemeral=ephemeral,
            response_url=self.answer_url(channel),
        )
        return self.signed_form(slack_events.form(json.dumps(payload)))

    def retried(self, request: WebhookRequest, number: int) -> WebhookRequest:
        """Return the request as Slack sends it again: at once, after a minute, after five minutes; signed anew."""
        self.shift((0, 60, 300)[number - 1])
        again = self.signed(request.body, request.headers["content-type"])
        retry = {"x-slack-retry-num": str(number), "x-slack-retry-reason": "http_timeout"}
        return WebhookRequest(headers={**again.headers, **retry}, body=again.body, received_at=again.received_at)
