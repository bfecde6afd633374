"""The fields of an article's head: what each may hold. A check returns what is wrong, in Japanese, or nothing."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from clair_bot.domain.articles import Area

_ID: Final = re.compile(r"[a-z]+-[0-9]+-[a-z0-9]+(-[a-z0-9]+)*")
_DATED: Final = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?", re.ASCII)
_AUDIENCES: Final = ("municipality", "association", "jet", "ngo", "school", "resident")
_LANGUAGES: Final = ("ja", "en", "easy")
_ALIASES: Final = range(3, 7)
_UNDATED: Final = "不明"


def _is_text(value: object) -> str:
    return "" if isinstance(value, str) and value.strip() else "文字で書いてください。"


def _is_texts(value: object) -> str:
    fine = isinstance(value, list) and all(isinstance(one, str) and one.strip() for one in value)
    return "" if fine else "「- 」で始まる文字の一覧にしてください。"


def _is_one_of(values: tuple[str, ...]) -> Callable[[object], str]:
    return lambda value: "" if value in values else f"{'・'.join(values)}のどれかにしてください。"


def _id(value: object) -> str:
    fine = isinstance(value, str) and _ID.fullmatch(value)
    return "" if fine else "「分野-項目番号-名前」の形で、英小文字・数字・ハイフンだけで書いてください。"


def _aliases(value: object) -> str:
    if reason := _is_texts(value):
        return reason
    count = len(value) if isinstance(value, list) else 0
    return "" if count in _ALIASES else f"別の聞き方は{_ALIASES[0]}個から{_ALIASES[-1]}個まで書いてください（今は{count}個）。"


def _point(value: object) -> str:
    return "" if type(value) is int else "計画の項目番号を整数で書いてください。"


def _audience(value: object) -> str:
    fine = isinstance(value, list) and value and all(one in _AUDIENCES for one in value)
    return "" if fine else f"{'・'.join(_AUDIENCES)}から選んで一覧にしてください。"


def _as_of(value: object) -> str:
    return "" if _is_date(value, whole=False) or value == _UNDATED else "2024、2024-05、2024-05-01の形か、「不明」にしてください。"


def _review_by(value: object) -> str:
    return "" if _is_date(value, whole=True) else "2027-03-31のように年月日で書いてください。"


def _is_date(value: object, *, whole: bool) -> bool:
    """Tell whether it is a date. YAML itself turns 2024 into a number and 2024-05-01 into a date."""
    if isinstance(value, bool) or not isinstance(value, str | int | dt.date):
        return False
    text = str(value)
    if not _DATED.fullmatch(text) or (whole and len(text) != len("2024-05-01")):
        return False
    try:
        dt.date.fromisoformat(text + "0000-01-01"[len(text) :])
    except ValueError:
        return False
    return True


def _related(value: object) -> str:
    return "" if value == [] else _is_texts(value)


def _sources(value: object) -> str:
    if not isinstance(value, list) or not value:
        return "出典を一つ以上書いてください。"
    return next((reason for source in value if (reason := _source(source))), "")


def _source(source: object) -> str:
    if not isinstance(source, dict) or not {"title", "as_of"} <= source.keys() <= {"title", "url", "as_of"}:
        return "出典ごとにtitle、url、as_ofを書いてください。"
    url = source.get("url")
    if url is not None and not (isinstance(url, str) and re.match(r"https?://\S+$", url)):
        return "出典のurlはhttp://かhttps://で始めてください。ページが無ければnullにしてください。"
    return (_is_text(source["title"]) and "出典の題名を書いてください。") or (
        _as_of(source["as_of"]) and f"出典のas_ofは{_as_of(source['as_of'])}"
    )


CHECKS: Final[Mapping[str, Callable[[Any], str]]] = {
    "id": _id,
    "title": _is_text,
    "aliases": _aliases,
    "area": _is_one_of(tuple(Area)),
    "point": _point,
    "audience": _audience,
    "owner": _is_text,
    "sources": _sources,
    "as_of": _as_of,
    "review_by": _review_by,
    "related": _related,
    "lang": _is_one_of(_LANGUAGES),
}
"""Each field's check: what is wrong with the value, or nothing."""
