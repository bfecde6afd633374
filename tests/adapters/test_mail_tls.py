"""Protected connections: certificates are verified, always."""

import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.standins.smtp import SmtpStandIn

from clair_bot.errors import DeliveryError
from clair_bot.messages import Address
from clair_bot.testing.adapter_contract import message
from clair_bot_mail.adapter import MailAdapter, create

TO = Address(channel="mail", recipient="kokusai@example.lg.jp")
pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="certificates are made with openssl")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a certificate for localhost that nobody trusts yet, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    subprocess.run([*command.split(), "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)
    return folder


@pytest.fixture(params=[False, True], ids=["starttls", "smtps"])
async def standin(request: pytest.FixtureRequest, certificate: Path) -> AsyncIterator[SmtpStandIn]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    made = SmtpStandIn(users={"clair": "secret"}, tls=context, implicit=request.param)
    await made.start()
    yield made
    await made.stop()
    assert made.violations == []


def made(url: str) -> MailAdapter:
    adapter = create({"SMTP_URL": url, "CLAIR_MAIL_FROM": "clair@example.lg.jp"})
    assert adapter is not None
    return adapter


async def test_a_trusted_server_gets_the_mail(standin: SmtpStandIn, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    adapter = made(standin.url(user="clair"))
    await adapter.send(message(TO, "一"))
    await adapter.send(message(TO, "二"))
    assert [kept.text for kept in standin.kept] == ["一", "二"]
    assert standin.connections == 1
    assert "（TLS、ログイン済み）" in (line := await adapter.check()) or "（STARTTLS、ログイン済み）" in line
    await adapter.aclose()


async def test_an_unknown_certificate_gets_neither_password_nor_mail(standin: SmtpStandIn) -> None:
    adapter = made(standin.url(user="clair"))
    with pytest.raises(DeliveryError) as caught:
        await adapter.send(message(TO, "一"))
    assert caught.value.channel_down
    assert not caught.value.permanent
    assert standin.commands == []
    await adapter.aclose()


async def test_another_name_in_the_certificate_is_refused(standin: SmtpStandIn, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    adapter = made(standin.url(user="clair").replace("localhost", "127.0.0.1"))
    with pytest.raises(DeliveryError) as caught:
        await adapter.send(message(TO, "一"))
    assert caught.value.channel_down
    await adapter.aclose()


@pytest.mark.parametrize("url", ["smtp+starttls://127.0.0.1:{}", "smtp://u:p@127.0.0.1:{}"])
async def test_what_the_server_does_not_offer_is_never_done_without(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    standin = SmtpStandIn()
    await standin.start()
    if "u:p" in url:  # a server that offers no login
        standin.answer_next("EHLO", "250 mail.example.jp")
    adapter = made(url.format(standin.port))
    with pytest.raises(DeliveryError) as caught:
        await adapter.send(message(TO, "一"))
    assert (caught.value.channel_down, caught.value.permanent) == (True, False)
    assert standin.commands == []
    await adapter.aclose()
    await standin.stop()
