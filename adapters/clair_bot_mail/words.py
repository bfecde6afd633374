"""The few words that this adapter adds, in the three languages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What stands around our own texts."""

    contents: str
    picture: str
    archive: str
    unsubscribe: str
    owner: str
    """With ``{}`` for who is responsible."""
    sources: str
    as_of: str
    """With ``{}`` for the date."""
    undated: str
    in_chats: str
    """Names, with ``{}`` for them, the words that stand on buttons elsewhere: a mail has none."""
    quoted: str
    """With ``{}`` for one such word."""
    attached: str
    file: str
    file_unsent: str
    """Stands below the name of a file that is neither attached nor on a page."""
    subject: str
    """Where a message has no words to take one from."""


_WORDS = {
    "ja": Words(
        contents="ＴＯＰＩＣＳ",  # noqa: RUF001  # as the magazine itself writes it
        picture="写真",
        archive="バックナンバー",
        unsubscribe="配信停止",
        owner="（{}）",
        sources="出典",
        as_of="（{}時点）",
        undated="（時点不明）",
        in_chats="チャットでは、次の言葉を送ると続けられます：{}",
        quoted="「{}」",
        attached="添付ファイル",
        file="ファイル",
        file_unsent="このファイルはメールに添付できませんでした。受け取り方については、相談員にお尋ねください。",
        subject="お知らせ",
    ),
    "en": Words(
        contents="TOPICS",
        picture="Picture",
        archive="Back numbers",
        unsubscribe="Unsubscribe",
        owner=" ({})",
        sources="Sources",
        as_of=" (as of {})",
        undated=" (date unknown)",
        in_chats="In the chat you can go on by sending: {}",
        quoted="“{}” ",
        attached="Attached file",
        file="File",
        file_unsent="This file could not be attached. Please ask the advisor for another way to receive it.",
        subject="Notice",
    ),
    "easy": Words(
        contents="もくじ",
        picture="写真",
        archive="前の お知らせ",
        unsubscribe="メールを 止める",
        owner="（{}）",
        sources="もとの 情報",
        as_of="（{}の 情報）",
        undated="（いつの 情報か わかりません）",
        in_chats="チャットでは この ことばを 送る ことが できます：{}",
        quoted="「{}」",
        attached="ついて いる ファイル",
        file="ファイル",
        file_unsent="この ファイルは メールに つける ことが できませんでした。ほかの 方法を 相談員に 聞いて ください。",
        subject="お知らせ",
    ),
}


def words(language: str) -> Words:
    """Return the words of a language; Japanese where it is unknown."""
    return _WORDS.get(language, _WORDS["ja"])
