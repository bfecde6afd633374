"""The variables of the mail channel."""

import subprocess
import sys

import pytest

from clair_bot.errors import ConfigurationError
from clair_bot_mail.adapter import create
from clair_bot_mail.configuration import Security, read

FROM = "自治体国際化協会（クレア） <kikaku@example.lg.jp>"
URL = "smtp://mail.example.lg.jp"


def refused(**environment: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        create(environment)
    assert str(caught.value).startswith(f"{caught.value.variable}: ")
    assert "。" in str(caught.value)
    return caught.value


def test_without_variables_there_is_no_channel() -> None:
    assert create({}) is None
    assert create({"SMTP_URL": " ", "CLAIR_MAIL_FROM": "", "CLAIR_MAIL_REPLY_TO": "x", "CLAIR_MAIL_SENDER_INFO": "x"}) is None


def test_one_without_the_other_names_what_is_missing() -> None:
    assert refused(SMTP_URL=URL).variable == "CLAIR_MAIL_FROM"
    assert refused(CLAIR_MAIL_FROM=FROM).variable == "SMTP_URL"


@pytest.mark.parametrize(
    ("url", "server", "account"),
    [
        ("smtp://mail.example.lg.jp", ("mail.example.lg.jp", 25, Security.PLAIN), ("", "")),
        ("smtps://user:geheim@mail.example.jp", ("mail.example.jp", 465, Security.TLS), ("user", "geheim")),
        (
            "smtp+starttls://clair%40example.jp:p%2Fw%3A%40@mail.example.jp",
            ("mail.example.jp", 587, Security.STARTTLS),
            ("clair@example.jp", "p/w:@"),
        ),
        ("smtp://[::1]:2525/", ("::1", 2525, Security.PLAIN), ("", "")),
    ],
)
def test_addresses_of_servers(url: str, server: tuple[str, int, Security], account: tuple[str, str]) -> None:
    found = read({"SMTP_URL": url, "CLAIR_MAIL_FROM": FROM})
    assert found is not None
    (known, _) = found
    assert (known.host, known.port, known.security) == server
    assert (known.user, known.password) == account
    assert (known.rate, known.connections) == (20, 4)
    assert "password" not in repr(known)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "mail.example.jp",
            "http://mail.example.jp",
            "smtp://",
            "smtp://:25",
            "smtp://mail.example.jp:port",
            "smtp://mail.example.jp:99999",
        ),
        *("smtp://mail.example.jp/path", "smtp://u:geheim@[::1", "smtp://u:ge#heim@mail.example.jp", "smtp://u@mail.example.jp"),
        *(f"{URL}?rate=0", f"{URL}?rate=-1", f"{URL}?rate=nan", f"{URL}?rate=inf", f"{URL}?rate=1001", f"{URL}?rate=", f"{URL}?rate=x"),
        *(f"{URL}?connections=0", f"{URL}?connections=21", f"{URL}?connections=1.5", f"{URL}?verify=no", f"{URL}?rate=1&connections=1&x=1"),
    ],
)
def test_what_is_no_address_of_a_server(url: str) -> None:
    error = refused(SMTP_URL=url, CLAIR_MAIL_FROM=FROM)
    assert error.variable == "SMTP_URL"
    assert "heim" not in str(error)
    assert "heim" not in str(error.__cause__)


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        (FROM, "自治体国際化協会（クレア）", "kikaku@example.lg.jp"),
        ("kikaku@example.lg.jp", "", "kikaku@example.lg.jp"),
        ("<kikaku@example.lg.jp>", "", "kikaku@example.lg.jp"),
        ('"CLAIR, Planning" <kikaku@example.lg.jp>', "CLAIR, Planning", "kikaku@example.lg.jp"),
        ("クレア<kikaku@例え.jp>", "クレア", "kikaku@xn--r8jz45g.jp"),
    ],
)
def test_senders(text: str, name: str, address: str) -> None:
    found = read({"SMTP_URL": URL, "CLAIR_MAIL_FROM": text, "CLAIR_MAIL_REPLY_TO": text})
    assert found is not None
    sender = found[1]
    assert (sender.mailbox.name, sender.mailbox.address) == (name, address)
    assert sender.reply_to == sender.mailbox


@pytest.mark.parametrize(
    "text",
    [
        "クレア",
        "クレア <kikaku>",
        "a <b <c@example.jp>",
        "a@example.jp>",
        "クレア <国際@example.jp>",
        "a <a@example.jp>\r\nBcc: b@example.jp",
        "a\nb <a@example.jp>",
    ],
)
def test_what_is_no_sender(text: str) -> None:
    assert refused(SMTP_URL=URL, CLAIR_MAIL_FROM=text).variable == "CLAIR_MAIL_FROM"
    assert refused(SMTP_URL=URL, CLAIR_MAIL_FROM=FROM, CLAIR_MAIL_REPLY_TO=text).variable == "CLAIR_MAIL_REPLY_TO"


def test_the_line_about_the_sender_has_a_limit() -> None:
    environment = {"SMTP_URL": URL, "CLAIR_MAIL_FROM": FROM}
    found = read({**environment, "CLAIR_MAIL_SENDER_INFO": " 協会\n東京都 "})
    assert found is not None
    assert found[1].info == "協会 東京都"
    assert read({**environment, "CLAIR_MAIL_SENDER_INFO": "あ" * 300}) is not None
    assert refused(**environment, CLAIR_MAIL_SENDER_INFO="あ" * 301).variable == "CLAIR_MAIL_SENDER_INFO"


def test_the_library_is_imported_late() -> None:
    code = "import sys, clair_bot_mail.adapter, clair_bot_mail.preview; print(*{'aiosmtplib', 'structlog'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
