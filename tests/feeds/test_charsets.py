"""Charsets: the right text, whatever the label says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clair_bot.feeds.charsets import declared, decode

TEXT = "自治体国際化協会からのお知らせです。カタカナも、ひらがなもあります。"


CODECS = ["utf-8", "utf-8-sig", "utf-16", "euc_jp", "cp932", "iso2022_jp"]
LABELS = ["", "utf-8", "Shift_JIS", "EUC-JP", "ISO-2022-JP", "x-unknown", "punycode", "zip", "iso-8859-1"]
BELIEVED = ("cp932", "iso-8859-1")
"""A label that fits every byte: French pages carry it rightly, and their bytes would often fit Shift_JIS as well."""


@pytest.mark.parametrize(("codec", "label"), [(codec, label) for codec in CODECS for label in LABELS if (codec, label) != BELIEVED])
def test_the_text_comes_out(codec: str, label: str) -> None:
    assert decode(TEXT.encode(codec), [label]) == TEXT


@pytest.mark.parametrize(("codec", "text"), [("euc_jis_2004", "①㈱の記念日です"), ("cp932", "①㈱髙﨑の記念日です")])
def test_characters_of_makers(codec: str, text: str) -> None:
    assert decode(text.encode(codec), []) == text


def test_characters_of_makers_in_seven_bits() -> None:
    body = b"\x1b$B" + bytes(byte & 0x7F for byte in "①㈱の記念日".encode("euc_jis_2004")) + b"\x1b(B abc"
    assert decode(body, ["ISO-2022-JP"]) == "①㈱の記念日 abc"
    assert decode(b"\x1b(I6E\x1b(B \x1b$B-!\x1b(B", ["iso-2022-jp"]) == "ｶﾅ ①"


@pytest.mark.parametrize(("label", "codec", "text"), [
    ("iso-8859-1", "cp1252", "Coopération décentralisée à Paris: été 2026"),
    ("windows-1252", "cp1252", "L’année “2026” – café"),
    ("euc-kr", "cp949", "서울 사무소 소식입니다"),
    ("gb2312", "gb18030", "北京事务所的通知"),
    ("big5", "big5hkscs", "臺北的消息"),
])  # fmt: skip
def test_offices_abroad(label: str, codec: str, text: str) -> None:
    assert decode(text.encode(codec), [label]) == text


def test_labels_are_found_in_their_order() -> None:
    page = b'<?xml version="1.0" encoding="euc-jp"?><html><meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">'
    assert declared(page, 'text/html; charset="UTF-8"') == ("UTF-8", "euc-jp", "Shift_JIS")
    assert declared(b"<meta charset=utf-8>", "text/html") == ("utf-8",)
    assert declared(b"", "") == ()


@given(st.binary(), st.sampled_from(["", "utf-8", "utf-16", "shift_jis", "euc-jp", "iso-2022-jp", "latin1", "hex"]))
def test_any_bytes_are_some_text(data: bytes, label: str) -> None:
    assert isinstance(decode(data, [label]), str)
