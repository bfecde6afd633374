"""The demo's story, played through the real dispatcher and relay and printed as a transcript."""

import asyncio
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from clair_bot.domain.deliveries import Delivery
from clair_bot.errors import ClairBotError
from clair_bot.messages import Address, Issue, OutboundMessage, WebhookRequest
from clair_bot.worker import running

if TYPE_CHECKING:
    from clair_bot.bootstrap import Application
    from clair_bot.services.bulletins.control import Done
    from clair_bot.services.bulletins.presses import Person, Press

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
        stage.title("7. お知らせは、登録した人に")
        await stage.ask("配信登録 多文化共生", expect="配信を登録しました")
        stage.title("8. 書いた人のほかに、もう1人が承認してから配信する")
        await _publish(stage)
        await stage.answer(expect="クレアからのお知らせ")
        await stage.desk(expect="配信を終えました")
        stage.title("9. いつでも一言で止められる")
        await stage.ask("前号", expect="多文化共生")
        await stage.ask("配信停止", expect="すべての配信を停止しました")
        print("\n━━ 終わり ━━")


async def _publish(stage: "Stage") -> None:
    """Let a bulletin be written by one person, approved by another, and begin."""
    from clair_bot.domain.articles import Area
    from clair_bot.domain.bulletins import BulletinItem, BulletinKind, Category, Document
    from clair_bot.services.bulletins import control, timing

    day = stage.application.clock.now().date()
    item = BulletinItem(
        title="多文化共生セミナーの参加者を募集します",
        text="地域の日本語教育と相談窓口の事例を紹介します。オンラインでも参加できます。",
        category=Category.CALL,
        owner="多文化共生課",
        deadline=day + timedelta(days=5),
    )
    document = Document(title=item.title, kind=BulletinKind.NOTICE, items=(item,), areas=(Area.II,))
    number = stage.edit("高橋", None, lambda press, person, _: control.create(press, person, document))
    stage.edit("高橋", number, lambda press, person, one: control.test_send(press, person, one, [DESK]))
    await stage.desk(expect="テスト配信")
    stage.edit("高橋", number, control.submit)
    stage.edit("鈴木", number, timing.approve)
    stage.edit("鈴木", number, lambda press, person, one: timing.schedule(press, person, one, timing.NOW))
    await asyncio.to_thread(stage.application.releasing.run_due)


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

    def edit(self, name: str, number: int | None, deed: "Callable[[Press, Person, Any], Done]") -> int:
        """Do something to a bulletin in somebody's name; return its number."""
        from clair_bot.cli.press_work import press_work
        from clair_bot.services.bulletins.control import bulletin_of

        with press_work(name, application=self.application) as (press, person):
            done = deed(press, person, bulletin_of(press, number) if number else None)
            press.work.commit()
        print(f"\n  {person.name}　　＞ {done.sentence}")
        return done.bulletin.id

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
    lines += _issue(message.issue) if message.issue else []
    lines += [f"{number}. {choice.title}" for number, choice in enumerate(message.choices, start=1)]
    if message.buttons:
        lines.append(" ".join(f"[{button.label}]" for button in message.buttons))
    return "\n".join(lines)


def _issue(issue: Issue) -> list[str]:
    lines = [issue.notice] if issue.notice else []
    lines += [f"{issue.masthead}　{issue.number}　{issue.date}".replace("　　", "　"), issue.title, *issue.lead]
    for section in issue.sections:
        lines.append(f"【{section.label}】")
        for item in section.items:
            mark = f"【{item.mark}】" if item.mark else ""
            lines += [
                f"{item.number}. {mark}{item.title}（{item.owner}）",
                item.summary,
                *(f"{name}: {value}" for name, value in item.facts),
            ]
    return [*lines, *issue.footer]
