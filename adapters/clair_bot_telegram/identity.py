"""Who the platform says we are. Imports the SDK: only for modules that are imported late."""

import asyncio

from telegram import Bot, User

from clair_bot.errors import DeliveryError
from clair_bot_telegram.connection import DEADLINE
from clair_bot_telegram.failures import UNREADABLE, delivery_error
from clair_bot_telegram.payloads import ALLOWED_UPDATES

_PRIVATE = (
    "プライバシーモードがオンです。相談員の部屋で使うときは、BotFather の /setprivacy でオフにし、"
    "ボットを部屋に入れ直してください（オンのままでも、返信とスラッシュコマンドは届きます）。"
)
_OPEN = "プライバシーモードはオフです。"
_SHUT = "グループに入れられない設定です。相談員の部屋で使うときは、BotFather の /setjoingroups でオンにしてください。"
_WEBHOOK_IN_THE_WAY = "Webhook が登録されているため、ロングポーリングでは受け取れません。deleteWebhook で外してください。"
_KINDS_MISSING = "Webhook の allowed_updates に {} がありません。setWebhook で登録し直してください。"
_WEBHOOK_MISSING = "Webhook が登録されていません。setWebhook で登録してください。"


async def username(bot: Bot) -> str:
    """Return our username, or nothing when the platform does not tell."""
    try:
        async with asyncio.timeout(DEADLINE):
            return (await bot.get_me()).username or ""
    except UNREADABLE:
        return ""


async def check(bot: Bot, *, listens: bool) -> tuple[str, str]:
    """Return our username and a line for people.

    Raises:
        DeliveryError: The platform did not answer or refused.
    """
    try:
        async with asyncio.timeout(DEADLINE):
            me = await bot.get_me()
    except UNREADABLE as error:
        found = delivery_error(error)
        raise DeliveryError(found.reason, retry_after=found.retry_after, channel_down=found.channel_down) from None
    way = "ロングポーリング" if listens else "Webhook"
    line = f"@{me.username}（{me.full_name}）として接続しました。受信方法: {way}。{_rooms(me)}{await _webhook(bot, listens=listens)}"
    return me.username or "", line


def _rooms(me: User) -> str:
    if me.can_join_groups is False:
        return _SHUT
    return _OPEN if me.can_read_all_group_messages else _PRIVATE


async def _webhook(bot: Bot, *, listens: bool) -> str:
    """Compare the registered webhook with the way in that our settings choose; silent when the platform does not tell."""
    try:
        async with asyncio.timeout(DEADLINE):
            info = await bot.get_webhook_info()
    except UNREADABLE:
        return ""
    if listens:
        return _WEBHOOK_IN_THE_WAY if info.url else ""
    if not info.url:
        return _WEBHOOK_MISSING
    missing = set(ALLOWED_UPDATES).difference(info.allowed_updates) if info.allowed_updates else ()  # empty: the platform's default
    return _KINDS_MISSING.format("・".join(sorted(missing))) if missing else ""
