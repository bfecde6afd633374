"""What comes in: Slack's frames (events, commands, pressed buttons), read by hand and tolerantly, into our words.

No function here raises for any JSON. Whatever is none of our business gives None.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from clair_bot.messages import Address, InboundKind, InboundMessage
from clair_bot_slack import markup
from clair_bot_slack.attachments import attachments
from clair_bot_slack.fields import Frame, members, word

RESPONSE_URL_LIFETIME = timedelta(minutes=30)
"""Slack: a ``response_url`` can be used up to five times within thirty minutes."""
_SPEECH = {"", "file_share", "thread_broadcast"}
"""Subtypes of what a person said."""


def read_frame(body: bytes, content_type: str) -> Frame | None:
    """Decode a request's body: JSON with a ``type``, or a form with ``command``, ``payload`` or ``ssl_check``. Else None."""
    try:
        if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
            return _typed(json.loads(body))
        form = {name: values[-1] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
        if "payload" in form:
            return _typed(json.loads(form["payload"]))
    except (ValueError, RecursionError):
        return None
    return form if form.get("command") or form.get("ssl_check") else None


def _typed(frame: Any) -> Frame | None:
    return frame if isinstance(frame, dict) and word(frame, "type") else None


def _moment(ts: str, otherwise: datetime) -> datetime:
    """Read Slack's ``1595926230.009600``."""
    found = re.fullmatch(r"([0-9]{1,11})(?:\.([0-9]{1,6}))?", ts)
    if not found:
        return otherwise
    return datetime.fromtimestamp(int(found[1]), UTC) + timedelta(microseconds=int((found[2] or "0").ljust(6, "0")))


def _bots(frame: Frame) -> set[str]:
    """Return our bot's user ids, as the event's ``authorizations`` name them."""
    return {word(member, "user_id") for member in members(frame, "authorizations") if member.get("is_bot") is True} - {""}


def _event_moment(frame: Frame, now: datetime) -> datetime:
    when = frame.get("event_time")
    return _moment(word(frame, "event", "event_ts") or (str(when) if isinstance(when, int) else ""), now)


def event(frame: Frame, now: datetime) -> InboundMessage | None:
    """Translate an Events API frame (``event_callback``)."""
    kind, ours = word(frame, "event", "type"), word(frame, "event", "user") in _bots(frame)
    if kind in {"message", "app_mention"}:
        return _message(frame, now)
    if kind == "member_joined_channel" and ours:
        return _room(frame, InboundKind.JOINED, now)
    if kind in {"channel_left", "group_left"} or (kind == "member_left_channel" and ours):
        return _room(frame, InboundKind.LEFT, now)
    return _moved(frame, now) if kind == "channel_id_changed" else None


def _message(frame: Frame, now: datetime) -> InboundMessage | None:
    subtype = word(frame, "event", "subtype")
    if subtype in _SPEECH:
        return _spoken(frame, now)
    # The root of a thread that has replies is not deleted but changed into a tombstone.
    tombstone = subtype == "message_changed" and word(frame, "event", "message", "subtype") == "tombstone"
    if subtype == "message_deleted" or tombstone:
        return _withdrawn(frame, now)
    return _edited(frame, now) if subtype == "message_changed" else None


def _spoken(frame: Frame, now: datetime) -> InboundMessage | None:
    said = frame["event"]
    bots, raw, channel, user, ts = _bots(frame), word(said, "text"), word(said, "channel"), word(said, "user"), word(said, "ts")
    ids = tuple(filter(None, (word(frame, "event_id"), _place(frame, channel, ts) if ts else "")))
    if not (channel and user and ids) or user in bots or word(said, "bot_id"):
        return None
    mention, mentioned = word(said, "type") == "app_mention", markup.mentions(raw)
    if mention and not bots:
        bots = set(mentioned[:1])
    direct = word(said, "channel_type") == "im" or channel.startswith("D")
    root = word(said, "thread_ts")
    addressed = direct or mention or bool(bots & {*mentioned, word(said, "parent_user_id")})
    text, files = markup.plain(raw, bots=bots), members(said, "files")
    bare_mention = addressed and not text and bool(mentioned)
    return InboundMessage(
        event_ids=ids,
        kind=InboundKind.MEDIA if files or not (text or bare_mention) else InboundKind.TEXT,
        address=Address(channel="slack", recipient=channel),
        sender=user,
        sent_at=_moment(ts, _event_moment(frame, now)),
        text="help" if bare_mention and not files else text,
        message_id=ts,
        attachments=attachments(files),
        reply_to=root if root != ts else "",
        thread=root or ("" if direct else ts),
        direct=direct,
        addressed=addressed,
    )


def _edited(frame: Frame, now: datetime) -> InboundMessage | None:
    """Translate a message whose words a person changed; unfurled links and pins come as ``message_changed`` too, with the same words."""
    event = frame["event"]
    message, previous = event.get("message"), event.get("previous_message")
    if not (isinstance(message, Mapping) and isinstance(message.get("edited"), Mapping) and word(message, "subtype") in _SPEECH):
        return None
    if word(message, "text") == word(previous, "text"):
        return None
    ts, changed = word(message, "ts") or word(previous, "ts"), word(event, "event_ts") or word(event, "ts") or word(message, "edited", "ts")
    said = {**message, "type": "message", "ts": ts, "channel": event.get("channel"), "channel_type": event.get("channel_type")}
    spoken = _spoken({**frame, "event": said}, now) if ts else None
    place = f"{_place(frame, word(event, 'channel'), ts)}:edited:{changed}" if changed else ""
    ids = tuple(filter(None, (word(frame, "event_id"), place)))
    if spoken is None or not ids:
        return None
    return replace(spoken, kind=InboundKind.EDITED, event_ids=ids, sent_at=_event_moment(frame, now), attachments=())


def _place(frame: Frame, channel: str, ts: str) -> str:
    """Return the id that the two copies of one message share: it comes as ``app_mention`` and as ``message``."""
    return f"{word(frame, 'team_id')}:{channel}:{ts}"


def _withdrawn(frame: Frame, now: datetime) -> InboundMessage | None:
    previous, channel = frame["event"].get("previous_message"), word(frame, "event", "channel")
    ts = word(frame, "event", "deleted_ts") or word(previous, "ts")
    if not (channel and ts) or word(previous, "bot_id") or word(previous, "user") in _bots(frame):
        return None
    direct = word(frame, "event", "channel_type") == "im" or channel.startswith("D")
    return InboundMessage(
        event_ids=tuple(filter(None, (word(frame, "event_id"), f"{_place(frame, channel, ts)}:withdrawn"))),
        kind=InboundKind.WITHDRAWN,
        address=Address(channel="slack", recipient=channel),
        sender=word(previous, "user"),
        sent_at=_event_moment(frame, now),
        message_id=ts,
        thread=word(previous, "thread_ts"),
        direct=direct,
    )


def _room(frame: Frame, kind: InboundKind, now: datetime) -> InboundMessage | None:
    channel, event_id = word(frame, "event", "channel"), word(frame, "event_id")
    if not (channel and event_id):
        return None
    return InboundMessage(
        event_ids=(event_id,),
        kind=kind,
        address=Address(channel="slack", recipient=channel),
        sender=word(frame, "event", "inviter"),
        sent_at=_event_moment(frame, now),
        direct=False,
    )


def _moved(frame: Frame, now: datetime) -> InboundMessage | None:
    old, new, event_id = (word(frame, *path) for path in (("event", "old_channel_id"), ("event", "new_channel_id"), ("event_id",)))
    if not (old and new and event_id):
        return None
    return InboundMessage(
        event_ids=(event_id,),
        kind=InboundKind.MOVED,
        address=Address(channel="slack", recipient=old),
        sender="",
        sent_at=_event_moment(frame, now),
        direct=False,
        moved_to=Address(channel="slack", recipient=new),
    )


def command(frame: Frame, now: datetime) -> InboundMessage | None:
    """Translate a slash command: ``/clair TEXT`` is TEXT, said to us."""
    channel, user = word(frame, "channel_id"), word(frame, "user_id")
    event_id = word(frame, "trigger_id") or word(frame, "response_url")
    if not (channel and user and event_id):
        return None
    return InboundMessage(
        event_ids=(f"command:{event_id}",),
        kind=InboundKind.TEXT,
        address=Address(channel="slack", recipient=channel),
        sender=user,
        sent_at=now,
        text=markup.plain(word(frame, "text"), bots=()) or "help",
        direct=word(frame, "channel_name") == "directmessage" or channel.startswith("D"),
        reply_handle=_handle(word(frame, "response_url"), now),
    )


def _handle(url: str, now: datetime) -> str:
    """Return the address to answer at, with its deadline in front."""
    return f"{int((now + RESPONSE_URL_LIFETIME).timestamp())} {url}" if url else ""


def action(frame: Frame, now: datetime) -> InboundMessage | None:
    """Translate a pressed button (``block_actions``)."""
    pressed = next(iter(members(frame, "actions")), None)
    value = word(pressed, "value") or word(pressed, "selected_option", "value")
    channel, user = word(frame, "container", "channel_id") or word(frame, "channel", "id"), word(frame, "user", "id")
    if not (value and channel and user):
        return None
    ts, root = word(frame, "container", "message_ts") or word(frame, "message", "ts"), word(frame, "container", "thread_ts")
    direct, pressed_at = channel.startswith("D"), word(pressed, "action_ts") or word(frame, "trigger_id")
    container = frame.get("container")
    # Nobody can open a thread below a message that only one person sees; it is answered where it came from.
    private = isinstance(container, Mapping) and container.get("is_ephemeral") is True
    return InboundMessage(
        event_ids=(f"action:{user}:{channel}:{pressed_at}:{word(pressed, 'action_id')}",),
        kind=InboundKind.ACTION,
        address=Address(channel="slack", recipient=channel),
        sender=user,
        sent_at=_moment(word(pressed, "action_ts"), now),
        action=value,
        message_id=ts,
        reply_to=root if root != ts else "",
        thread=root or ("" if direct or private else ts),
        direct=direct,
        reply_handle=_handle(word(frame, "response_url"), now) if private else "",
    )
