"""Bulletins as a reader gets them, and the golden files that say how each channel draws them."""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from clair_bot.messages import Address, Issue, Item, OutboundMessage, Picture, Section
from clair_bot.testing.adapter_contract import HOSTILE

REWRITE = "CLAIR_REWRITE_GOLDEN"
"""``CLAIR_REWRITE_GOLDEN=1 pytest tests/adapters/test_slack_issues.py`` writes the files anew; look at what has changed."""
_GOLDEN = Path(__file__).parent / "golden"


def check_golden(name: str, drawn: str) -> None:
    """Compare with ``golden/NAME``, byte for byte; or write it, on purpose."""
    path = _GOLDEN / name
    if os.environ.get(REWRITE):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(drawn.encode())
        pytest.skip(f"{name} was written anew")
    assert drawn == path.read_bytes().decode(), f"set {REWRITE}=1 to write {name} anew"


def bulletin(channel: str, recipient: str, issue: Issue, *, language: str = "ja") -> OutboundMessage:
    """Return the message that carries a bulletin."""
    return OutboundMessage(
        to=Address(channel=channel, recipient=recipient),
        idempotency_key="0b0e7c52-6a53-4c0e-9d1c-7f6a4c1f2d10",
        issue=issue,
        language=language,
    )


def full_issue() -> Issue:
    """Return a newsletter: nine items in four sections, no notice."""
    return Issue(
        masthead="CLAIRメールマガジン",
        number="vol.341",
        date="2026年12月9日",
        title="多言語で伝える冬の備え",
        lead=(
            "いつもお読みいただき、ありがとうございます。",
            "今号では、雪や断水のときに外国人住民へ情報を届けた3つの市の工夫と、年度末までの募集をまとめてお届けします。",
        ),
        sections=(
            Section(label="募集", items=_calls()),
            Section(label="INFO", items=_notices()),
            Section(label="海外事務所", items=_columns()),
            Section(label="特集", items=_features()),
        ),
        footer=("発行: 一般財団法人自治体国際化協会（クレア）", "配信を止めるときは「配信停止」と送ってください。"),
        archive_url="https://bulletins.example.jp/issues/341",
    )


def _calls() -> tuple[Item, ...]:
    return (
        Item(
            number=1,
            title="海外での物産展に共同出展する自治体を募集します",
            mark="締切間近",
            owner="経済交流課",
            paragraphs=(
                "2027年9月にシンガポールで開く物産展に、共同で出展する自治体を募集します。",
                "輸出の手続きや現地での試食の準備は、クレアと現地の事業者がお手伝いします。",
            ),
            summary="2027年9月にシンガポールで開く物産展に、共同で出展する自治体を募集します。",
            facts=(
                ("締切", "12月18日（金）"),
                ("対象", "都道府県・市区町村（事業者2社まで同行できます）"),
                ("問い合わせ", "経済交流課 03-0000-0000"),
            ),
            url="https://bulletins.example.jp/r/bussan?from=341&to=mail",
        ),
        Item(
            number=2,
            title="多文化共生に取り組む団体への助成（来年度）",
            mark="募集中",
            owner="多文化共生課",
            summary="日本語教室や相談窓口など、地域の多文化共生の事業に助成します。オンラインの説明会も開きます。",
            facts=(("締切", "1月29日（金）"), ("説明会", "12月22日（火）14時から")),
            url="https://bulletins.example.jp/r/josei",
        ),
        Item(
            number=3,
            title="JET経験者による出前講座の希望校",
            mark="募集中",
            owner="JETプログラム事業部",
            summary="小中学校に元参加者を招き、英語で地域を紹介する授業を開きます。",
            facts=(("締切", "2月12日（金）"),),
            url="https://bulletins.example.jp/r/demae",
        ),
    )


def _notices() -> tuple[Item, ...]:
    return (
        Item(
            number=4,
            title="やさしい日本語研修の動画を公開しました",
            owner="多文化共生課",
            summary="窓口の職員向けに、10分ずつ6本に分けてご覧いただけます。",
            url="https://bulletins.example.jp/r/yasashii",
        ),
        Item(
            number=5,
            title="年末年始の窓口について",
            owner="総務課",
            paragraphs=("12月29日から1月3日まで、電話とメールの窓口をお休みします。4日から順にお返事します。",),
        ),
    )


def _columns() -> tuple[Item, ...]:
    return (
        Item(
            number=6,
            title="冬の市に4県の工芸品が並びました",
            owner="ロンドン事務所",
            summary="11月28日から3日間、漆器や和紙を実演とともに紹介し、およそ1,200人が訪れました。",
            url="https://bulletins.example.jp/r/london",
            picture=Picture(url="https://bulletins.example.jp/pictures/london.jpg", caption="和紙の実演に見入る来場者"),
        ),
        Item(
            number=7,
            title="姉妹都市の高校生がオンラインで交流",
            owner="ソウル事務所",
            summary="両市の高校生40人が、互いのまちの朝ごはんを写真で紹介し合いました。",
            url="https://bulletins.example.jp/r/seoul",
        ),
    )


def _features() -> tuple[Item, ...]:
    return (
        Item(
            number=8,
            title="断水のお知らせを8言語で届けるまで",
            summary="給水所の場所を翻訳して地図に載せるまでの2時間を、担当者に聞きました。",
            url="https://bulletins.example.jp/r/dansui",
        ),
        Item(
            number=9,
            title="雪道の歩き方を伝える留学生サポーター",
            summary="留学生が自分の言葉で撮った短い動画が、転倒事故を減らしています。",
            facts=(("掲載", "自治体国際化フォーラム 1月号"),),
            url="https://bulletins.example.jp/r/yuki",
        ),
    )


def office_issue() -> Issue:
    """Return an office's update: one item without a summary, and named after it."""
    item = Item(
        number=1,
        title="観光商談会に12の自治体が参加しました",
        owner="シドニー事務所",
        paragraphs=(
            (
                "12月2日、シドニー市内で観光商談会を開き、12の自治体が現地の旅行会社30社と商談しました。"
                "温泉と自転車を組み合わせた旅程に関心が集まり、3社が来年春の下見を決めました。"
                "参加した自治体からは、宿の予約のしかたや移動の時間を地図で示すと話が早いという声がありました。"
                "会場には過去の参加者による相談の机も設け、初めての自治体が商談の前に助言を受けられるようにしました。"
                "一方で、食事の制限への対応を尋ねる会社が多く、宿ごとの一覧を事前に用意しておくことが次回の課題になりました。"
            ),
            "次回は3月に、メルボルンでも開く予定です。",
        ),
        facts=(("開催", "12月2日（水）"), ("場所", "シドニー"), ("次回", "3月（予定）")),
        url="https://bulletins.example.jp/r/sydney",
        picture=Picture(url="https://bulletins.example.jp/pictures/sydney.jpg", caption="商談のようす"),
    )
    return Issue(
        masthead="クレア シドニー事務所だより",
        date="2026年12月4日",
        title=item.title,
        sections=(Section(label="シドニー事務所", items=(item,)),),
        footer=("配信を止めるときは「配信停止」と送ってください。",),
        archive_url="https://bulletins.example.jp/issues/342",
    )


def corrected_issue() -> Issue:
    """Return a drill that corrects an earlier notice."""
    items = (
        Item(
            number=1,
            title="安否の登録をお願いします",
            mark="緊急",
            owner="総務課",
            summary="次のページから、本人と同居の家族について登録してください。",
            facts=(("締切", "12月10日（木）17時"),),
            url="https://bulletins.example.jp/r/anpi",
        ),
        Item(
            number=2,
            title="連絡先の電話番号の訂正",
            owner="交流親善課",
            facts=(("正", "03-0000-0001（平日9時から17時）"), ("誤", "03-0000-0010")),
        ),
    )
    return Issue(
        masthead="クレア緊急のお知らせ",
        date="2026年12月10日",
        title="地震が起きたときの連絡",
        notice="【訓練】【訂正】これは配信訓練です。9時にお送りした連絡先に誤りがあったため、次のとおり訂正します。",
        sections=(Section(label="緊急", items=items),),
        footer=("発行: 一般財団法人自治体国際化協会（クレア）",),
    )


def long_issue(count: int = 40) -> Issue:
    """Return an issue of many long items, each of which can be told from the others."""
    items = [
        Item(
            number=number,
            title=f"第{number:03}項 {'長い題名' * 6}",
            mark="募集中",
            owner=f"第{number:03}課",
            paragraphs=("全文です。" * 400,),
            summary=f"要約{number:03}です。" + "🍎を含む文です。" * 30,
            facts=(("締切", f"期日{number:03}"), ("対象", f"対象{number:03}" + "と県" * 20)),
            url=f"https://bulletins.example.jp/{number:03}",
            picture=Picture(url=f"https://bulletins.example.jp/{number:03}.jpg", caption=f"写真{number:03}"),
        )
        for number in range(1, count + 1)
    ]
    sections = tuple(Section(label=f"部{start:03}", items=tuple(items[start : start + 7])) for start in range(0, count, 7))
    return Issue(
        masthead="CLAIRメールマガジン",
        number="vol.999",
        date="2026年12月9日",
        title="とても長い号",
        notice="【訂正】日付を直しました。",
        lead=("はじめの言葉です。" * 30,),
        sections=sections,
        footer=("おわりの言葉です。",),
        archive_url="https://bulletins.example.jp/issues/999",
    )


def landmarks(count: int = 40) -> list[str]:
    """Return what has to be found in ``long_issue`` behind its contents, in this order."""
    found = ["はじめの言葉です。" * 30]
    for number in range(1, count + 1):
        key = f"{number:03}"
        found += [f"第{key}課", f"要約{key}です。" + "🍎を含む文です。" * 30, f"期日{key}", f"対象{key}", f"jp/{key}", f"写真{key}"]
    return [*found, "おわりの言葉です。"]


FULL_ORDER = (
    *("CLAIRメールマガジン vol.341", "2026年12月9日", "バックナンバー", "多言語で伝える冬の備え", "いつもお読み", "目次"),
    *("1. 【募集】海外での物産展", "9. 【特集】雪道", "【募集】", "1. 【締切間近】海外での物産展に", "（経済交流課）", "2027年9月に"),
    *("締切：12月18日（金）", "問い合わせ：経済交流課", "https://bulletins.example.jp/r/bussan?from=341&to=mail", "2. 【募集中】"),
    *("【INFO】", "【海外事務所】", "和紙の実演に見入る来場者", "【特集】", "9. 雪道", "発行", "配信停止"),
)
"""What a chat has to show of ``full_issue``, in this order."""


def assert_in_order(text: str, wanted: Iterable[str]) -> None:
    """Check that all of it is there, each behind the one before."""
    place = 0
    for words in wanted:
        found = text.find(words, place)
        assert found >= 0, f"{words} is not behind {text[max(0, place - 40) : place]}"
        place = found + len(words)


FIELDS = (
    *("masthead", "number", "date", "title", "notice", "lead", "footer", "archive", "label", "item", "mark", "owner"),
    *("summary", "name", "value", "url", "picture", "caption", "told", "paragraph", "shown"),
)
"""The fields that ``hostile_issue`` fills: each says its name before the words."""


def hostile_issue(words: str = HOSTILE) -> Issue:
    """Return an issue with these words in every field."""
    said = {field: f"{field}:{words}" for field in FIELDS}
    item = Item(
        number=1,
        title=said["item"],
        mark=said["mark"],
        owner=said["owner"],
        summary=said["summary"],
        facts=((said["name"], said["value"]),),
        url=said["url"],
        picture=Picture(url=said["picture"], caption=said["caption"]),
    )
    picture = Picture(url="https://bulletins.example.jp/p.png?a=1&b=2", caption=said["shown"])
    told = Item(number=2, title=said["told"], paragraphs=(said["paragraph"],), picture=picture)
    return Issue(
        masthead=said["masthead"],
        number=said["number"],
        date=said["date"],
        title=said["title"],
        notice=said["notice"],
        lead=(said["lead"],),
        sections=(Section(label=said["label"], items=(item, told)),),
        footer=(said["footer"],),
        archive_url=said["archive"],
    )
