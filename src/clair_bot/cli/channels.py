"""``clair-bot channel``: what is connected."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from clair_bot.errors import ConfigurationError, DeliveryError

if TYPE_CHECKING:
    from clair_bot.ports import ChannelAdapter

app = typer.Typer(help="チャンネル（Slack・LINE・Telegram・メール）", no_args_is_help=True)


@app.callback()
def channel() -> None:
    """チャンネルの確認。"""


@app.command("list")
def list_channels(json: Annotated[bool, typer.Option("--json", help="JSONで出力")] = False) -> None:
    """設定されているチャンネルを一覧にする。"""
    from clair_bot.cli.output import print_json
    from clair_bot.registry import create_adapters
    from clair_bot.settings import read_settings

    adapters = create_adapters(read_settings().environment)
    rows = [{"name": name, "on": name in adapters, "way": _way(adapters[name]) if name in adapters else None} for name in _platforms()]
    if json:
        print_json({"channels": rows})
        return
    ways = {"listen": "使う（こちらから接続）", "webhook": "使う（Webhook）", "send": "使う（送信のみ）", None: "使わない（未設定）"}
    for row in rows:
        print(f"{row['name']}\t{ways[row['way']]}")  # type: ignore[index]


def _way(adapter: "ChannelAdapter") -> str:
    if not adapter.hears:
        return "send"
    return "listen" if adapter.listens else "webhook"


@app.command()
def check(name: Annotated[str, typer.Argument(help="slack、line、telegram、mail")]) -> None:
    """プラットフォームに接続し、自分が誰かを尋ねる。"""
    from clair_bot.registry import create_adapters
    from clair_bot.settings import read_settings

    if name not in _platforms():
        raise typer.BadParameter(f"{name} というチャンネルはありません。使えるもの: {', '.join(_platforms())}")
    adapter = create_adapters(read_settings().environment).get(name)
    if adapter is None:
        raise ConfigurationError(name.upper(), "このチャンネルの変数が設定されていません。README の接続手順をご覧ください。")
    print(asyncio.run(_ask(adapter)))


def _platforms() -> list[str]:
    """Return the channels that have a platform to connect to; the simulator has none."""
    from clair_bot.registry import channels

    return [name for name in channels() if name != "web"]


async def _ask(adapter: "ChannelAdapter") -> str:
    try:
        return await adapter.check()
    except DeliveryError as error:
        raise DeliveryError(f"{adapter.name} に接続できません: {error.reason}") from error
    finally:
        await adapter.aclose()
