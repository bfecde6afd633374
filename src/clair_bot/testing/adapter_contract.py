"""What every adapter must do, as tests to inherit: subclass ``AdapterContract`` (``OutboundContract`` where nothing is heard) with a ``harness`` fixture."""

import dataclasses
import uuid
from enum import StrEnum
from typing import Protocol

from clair_bot.errors import DeliveryError
from clair_bot.messages import Address, Block, BlockKind, Button, Card, Choice, InboundKind, OutboundMessage, Source, WebhookRequest
from clair_bot.ports import ChannelAdapter


class Fault(StrEnum):
    """What the platform does to the next send."""

    REFUSED = "refused"  # the connection is refused: certainly not accepted
    LOST_RESPONSE = "lost response"  # accepted, then the connection breaks before the answer
    RATE_LIMITED = "rate limited"  # 429, wait 35 s where the platform names a time
    SERVER_ERROR = "server error"  # 500, not accepted as far as the stand-in knows
    BLOCKED = "blocked"  # this recipient cannot be reached any more
    TOKEN_REVOKED = "token revoked"  # noqa: S105  # our own authorisation is gone


class AdapterHarness(Protocol):
    """An adapter with a stand-in of its platform behind it."""

    adapter: ChannelAdapter
    faults: frozenset[Fault]
    """Those that this platform knows."""

    def text(self, text: str, *, event: str) -> WebhookRequest:
        """Return a properly proved webhook: a person wrote ``text`` in a direct chat. Same ``event``: a redelivery."""
        ...

    def forged(self, request: WebhookRequest) -> WebhookRequest:
        """Return the request with a wrong proof of origin."""
        ...

    def unproved(self, request: WebhookRequest) -> WebhookRequest:
        """Return the request without any proof of origin."""
        ...

    def proved(self, body: bytes) -> WebhookRequest:
        """Return a request with this body and a right proof of origin."""
        ...

    def unknown(self) -> WebhookRequest:
        """Return a proved event of a type that nobody knows."""
        ...

    def recipient(self) -> Address:
        """Return a person who can be written to."""
        ...

    def delivered(self, to: Address) -> list[str]:
        """Return what that person can read, one entry per platform message, in order; markup undone, escapes as shown."""
        ...

    def fail_next(self, fault: Fault) -> None:
        """Let the next send meet this fault, once."""
        ...


HOSTILE = "<!channel> <@U123> &lt; <b>太字</b> *a* _b_ `c` [x](javascript:1) \u202e(emoji)"


def message(to: Address, *paragraphs: str) -> OutboundMessage:
    """Return a plain message with a fresh key."""
    return OutboundMessage(to=to, idempotency_key=str(uuid.uuid4()), paragraphs=paragraphs)


class OutboundContract:
    """What every adapter does with what we want to say. ``harness`` is an ``AdapterHarness``, of which inbound parts are not used."""

    async def test_text_arrives_as_written(self, harness: AdapterHarness) -> None:
        """What people write is shown literally (S7)."""
        receipt = await harness.adapter.send(message(harness.recipient(), HOSTILE, "二段落目です。"))
        shown = "\n".join(harness.delivered(harness.recipient()))
        assert HOSTILE in shown
        assert "二段落目です。" in shown
        assert len(receipt.message_ids) in {0, 1}

    async def test_everything_of_a_rich_message_is_shown(self, harness: AdapterHarness) -> None:
        """Card, sources, choices and buttons survive the rendering."""
        rich = dataclasses.replace(
            message(harness.recipient(), "次の記事が近いかもしれません。"),
            card=Card(
                title="食品展に出展するには <要確認>",
                blocks=(
                    Block(kind=BlockKind.PARAGRAPH, text="経済交流課にご相談ください & お待ちします。"),
                    Block(kind=BlockKind.HEADING, text="詳しく"),
                    Block(kind=BlockKind.ITEM, text="出展料は要確認です。"),
                ),
                sources=(Source(title="フラッシュ", url="https://example.jp/a?b=1&c=2", as_of="2024-12-11"),),
                note="担当: 経済交流課",
            ),
            choices=(Choice(title="とても長い題名の記事" * 6, action="a:i-4-x"), Choice(title="短い題名", action="a:i-4-y")),
            buttons=(Button(label="相談員に聞く", action="human"), Button(label="メニュー", action="menu")),
        )
        await harness.adapter.send(rich)
        shown = "\n".join(harness.delivered(harness.recipient()))
        for text in (
            "次の記事が",
            "食品展に出展するには <要確認>",
            "経済交流課にご相談ください & お待ちします。",
            "詳しく",
            "出展料は要確認です。",
        ):
            assert text in shown
        for text in ("フラッシュ", "2024-12-11", "担当: 経済交流課", "とても長い題名の記事" * 6, "短い題名", "相談員に聞く", "メニュー"):
            assert text in shown

    async def test_long_text_is_split_not_cut(self, harness: AdapterHarness) -> None:
        """12,000 characters with surrogate pairs arrive whole and in order."""
        sentences = [f"{n}番目の文です🍎。" for n in range(1_000)]
        await harness.adapter.send(message(harness.recipient(), "".join(sentences)))
        shown = "".join(harness.delivered(harness.recipient()))
        places = [shown.find(sentence) for sentence in sentences]
        assert -1 not in places
        assert places == sorted(places)

    async def test_refused_connections_may_be_repeated(self, harness: AdapterHarness) -> None:
        """Nothing was accepted: a passing fault."""
        error = await self._fault(harness, Fault.REFUSED)
        assert not (error.permanent or error.uncertain or error.unreachable)
        assert harness.delivered(harness.recipient()) == []

    async def test_lost_responses_never_deliver_twice(self, harness: AdapterHarness) -> None:
        """Either the adapter finds out, or it says that it does not know."""
        harness.fail_next(Fault.LOST_RESPONSE)
        sent = message(harness.recipient(), "一度だけ")
        try:
            await harness.adapter.send(sent)
        except DeliveryError as error:
            assert error.uncertain or harness.adapter.repeats_safely  # noqa: PT017
            if harness.adapter.repeats_safely:
                await harness.adapter.send(dataclasses.replace(sent, maybe_sent=True))
        assert harness.delivered(harness.recipient()) == ["一度だけ"]

    async def test_rate_limits_say_how_long(self, harness: AdapterHarness) -> None:
        """429: nothing sent, and the time where the platform names it (R10)."""
        error = await self._fault(harness, Fault.RATE_LIMITED)
        assert error.retry_after is not None
        assert error.retry_after >= 1
        assert not (error.permanent or error.uncertain)

    async def test_blocked_recipients_are_permanent(self, harness: AdapterHarness) -> None:
        """This recipient failed, for good (R12)."""
        if Fault.BLOCKED not in harness.faults:
            return
        error = await self._fault(harness, Fault.BLOCKED)
        assert error.permanent
        assert not error.channel_down

    async def test_a_revoked_token_is_nobody_elses_fault(self, harness: AdapterHarness) -> None:
        """The channel is down; nothing is thrown away."""
        error = await self._fault(harness, Fault.TOKEN_REVOKED)
        assert error.channel_down
        assert not error.permanent

    async def _fault(self, harness: AdapterHarness, fault: Fault) -> DeliveryError:
        harness.fail_next(fault)
        try:
            await harness.adapter.send(message(harness.recipient(), "一度だけ"))
        except DeliveryError as error:
            return error
        raise AssertionError(fault)

    async def test_check_names_the_bot(self, harness: AdapterHarness) -> None:
        """One line for people."""
        assert (await harness.adapter.check()).strip()


class AdapterContract(OutboundContract):
    """And what every adapter does with what it hears. ``harness`` is an ``AdapterHarness``."""

    async def test_a_text_becomes_one_message(self, harness: AdapterHarness) -> None:
        """Verified, translated, in a direct chat, addressed to us."""
        result = await harness.adapter.receive(harness.text("食品展に出したい", event="1"))
        assert result.status == 200
        (heard,) = result.messages
        assert heard.kind is InboundKind.TEXT
        assert heard.text == "食品展に出したい"
        assert heard.address.channel == harness.adapter.name
        assert heard.direct
        assert heard.addressed
        assert heard.sender
        assert heard.event_ids
        assert heard.sent_at.tzinfo is not None

    async def test_a_redelivery_has_the_same_event_ids(self, harness: AdapterHarness) -> None:
        """The inbox can recognise it; another message differs in all of them."""
        first = (await harness.adapter.receive(harness.text("一", event="1"))).messages[0]
        again = (await harness.adapter.receive(harness.text("一", event="1"))).messages[0]
        other = (await harness.adapter.receive(harness.text("二", event="2"))).messages[0]
        assert first.event_ids == again.event_ids
        assert not set(first.event_ids) & set(other.event_ids)

    async def test_no_proof_no_entry(self, harness: AdapterHarness) -> None:
        """Forged or without proof: 401 and nothing heard (S1)."""
        request = harness.text("一", event="1")
        for bad in (harness.forged(request), harness.unproved(request)):
            result = await harness.adapter.receive(bad)
            assert result.status == 401
            assert not result.messages

    async def test_strange_headers_are_401(self, harness: AdapterHarness) -> None:
        """Non-ASCII, empty and endless proofs are refused, never an error."""
        request = harness.text("一", event="1")
        for value in ("", "é署名", "x" * 10_000, "v0=", "\x00"):
            headers = {name: value if name not in {"content-type", "content-length"} else old for name, old in request.headers.items()}
            assert (await harness.adapter.receive(dataclasses.replace(request, headers=headers))).status == 401

    async def test_what_cannot_be_read_is_400(self, harness: AdapterHarness) -> None:
        """Proved, but no JSON, or JSON of the wrong shape (S4)."""
        for body in (b"{oops", b"\xff\xfe", b"", b"[]", b"3", b'"x"', b"null", b"{}", b"[" * 100_000):
            result = await harness.adapter.receive(harness.proved(body))
            assert result.status == 400, body[:20]
            assert not result.messages

    async def test_an_unknown_event_is_acknowledged(self, harness: AdapterHarness) -> None:
        """200, no message, counted."""
        result = await harness.adapter.receive(harness.unknown())
        assert result.status == 200
        assert not result.messages
        assert result.ignored == 1
