"""Headers of a mail: complete, stable, and out of reach for whoever writes the words."""

import dataclasses
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr, parsedate_to_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.adapters import issues

from clair_bot.messages import Address, Card, File, Issue, OutboundMessage
from clair_bot_mail.addresses import mailbox
from clair_bot_mail.configuration import read
from clair_bot_mail.envelopes import envelope_of

KEY = "0b0e7c52-6a53-4c0e-9d1c-7f6a4c1f2d10"
UNSUBSCRIBE = "https://bulletins.example.jp/unsubscribe/" + "Zm9v" * 30
ALWAYS = ["Date", "Message-ID", "From", "To", "Subject", "Content-Language", "Auto-Submitted", "MIME-Version", "Content-Type"]
INJECTIONS = [
    "\r\nBcc: x@example.jp",
    "\nBcc: x@example.jp\n\nbody",
    "\r\n\r\n<script>",
    "\x00\x0b\x0c\x85\u2028\u2029Bcc: x",
    "=?utf-8?q?=0ABcc=3A_x?=",
    "=??Q?=0A",
]
ENVIRONMENT = {"SMTP_URL": "smtp://mail.example.lg.jp", "CLAIR_MAIL_FROM": "自治体国際化協会（クレア）, 企画調査課 <kikaku@example.lg.jp>"}


def wire(message: OutboundMessage, **environment: str) -> bytes:
    recipient, found = mailbox("tanaka@example.jp"), read({**ENVIRONMENT, **environment})
    assert recipient is not None
    assert found is not None
    return envelope_of(message, recipient, found[1]).content()


def parsed(message: OutboundMessage, **environment: str) -> EmailMessage:
    content = wire(message, **environment)
    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(map(len, content.split(b"\r\n"))) <= 998
    mail = message_from_bytes(content, policy=SMTP)
    assert isinstance(mail, EmailMessage)
    assert mail.defects == []
    return mail


def people(name: str, **environment: str) -> tuple[str, str]:
    """Return name and address in a header, decoded by the older of the library's readers: the newer puts spaces into long names."""
    shown, address = parseaddr(message_from_bytes(wire(said(), **environment))[name])
    return str(make_header(decode_header(shown))), address


def said(**fields: object) -> OutboundMessage:
    plain = OutboundMessage(to=Address(channel="mail", recipient="tanaka@example.jp"), idempotency_key=KEY, paragraphs=("本文です。",))
    return dataclasses.replace(plain, **fields)  # type: ignore[arg-type]


def test_a_bulletin_can_be_stopped_with_one_click() -> None:
    sent = dataclasses.replace(issues.bulletin("mail", "x", issues.full_issue()), unsubscribe=UNSUBSCRIBE)
    mail = parsed(sent)
    assert mail["List-Unsubscribe"] == f"<{UNSUBSCRIBE}>"
    assert f"List-Unsubscribe: <{UNSUBSCRIBE}>\r\n".encode() in wire(sent)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Id"] == "<bulletins.example.lg.jp>"
    assert (mail["Precedence"], mail["Auto-Submitted"]) == ("bulk", "auto-generated")
    assert mail["Subject"] == "CLAIRメールマガジン vol.341 多言語で伝える冬の備え"


def test_an_ordinary_mail_is_no_bulletin() -> None:
    mail = parsed(said())
    assert sorted(mail.keys()) == sorted(ALWAYS)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert parsedate_to_datetime(mail["Date"]).tzinfo is not None
    assert people("From") == ("自治体国際化協会（クレア）, 企画調査課", "kikaku@example.lg.jp")
    assert mail["To"] == "tanaka@example.jp"
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_answers_go_where_the_settings_say() -> None:
    assert people("Reply-To", CLAIR_MAIL_REPLY_TO="窓口 <madoguchi@example.lg.jp>") == ("窓口", "madoguchi@example.lg.jp")


def test_the_id_is_the_same_at_every_attempt() -> None:
    assert parsed(said())["Message-ID"] == parsed(said())["Message-ID"] == f"<{KEY}@example.lg.jp>"
    strange = [parsed(said(idempotency_key=key))["Message-ID"] for key in ("a\r\nBcc: x", "a\r\nBcc: x", "", "鍵", "x" * 65)]
    assert strange[0] == strange[1]
    assert len(set(strange)) == 4
    assert all(len(found) == len("<@example.lg.jp>") + 64 for found in strange)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://example.jp/a b", "https://example.jp/>, <mailto:x@example.jp", "https://例え.jp/", "x", ""]
)
def test_only_web_addresses_stand_in_list_unsubscribe(url: str) -> None:
    assert not [name for name in parsed(said(unsubscribe=url)) if name.startswith("List-")]


@pytest.mark.parametrize("language", ["ja", "en", "easy", "fr"])
def test_the_language_is_told(language: str) -> None:
    assert parsed(said(language=language))["Content-Language"] == ("en" if language == "en" else "ja")


@settings(max_examples=50)
@given(st.text(max_size=200) | st.sampled_from(INJECTIONS) | st.tuples(st.text(max_size=9), st.sampled_from(INJECTIONS)).map("".join))
def test_no_words_become_headers(words: str) -> None:
    file = File(id=1, name=words, media_type=words, size=1, content=b"x")
    issue = Issue(masthead=words, number=words, title=words, notice=words, date=words, lead=(words,), footer=(words,), archive_url=words)
    for sent in (
        said(paragraphs=(words,)),
        said(card=Card(title=words, blocks=())),
        said(issue=issue),
        said(files=(file,), unsubscribe=words),
    ):
        mail = parsed(dataclasses.replace(sent, idempotency_key=words))
        extra = {"Precedence", "List-Id"} if sent.issue else set()
        assert set(mail.keys()) == {*ALWAYS, *extra}
        assert len(mail.keys()) == len(set(mail.keys()))
        assert 0 < len(mail["Subject"]) <= 120
        assert not any(ord(character) < 32 for character in mail["Subject"])


@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp")), max_size=120).filter(str.strip))
def test_a_subject_arrives_as_it_was_written(words: str) -> None:
    assert parsed(said(card=Card(title=words, blocks=())))["Subject"] == words.strip()


# --- files ------------------------------------------------------------------------------------------------------------------


def file(name: str, media_type: str = "application/pdf", content: bytes = b"%PDF-1.7\r\n\x00\xff") -> File:
    return File(id=1, name=name, media_type=media_type, size=len(content), content=content, url="https://example.jp/f/1")


def test_files_are_attached_as_they_are() -> None:
    files = (file("募集要項（令和8年度）.pdf"), file("地図.png", "image/png"), file("一覧.csv", "text/csv", b"a,b\n\xe3\x81\x82\n"))
    mail = parsed(said(files=files))
    assert mail.get_content_type() == "multipart/mixed"
    attached = list(mail.iter_attachments())
    assert [part.get_filename() for part in attached] == [found.name for found in files]
    assert [part.get_content_type() for part in attached] == ["application/pdf", "image/png", "text/csv"]
    assert [part.get_payload(decode=True) for part in attached] == [found.content for found in files]
    assert all(part.get_content_disposition() == "attachment" for part in attached)


@pytest.mark.parametrize(
    "media_type", ["", "pdf", "message/rfc822", "multipart/mixed", "image/png; name=x", "image/png\r\nX: y", "text/", "a/b"]
)
def test_strange_kinds_of_files_are_mere_bytes(media_type: str) -> None:
    (part,) = parsed(said(files=(file("a.pdf", media_type),))).iter_attachments()
    assert part.get_content_type() == "application/octet-stream"
    assert part.get_payload(decode=True) == b"%PDF-1.7\r\n\x00\xff"


@pytest.mark.parametrize(("name", "expected"), [("", "file"), ("a\r\nX: y.pdf", "a X: y.pdf"), ("あ" * 200 + ".pdf", "あ" * 116 + ".pdf")])
def test_names_of_files_stay_names(name: str, expected: str) -> None:
    (part,) = parsed(said(files=(file(name),))).iter_attachments()
    assert part.get_filename() == expected


def test_only_so_many_bytes_are_attached() -> None:
    large = file("大きい.pdf", content=b"x" * 6_000_000)
    mail = parsed(said(files=(large, dataclasses.replace(large, name="もう一つ.pdf"), file("小さい.pdf"))))
    assert [part.get_filename() for part in mail.iter_attachments()] == ["大きい.pdf", "小さい.pdf"]
    body = mail.get_body(("plain",))
    assert body is not None
    assert "添付ファイル: 大きい.pdf" in body.get_content()
    assert "ファイル: もう一つ.pdf\r\nhttps://example.jp/f/1" in body.get_content()


@given(
    st.text(
        alphabet=st.characters(exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp", "Zs"), exclude_characters='<>"'), min_size=1, max_size=80
    )
)
def test_names_of_senders_arrive_as_they_were_written(name: str) -> None:
    assert people("From", CLAIR_MAIL_FROM=f"{name} <kikaku@example.lg.jp>") == (name, "kikaku@example.lg.jp")
