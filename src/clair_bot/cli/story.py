"""The demo's story, played through the real dispatcher and relay and printed as a transcript."""

import asyncio
import hashlib
import hmac
import json
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from clair_bot.domain.deliveries import Delivery
from clair_bot.errors import ClairBotError
from clair_bot.messages import Address, OutboundMessage, WebhookRequest
from clair_bot.worker import running

if TYPE_CHECKING:
    from clair_bot.bootstrap import Application

ASKER = "demo.line"
DESK = Address(channel="web", recipient="desk")
_PATIENCE_SECONDS = 15.0


def tell(application: "Application") -> None:
    """Play the story.

    Raises:
        ClairBotError: a step of it did not happen.
    """
    asyncio.run(_play(Stage(application)))


async def _play(stage: "Stage") -> None:
    async with running(stage.application):
        print("━━ クレア相談ボット　体験（通信なし） ━━")
        stage.title("1. 質問すると、出典つきで答える")
        await stage.ask("海外の食品展に、地元の事業者と出展したい", expect="出典")
        stage.title("2. 言い方があいまいなら、聞き返す・詳しく見せる")
        await stage.ask("メニュー", expect="Ⅶ 海外事務所")
        await stage.ask("7", expect="海外事務所")
        stage.title("3. 分からないことは答えず、相談員に引き継ぐ")
        await stage.ask("月面基地との姉妹都市提携に補助金は出ますか", expect="受付番号")
        card = await stage.desk(expect="月面基地")
        await stage.ask("○○市国際課", expect="どの国")
        await stage.desk(expect="○○市国際課")
        stage.title("4. 相談員は、自分の部屋で返信するだけ")
        await stage.advise("担当", card)
        await stage.answer(expect="担当者が決まりました")
        await stage.advise("メモ: 前例なし", card)
        await stage.advise("現在、対象は海外の地方政府に限られます。ご検討の内容をお聞かせください。", card)
        await stage.answer(expect="対象は海外の地方政府")
        stage.title("5. 続けて書けば、相談に加わる")
        await stage.ask("ありがとうございます。議会への説明資料も必要になりそうです。", expect="受付番号")
        await stage.desk(expect="議会への説明資料")
        stage.title("6. 解決で閉じ、評価を尋ねる")
        await stage.advise("解決", card)
        await stage.answer(expect="お役に立ちましたか")
        await stage.ask("役に立った", expect="ありがとうございます")
        await stage.desk(expect="役に立った")
        await stage.ask("状況", expect="解決")
        print("\n━━ 終わり ━━")


class Stage:
    """Speaks as the asker and as the advisor, and waits for what they hear."""

    def __init__(self, application: "Application") -> None:
        """Play on this application."""
        self.application = application
        self._heard: dict[Address, int] = {}

    @staticmethod
    def title(text: str) -> None:
        """Print the heading of a scene."""
        print(f"\n■ {text}")

    async def ask(self, text: str, *, expect: str) -> None:
        """Write as the asker and wait for the answer."""
        print(f"\n  職員　　＞ {text}")
        visitor, _, view = ASKER.partition(".")
        await self._write({"visitor": visitor, "view": view, "text": text})
        await self.answer(expect=expect)

    async def answer(self, *, expect: str) -> None:
        """Wait until the asker hears something."""
        await self._hear(Address(channel="web", recipient=ASKER), "ボット　", expect)

    async def desk(self, *, expect: str) -> str:
        """Wait until the desk hears something; return the message's id."""
        delivery = await self._hear(DESK, "相談員室", expect)
        return delivery.message_ids[0]

    async def advise(self, text: str, card: str) -> None:
        """Reply to a card as the advisor."""
        print(f"\n  相談員　＞ {text}")
        await self._write({"visitor": DESK.recipient, "room": True, "text": text, "reply_to": card})
        await self.desk(expect="受付番号")

    async def _write(self, body: dict[str, object]) -> None:
        raw = json.dumps({"event": str(uuid.uuid4()), **body}, ensure_ascii=False).encode()
        signature = hmac.new(self.application.web_secret.encode(), raw, hashlib.sha256).hexdigest()
        request = WebhookRequest(headers={"x-clair-signature": signature}, body=raw, received_at=self.application.clock.now())
        result = await self.application.adapters["web"].receive(request)
        await asyncio.to_thread(self.application.intake.record, result.messages)
        self.application.inbox_waker.wake()

    async def _hear(self, address: Address, who: str, expect: str) -> Delivery:
        for _ in range(int(_PATIENCE_SECONDS / 0.05)):
            for delivery in await asyncio.to_thread(self._new, address):
                self._heard[address] = delivery.id
                text = transcript(delivery.message)
                print("\n" + "\n".join(f"  {who}＜ {line}" for line in text.splitlines()))
                if expect in text:
                    return delivery
            await asyncio.sleep(0.05)
        raise ClairBotError(f"体験が途中で止まりました（「{expect}」が届きません）。clair-bot doctor で点検してください。")

    def _new(self, address: Address) -> Sequence[Delivery]:
        with self.application.store.read() as work:
            return work.outbox.read(address, after=self._heard.get(address, 0))


def transcript(message: OutboundMessage) -> str:
    """Return a message as plain lines."""
    lines = [line for paragraph in message.paragraphs for line in paragraph.splitlines()]
    if message.card:
        lines += [f"【{message.card.title}】", *(block.text for block in message.card.blocks)]
        lines += [f"出典: {source.title}（{source.as_of}）{source.url or ''}" for source in message.card.sources]
        lines += [message.card.note] if message.card.note else []
    lines += [f"{number}. {choice.title}" for number, choice in enumerate(message.choices, start=1)]
    if message.buttons:
        lines.append(" ".join(f"[{button.label}]" for button in message.buttons))
    return "\n".join(lines)
