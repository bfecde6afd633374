"""Settings: the environment, read once, here and nowhere else."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from clair_bot.domain.articles import Area
from clair_bot.errors import ConfigurationError
from clair_bot.messages import Address

_FILE = "_FILE"
_OURS = ("SLACK_", "LINE_", "TELEGRAM_", "SMTP_", "DATABASE_", "CLAIR_")
_SECRET_LIMIT = 65_536


class Environment(Mapping[str, str]):
    """Variables with the contents of ``NAME_FILE`` files in place; never prints its values."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        """Take non-empty variables, and read secrets from the files that are named.

        Raises:
            ConfigurationError: a named file cannot be read.
        """
        self._values = {name: value.strip() for name, value in variables.items() if value.strip()}
        for name in [name for name in self._values if name.endswith(_FILE) and name.startswith(_OURS)]:
            self._values.setdefault(name.removesuffix(_FILE), _secret(name, self._values[name]))

    def __getitem__(self, name: str) -> str:
        """Return a variable's value."""
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over names."""
        return iter(self._values)

    def __len__(self) -> int:
        """Count them."""
        return len(self._values)

    def __repr__(self) -> str:
        """Names would tell too much as well: only the count."""
        return f"<Environment of {len(self)} variables>"


def _secret(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")[:_SECRET_LIMIT].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(name, f"ファイルを読み取れません（{path}）。") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set."""

    database_url: str
    port: int
    knowledge_dir: Path
    cache_dir: Path
    base_url: str
    desk: Address | None
    """The advisors' room for everything that has no other."""
    area_desks: Mapping[Area, Address]
    """The rooms of single areas."""
    desks_file: Path | None
    """Names, rooms, hours and targets of the desks, where they differ from the usual."""
    scan_command: str
    """What looks for viruses in a file whose path is added to it; empty: nothing does."""
    timezone: ZoneInfo
    quiet_hours: tuple[time, time] | None
    """Between these local times nobody is sent a bulletin; None: at any time."""
    count_clicks: bool
    """True: links in bulletins lead through us and are counted; nobody is remembered."""
    feed_allow: tuple[str, ...]
    """``host:port`` of feeds that may be read although their address is not public."""
    simulator: bool
    environment: Environment
    """For the adapters, which read their own variables."""


def read_settings(variables: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment, or from the given variables.

    Raises:
        ConfigurationError: naming the first variable that is wrong.
    """
    environment = Environment(os.environ if variables is None else variables)
    return Settings(
        database_url=environment.get("DATABASE_URL", "sqlite:///var/clair.db"),
        port=_port(environment),
        knowledge_dir=_knowledge(environment),
        cache_dir=Path(environment.get("CLAIR_CACHE_DIR", "var/cache")),
        base_url=_base_url(environment),
        desk=_room(environment, "CLAIR_DESK"),
        area_desks=_area_desks(environment),
        desks_file=_desks_file(environment),
        scan_command=environment.get("CLAIR_SCAN_COMMAND", ""),
        timezone=_timezone(environment),
        quiet_hours=_quiet_hours(environment),
        count_clicks=_flag(environment, "CLAIR_COUNT_CLICKS"),
        feed_allow=_feed_allow(environment),
        simulator=_flag(environment, "CLAIR_SIMULATOR"),
        environment=environment,
    )


def _port(environment: Environment) -> int:
    text = environment.get("PORT", "8080")
    highest = 65_535
    if not text.isascii() or not text.isdigit() or not 0 <= int(text[:9]) <= highest:
        raise ConfigurationError("PORT", f"0〜{highest}の番号を指定してください（現在の値: {text[:20]}）。")
    return int(text)


def _feed_allow(environment: Environment) -> tuple[str, ...]:
    pairs = tuple(part.strip() for part in environment.get("CLAIR_FEED_ALLOW", "").split(",") if part.strip())
    for pair in pairs:
        host, _, port = pair.rpartition(":")
        if not host or not port.isascii() or not port.isdigit():
            raise ConfigurationError(
                "CLAIR_FEED_ALLOW", f"intranet.example.lg.jp:80 のように、ホスト名:ポートを指定してください（{pair[:60]}）。"
            )
    return pairs


def _quiet_hours(environment: Environment) -> tuple[time, time] | None:
    text = environment.get("CLAIR_QUIET_HOURS", "")
    if not text:
        return None
    try:
        begins, ends = (time.fromisoformat(part.strip().zfill(5)) for part in text.split("-"))
    except ValueError:
        begins = ends = time(0)
    if begins == ends:
        raise ConfigurationError(
            "CLAIR_QUIET_HOURS", f"21:00-8:00 のように、始まりと終わりの時刻を指定してください（現在の値: {text[:20]}）。"
        )
    return begins, ends


def _knowledge(environment: Environment) -> Path:
    folder = Path(environment.get("CLAIR_KNOWLEDGE_DIR", "knowledge"))
    if not folder.is_dir():
        raise ConfigurationError("CLAIR_KNOWLEDGE_DIR", f"フォルダーが見つかりません（{folder}）。記事のフォルダーを指定してください。")
    return folder


def _base_url(environment: Environment) -> str:
    url = environment.get("CLAIR_BASE_URL", "").rstrip("/")
    if url and not url.startswith(("https://", "http://")):
        raise ConfigurationError("CLAIR_BASE_URL", "https:// で始まる公開アドレスを指定してください。")
    return url


def _area_desks(environment: Environment) -> Mapping[Area, Address]:
    rooms = {area: _room(environment, f"CLAIR_DESK_{area.value}") for area in Area if area is not Area.BASE}
    return {area: room for area, room in rooms.items() if room}


def _desks_file(environment: Environment) -> Path | None:
    path = environment.get("CLAIR_DESKS")
    if path is None:
        return None
    if not Path(path).is_file():
        raise ConfigurationError("CLAIR_DESKS", f"ファイルが見つかりません（{path}）。窓口のファイル（TOML）を指定してください。")
    return Path(path)


def _room(environment: Environment, name: str) -> Address | None:
    text = environment.get(name)
    if text is None:
        return None
    try:
        return Address.parse(text)
    except ValueError as error:
        raise ConfigurationError(name, "「slack:C0DESK」「telegram:-100123」のように、channel:id の形で指定してください。") from error


def _timezone(environment: Environment) -> ZoneInfo:
    name = environment.get("CLAIR_TIMEZONE", "Asia/Tokyo")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError("CLAIR_TIMEZONE", f"時間帯の名前が正しくありません（{name[:40]}）。例: Asia/Tokyo") from error


def _flag(environment: Environment, name: str) -> bool:
    text = environment.get(name, "0").lower()
    if text not in {"0", "1", "true", "false", "yes", "no", "on", "off"}:
        raise ConfigurationError(name, "1 か 0 を指定してください。")
    return text in {"1", "true", "yes", "on"}
