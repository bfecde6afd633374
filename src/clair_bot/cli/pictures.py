"""Looking at a bulletin's pictures before it is stored."""

import asyncio
import sys
from typing import TYPE_CHECKING

from clair_bot.errors import ClairBotError

if TYPE_CHECKING:
    from clair_bot.bootstrap import Application
    from clair_bot.domain.bulletins import Document


def look_at_pictures(application: "Application", document: "Document") -> None:
    """Refuse pictures that are gone; say where it could not be seen from here.

    Raises:
        ClairBotError: names the item, what the server said, and what to do.
    """
    pictures = [(number, item) for number, item in enumerate(document.items, start=1) if item.picture]
    if not pictures:
        return
    from clair_bot.feeds.pictures import Look, look_at

    looked = asyncio.run(look_at([item.picture for _, item in pictures], allow=application.settings.feed_allow))
    for (number, item), seen in zip(pictures, looked, strict=True):
        if seen.look is Look.GONE:
            place = f"項目{number}「{item.title[:40]}」の写真"
            raise ClairBotError(f"{place}がありません（{seen.why}）。写真のアドレスを確かめるか、写真を外してください。")
        if seen.look is Look.UNSEEN:
            print(f"注意: 項目{number}の写真をここから確かめられません。テスト配信でご確認ください。", file=sys.stderr)
