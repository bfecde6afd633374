"""Frames as Slack sends them, made for one town: every member that the documentation names, filled."""

from typing import Any
from urllib.parse import urlencode

TEAM = "T0TOWN"
APP = "A0CLAIR"
BOT_USER = "U0CLAIR"
BOT = "B0CLAIR"
PERSON = "U0PERSON"
DIRECT = "D0PERSON"
ROOM = "C0ROOM"


def callback(event: dict[str, Any], *, event_id: str, at: float) -> dict[str, Any]:
    """Wrap an event as the Events API does."""
    return {
        "token": "deprecated",
        "team_id": TEAM,
        "api_app_id": APP,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(at),
        "authorizations": [{"enterprise_id": None, "team_id": TEAM, "user_id": BOT_USER, "is_bot": True, "is_enterprise_install": False}],
        "is_ext_shared_channel": False,
        "event_context": f"4-{event_id}",
    }


def said(
    text: str,
    *,
    ts: str,
    channel: str = DIRECT,
    user: str = PERSON,
    kind: str = "message",
    thread: str = "",
    subtype: str = "",
    parent: str = "",
) -> dict[str, Any]:
    """Return a ``message`` or ``app_mention`` event; the text as Slack escapes it."""
    event: dict[str, Any] = {
        "client_msg_id": f"00000000-0000-4000-8000-{ts.replace('.', '')[-12:]}",
        "type": kind,
        "text": text,
        "user": user,
        "ts": ts,
        "team": TEAM,
        "blocks": [{"type": "rich_text", "block_id": "b1", "elements": []}],
        "channel": channel,
        "event_ts": ts,
    }
    if kind == "message":
        event["channel_type"] = "im" if channel.startswith("D") else "channel"
    if thread:
        event["thread_ts"] = thread
    if parent:
        event["parent_user_id"] = parent
    if subtype:
        event["subtype"] = subtype
    return event


def deleted(ts: str, *, channel: str = DIRECT, user: str = PERSON, at: str) -> dict[str, Any]:
    """Return a ``message_deleted`` event."""
    return {
        "type": "message",
        "subtype": "message_deleted",
        "channel": channel,
        "channel_type": "im" if channel.startswith("D") else "channel",
        "hidden": True,
        "deleted_ts": ts,
        "event_ts": at,
        "ts": at,
        "previous_message": {"type": "message", "user": user, "text": "忘れてほしい言葉", "ts": ts, "team": TEAM},
    }


def changed(
    text: str, *, before: str, ts: str, at: str, channel: str = DIRECT, user: str = PERSON, thread: str = "", parent: str = ""
) -> dict[str, Any]:
    """Return a ``message_changed`` event: a person corrected a message."""
    place: dict[str, Any] = {"thread_ts": thread} if thread else {}
    if parent:
        place["parent_user_id"] = parent
    message = {"type": "message", "user": user, "ts": ts, "team": TEAM, "blocks": [], **place}
    return {
        "type": "message",
        "subtype": "message_changed",
        "channel": channel,
        "channel_type": "im" if channel.startswith("D") else "channel",
        "hidden": True,
        "ts": at,
        "event_ts": at,
        "message": {**message, "text": text, "edited": {"user": user, "ts": f"{at.partition('.')[0]}.000000"}},
        "previous_message": {**message, "text": before},
    }


def command(text: str, *, trigger: str, response_url: str, channel: str = ROOM, channel_name: str = "general") -> bytes:
    """Return the form of a slash command."""
    return urlencode(
        {
            "token": "deprecated",
            "team_id": TEAM,
            "team_domain": "town",
            "channel_id": channel,
            "channel_name": channel_name,
            "user_id": PERSON,
            "user_name": "person",
            "command": "/clair",
            "text": text,
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": response_url,
            "trigger_id": trigger,
        }
    ).encode()


def pressed(
    value: str,
    *,
    message_ts: str,
    action_ts: str,
    channel: str = DIRECT,
    thread: str = "",
    response_url: str = "",
    ephemeral: bool = False,
    user: str = PERSON,
) -> dict[str, Any]:
    """Return a ``block_actions`` payload."""
    container = {"type": "message", "message_ts": message_ts, "channel_id": channel, "is_ephemeral": ephemeral}
    if thread:
        container["thread_ts"] = thread
    return {
        "type": "block_actions",
        "user": {"id": user, "username": "person", "name": "person", "team_id": TEAM},
        "api_app_id": APP,
        "token": "deprecated",
        "container": container,
        "trigger_id": f"1.2.{action_ts}",
        "team": {"id": TEAM, "domain": "town"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": channel, "name": "directmessage" if channel.startswith("D") else "general"},
        "message": {"type": "message", "user": BOT_USER, "bot_id": BOT, "ts": message_ts, "text": "…"},
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [
            {
                "action_id": "button-0",
                "block_id": "b1",
                "text": {"type": "plain_text", "text": "相談員に聞く", "emoji": False},
                "value": value,
                "type": "button",
                "action_ts": action_ts,
            }
        ],
    }


def form(payload: str) -> bytes:
    """Return an interactive payload as Slack posts it."""
    return urlencode({"payload": payload}).encode()
