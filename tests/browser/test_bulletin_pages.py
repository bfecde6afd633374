"""The public pages of bulletins as people use them: with the keyboard, on a phone, enlarged, on paper; in a real Chromium."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.browser.conftest import Server, Witness

from clair_bot.bootstrap import Application, bootstrap
from clair_bot.domain.bulletins import Act, Bulletin, BulletinItem, BulletinKind, BulletinStatus, Category, Document
from clair_bot.domain.conversations import Language
from clair_bot.domain.desks import Office
from clair_bot.domain.subscriptions import Consent, ConsentAction, Frequency, Subscriber, SubscriberState, Topic
from clair_bot.messages import Address
from clair_bot.settings import read_settings
from clair_bot.storage.schema import upgrade

pytestmark = pytest.mark.browser

VARIABLES = {
    "CLAIR_BASE_URL": "https://clair.example.jp",
    "SMTP_URL": "smtp://127.0.0.1:9",
    "CLAIR_MAIL_FROM": "クレア <news@clair.example.jp>",
}
TOPICS = frozenset({Topic.NEWSLETTER, Topic.NOTICE, Topic.EMERGENCY, Topic.II, Topic.LONDON})
ATTACK = "\"'><script>window.pwned=1</script><img src=x onerror=window.pwned=1>{{ 7*7 }}<svg onload=window.pwned=1>"
LONG = "https://example.jp/" + "a-very-long-address-without-any-blank" * 8
CONTRAST = """() => {
  const channel = value => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const colour = text => text.match(/[\\d.]+/g).map(Number);
  const behind = element => {
    for (let one = element; one; one = one.parentElement) {
      const found = colour(getComputedStyle(one).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const weak = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.getClientRects().length) continue;
    const [one, other] = [light(colour(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) weak.push(`${ratio.toFixed(2)} ${walker.currentNode.textContent.trim()}`);
  }
  return weak;
}"""
FOCUS = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  const words = (one.labels && one.labels[0] || one).textContent.trim().replace(/\\s+/g, ' ');
  return [words || one.getAttribute('aria-label') || '', style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2];
}"""


def newsletter() -> Document:
    """Return an issue as they really are, some of which has passed by now."""
    today = datetime.now(UTC).date()
    call = BulletinItem(
        title="海外での物産展に共同出展する自治体を募集します",
        text=(
            "2027年9月にシンガポールで開く物産展に、共同で出展する自治体を募集します。\n\n"
            "輸出の手続きや現地での試食の準備は、クレアと現地の事業者がお手伝いします。"
        ),
        category=Category.CALL,
        owner="経済交流課",
        deadline=today - timedelta(days=14),
        audience="都道府県・市区町村（事業者2社まで同行できます）",
        contact="経済交流課 03-0000-0000",
        url="https://bulletins.example.jp/bussan?from=341",
    )
    grant = replace(
        call,
        title="多文化共生に取り組む団体への助成（来年度）",
        owner="多文化共生課",
        deadline=today + timedelta(days=60),
        url="",
        text="助成の公募を始めました。",
    )
    notice = BulletinItem(
        title="JETプログラム参加者向けの日本語研修",
        text="オンラインでの研修の日程が決まりました。",
        event_date=today + timedelta(days=20),
        url=LONG,
    )
    column = BulletinItem(
        title="英国の消防署が開く「多言語の日」",
        text="ロンドン近郊の消防署では、年に2回、地域に住む外国人を招いて避難の練習をしています。",
        category=Category.OFFICE,
        office=Office.LONDON,
        place="英国・ロンドン",
        picture="https://pictures.example.jp/fire.jpg",
        caption="やさしい英語で説明する署員",
    )
    return Document(
        title="多言語で伝える冬の備え",
        kind=BulletinKind.NEWSLETTER,
        number=341,
        lead=(
            "いつもお読みいただき、ありがとうございます。今号では、雪や断水のときに外国人住民へ情報を届けた3つの市の工夫をお届けします。",
        ),
        items=(call, grant, notice, column),
    )


def hostile() -> Document:
    item = BulletinItem(
        title=ATTACK, text=ATTACK, owner=ATTACK, contact=ATTACK, url="javascript:window.pwned=1", picture="javascript:1", caption=ATTACK
    )
    return Document(title=ATTACK, kind=BulletinKind.NOTICE, items=(item, replace(item, category=Category.REPORT)), lead=(ATTACK,))


class Town:
    """The whole application with some bulletins and readers, and its server."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.server = Server(application)
        self.issue = self._sent(newsletter(), weeks=10)
        self.english = self._sent(
            Document(
                title="Grants for Sister City Exchange",
                kind=BulletinKind.NOTICE,
                items=(
                    BulletinItem(
                        title="Apply by January", text="Please read the guide.", deadline=datetime.now(UTC).date() + timedelta(days=5)
                    ),
                ),
                languages=(Language.EN,),
            )
        )
        self.hostile = self._sent(hostile())
        self.wrong = self._sent(
            Document(title="助成金の締切について", kind=BulletinKind.NOTICE, items=(BulletinItem(title="締切は12月です"),))
        )
        self.correction = self._sent(
            Document(
                title="【訂正】助成金の締切", kind=BulletinKind.NOTICE, items=(BulletinItem(title="締切は1月です"),), corrects=self.wrong
            )
        )
        for number in range(22):
            one = BulletinItem(
                title=f"第{number + 1}回 海外事務所の動き", text="出来事です。", category=Category.OFFICE, office=Office.SEOUL
            )
            self._sent(Document(title=one.title, kind=BulletinKind.OFFICE, items=(one,), offices=(Office.SEOUL,)), weeks=20 + number)

    def _sent(self, document: Document, *, weeks: int = 0) -> int:
        """Store a bulletin as it is when it was sent, some weeks ago."""
        released = self.application.clock.now() - timedelta(weeks=weeks)
        store = type(self.application.store)(self.application.store.engine, _Past(released))
        with store.write() as work:
            bulletin: Bulletin | None = work.bulletins.add(document, actor="advisor:1")
            steps: list[tuple[Act, dict[str, Any]]] = [
                (Act.SUBMIT, {}),
                (Act.APPROVE, {"becomes": BulletinStatus.APPROVED}),
                (Act.SCHEDULE, {"due": (released, "2026-11-24T09:00")}),
                (Act.RELEASE, {}),
                (Act.FINISH, {}),
            ]
            for act, more in steps:
                assert bulletin
                bulletin = work.bulletins.act(bulletin, act, actor="clock", **more)
            assert bulletin
            work.commit()
        return bulletin.id

    def reader(self, name: str, **more: Any) -> Subscriber:
        """Let somebody subscribe."""
        with self.application.store.write() as work:
            subscriber = Subscriber(address=Address(channel="mail", recipient=name), topics=TOPICS, **more)
            action = ConsentAction.REQUESTED if subscriber.state is SubscriberState.PENDING else ConsentAction.SUBSCRIBED
            consent = Consent(at=self.application.clock.now(), action=action, topics=tuple(TOPICS), source="test", by="self")
            stored = work.subscribers.put(subscriber, consent)
            work.commit()
        return stored

    def now(self, subscriber: Subscriber) -> Subscriber:
        with self.application.store.read() as work:
            found = work.subscribers.get(subscriber.id)
        assert found
        return found

    def places(self) -> dict[str, str]:
        """Return a page of every kind."""
        readers = [
            self.reader(f"{name}@example.lg.jp", language=language)
            for name, language in (("ja", Language.JA), ("en", Language.EN), ("easy", Language.EASY))
        ]
        stopped = self.reader("stopped@example.lg.jp", state=SubscriberState.UNSUBSCRIBED)
        pending = self.reader("pending@example.lg.jp", state=SubscriberState.PENDING)
        return {
            "archive": "/bulletins",
            "archive-en": "/bulletins?lang=en",
            "archive-last": "/bulletins?page=2",
            "nothing": "/bulletins?q=ありません" + "長い言葉" * 20,
            "issue": f"/bulletins/{self.issue}",
            "english": f"/bulletins/{self.english}",
            "hostile": f"/bulletins/{self.hostile}",
            "wrong": f"/bulletins/{self.wrong}",
            "correction": f"/bulletins/{self.correction}",
            "subscribe": "/subscribe",
            "subscribe-easy": "/subscribe?lang=easy",
            "confirm": f"/subscribe/{pending.token}",
            "confirmed": f"/subscribe/{readers[0].token}",
            "manage": f"/unsubscribe/{readers[0].token}",
            "manage-en": f"/unsubscribe/{readers[1].token}",
            "manage-easy": f"/unsubscribe/{readers[2].token}",
            "stopped": f"/unsubscribe/{stopped.token}",
            "pending": f"/unsubscribe/{pending.token}",
        }


class _Past:
    """A clock that stands at some time."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        return self._moment


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    application = bootstrap(
        read_settings({**VARIABLES, "DATABASE_URL": f"sqlite:///{folder}/clair.db", "CLAIR_CACHE_DIR": str(folder / "cache")})
    )
    upgrade(application.store.engine)
    town = Town(application)
    town.server.start()
    yield town
    town.server.stop()
    application.store.engine.dispose()


Open = Callable[..., Page]


@pytest.fixture
def visit(chromium: Browser, town: Town) -> Iterator[Open]:
    """Open pages; afterwards nothing may have gone elsewhere, and the console must be silent."""
    witness, contexts = Witness(), list[BrowserContext]()

    def opened(path: str, *, width: int = 1200, height: int = 900, **more: Any) -> Page:
        context = chromium.new_context(locale="ja-JP", viewport={"width": width, "height": height}, **more)
        contexts.append(context)
        witness.attend(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.goto(town.server.url + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert witness.hosts <= {urlsplit(town.server.url).netloc}
    assert witness.complaints == []


@pytest.fixture(scope="module")
def places(town: Town) -> dict[str, str]:
    return town.places()


def tab_to(page: Page, words: str) -> None:
    """Press Tab until something is focused; whatever is passed shows that it has the focus."""
    passed = []
    for _ in range(80):
        page.keyboard.press("Tab")
        label, visible = page.evaluate(FOCUS)
        passed.append(label)
        assert visible, label
        if words in label:
            return
    raise AssertionError(passed)


def test_the_archive_is_searched_and_read_with_the_keyboard(visit: Open, town: Town) -> None:
    page = visit("/bulletins")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="本文へ移動")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, "言葉または号で探す")
    page.keyboard.type("vol.341")
    page.keyboard.press("Enter")
    page.wait_for_url("**/bulletins?q=vol.341")
    expect(page.get_by_role("status")).to_have_text("「vol.341」を含むお知らせです。")
    tab_to(page, "多言語で伝える冬の備え")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/bulletins/{town.issue}")
    expect(page.get_by_role("heading", level=1)).to_have_text("多言語で伝える冬の備え")
    tab_to(page, "英国の消防署が開く")
    page.keyboard.press("Enter")
    expect(page.locator("#item-2")).to_be_in_viewport()
    tab_to(page, "写真: やさしい英語で説明する署員")
    tab_to(page, "詳しく見る: 海外での物産展")


def test_pages_are_turned(visit: Open) -> None:
    page = visit("/bulletins")
    expect(page.locator(".issues li")).to_have_count(20)
    page.get_by_role("link", name="前のお知らせ →").click()
    expect(page.locator(".issues li")).to_have_count(7)
    page.get_by_role("link", name="← 新しいお知らせ").click()
    expect(page.locator(".issues li")).to_have_count(20)


def test_everything_is_stopped_and_resumed_with_the_keyboard(visit: Open, town: Town) -> None:
    reader = town.reader("keyboard@example.lg.jp", frequency=Frequency.WEEKLY)
    page = visit(f"/unsubscribe/{reader.token}")
    tab_to(page, "すべての配信を停止する")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("配信を停止しました")
    assert town.now(reader).state is SubscriberState.UNSUBSCRIBED
    tab_to(page, "配信を再開する")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("配信を再開しました。")
    assert (town.now(reader).state, town.now(reader).topics, town.now(reader).frequency) == (
        SubscriberState.ACTIVE,
        TOPICS,
        Frequency.WEEKLY,
    )


def test_a_part_is_stopped_and_taken_back_with_the_keyboard(visit: Open, town: Town) -> None:
    reader = town.reader("part@example.lg.jp")
    page = visit(f"/unsubscribe/{reader.token}")
    tab_to(page, "ロンドン事務所")
    page.keyboard.press("Space")
    tab_to(page, "発行のつど")
    page.keyboard.press("ArrowDown")
    tab_to(page, "変更を保存する")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("「ロンドン事務所」の配信を停止しました。")
    expect(page.get_by_role("status")).to_contain_text("お届けの頻度を「1日1回」にしました。")
    assert (town.now(reader).topics, town.now(reader).frequency) == (TOPICS - {Topic.LONDON}, Frequency.DAILY)
    tab_to(page, "停止を取り消す")
    page.keyboard.press("Enter")
    expect(page.get_by_label("ロンドン事務所")).to_be_checked()
    assert town.now(reader).topics == TOPICS


def test_somebody_subscribes_with_the_keyboard(visit: Open, town: Town) -> None:
    page = visit("/subscribe")
    tab_to(page, "メールアドレス")
    page.keyboard.type("new@example.lg.jp")
    tab_to(page, "多文化共生")
    page.keyboard.press("Space")
    tab_to(page, "上の取り扱いに同意します")
    page.keyboard.press("Space")
    tab_to(page, "確認のメールを受け取る")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("確認のメールをご覧ください")
    with town.application.store.read() as work:
        waiting = work.subscribers.at(Address(channel="mail", recipient="new@example.lg.jp"))
    assert waiting
    assert Topic.II in waiting.topics
    page.goto(f"{town.server.url}/subscribe/{waiting.token}")
    assert town.now(waiting).state is SubscriberState.PENDING
    tab_to(page, "登録を完了する")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("登録が完了しました")
    assert town.now(waiting).state is SubscriberState.ACTIVE


def test_a_correction_is_found_from_what_was_wrong(visit: Open, town: Town) -> None:
    page = visit(f"/bulletins/{town.wrong}")
    expect(page.get_by_role("note")).to_contain_text("【訂正あり】")
    page.get_by_role("note").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("【訂正】助成金の締切")
    page.get_by_role("link", name="訂正前のお知らせ").click()
    page.wait_for_url(f"**/bulletins/{town.wrong}")


@pytest.mark.parametrize(("width", "size"), [(320, "100%"), (640, "200%"), (1200, "100%")])
def test_nothing_scrolls_sideways_and_all_text_can_be_read(visit: Open, places: dict[str, str], width: int, size: str) -> None:
    page = visit("/bulletins", width=width, height=640)
    for name, path in places.items():
        page.goto(page.url.split("/bulletins")[0].split("/subscribe")[0].split("/unsubscribe")[0] + path)
        page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
        wide, there = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide <= there, name
        assert page.evaluate(CONTRAST) == [], name


def test_what_is_pressed_is_large_enough(visit: Open, places: dict[str, str]) -> None:
    page = visit(places["manage"], width=320, height=640)
    for target in page.locator("button, .choice").all():
        box = target.bounding_box()
        assert box
        assert box["height"] >= 44


def test_hostile_text_stays_text(visit: Open, town: Town) -> None:
    page = visit(f"/bulletins/{town.hostile}")
    expect(page.get_by_role("heading", level=1)).to_have_text(ATTACK)
    for path in (f"/bulletins/{town.hostile}", "/bulletins?q=7*7", "/bulletins"):
        page.goto(town.server.url + path)
        expect(page.get_by_text("window.pwned").first).to_be_visible()
        assert page.evaluate("window.pwned") is None
        assert page.locator("script, img, svg, iframe, a[href^=javascript]").count() == 0


def test_it_is_read_without_scripts(visit: Open, town: Town) -> None:
    reader = town.reader("plain@example.lg.jp")
    page = visit(f"/unsubscribe/{reader.token}", java_script_enabled=False)
    page.get_by_role("button", name="すべての配信を停止する").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("配信を停止しました")
    page.goto(f"{town.server.url}/bulletins/{town.issue}")
    expect(page.get_by_role("heading", level=1)).to_have_text("多言語で伝える冬の備え")


def test_it_prints_what_is_read_and_nothing_else(visit: Open, town: Town) -> None:
    page = visit(f"/bulletins/{town.issue}")
    page.emulate_media(media="print")
    for hidden in ("header.site nav", ".back", ".skip"):
        expect(page.locator(hidden)).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    address = page.locator(".way a").first.evaluate("one => getComputedStyle(one, '::after').content")
    assert "https://" in address
