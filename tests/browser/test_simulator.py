"""The simulator as people use it: in a real Chromium, against the whole application."""

import re
from collections.abc import Mapping

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.conftest import Server, Visit

from clair_bot.domain.articles import Article

pytestmark = pytest.mark.browser

VIEWS = ("line", "slack", "telegram", "web")
QUESTION = "多文化共生の助成金はいくらまで出ますか"
UNANSWERABLE = "隣の家の犬がうるさい"
NUMBER = re.compile(r"受付番号は?(\d+)")
ATTACKS = (
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "<svg onload=window.pwned=1>",
    '"><script>window.pwned=1</script>',
    "'-window.pwned=1-'",
    "</textarea><script>window.pwned=1</script>",
    "<a href=javascript:window.pwned=1>x</a>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'>",
    "{{ 7*7 }}${window.pwned=1}",
    "<div hx-get=/chat hx-trigger=load hx-on:click=window.pwned=1>",
)


def say(page: Page, text: str) -> None:
    """Type and press Enter."""
    page.get_by_label("メッセージ").fill(text)
    page.keyboard.press("Enter")


def last(page: Page, *, after: int) -> Locator:
    """Return the bot's entry behind so many earlier ones, once it is there."""
    entry = page.locator(".bot").nth(after)
    entry.wait_for()
    return entry


def best(server: Server, question: str) -> Article:
    """Return the article that stands first for a question."""
    return server.application.retriever.search(question).hits[0].article


def hand_over(page: Page, question: str) -> str:
    """Ask until an advisor has the question; return the ticket's number."""
    say(page, question)
    answer = last(page, after=0)
    if not NUMBER.search(answer.inner_text()):  # it was answered
        answer.get_by_role("button", name="相談員に聞く").click()
        answer = last(page, after=1)
    return number_in(answer)


def number_in(entry: Locator) -> str:
    """Return the ticket's number that an entry names."""
    found = NUMBER.search(entry.inner_text())
    assert found, entry.inner_text()
    return found.group(1)


def thread(page: Page, number: str) -> Locator:
    """Return a ticket's thread in the advisors' room."""
    return page.locator(".thread").filter(has=page.get_by_role("heading", name=re.compile(rf"^受付番号{number}\b")))


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_gives_the_same_answer_with_its_source(visit: Visit, server: Server, view: str) -> None:
    article = best(server, QUESTION)
    page = visit.open(view)
    say(page, QUESTION)
    expect(page.locator(".own .typed")).to_have_text(QUESTION)
    answer = last(page, after=0)
    if article.sources[0].title not in answer.inner_text():  # several are close: take the first
        say(page, "1")
        answer = last(page, after=1)
    expect(answer).to_contain_text(article.title)
    expect(answer).to_contain_text(article.sources[0].title)
    expect(page.get_by_label("メッセージ")).to_have_value("")


def test_the_whole_way_to_an_advisor_and_back(visit: Visit) -> None:
    asker, desk = visit.open("line"), visit.open("desk")
    say(asker, UNANSWERABLE)
    card = thread(desk, number_in(last(asker, after=0)))
    expect(card).to_contain_text(UNANSWERABLE)
    card.get_by_label("この相談への返信").fill("メモ: 県の窓口に確認中")
    desk.keyboard.press("Enter")
    expect(card).to_contain_text("メモとして残しました")
    card.get_by_label("この相談への返信").fill("お住まいの市町村の生活環境の窓口をご案内ください。")
    card.get_by_role("button", name="返信").click()
    expect(card).to_contain_text("相談者にお送りします")
    expect(last(asker, after=1)).to_contain_text("お住まいの市町村の生活環境の窓口")
    card.get_by_label("この相談への返信").fill("解決")
    desk.keyboard.press("Enter")
    expect(last(asker, after=2)).to_contain_text("解決としました")
    expect(asker.locator("#log")).not_to_contain_text("確認中")


@pytest.mark.parametrize("view", VIEWS)
def test_a_button_works(visit: Visit, view: str) -> None:
    page = visit.open(view)
    say(page, "ヘルプ")
    last(page, after=0).get_by_role("button", name="メニュー").click()
    expect(page.locator(".own .typed").nth(1)).to_have_text("メニュー")
    expect(last(page, after=1)).to_contain_text("多文化共生")


@pytest.mark.parametrize("view", VIEWS)
def test_hostile_text_stays_text_in_both_directions(visit: Visit, view: str) -> None:
    everything = "次の記号を含む質問です。\n" + "\n".join(ATTACKS)
    asker, desk = visit.open(view), visit.open("desk")
    card = thread(desk, hand_over(asker, everything))
    card.get_by_label("この相談への返信").fill(everything)
    card.get_by_role("button", name="返信").click()
    reply = asker.locator(".bot").filter(has_text="相談員からの回答")
    for attack in ATTACKS:
        expect(asker.locator(".own .typed").first).to_contain_text(attack)
        expect(card).to_contain_text(attack)
        expect(reply).to_contain_text(attack)
    for page in (asker, desk):
        page.reload()
        page.locator(".own").first.wait_for()
        assert page.evaluate("window.pwned") is None
        assert page.locator("#log script, #log img, #log svg, #log iframe, #log a[href^=javascript]").count() == 0


def test_a_reload_shows_the_whole_talk_again(visit: Visit) -> None:
    page = visit.open("telegram")
    say(page, "ヘルプ")
    last(page, after=0)
    page.reload()
    expect(page.locator(".own .typed")).to_have_text("ヘルプ")
    expect(page.locator(".bot")).to_have_count(1)
    page.wait_for_timeout(1_500)
    expect(page.locator(".bot")).to_have_count(1)


def test_views_are_conversations_of_their_own(visit: Visit) -> None:
    say(visit.open("line"), "ヘルプ")
    expect(visit.open("slack").get_by_text("ご質問をどうぞ")).to_be_visible()


def test_the_keyboard_is_enough(visit: Visit) -> None:
    page = visit.open("web")
    example = page.locator(".examples button").first
    example.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".own .typed")).to_have_text(example.inner_text())
    last(page, after=0)
    page.get_by_label("メッセージ").focus()
    page.keyboard.type("一行目")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("二行目")
    expect(page.get_by_label("メッセージ")).to_have_value("一行目\n二行目")


@pytest.mark.parametrize("size", [{"width": 360, "height": 640}, {"width": 1200, "height": 800}])
def test_nothing_is_wider_than_the_screen(visit: Visit, size: Mapping[str, int]) -> None:
    for view in VIEWS:
        page = visit.open(view)
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        say(page, QUESTION)
        last(page, after=0)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth && log.scrollWidth <= log.clientWidth"), view


def test_it_works_without_javascript(plain_visit: Visit) -> None:
    page = plain_visit.open("line")
    page.get_by_label("メッセージ").fill(UNANSWERABLE)
    page.get_by_role("button", name="送信").click()
    expect(page.locator(".own .typed")).to_have_text(UNANSWERABLE)
    number = number_in(last(page, after=0))
    last(page, after=0).get_by_role("button", name="メニュー").click()
    expect(last(page, after=1)).to_contain_text("多文化共生")
    desk = plain_visit.open("desk")
    card = thread(desk, number)
    card.get_by_label("この相談への返信").fill("確認のうえ、ご連絡します。")
    card.get_by_role("button", name="返信").click()
    expect(thread(desk, number)).to_contain_text("相談者にお送りします")
    page.get_by_role("link", name="最新の状態を表示する").click()
    expect(last(page, after=2)).to_contain_text("確認のうえ、ご連絡します。")
