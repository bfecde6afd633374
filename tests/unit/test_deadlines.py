"""Deadlines and haste: which of the dates is one, and who is in a hurry."""

import time
from datetime import date

import pytest

from clair_bot.domain.deadlines import date_only, deadline_in, hasty

TODAY = date(2026, 11, 24)  # a Tuesday


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("本日中に回答をお願いします", date(2026, 11, 24)),
        ("今日中に", date(2026, 11, 24)),
        ("今日までに返事が必要です", date(2026, 11, 24)),
        ("本日17時までにご教示ください", date(2026, 11, 24)),
        ("明日までに教えてください", date(2026, 11, 25)),
        ("明日中にお願いします", date(2026, 11, 25)),
        ("明後日までに", date(2026, 11, 26)),
        ("今週中に", date(2026, 11, 27)),
        ("今週いっぱいで", date(2026, 11, 27)),
        ("来週中に", date(2026, 12, 4)),
        ("今週金曜までに", date(2026, 11, 27)),
        ("来週の金曜日までに", date(2026, 12, 4)),
        ("来週の金曜まで", date(2026, 12, 4)),
        ("金曜までに", date(2026, 11, 27)),
        ("今月中に回答がほしい", date(2026, 11, 30)),
        ("今月末までに", date(2026, 11, 30)),
        ("今月末に回答をいただきたい", date(2026, 11, 30)),
        ("来月末まで", date(2026, 12, 31)),
        ("来月中に", date(2026, 12, 31)),
        ("年内にご回答ください", date(2026, 12, 31)),
        ("年度内に結論がほしい", date(2027, 3, 31)),
        ("議会があるので、12月10日までにご回答ください", date(2026, 12, 10)),
        ("12月10日(木)17時までに", date(2026, 12, 10)),
        ("12/10まで", date(2026, 12, 10)),
        ("１２／１０（木）必着", date(2026, 12, 10)),
        ("2026年12月10日までに", date(2026, 12, 10)),
        ("2026-12-10まで", date(2026, 12, 10)),
        ("2026/12/10締切", date(2026, 12, 10)),
        ("令和8年12月10日までに", date(2026, 12, 10)),
        ("令和９年３月３１日まで", date(2027, 3, 31)),
        ("R8.12.10までに", date(2026, 12, 10)),
        ("15日までに", date(2026, 12, 15)),
        ("3月末までに", date(2027, 3, 31)),
        ("12月中旬までに", date(2026, 12, 20)),
        ("3日以内に回答を", date(2026, 11, 27)),
        ("3日以内", date(2026, 11, 27)),
        ("1週間以内にお願いします", date(2026, 12, 1)),
        ("3営業日以内に回答をください", date(2026, 11, 27)),
        ("回答期限は12月10日です", date(2026, 12, 10)),
        ("締切：12月10日", date(2026, 12, 10)),
        ("訪問は12月20日ですが、回答は12月10日までにください", date(2026, 12, 10)),
        ("課長から12月10日までに出すよう言われました", date(2026, 12, 10)),
        ("Please answer by Friday.", date(2026, 11, 27)),
        ("Could you reply by December 10?", date(2026, 12, 10)),
        ("by 10 December 2026", date(2026, 12, 10)),
        ("The deadline is December 10th.", date(2026, 12, 10)),
        ("We need an answer today.", date(2026, 11, 24)),
        ("Could you reply by tomorrow?", date(2026, 11, 25)),
        ("by the end of this week", date(2026, 11, 27)),
    ],
)
def test_a_deadline_is_found(text: str, expected: date) -> None:
    assert deadline_in(text, TODAY) == expected


@pytest.mark.parametrize(
    "text",
    [
        "12月10日に訪問団が来ます",
        "12月10日から15日まで視察します。",
        "12月10日から12月15日まで",
        "12月10日以降にお願いします",
        "8月10日まで出張です",
        "任期は7月31日までです",
        "会期は12月10日までです",
        "来日後14日以内に届け出が必要ですか",
        "3日以内の出張",
        "今日まで回答がありません",
        "今日の天気はどうですか",
        "明日の東京の気温は",
        "補助率は1/2まで",
        "年度内に2回まで使えますか",
        "年内に訪問団が来るので通訳を紹介してください",
        "来週中学生が訪問します",
        "今月中旬に訪問",
        "本日中国から団体が来ました",
        "申請は9月30日までですか",
        "申請は10月31日までに出せばよいですか",
        "国際交流支援事業の締切はいつですか",
        "固定資産税の納付期限はいつ",
        "在留期限が12月10日の外国人",
        "毎週金曜まで開いています",
        "2月30日まで",
        "ALTは最長で5年まで更新できますか",
        "職員を1週間くらい海外で学ばせたい",
        "Is the office open today?",
        "The delegation arrives on December 10.",
        "",
    ],
)
def test_other_dates_are_no_deadline(text: str) -> None:
    assert deadline_in(text, TODAY) is None


@pytest.mark.parametrize(
    ("text", "today", "expected"),
    [
        ("11月20日までに", TODAY, date(2026, 11, 20)),
        ("10月25日までに", TODAY, date(2026, 10, 25)),
        ("10月24日までに", TODAY, date(2027, 10, 24)),
        ("1月8日までに", TODAY, date(2027, 1, 8)),
        ("年度内に回答がほしい", date(2027, 3, 31), date(2027, 3, 31)),
        ("年度内に回答がほしい", date(2027, 4, 1), date(2028, 3, 31)),
        ("今週中に", date(2026, 11, 27), date(2026, 11, 27)),
        ("今週中に", date(2026, 11, 28), date(2026, 12, 4)),
        ("今週中に", date(2026, 11, 29), date(2026, 12, 4)),
        ("来週中に", date(2026, 11, 29), date(2026, 12, 4)),
        ("今週月曜までに", TODAY, date(2026, 11, 23)),
        ("来月末まで", date(2027, 1, 31), date(2027, 2, 28)),
        ("来月末まで", date(2026, 12, 31), date(2027, 1, 31)),
        ("1か月以内に回答をください", date(2027, 1, 31), date(2027, 2, 28)),
        ("3営業日以内に回答をください", date(2026, 11, 27), date(2026, 12, 2)),
        ("by next Friday", TODAY, date(2026, 12, 4)),
    ],
)
def test_the_day_depends_on_today(text: str, today: date, expected: date) -> None:
    assert deadline_in(text, today) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12月10日", date(2026, 12, 10)),
        ("12月10日（木）まで", date(2026, 12, 10)),
        ("12月10日までにお願いします", date(2026, 12, 10)),
        ("12月10日の17時", date(2026, 12, 10)),
        ("12/10", date(2026, 12, 10)),
        ("2026-12-10", date(2026, 12, 10)),
        ("10日", date(2026, 12, 10)),
        ("明日", date(2026, 11, 25)),
        ("明日中", date(2026, 11, 25)),
        ("来週金曜", date(2026, 12, 4)),
        ("来週", date(2026, 12, 4)),
        ("今週中", date(2026, 11, 27)),
        ("月末", date(2026, 11, 30)),
        ("年内です", date(2026, 12, 31)),
        ("3日以内", date(2026, 11, 27)),
        ("一週間", date(2026, 12, 1)),
        ("by Friday", date(2026, 11, 27)),
        ("December 10", date(2026, 12, 10)),
        ("急ぎません", None),
        ("特にありません", None),
        ("明日じゃなくていい", None),
        ("いつでもいいです", None),
        ("12月10日に訪問団が来ます", None),
        ("", None),
    ],
)
def test_a_date_as_the_whole_answer(text: str, expected: date | None) -> None:
    assert date_only(text, TODAY) == expected


@pytest.mark.parametrize(
    "text",
    [
        "至急お願いします",
        "大至急ご確認ください",
        "緊急です",
        "【緊急】ALTの件",
        "緊急の相談です",
        "緊急の対応が必要です",
        "急ぎでお願いします",
        "急ぎです",
        "急いでいます",
        "早急に回答をお願いします",
        "今朝、市内で地震が発生し、ALTの安否が確認できません",
        "午前6時に地震が発生しました",
        "地震で被害が出ています",
        "災害が起きました。多言語支援センターの立ち上げ方を教えてください",
        "ALTが交通事故に遭いました",
        "ALTが逮捕されました",
        "ALTが行方不明です",
        "ALTが入院しました。手続きを教えてください",
        "This is urgent.",
        "ASAP please",
        "This is an emergency",
    ],
)
def test_haste_is_heard(text: str) -> None:
    assert hasty(text)


@pytest.mark.parametrize(
    "text",
    [
        "急ぎません",
        "急ぎではありません",
        "お急ぎでなければ来週でも構いません",
        "急いでいません",
        "取り急ぎご連絡まで",
        "緊急ではありません",
        "緊急時の多言語支援の事例",
        "緊急地震速報の多言語化",
        "緊急情報の発信",
        "緊急連絡先を教えてください",
        "緊急対応マニュアルのひな形",
        "災害が発生した場合の対応",
        "災害時の安否確認の方法",
        "大きな地震があったらJETの無事をどう確かめるのですか",
        "能登半島地震で昨年発生した事例",
        "災害多言語支援センターの立ち上げ方",
        "交通事故のことが相談したい",
        "逮捕された場合はどうなりますか",
        "入院したときの保険",
        "地震の震度の計算式",
        "救急車を呼びたい",
        "It is not urgent.",
        "emergency contact list",
    ],
)
def test_topics_and_denials_are_no_haste(text: str) -> None:
    assert not hasty(text)


@pytest.mark.parametrize(
    "unit", ["1", "12月10日", "今日", "から", "年内に", "by ", "12/", "1-", "緊急", "地震発生", "申請か", "today need "]
)
def test_a_long_text_costs_no_more_than_its_length(unit: str) -> None:
    text = (unit * 10_000)[:10_000]
    start = time.perf_counter()
    assert deadline_in(text, TODAY) is None or unit in {"年内に", "today need "}
    hasty(text)
    assert time.perf_counter() - start < 1
