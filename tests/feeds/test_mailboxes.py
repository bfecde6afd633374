"""Mailboxes: mails of every charset, and mails that are built to break their readers."""

import mailbox
import os
import time
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.feeds.servers import feed

from clair_bot.domain.feeds import Entry, FeedKind
from clair_bot.errors import FeedError
from clair_bot.feeds import mailboxes, mails
from clair_bot.feeds.reading import FeedReader

JST = timezone(timedelta(hours=9))
SENT = "Fri, 20 Nov 2026 10:00:00 +0900"


def mail(subject: str = "第341号", text: str = "本文です。", *, charset: str = "iso-2022-jp") -> EmailMessage:
    made = EmailMessage()
    made["From"] = "magazine@example.jp"
    made["Date"] = SENT
    made["Subject"] = subject
    made.set_content(text, charset=charset, cte="7bit" if charset == "iso-2022-jp" else "base64")
    return made


async def read(place: Path | str) -> tuple[Entry, ...]:
    return (await FeedReader().read(feed(str(place), FeedKind.MAILBOX))).entries


@pytest.mark.parametrize("charset", ["iso-2022-jp", "utf-8", "euc-jp", "shift_jis"])
async def test_an_eml_file(tmp_path: Path, charset: str) -> None:
    made = mail(
        "CLAIRメールマガジン vol.341 多文化共生の特集について、長い題名で折り返されるもの",
        "本文です。\n\n次の段落 <https://a.jp/>。\n",
        charset=charset,
    )
    (tmp_path / "a.eml").write_bytes(bytes(made))
    assert await read(tmp_path) == (
        Entry(
            title="CLAIRメールマガジン vol.341 多文化共生の特集について、長い題名で折り返されるもの",
            text="本文です。\n\n次の段落 <https://a.jp/>。",
            url="",
            published_at=datetime(2026, 11, 20, 10, tzinfo=JST),
        ),
    )


async def test_an_mbox_newest_first(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "news.mbox")
    for number in range(120):
        box.add(mail(f"第{number}号", "一行目\n\nFrom ここからも本文です。\n"))
    box.close()
    found = await read(tmp_path / "news.mbox")
    assert [entry.title for entry in found] == [f"第{number}号" for number in range(119, 19, -1)]
    assert {entry.text for entry in found} == {"一行目\n\nFrom ここからも本文です。"}


async def test_html_alone_is_cleaned(tmp_path: Path) -> None:
    made = mail()
    made.set_content("<p>一<b>段</b>落</p><p>二段落<script>alert(1)</script></p>", subtype="html", charset="utf-8")
    (tmp_path / "a.eml").write_bytes(bytes(made))
    assert [entry.text for entry in await read(tmp_path)] == ["一段落\n\n二段落"]


async def test_plain_words_go_before_html_and_attachments_are_ignored(tmp_path: Path) -> None:
    made = mail(text="平文です。", charset="utf-8")
    made.add_alternative("<p>HTML です。</p>", subtype="html")
    made.add_attachment("添付です。", filename="a.txt")
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
    made.add_attachment(mail("転送されたもの", "転送の本文"))
    (tmp_path / "a.eml").write_bytes(bytes(made))
    assert [entry.text for entry in await read(tmp_path)] == ["平文です。"]


@pytest.mark.parametrize(
    "subject",
    [
        "研修のお知らせ".encode("iso2022_jp"),
        "研修のお知らせ".encode("euc_jp"),
        "研修のお知らせ".encode("cp932"),
        "研修のお知らせ".encode(),
        b"=?ISO-2022-JP?B?GyRCOCY9JCROGyhC?=\n =?iso-2022-jp?b?GyRCJCpDTiRpJDsbKEI=?=",
        b"=?unknown-8bit?B?" + b"56CU5L+u44Gu44GK55+l44KJ44Gb" + b"?=",
    ],
)
def test_subjects_as_they_come(subject: bytes) -> None:
    found = mails.read(b"Subject: " + subject + b"\n\nx")
    assert found is not None
    assert found.title == "研修のお知らせ"


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\n\nno header",
        b"Subject:\n\nx",
        b"\xff\xfe\x00",
        b"From: a\n\nwithout a subject",
    ],
)
def test_mails_without_a_subject_are_skipped(broken: bytes) -> None:
    assert mails.read(broken) is None


@pytest.mark.parametrize(
    ("rest", "text"),
    [
        (b"Content-Type: text/plain; charset=no-such\n\n" + "本文".encode("euc_jp"), "本文"),
        (b"Content-Type: text/plain; charset=unknown-8bit\n\n" + "本文です".encode("cp932"), "本文です"),
        (b"Content-Type: ;;;\n\nwords", "words"),
        (b'Content-Type: text/plain; charset="\n\nwords', "words"),
        (b"Content-Transfer-Encoding: base64\n\n!!!not base64", ""),
        (b"Content-Transfer-Encoding: no-such\n\nwords", "words"),
        (b"Date: nonsense\nContent-Type: multipart/mixed\n\nwords", ""),
        (b"Content-Type: multipart/mixed; boundary=a\n\n--a\n\nwords", "words"),
        (b"Content-Type: text/plain; charset*=utf-8''%E3\n\nwords", "words"),
    ],
)
def test_broken_mails_give_what_they_can(rest: bytes, text: str) -> None:
    found = mails.read(b"Subject: x\n" + rest)
    assert found is not None
    assert (found.title, found.published_at) == ("x", None)
    assert text in found.text


def _nested(depth: int, body: bytes) -> bytes:
    return b"Subject: x\n" + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth)) + body


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        (_nested(8, b"\nwords\n"), True),
        (_nested(9, b"\nwords\n"), False),
        (_nested(2_000, b"\nwords\n"), False),
        (b"Subject: x\n" + b"Content-Type: message/rfc822\n\n" * 500, False),
        (_nested(1, b"--b0\nContent-Type: text/plain\n\nx\n" * 101), False),
        (_nested(1, b"--b0\n\nx\n" * 15_000), True),
        (b"Subject: x\nContent-Type: text/plain" + b';"' * 900_000 + b"\n\nwords", False),
        (b"Subject: x\nContent-Type: text/plain" + b";a\n " * 2_000 + b"\n\nwords", False),
        (b"Subject: " + b"=?a?q?x" * 250_000 + b"\n\nwords", True),
        (b"Subject: x\n\n" + b"\n" * 60_001, False),
        (b"Subject: x\nDate: " + b"(" * 500_000 + b"\n\nwords", True),
        (b"Subject: x\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n" + (b"M" * 61 + b"\n") * 25_000, True),
        (b"Subject: x\n\n" + b"&" * 1_900_000, True),
        (b"Subject: x\nContent-Type: text/html\n\n" + b"<div>" * 380_000, True),
    ],
)
def test_mails_built_to_break_readers_take_less_than_a_second(data: bytes, *, kept: bool) -> None:
    start = time.process_time()
    found = mails.read(data)
    assert time.process_time() - start < 1
    assert (found is not None) is kept


@given(st.binary(max_size=400))
def test_any_bytes_are_a_mail_or_none(data: bytes) -> None:
    for whole in (data, b"Subject: x\n" + data, b"Subject: x\nContent-Type: multipart/mixed; boundary=a\n\n--a\n" + data):
        found = mails.read(whole)
        assert found is None or found.title


async def test_large_and_broken_mails_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(bytes(mail("届いたもの")))
    (tmp_path / "b.eml").write_bytes(b"Subject: x\n\n" + b"x" * 2_000_000)
    (tmp_path / "c.eml").write_bytes(b"\x00\x01")
    assert [entry.title for entry in await read(tmp_path)] == ["届いたもの"]
    box = tmp_path / "box"
    box.write_bytes(b"From a\nSubject: x\n\n" + b"x" * 2_000_000 + b"\n\nFrom b\nSubject: ok\n\nwords\n\nFrom c\n\x00\n")
    assert [entry.title for entry in await read(box)] == ["ok"]


async def test_eml_files_newest_first(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.eml").write_bytes(bytes(mail(f"第{number}号")))
        os.utime(tmp_path / f"{number}.eml", (1_000_000 + number, 1_000_000 + number))
    assert [entry.title for entry in await read(tmp_path)] == ["第2号", "第1号", "第0号"]


async def test_what_is_no_mailbox(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="「gone」を読めません"):
        await read(tmp_path / "gone")
    (tmp_path / "text").write_text("ただの文書", encoding="utf-8")
    with pytest.raises(FeedError, match="の形ではありません"):
        await read(tmp_path / "text")
    with pytest.raises(FeedError, match="「zero」は通常のファイルではない"):
        await read("/dev/zero")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FeedError, match="「pipe」は通常のファイルではない"):
        await read(tmp_path / "pipe")
    (tmp_path / "empty").touch()
    assert await read(tmp_path / "empty") == ()


async def test_a_mailbox_of_more_than_50_megabytes(tmp_path: Path) -> None:
    with (tmp_path / "box").open("wb") as box:
        box.write(b"From a\nSubject: x\n\nx\n")
        box.truncate(50_000_001)
    with pytest.raises(FeedError, match="メールボックスが50MBを超えています"):
        await read(tmp_path / "box")


def test_a_folder_that_takes_too_long(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.eml").write_bytes(bytes(mail()))
    with pytest.raises(FeedError, match="0秒以内に読み終わりませんでした"):
        mailboxes.read(tmp_path, seconds=0)
    assert len(mailboxes.read(tmp_path)) == 3


async def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "box").mkdir()
    (tmp_path / "secret").write_bytes(bytes(mail("秘密")))
    (tmp_path / "box" / "a.eml").symlink_to(tmp_path / "secret")
    with pytest.raises(FeedError, match="フォルダーの外を指すリンク"):
        await read(tmp_path / "box")
