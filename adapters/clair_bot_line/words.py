"""The few words that this adapter adds, in the three languages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What stands around our own texts."""

    sources: str
    as_of: str
    """With ``{}`` for the date."""
    undated: str
    press: str
    """Carries the buttons where there is no text."""
    type_instead: str
    """Names, with ``{}`` for them, what can be typed where there is no button for it."""
    file_unshown: str
    """Stands below the name of a file that has no address."""
    contents: str
    """Above a bulletin's table of contents."""
    fact: str
    """With two ``{}``, for the name and the value of a bulletin's fact."""
    owner: str
    """With ``{}``, behind the title of a bulletin's item."""
    details: str
    """The button below a bulletin's item."""
    in_full: str
    """The button that leads to a bulletin's page."""
    picture: str
    """Stands for a picture where it cannot be shown."""
    stop: str
    """How to get no more bulletins."""


_WORDS = {
    "ja": Words(
        sources="出典",
        as_of="（{}時点）",
        undated="（時点不明）",
        press="次の中からお選びください。",
        type_instead="次の言葉を送ることもできます：{}",
        contents="目次",
        fact="{}：{}",
        owner="（{}）",
        details="詳しく見る",
        in_full="全文をウェブで読む",
        picture="写真",
        stop="配信を止めるには「配信停止」と送ってください。",
        file_unshown="このファイルはLINEではご覧いただけません。別の受け取り方については、相談員にお尋ねください。",
    ),
    "en": Words(
        sources="Sources",
        as_of=" (as of {})",
        undated=" (date unknown)",
        press="Please choose one of the following.",
        type_instead="You can also send: {}",
        contents="Contents",
        fact="{}: {}",
        owner=" ({})",
        details="Read more",
        in_full="Read it on the web",
        picture="Photo",
        stop="To stop these bulletins, please send “unsubscribe”.",
        file_unshown="This file cannot be shown on LINE. Please ask the advisor for another way to receive it.",
    ),
    "easy": Words(
        sources="もとの 情報",
        as_of="（{}の 情報）",
        undated="（いつの 情報か わかりません）",
        press="下から えらんで ください。",
        type_instead="この ことばを 送る ことも できます：{}",
        contents="もくじ",
        fact="{}：{}",
        owner="（{}）",
        details="くわしく 見る",
        in_full="ウェブで ぜんぶ 読む",
        picture="写真",
        stop="お知らせを 止めたい ときは 「配信停止」と 送って ください。",
        file_unshown="この ファイルは LINEで 見る ことが できません。ほかの 方法を 相談員に 聞いて ください。",
    ),
}


def words(language: str) -> Words:
    """Return the words of a language; Japanese where it is unknown."""
    return _WORDS.get(language, _WORDS["ja"])


def dated(title: str, as_of: str, language: str) -> str:
    """Return a source's title with the date of its information."""
    said = words(language)
    return title + (said.undated if as_of in {"", "不明"} else said.as_of.format(as_of))
