"""Masking: personal numbers are starred, and what only looks like one stays."""

import time

import pytest

from clair_bot.domain.masking import masked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("住民の方のマイナンバーは1234 5678 9012です。", "住民の方のマイナンバーは＊＊＊＊ ＊＊＊＊ ＊＊12です。"),
        ("個人番号：123456789012", "個人番号：＊＊＊＊＊＊＊＊＊＊12"),
        ("１２３４ー５６７８ー９０１２でした", "＊＊＊＊ー＊＊＊＊ー＊＊１２でした"),
        ("番号 1234-5678-9012", "番号 ＊＊＊＊-＊＊＊＊-＊＊12"),
        ("カードは4111-1111-1111-1111です", "カードは＊＊＊＊-＊＊＊＊-＊＊＊＊-＊＊11です"),
        ("4111111111111111", "＊＊＊＊＊＊＊＊＊＊＊＊＊＊11"),
        ("3782 822463 10005", "＊＊＊＊ ＊＊＊＊＊＊ ＊＊＊05"),
        ("在留カードはAB12345678CDです", "在留カードはAB＊＊＊＊＊＊78CDです"),
        ("ＡＢ１２３４５６７８ＣＤ", "ＡＢ＊＊＊＊＊＊７８ＣＤ"),
        ("ALTの旅券番号はTK1234567です", "ALTの旅券番号はTK＊＊＊＊＊67です"),
        ("振込先は○○銀行、口座番号は普通 1234567です", "振込先は○○銀行、口座番号は普通 ＊＊＊＊＊67です"),
        ("マイナンバー 1234 5678 9012 03-1234-5678", "マイナンバー ＊＊＊＊ ＊＊＊＊ ＊＊12 ＊＊-＊＊＊＊-＊＊78"),
    ],
)
def test_grave_numbers_are_masked(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("国際課 03-5213-1726 まで", "国際課 ＊＊-＊＊＊＊-＊＊26 まで"),
        ("０３（５２１３）１７２６", "＊＊（＊＊＊＊）＊＊２６"),
        ("(03)5213-1726", "(＊＊)＊＊＊＊-＊＊26"),
        ("0866-22-1234", "＊＊＊＊-＊＊-＊＊34"),
        ("052-123-4567", "＊＊＊-＊＊＊-＊＊67"),
        ("携帯は090-1234-5678です", "携帯は＊＊＊-＊＊＊＊-＊＊78です"),
        ("08012345678", "＊＊＊＊＊＊＊＊＊78"),
        ("070 1234 5678", "＊＊＊ ＊＊＊＊ ＊＊78"),
        ("050-1234-5678", "＊＊＊-＊＊＊＊-＊＊78"),
        ("0120-123-456", "＊＊＊＊-＊＊＊-＊56"),
        ("0570-013904", "＊＊＊＊-＊＊＊＊04"),
        ("0352131726", "＊＊＊＊＊＊＊＊26"),
        ("+81-90-1234-5678", "+＊＊-＊＊-＊＊＊＊-＊＊78"),
        ("+81 (0)3-5213-1726", "+＊＊ (＊)＊-＊＊＊＊-＊＊26"),
        ("+81352131726", "+＊＊＊＊＊＊＊＊＊26"),
        ("TEL03-5213-1726FAX03-5213-7146", "TEL＊＊-＊＊＊＊-＊＊26FAX＊＊-＊＊＊＊-＊＊46"),
        ("〒060-0001 011-231-4111", "〒060-0001 ＊＊＊-＊＊＊-＊＊11"),
        ("taro.yamada@city.example.jpまでご連絡ください", "t***@city.example.jpまでご連絡ください"),
        ("ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐ", "ｔ***＠ｅｘａｍｐｌｅ．ｊｐ"),
        ("<mailto:taro@example.jp|taro@example.jp>", "<mailto:t***@example.jp|t***@example.jp>"),
    ],
)
def test_phones_and_mail_are_masked(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2026年12月10日から15日まで訪問します",
        "2026-12-10 10:00 に 2026/12/15 17:00",
        "令和8年12月10日",
        "2024 2025 2026 の実績",
        "20261210103000",
        "助成金は3,000,000円です",
        "総額123456789012円",
        "姉妹都市は1788件",
        "受付番号1788の件",
        "〒102-0083 東京都千代田区麹町1-7",
        "https://example.jp/090-1234-5678?id=123456789012",
        "4111111111111112",
        "法人番号1234567890123",
        "REF-AB1234567",
        "C0123456789",
        "災害は119、相談は#7119",
        "1,234,567人",
        "ALT 12名、CIR 3名",
        "@channel お願いします",
    ],
)
def test_ordinary_numbers_stay(text: str) -> None:
    assert masked(text) == text


def test_what_stands_beside_an_address_is_masked_all_the_same() -> None:
    assert masked("https://example.jp/a 090-1234-5678") == "https://example.jp/a ＊＊＊-＊＊＊＊-＊＊78"


def test_masking_twice_changes_nothing_more() -> None:
    once = masked("1234 5678 9012 / 090-1234-5678 / taro@example.jp")
    assert masked(once) == once


@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "0",
        "-",
        "0-",
        "1-",
        "a",
        "a.",
        "a@",
        "a-1",
        "AB1",
        "(0",
        "+81",
        "口座番号",
        "http://a ",
        "1234 ",
        "4111 ",
        "2222-222222-",
        "〒102",
        "０ー",
        "1234-5678-9012 ",
        "03-1234-5678 ",
        "a@a.aa ",
        "AB12345678CD ",
    ],
)
def test_a_long_hostile_text_costs_no_more_than_its_length(unit: str) -> None:
    text = (unit * 100_000)[:100_000]
    start = time.perf_counter()
    masked(text)
    assert time.perf_counter() - start < 1
