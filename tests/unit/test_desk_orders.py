"""What advisors write: words of the desk, told apart from what goes to an asker, with what follows them."""

from datetime import UTC, date, datetime

import pytest
from tests.unit.chats import ASKER, DESK, Chat
from tests.unit.desks import TOKYO
from tests.unit.desks import desks as usual_desks

from clair_bot.services.desk.orders import URGENCIES, WORDS, read_desk, read_moment, read_order
from clair_bot.services.desk.persons import read_days

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # 18:00 of a Tuesday in Tokyo
DESKS = usual_desks(None)


@pytest.mark.parametrize(
    ("text", "verb", "rest"),
    [
        ("担当", "claim", ""),
        ("  担当  ", "claim", ""),
        ("担当。", "claim", ""),
        ("「担当」", "claim", ""),
        ("／担当", "claim", ""),
        ("ＣＬＡＩＭ", "claim", ""),
        ("Claim!", "claim", ""),
        ("担当解除", "release", ""),
        ("割当　佐藤", "assign", "佐藤"),
        ("割当: 佐藤", "assign", "佐藤"),
        ("割り当て @佐藤さん", "assign", "@佐藤さん"),
        ("転送 NY 米国の件です", "transfer", "NY 米国の件です"),
        ("転送：NY", "transfer", "NY"),
        ("保留 3日", "snooze", "3日"),
        ("優先 至急", "prioritize", "至急"),
        ("定型 受領 12", "canned", "受領 12"),
        ("統合 12", "merge", "12"),
        ("回答 12件あります。", "reply", "12件あります。"),
        ("回答 12 です。", "reply", "12 です。"),
        ("回答：\n1行目\n2行目", "reply", "1行目\n2行目"),
        ("回答\n1行目\n2行目", "reply", "1行目\n2行目"),
        ("メモ: 前例: なし", "note", "前例: なし"),
        ("メモ﹕前例なし", "note", "前例なし"),
        ("メモ 前例なし", "note", "前例なし"),
        ("メモ\n前例なし", "note", "前例なし"),
        ("ﾒﾓ 前例なし", "note", "前例なし"),
        ("Note that they asked twice", "note", "that they asked twice"),
        ("一覧 期限超過", "list", "期限超過"),
        ("不在 12/1-12/5", "away", "12/1-12/5"),
    ],
)
def test_words_in_a_thread(text: str, verb: str, rest: str) -> None:
    order = read_order(text, in_thread=True)
    assert (order.verb, order.number, order.rest, order.is_clear) == (verb, None, rest, True)


@pytest.mark.parametrize(
    "text",
    [
        "担当課に確認します。",
        "担当者から連絡します",
        "「担当」の件です",
        "割当ての件は未定です。",
        "転送先は総務課です: 03",
        "保留となります。",
        "解決しました。",
        "解決策: 二つあります",
        "再開は4月です。",
        "一覧は次のとおりです。",
        "一覧表 1枚",
        "回答します。",
        "回答は明日です。",
        "メモリは不要です",
        "全文を読みました",
        "下書きです。",
        "Resolved as follows",
        "lists: NY",
        "12 担当",
        "https://example.test/list: 1",
        "受付: 担当",
        ":",
        "： 担当",
        "。",
    ],
)
@pytest.mark.parametrize("in_thread", [False, True])
def test_what_is_meant_for_the_asker(text: str, *, in_thread: bool) -> None:
    order = read_order(text, in_thread=in_thread)
    assert (order.verb, order.number, order.rest, order.is_clear) == ("say", None, text, True)


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("担当 です", "claim"),
        ("担当: 総務課", "claim"),
        ("解決 しました。", "resolve"),
        ("再開 します", "reopen"),
        ("Full details below", "read"),
        ("Draft is attached", "draft"),
        ("History: see below", "history"),
        ("機密 扱いです", "seal"),
        ("担当解除 お願いします", "release"),
    ],
)
def test_what_follows_a_word_that_stands_alone_makes_it_unclear(text: str, verb: str) -> None:
    order = read_order(text, in_thread=True)
    assert (order.verb, order.is_clear) == (verb, False)


@pytest.mark.parametrize("number", ["12", "１２", "#12", "受付番号12", "12番", "No.12", "no 12", "№12"])
@pytest.mark.parametrize(
    ("word", "rest"), [("担当", ""), ("回答", "お答えします。"), ("転送", "NY 理由"), ("メモ:", "前例なし"), ("保留", "3日")]
)
def test_elsewhere_the_number_comes_first(number: str, word: str, rest: str) -> None:
    order = read_order(f"{word} {number} {rest}", in_thread=False)
    assert (order.verb, order.number, order.rest) == (WORDS[word.rstrip(":")], 12, rest)


@pytest.mark.parametrize("text", ["保留 3日", "回答 12件です", "割当 佐藤", "統合 十二", "担当 1234567890"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert read_order(text, in_thread=False).number is None


@pytest.mark.parametrize("text", ["一覧 12", "不在 12", "復帰 12", "ヘルプ 12"])
def test_what_is_about_no_ticket_takes_no_number(text: str) -> None:
    assert read_order(text, in_thread=False).number is None


def test_every_word_asks_the_same_in_any_width_and_case() -> None:
    for word, verb in WORDS.items():
        for typed in (word, word.upper(), f"「{word}」", f"/{word}", f"{word}。", f"{word}:", f"{word}："):
            assert read_order(typed, in_thread=True).verb == verb, typed


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("NY", "NY", ""),
        ("ny", "NY", ""),
        ("ＮＹ 米国の件", "NY", "米国の件"),
        ("ニューヨーク", "NY", ""),
        ("ニューヨーク事務所　米国の件", "NY", "米国の件"),
        ("IV", "IV", ""),
        ("Ⅳ", "IV", ""),
        ("iv", "IV", ""),
        ("base", "base", ""),
        ("クレア本部", "base", ""),
        ("交流親善課", "IV", ""),
    ],
)
def test_a_desk_is_named_by_key_or_name(text: str, key: str, reason: str) -> None:
    found = read_desk(DESKS, text)
    assert found
    assert (found[0].key, found[1]) == (key, reason)


@pytest.mark.parametrize("text", ["VIII", "事務所", "総務課", "", "N Y"])
def test_a_desk_that_is_not_there(text: str) -> None:
    assert read_desk(DESKS, text) is None


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("30分", "2026-11-24T18:30"),
        ("2時間", "2026-11-24T20:00"),
        ("2 hours", "2026-11-24T20:00"),
        ("24時間", "2026-11-25T09:00"),
        ("1日", "2026-11-25T09:00"),
        ("３日間", "2026-11-27T09:00"),
        ("3d", "2026-11-27T09:00"),
        ("1週間後", "2026-12-01T09:00"),
        ("12月10日", "2026-12-10T09:00"),
        ("12/10まで", "2026-12-10T09:00"),
        ("明日", "2026-11-25T09:00"),
        ("90日", "2027-02-22T09:00"),
    ],
)
def test_until_when_a_ticket_may_rest(text: str, until: str) -> None:
    found = read_moment(text, NOW, DESKS.get("IV").calendar)
    assert found
    assert f"{found.astimezone(TOKYO):%Y-%m-%dT%H:%M}" == until


@pytest.mark.parametrize("text", ["", "0分", "0日", "91日", "999週", "昨日", "今日", "11月20日", "すこし", "3", "2月30日", "-1日"])
def test_rests_that_cannot_be_read_or_are_too_long(text: str) -> None:
    assert read_moment(text, NOW, DESKS.get("IV").calendar) is None


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("", (2026, 11, 24), (2026, 11, 24)),
        ("明日", (2026, 11, 25), (2026, 11, 25)),
        ("12/1-12/5", (2026, 12, 1), (2026, 12, 5)),
        ("12月1日から12月5日まで", (2026, 12, 1), (2026, 12, 5)),
        ("12/28〜1/3", (2026, 12, 28), (2027, 1, 3)),
        ("2026-12-01", (2026, 12, 1), (2026, 12, 1)),
    ],
)
def test_days_of_absence(text: str, first: tuple[int, int, int], last: tuple[int, int, int]) -> None:
    assert read_days(text, date(2026, 11, 24)) == (date(*first), date(*last))


@pytest.mark.parametrize("text", ["11/20", "12/5-12/1", "いつか", "12/1-いつか", "12/1-12/40"])
def test_days_that_cannot_be_read(text: str) -> None:
    assert read_days(text, date(2026, 11, 24)) is None


def test_urgencies_have_all_their_words() -> None:
    assert {URGENCIES[word].value for word in ("至急", "急ぎ", "通常")} == {"urgent", "high", "normal"}


@pytest.mark.parametrize(
    "words",
    ["back to you soon", "help me with this", "担当: 総務課", "転送: 総務課", "list of offices: NY", "解決 しました。", "メモ﹕前例なし"],
)
def test_none_of_it_reaches_the_asker_and_the_advisor_hears_a_sentence(words: str) -> None:
    chat = Chat()
    chat.says("月面の話")
    said = chat.advises(words, chat.card())
    assert [message.to for message in said] == [DESK]
    assert chat.reads(said, DESK)
    assert words not in chat.everything_to(ASKER)
    assert chat.tickets() == ["open"]


def test_a_sentence_that_begins_with_back_does_not_end_an_absence() -> None:
    chat = Chat()
    advisor = chat.register("佐藤", "U0ADVISOR")
    chat.says("月面の話")
    chat.advises("不在 明日", chat.card())
    chat.advises("back to you soon", chat.card())
    assert len(chat.store.state.advisors[advisor.id].absences) == 1
    chat.advises("復帰", chat.card())
    assert chat.store.state.advisors[advisor.id].absences == ()
