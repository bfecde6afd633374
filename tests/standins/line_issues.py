"""Bulletins as they are sent: a newsletter, an update of one office, a drill that corrects; and large ones."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from clair_bot.messages import Address, Issue, Item, OutboundMessage, Picture, Section
from clair_bot_line.preview import preview
from clair_bot_line.rendering import render

_KEY = "5e0c8f0e-3a5b-4c58-9a57-0d2f6f0a4b11"


def sent(issue: Issue, **more: Any) -> OutboundMessage:
    """Return the message to many that carries a bulletin."""
    message = OutboundMessage(to=Address(channel="line", recipient=""), idempotency_key=_KEY, issue=issue)
    return dataclasses.replace(message, **more)


def newsletter() -> Issue:
    """Return an issue of the magazine: three sections, six items, with and without each part."""
    return Issue(
        masthead="CLAIRメールマガジン",
        number="vol.341",
        date="2026年12月9日",
        title="多言語相談窓口のいま",
        lead=("いつもお読みいただきありがとうございます。", "今号では、各地の多言語相談窓口の工夫をお届けします。"),
        sections=(Section(label="INFO", items=_notices()), Section(label="海外事務所コラム", items=_columns()), _feature()),
        footer=("発行：総務部 企画調査課", "配信の停止・変更は「配信停止」「配信設定」と送ってください。"),
        archive_url="https://bulletins.example.jp/issues/341",
    )


def _notices() -> tuple[Item, ...]:
    return (
        Item(
            number=1,
            title="海外経済セミナー 参加自治体の募集",
            mark="締切間近",
            owner="経済交流課",
            paragraphs=("海外での販路開拓をお考えの自治体向けに、セミナーを開きます。", "オンラインでもご参加いただけます。"),
            summary="海外での販路開拓をお考えの自治体向けに、セミナーを開きます。オンラインでもご参加いただけます。",
            facts=(
                ("締切", "12月18日（金）"),
                ("開催", "1月20日（水）・東京都千代田区"),
                ("対象", "自治体"),
                ("問い合わせ", "03-0000-0000"),
            ),
            url="https://bulletins.example.jp/r/k3Xa?from=341&to=1",
        ),
        Item(
            number=2,
            title="多文化共生マネージャー養成研修",
            mark="募集中",
            owner="多文化共生課",
            summary="地域の多文化共生を担う職員のための、五日間の研修です。",
            facts=(("締切", "1月8日（金）"),),
            url="https://bulletins.example.jp/r/研修",
        ),
        Item(number=3, title="年末年始の窓口について", paragraphs=("12月29日から1月3日まで、電話の窓口をお休みします。",)),
    )


def _columns() -> tuple[Item, ...]:
    return (
        Item(
            number=4,
            title="冬の市に日本の工芸品を出展=ロンドン",
            owner="ロンドン事務所",
            summary="11月28日から三日間、4県の工芸品を並べ、約1,200人が訪れました。",
            url="https://bulletins.example.jp/r/london",
            picture=Picture(url="https://bulletins.example.jp/pictures/冬の市.jpg", caption="にぎわう会場"),
        ),
        Item(
            number=5,
            title="姉妹都市の高校生がオンラインで交流=ソウル",
            owner="ソウル事務所",
            summary="両市の高校生40人が、まちの魅力を紹介し合いました。",
            url="https://bulletins.example.jp/r/seoul",
            picture=Picture(url="http://bulletins.example.jp/pictures/seoul.jpg", caption="画面越しの発表"),
        ),
    )


def _feature() -> Section:
    article = Item(
        number=6,
        title="自治体国際化フォーラム 特集：多言語相談窓口のいま",
        summary="三つの市の窓口を訪ね、通訳の確保と記録の共有の工夫を聞きました。",
        url="https://bulletins.example.jp/r/forum",
    )
    return Section(label="特集", items=(article,))


def office_update() -> Issue:
    """Return an update of one office with one item, whose title is its own."""
    item = Item(
        number=1,
        title="シドニーで観光商談会、12自治体が参加",
        owner="シドニー事務所",
        paragraphs=("12月2日、シドニー市内で観光商談会を開き、12の自治体が現地の旅行会社30社と商談しました。", "次回は3月の予定です。"),
        facts=(("開催", "12月2日（水）・シドニー"), ("次回", "3月（予定）")),
        url="https://bulletins.example.jp/r/sydney",
        picture=Picture(url="https://bulletins.example.jp/pictures/sydney.jpg", caption="商談のようす"),
    )
    return Issue(
        masthead="クレア シドニー事務所だより",
        date="2026年12月4日",
        title=item.title,
        sections=(Section(label="シドニー事務所", items=(item,)),),
        archive_url="https://bulletins.example.jp/issues/342",
    )


def corrected_drill() -> Issue:
    """Return a drill that corrects what was sent before."""
    items = (
        Item(
            number=1,
            title="安否の登録をお願いします",
            mark="緊急",
            summary="次のページから登録してください。",
            url="https://bulletins.example.jp/r/a",
        ),
        Item(number=2, title="連絡先の訂正", owner="交流親善課", facts=(("正", "03-0000-0001"), ("誤", "03-0000-0010"))),
    )
    return Issue(
        masthead="CLAIR緊急情報",
        date="2026年12月10日",
        title="【訓練】地震が起きたときの連絡",
        notice="【訓練】【訂正】これは訓練です。9時にお送りした連絡先を訂正します。",
        sections=(Section(label="緊急", items=items),),
        footer=("発行：総務部", "配信を止めるには「配信停止」と送ってください。"),
    )


def crowded(count: int = 40, *, title: int = 40, summary: int = 120, value: int = 30, address: int = 60) -> Issue:
    """Return an issue with many items of such lengths, each of which can be told from the others."""

    def item(number: int) -> Item:
        return Item(
            number=number,
            title=f"第{number:02}項" + "題" * (title - 4),
            mark="締切間近",
            owner=f"第{number}課",
            paragraphs=("長い本文です。" * 60,),
            summary=f"要約{number}。" + "これは要約の文です。" * (summary // 10),
            facts=(("締切", f"{number:02}番の" + "期" * (value - 4)), ("対象", f"{number:02}番の" + "人" * (value - 4))),
            url=f"https://bulletins.example.jp/{number:02}/".ljust(address, "x"),
        )

    sections = tuple(
        Section(label=f"部{start}", items=tuple(item(number) for number in range(start, min(start + 8, count + 1))))
        for start in range(1, count + 1, 8)
    )
    return Issue(
        masthead="CLAIRメールマガジン",
        number="vol.999",
        date="2026年12月9日",
        title="とても長い号",
        notice="【訂正】日付を直しました。",
        lead=("はじめの言葉です。" * 30,),
        sections=sections,
        footer=("発行：総務部 企画調査課",),
        archive_url="https://bulletins.example.jp/issues/999",
    )


GOLDEN = Path(__file__).parents[1] / "adapters/golden/line"
ISSUES = {"newsletter": newsletter, "office_update": office_update, "corrected_drill": corrected_drill}


def golden(issue: Issue) -> str:
    """Return what a golden file holds: the messages of a bulletin in both forms, and its preview."""
    parts = [{"rich": part.rich, "plain": part.plain} for part in render(sent(issue))]
    drawn = [bubble.html for bubble in preview(sent(issue))]
    return json.dumps({"messages": parts, "preview": drawn}, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":  # writes the golden files anew; look at what has changed
    for name, make in ISSUES.items():
        (GOLDEN / f"{name}.json").write_text(golden(make()), encoding="utf-8")
