"""Samples of others, and anything at all: nothing that Slack could send raises, and no person's message is passed over."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.standins import slack_events
from tests.standins.slack_requests import SlackRequests

from clair_bot.messages import InboundKind, WebhookRequest
from clair_bot_slack import payloads, signatures
from clair_bot_slack.adapter import SlackAdapter, create
from clair_bot_slack.attachments import attachments

SAMPLES = Path(__file__).parents[3] / "shared" / "platform-samples" / "slack"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"the platform samples are not at {SAMPLES}")
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def standin() -> SlackRequests:
    """Only what is sent; nobody is called."""
    return SlackRequests()


@pytest.fixture
def adapter(standin: SlackRequests) -> SlackAdapter:
    made = create({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": standin.signing_secret})
    assert made is not None
    return made


@needs_samples
async def test_the_documented_signature_verifies() -> None:
    vector = json.loads((SAMPLES / "signature_vector.json").read_text())
    assert signatures.signature(vector["signing_secret"], vector["timestamp"], vector["body"].encode()) == vector["expected"]


# --- samples of others ----------------------------------------------------------------------------------------------------


def _samples() -> list[Path]:
    return sorted((SAMPLES / "bolt-python").glob("*/*")) if SAMPLES.is_dir() else []


def _sent(standin: SlackRequests, path: Path, *, number: int | None) -> WebhookRequest:
    """Return the sample as Slack would send it, signed; with ids of its own when a number is given."""
    text = path.read_text()
    if path.name.endswith(".form.txt"):
        return standin.signed_form(text.strip().encode())
    frame = json.loads(text)
    if path.parent.name == "socket_mode_envelope":
        frame = frame["payload"]
    if number is not None:
        frame = {**frame, "event_id": f"EvS{number}", "trigger_id": f"t{number}"}
    if frame.get("type") == "event_callback":
        return standin.signed(json.dumps(frame).encode())
    if "command" in frame:
        return standin.signed_form(urlencode(frame).encode())
    return standin.signed_form(slack_events.form(json.dumps(frame)))


def _is_speech(path: Path) -> bool:
    """Tell from the sample's event alone whether a person said something in a place that is named."""
    frame = json.loads(path.read_text())
    event = frame.get("payload", frame).get("event", {})
    spoken = event.get("type") in {"message", "app_mention"} and event.get("subtype") in {None, "file_share", "thread_broadcast"}
    own = frame.get("payload", frame).get("authorizations", [{}])[0].get("user_id") == event.get("user")
    return bool(spoken and event.get("channel") and event.get("user") and not event.get("bot_id") and not own)


@needs_samples
@pytest.mark.parametrize("path", _samples(), ids=lambda path: f"{path.parent.name}-{path.stem}")
async def test_samples_are_survived(standin: SlackRequests, adapter: SlackAdapter, path: Path) -> None:
    result = await adapter.receive(_sent(standin, path, number=1))
    assert result.status == 200
    assert len(result.messages) + result.ignored == 1
    if path.parent.name in {"event_callback", "socket_mode_envelope"} and _is_speech(path):
        (message,) = result.messages
        assert message.kind in {InboundKind.TEXT, InboundKind.MEDIA}
    if path.name.startswith("message_message_changed"):
        (message,) = result.messages
        assert (message.kind, message.text, message.message_id) == (InboundKind.EDITED, "updated message", "1665102338.901939")
    if path.parent.name == "slash_command" and "ssl_check" not in path.read_text():
        assert result.messages[0].kind is InboundKind.TEXT


@needs_samples
def test_a_sample_of_a_file_can_be_fetched() -> None:
    (path,) = (path for path in _samples() if path.name.startswith("message_file_share"))
    (attachment,) = attachments(json.loads(path.read_text())["event"]["files"])
    assert attachment.handle == "https://files.slack.com/files-pri/T111-F111/download/test.png"
    assert (attachment.name, attachment.media_type, attachment.size) == ("test.png", "image/png", 42_706)


@needs_samples
async def test_every_sample_of_speech_counts_once(standin: SlackRequests, adapter: SlackAdapter) -> None:
    paths = [path for path in _samples() if path.parent.name == "event_callback"]
    first_ids = []
    for number, path in enumerate(paths):
        result = await adapter.receive(_sent(standin, path, number=number))
        others = {InboundKind.JOINED, InboundKind.EDITED}
        first_ids += [message.event_ids[0] for message in result.messages if message.kind not in others]
    assert len(set(first_ids)) == len(first_ids) == len(list(filter(_is_speech, paths)))


@needs_samples
async def test_unchanged_samples_share_their_ids(standin: SlackRequests, adapter: SlackAdapter) -> None:
    heard_ids = []
    for path in _samples():
        if path.parent.name == "event_callback":
            heard_ids += [m.event_ids[0] for m in (await adapter.receive(_sent(standin, path, number=None))).messages]
    assert heard_ids.count("Ev111") > 5


# --- anything at all ------------------------------------------------------------------------------------------------------

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "id", "ts", "user", "text", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
_SAID = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("user", "ts", "text", "subtype", "bot_id", "edited", "thread_ts", "files"), _JSON)
    | {
        "user": st.just("U1"),
        "edited": st.just({"user": "U1", "ts": "1.0"}),
        "files": st.lists(
            st.fixed_dictionaries(
                {},
                optional=dict.fromkeys(("url_private", "url_private_download", "name", "mimetype", "size", "mode", "file_access"), _JSON),
            ),
            max_size=2,
        ),
    },
)
_FRAME = st.fixed_dictionaries(
    {"type": st.sampled_from(["event_callback", "block_actions", "url_verification", "view_submission"])},
    optional=dict.fromkeys(
        ("event_id", "event_time", "authorizations", "team_id", "team", "channel", "user", "container", "actions", "challenge", "view"),
        _JSON,
    )
    | {
        "event": st.fixed_dictionaries(
            {"type": st.sampled_from(["message", "app_mention", "member_joined_channel", "channel_id_changed"]), "channel": st.just("C1")},
            optional={
                key: _JSON | st.text(max_size=3)
                for key in ("user", "ts", "text", "subtype", "files", "thread_ts", "previous_message", "message", "event_ts")
            }
            | {
                "subtype": st.sampled_from(["message_changed", "file_share", "message_deleted"]) | _JSON,
                "message": _SAID | _JSON,
                "previous_message": _SAID | _JSON,
                "files": st.lists(_SAID, max_size=2) | _JSON,
            },
        )
    },
)


@given(frame=_FRAME)
async def test_no_frame_raises(frame: dict[str, Any]) -> None:
    standin = SlackRequests()
    result = await _ADAPTER.receive(standin.signed(json.dumps(frame).encode()))
    assert result.status == 200
    assert len(result.messages) <= 1


_made = create({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": SlackRequests().signing_secret})
assert _made is not None
_ADAPTER = _made


@given(body=st.binary(max_size=60), content_type=st.sampled_from(["application/json", "application/x-www-form-urlencoded", ""]))
async def test_no_body_raises(body: bytes, content_type: str) -> None:
    assert (await _ADAPTER.receive(SlackRequests().signed(body, content_type))).status in {200, 400}


@given(frame=_FRAME)
def test_readers_take_any_frame(frame: dict[str, Any]) -> None:
    for reader in (payloads.event, payloads.command, payloads.action):
        if reader is not payloads.event or "event" in frame:
            message = reader(frame, NOW)
            assert message is None or all(message.event_ids)
