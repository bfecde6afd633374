"""Settings: every variable, secrets from files, and wrong values that name their variable."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from clair_bot.domain.articles import Area
from clair_bot.errors import ConfigurationError
from clair_bot.messages import Address
from clair_bot.settings import Environment, Settings, read_settings


@pytest.fixture
def knowledge(tmp_path: Path) -> str:
    folder = tmp_path / "articles"
    folder.mkdir()
    return str(folder)


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in an empty folder with an empty environment but for the knowledge that is always there."""
    (tmp_path / "knowledge").mkdir()
    monkeypatch.chdir(tmp_path)


def read(**variables: str) -> Settings:
    return read_settings(variables)


def test_the_defaults() -> None:
    settings = read()
    assert settings.database_url == "sqlite:///var/clair.db"
    assert settings.port == 8080
    assert (settings.knowledge_dir, settings.cache_dir) == (Path("knowledge"), Path("var/cache"))
    assert settings.base_url == ""
    assert settings.timezone == ZoneInfo("Asia/Tokyo")
    assert not settings.simulator
    assert (settings.desk, settings.area_desks, settings.desks_file, settings.scan_command) == (None, {}, None, "")
    assert len(settings.environment) == 0


def test_every_variable(knowledge: str) -> None:
    settings = read(
        DATABASE_URL="postgresql://clair@db/clair",
        PORT="9000",
        CLAIR_KNOWLEDGE_DIR=knowledge,
        CLAIR_CACHE_DIR="elsewhere",
        CLAIR_BASE_URL="https://clair.example.test/",
        CLAIR_TIMEZONE="Europe/Paris",
        CLAIR_SIMULATOR="1",
        SLACK_BOT_TOKEN="xoxb",
    )
    assert settings.database_url == "postgresql://clair@db/clair"
    assert settings.port == 9000
    assert (settings.knowledge_dir, settings.cache_dir) == (Path(knowledge), Path("elsewhere"))
    assert settings.base_url == "https://clair.example.test"
    assert settings.timezone == ZoneInfo("Europe/Paris")
    assert settings.simulator
    assert settings.environment["SLACK_BOT_TOKEN"] == "xoxb"


def test_the_environment_itself_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "7000")
    assert read_settings().port == 7000


def test_the_desks() -> None:
    areas = {area: f"slack:C{area.value}" for area in Area if area is not Area.BASE}
    settings = read(CLAIR_DESK=" Telegram:-100123 ", **{f"CLAIR_DESK_{area.value}": room for area, room in areas.items()})
    assert settings.desk == Address(channel="telegram", recipient="-100123")
    assert {area: str(room) for area, room in settings.area_desks.items()} == areas


def test_the_desks_file_must_be_there(tmp_path: Path) -> None:
    file = tmp_path / "desks.toml"
    with pytest.raises(ConfigurationError, match="CLAIR_DESKS"):
        read(CLAIR_DESKS=str(file))
    file.touch()
    assert read(CLAIR_DESKS=str(file)).desks_file == file


@pytest.mark.parametrize(
    ("text", "on"), [("1", True), ("true", True), ("YES", True), ("on", True), ("0", False), ("off", False), ("", False)]
)
def test_the_simulators_switch(text: str, *, on: bool) -> None:
    assert read(CLAIR_SIMULATOR=text).simulator is on


@pytest.mark.parametrize("port", ["0", "65535", " 80 "])
def test_ports(port: str) -> None:
    assert read(PORT=port).port == int(port)


WRONG = [
    ("PORT", "65536"),
    ("PORT", "-1"),
    ("PORT", "x"),
    ("PORT", "８０"),
    ("PORT", "8080.0"),
    ("PORT", "9" * 5_000),
    ("CLAIR_KNOWLEDGE_DIR", "nowhere"),
    ("CLAIR_BASE_URL", "clair.example.test"),
    ("CLAIR_BASE_URL", "ftp://clair.example.test"),
    ("CLAIR_TIMEZONE", "Asia/Nowhere"),
    ("CLAIR_TIMEZONE", "../../etc/passwd"),
    ("CLAIR_TIMEZONE", "/etc/passwd"),
    ("CLAIR_SIMULATOR", "maybe"),
    ("CLAIR_DESK", "C0DESK"),
    ("CLAIR_DESK", "slack:"),
    ("CLAIR_DESK", ":C0DESK"),
    *((f"CLAIR_DESK_{area.value}", "C0DESK") for area in Area if area is not Area.BASE),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as wrong:
        read(**{name: value})
    assert wrong.value.variable == name
    assert str(wrong.value).startswith(f"{name}: ")
    assert len(str(wrong.value)) < 200


def test_empty_is_not_set() -> None:
    assert read(PORT="", CLAIR_DESK="  ", CLAIR_TIMEZONE="\n") == read()


# secrets from files

SECRETS = [
    "SLACK_SIGNING_SECRET",
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "LINE_CHANNEL_SECRET",
    "LINE_CHANNEL_ACCESS_TOKEN",
    "TELEGRAM_BOT_TOKEN",
    "TELEGRAM_WEBHOOK_SECRET",
    "SMTP_URL",
    "DATABASE_URL",
]


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_lie_in_a_file(tmp_path: Path, name: str) -> None:
    file = tmp_path / "secret"
    file.write_text("from the file\n", encoding="utf-8")
    assert read(**{f"{name}_FILE": str(file)}).environment[name] == "from the file"
    assert read(**{f"{name}_FILE": str(file), name: "given"}).environment[name] == "given"


def test_a_database_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://db/clair", encoding="utf-8")
    assert read(DATABASE_URL_FILE="url").database_url == "postgresql://db/clair"


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_names_its_variable(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    with pytest.raises(ConfigurationError) as wrong:
        read(SLACK_BOT_TOKEN_FILE="secret")
    assert wrong.value.variable == "SLACK_BOT_TOKEN_FILE"


def test_somebody_elses_files_are_left_alone() -> None:
    assert read(SSL_CERT_FILE="/nowhere", XDG_FILE="/nowhere", _FILE="x").port == 8080


def test_secrets_are_never_shown() -> None:
    settings = read(SLACK_BOT_TOKEN="xoxb-secret")
    for text in (repr(settings), str(settings), repr(Environment({"A": "xoxb-secret"})), f"{settings.environment}"):
        assert "xoxb-secret" not in text


def test_what_is_read_does_not_change() -> None:
    with pytest.raises(AttributeError):
        read().port = 1  # type: ignore[misc]
