"""Words: how people write areas, offices, prefectures and the like in files, in Japanese and English."""

import unicodedata
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import Final, TypeVar

from clair_bot.domain.articles import Area
from clair_bot.domain.bulletins import BulletinKind, Category
from clair_bot.domain.conversations import Language
from clair_bot.domain.desks import Office
from clair_bot.domain.names import folded_name
from clair_bot.domain.subscriptions import Frequency, Organisation, SubscriberState, Topic

_SHOWN = 40
"""So much of a word from a file is repeated in a sentence about it."""
_NEAR = 0.5
Named = TypeVar("Named", bound=StrEnum)

PREFECTURES: Final = (
    *("北海道", "青森県", "岩手県", "宮城県", "秋田県", "山形県", "福島県", "茨城県", "栃木県", "群馬県", "埼玉県", "千葉県"),
    *("東京都", "神奈川県", "新潟県", "富山県", "石川県", "福井県", "山梨県", "長野県", "岐阜県", "静岡県", "愛知県", "三重県"),
    *("滋賀県", "京都府", "大阪府", "兵庫県", "奈良県", "和歌山県", "鳥取県", "島根県", "岡山県", "広島県", "山口県", "徳島県"),
    *("香川県", "愛媛県", "高知県", "福岡県", "佐賀県", "長崎県", "熊本県", "大分県", "宮崎県", "鹿児島県", "沖縄県"),
)
CHANNELS: Final = {
    "slack": "slack",
    "line": "line",
    "telegram": "telegram",
    "mail": "mail",
    "web": "web",
    "メール": "mail",
    "email": "mail",
    "e-mail": "mail",
    "シミュレーター": "web",
}
TRUE: Final = {"true": True, "yes": True, "on": True, "1": True, "はい": True, "する": True}
FALSE: Final = {"false": False, "no": False, "off": False, "0": False, "いいえ": False, "しない": False}

_AREAS: Final = {
    Area.I: ("海外における経済活動", "経済", "経済活動", "海外経済"),
    Area.II: ("多文化共生", "共生"),
    Area.III: ("jetプログラム", "jet"),
    Area.IV: ("国際交流・国際協力", "国際交流", "国際協力", "交流"),
    Area.V: ("情報の収集・発信", "情報"),
    Area.VI: ("グローバル人材の育成", "人材育成", "人材", "研修"),
    Area.VII: ("海外事務所",),
    Area.BASE: ("事業基盤", "本部"),
}
_OFFICES: Final = {
    Office.NEW_YORK: ("ニューヨーク", "new york"),
    Office.LONDON: ("ロンドン", "london"),
    Office.PARIS: ("パリ", "paris"),
    Office.SINGAPORE: ("シンガポール", "singapore"),
    Office.SEOUL: ("ソウル", "seoul"),
    Office.SYDNEY: ("シドニー", "sydney"),
    Office.BEIJING: ("北京", "beijing"),
}
_OFFICE_ENDS: Final = ("事務所", " office")


def _table(names: Mapping[Named, Iterable[str]]) -> dict[str, Named]:
    """Return every name, folded, with what it stands for; a key is a name of its own."""
    return {folded_name(word): one for one, words in names.items() for word in (one.value, *words)}


OFFICES: Final = _table({office: (*words, *(word + end for word in words for end in _OFFICE_ENDS)) for office, words in _OFFICES.items()})
AREAS: Final = _table(_AREAS)
KINDS: Final = _table(
    {
        BulletinKind.NEWSLETTER: ("メールマガジン", "メルマガ"),
        BulletinKind.OFFICE: ("海外事務所だより", "事務所だより", "事務所"),
        BulletinKind.NOTICE: ("お知らせ",),
        BulletinKind.EMERGENCY: ("緊急のお知らせ", "緊急"),
    }
)
CATEGORIES: Final = _table(
    {
        Category.EMERGENCY: ("emergency", "緊急のお知らせ"),
        Category.INFO: ("お知らせ", "クレアからのお知らせ"),
        Category.OFFICE: ("office", "海外事務所"),
        Category.FEATURE: ("feature",),
        Category.ARTICLE: ("article", "テーマ記事", "自由記事"),
        Category.REPORT: ("report", "レポート"),
        Category.CALL: ("call", "募集中", "!!募集中!!"),
    }
)
BASE_TOPICS: Final = _table(
    {
        Topic.NEWSLETTER: ("メールマガジン", "メルマガ"),
        Topic.NOTICE: ("お知らせ",),
        Topic.EMERGENCY: ("緊急のお知らせ", "緊急"),
    }
)
AREA_TOPICS: Final = {name: Topic(area.value) for name, area in AREAS.items() if area is not Area.BASE}
OFFICE_TOPICS: Final = {name: Topic(office.value) for name, office in OFFICES.items()}
TOPICS: Final = AREA_TOPICS | OFFICE_TOPICS | BASE_TOPICS
LANGUAGES: Final = _table(
    {
        Language.JA: ("日本語", "japanese"),
        Language.EN: ("英語", "english"),
        Language.EASY: ("やさしい日本語", "easy japanese"),
    }
)
FREQUENCIES: Final = _table(
    {
        Frequency.EACH: ("つど", "都度", "その都度", "発行のつど"),
        Frequency.DAILY: ("毎日", "1日1回", "日次"),
        Frequency.WEEKLY: ("毎週", "週1回", "週次"),
        Frequency.MONTHLY: ("毎月", "月1回", "月次"),
    }
)
ORGANISATIONS: Final = _table(
    {
        Organisation.PREFECTURE: ("都道府県",),
        Organisation.CITY: ("市区町村", "市町村"),
        Organisation.ASSOCIATION: ("地域国際化協会", "国際交流協会"),
        Organisation.JET: ("jet参加者",),
        Organisation.COMPANY: ("企業・団体", "企業", "団体"),
        Organisation.RESIDENT: ("住民",),
        Organisation.OTHER: ("その他",),
    }
)
STATES: Final = _table(
    {
        SubscriberState.PENDING: ("確認待ち",),
        SubscriberState.ACTIVE: ("配信中",),
        SubscriberState.UNSUBSCRIBED: ("配信停止",),
        SubscriberState.UNREACHABLE: ("到達不能",),
    }
)


def prefecture(text: str) -> str | None:
    """Return a prefecture's full name, written with or without its 都道府県; None: there is none such."""
    word = folded_name(text)
    return next((name for name in PREFECTURES if word and word in {name, name.removesuffix("県").removesuffix("府"), _short(name)}), None)


def _short(name: str) -> str:
    return "東京" if name == "東京都" else name


def folded_key(text: str) -> str:
    """Return the name of a key or a column as it is compared."""
    return unicodedata.normalize("NFKC", text).strip().lower().replace("-", "_").replace(" ", "_")


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that is most like another; empty: none is."""
    return next(iter(get_close_matches(name, list(known), n=1, cutoff=_NEAR)), "")


def shown(text: str) -> str:
    """Return the beginning of what stands in a file, in one line and without control characters, as a sentence repeats it."""
    line = " ".join("".join("\ufffd" if unicodedata.category(one) in {"Cc", "Cs"} and one not in "\n\t\r" else one for one in text).split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
