"""Deadlines and haste: by when somebody needs an answer, as they write it themselves.

A date is a deadline only where the words around it say so (まで, 締切, by …): most dates in an inquiry are those of visits and events.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import NamedTuple

_LONG_PAST = timedelta(days=30)
"""A day of the year that lies further back than this is next year's; a nearer one is overdue."""
_FRIDAY, _SATURDAY = 4, 5
_APRIL = 4
_REIWA = 2018
_DAYS = "月火水木金土日"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_KANJI = {kanji: number for number, kanji in enumerate("一二三四五六七八九十", 1)}

_Groups = dict[str, str | None]
_Resolve = Callable[[_Groups, date], date | None]


class _Mention(NamedTuple):
    kind: str
    start: int
    end: int
    day: date


def _on(year: int, month: int, day: int) -> date | None:
    with suppress(ValueError):
        return date(year, month, day)
    return None


def _next(month: int, day: int, today: date) -> date | None:
    this = _on(today.year, month, day)
    return _on(today.year + 1, month, day) if this and this < today - _LONG_PAST else this


def _month_end(today: date, months: int) -> date:
    years, month = divmod(today.month - 1 + months, 12)
    year = today.year + years
    return date(year, month + 1, monthrange(year, month + 1)[1])


def _of_week(today: date, weeks: int, weekday: int) -> date:
    """Return a day of this week or a later one; what has passed by the weekend is meant for the week that comes."""
    day = today + timedelta(days=weekday - today.weekday(), weeks=weeks)
    return day + timedelta(weeks=1) if not weeks and day < today and today.weekday() >= _SATURDAY else day


def _year(groups: _Groups) -> int | None:
    if groups["year"]:
        return int(groups["year"])
    if groups["reiwa"]:
        return _REIWA + (1 if groups["reiwa"] == "元" else int(groups["reiwa"]))
    return None


def _calendar_day(groups: _Groups, today: date) -> date | None:
    year, month, day = _year(groups), int(groups["month"] or 0), int(groups["day"] or 0)
    return _on(year, month, day) if year else _next(month, day, today)


def _part_of_month(groups: _Groups, today: date) -> date | None:
    year, month = _year(groups), int(groups["month"] or 0)
    first = _on(year or today.year, month, 1)
    if not first:
        return None
    day = {"上旬": 10, "中旬": 20}.get(groups["part"] or "", monthrange(first.year, month)[1])
    return first.replace(day=day) if year else _next(month, day, today)


def _english_day(groups: _Groups, today: date) -> date | None:
    month = _MONTHS.index((groups["name"] or groups["named"] or "")[:3]) + 1
    day = int(groups["of"] or groups["th"] or 0)
    return _on(int(groups["year"]), month, day) if groups["year"] else _next(month, day, today)


def _relative_day(groups: _Groups, today: date) -> date:
    return today + timedelta(days=_RELATIVE[groups["word"] or ""])


def _week(groups: _Groups, today: date) -> date:
    weeks = _WEEKS[groups["week"] or ""]
    return _of_week(today, weeks, _DAYS.index(groups["dow"]) if groups["dow"] else _FRIDAY)


def _weekday(groups: _Groups, today: date) -> date:
    weekday = _DAYS.index(groups["dow"]) if groups["dow"] else _WEEKDAYS.index((groups.get("weekday") or "")[:3])
    if groups.get("next"):
        return _of_week(today, 1, weekday)
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def _month(groups: _Groups, today: date) -> date:
    return _month_end(today, _MONTHS_ON[groups["which"] or "月"])


def _year_end(groups: _Groups, today: date) -> date:
    if "度" in (groups["whole"] or ""):
        return date(today.year + (today.month >= _APRIL), 3, 31)
    return date(today.year, 12, 31)


def _span(groups: _Groups, today: date) -> date:
    number = groups["number"] or ""
    count = _KANJI.get(number) or int(number)
    if groups["unit"] == "営業日":
        return _working_days(today, count)
    if groups["unit"] in {"日", "週間"}:
        return today + timedelta(days=count * (7 if groups["unit"] == "週間" else 1))
    end = _month_end(today, count)
    return end.replace(day=min(today.day, end.day))


def _working_days(today: date, count: int) -> date:
    """Weekends do not count; holidays are not known here, and too early a day does no harm."""
    day = today
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < _SATURDAY
    return day


def _day_of_month(groups: _Groups, today: date) -> date | None:
    day = int(groups["day"] or 0)
    if groups["which"]:
        end = _month_end(today, _MONTHS_ON[groups["which"]])
        return _on(end.year, end.month, day)
    end = _month_end(today, 1)
    return _on(today.year, today.month, day) if day >= today.day else _on(end.year, end.month, day)


def _english_end(groups: _Groups, today: date) -> date:
    later = 1 if groups["which"] == "next" else 0
    ends = {"week": _of_week(today, later, _FRIDAY), "month": _month_end(today, later), "year": date(today.year + later, 12, 31)}
    return ends.get(groups["unit"] or "", today)


_RELATIVE = {
    **dict.fromkeys(("本日", "今日", "きょう", "today", "tonight"), 0),
    **dict.fromkeys(("明日", "あした", "あす", "tomorrow"), 1),
    **dict.fromkeys(("明後日", "あさって", "the day after tomorrow"), 2),
}
_WEEKS = {"今週": 0, "来週": 1, "再来週": 2}
_MONTHS_ON = {"今月": 0, "当月": 0, "月": 0, "来月": 1, "翌月": 1, "再来月": 2}
_YEAR = r"(?:(?:(?P<year>20\d\d)年|(?:令和|r)\s?(?P<reiwa>\d{1,2}|元)年)\s?の?)?"
_NAME = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_SPAN = r"(?P<number>\d{1,2}|[一二三四五六七八九十])(?P<unit>営業日|日|週間|[かヶヵケカ箇]月)"
_PATTERNS: list[tuple[str, str, _Resolve]] = [
    ("day", _YEAR + r"(?<!\d)(?P<month>\d{1,2})月\s?(?P<day>\d{1,2})日", _calendar_day),
    ("day", r"(?<![\d.])(?P<year>20\d\d)(?P<reiwa>)[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?![\d/])", _calendar_day),
    ("day", r"(?<![a-z\d])(?P<year>)r(?P<reiwa>\d{1,2})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?![\d/])", _calendar_day),
    ("day", r"(?<![\d./-])(?P<year>)(?P<reiwa>)(?P<month>\d{1,2})/(?P<day>\d{1,2})(?![\d/])", _calendar_day),
    ("soft", _YEAR + r"(?<!\d)(?P<month>\d{1,2})月の?(?P<part>[上中下]旬|末日?)", _part_of_month),
    ("day", r"(?P<word>本日|今日|きょう|明日|あした|あす(?=まで|中)|明後日|あさって)", _relative_day),
    ("day", r"(?P<week>再来週|今週|来週)の?(?P<dow>[月火水木金土日])(?:曜日?|(?=まで|中に|締|〆|必着))", _week),
    ("day", r"(?P<week>再来週|今週|来週)(?P<dow>)末?", _week),
    ("day", r"(?<!毎週)(?<!毎)(?<!第\d)(?P<dow>[月火水木金土日])曜日?", _weekday),
    ("day", r"(?P<which>今月|来月|再来月)の?(?P<day>\d{1,2})日", _day_of_month),
    ("soft", r"(?P<which>今月|当月|来月|再来月)の?末日?|(?<![毎各\d年々翌前先])月末", _month),
    ("day", r"(?P<which>今月|来月)", _month),
    ("soft", r"(?P<whole>(?<![同一各単数\d翌来前昨去隔次])(?:今|本)?年(?:度?内|度末)|(?<![\d毎昨去来])年末(?!年始))", _year_end),
    ("span", rf"(?<![\d./]){_SPAN}以内", _span),
    ("day", rf"(?<![\d./月]){_SPAN}後", _span),
    ("day", r"(?<![\d./月])(?P<which>)(?P<day>\d{1,2})日(?=までに|必着|締|〆)", _day_of_month),
    (
        "day",
        (
            rf"\b(?:(?P<name>{_NAME})\s?(?P<th>\d{{1,2}})(?:st|nd|rd|th)?\b|(?P<of>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?(?P<named>{_NAME}))"
            r"(?:,?\s?(?P<year>20\d\d)\b)?"
        ),
        _english_day,
    ),
    ("day", r"\b(?:(?P<next>next)\s|this\s)?(?P<dow>)(?P<weekday>(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b", _weekday),
    ("now", r"\b(?P<word>the day after tomorrow|today|tonight|tomorrow)\b", _relative_day),
    ("day", r"\b(?:the\s)?end\sof\s(?:the\s|this\s)?(?:(?P<which>next)\s)?(?P<unit>day|week|month|year)\b", _english_end),
]
"""``day`` needs a word that makes it a deadline; ``soft`` and ``now`` may have a request instead; ``span`` is one itself."""
_MENTIONS = [(kind, re.compile(pattern, re.ASCII), resolve) for kind, pattern, resolve in _PATTERNS]
"""ASCII: Japanese letters end an English word."""

_CLOCK = r"(?:の?(?:午前中?|午後|正午|夕方|朝|昼|\d{1,2}(?:時|:\d\d)(?:半|\d{1,2}分)?|定時|終業|閉庁)\s?){0,3}"
_MIDDLE = "国学旬央間心部小核止級東華途米南高身古継"
"""来週中学生, 今月中旬, 本日中国: 中 begins the next word."""
_UNTIL = (
    r"まで(?!は|(?:です|でした|でしょう)か|(?:の|に?で|、)?(?:予定)?(?:出張|滞在|不在|休|任期|開催|在籍|訪問|派遣|契約|研修|会期|在職|勤務|任用|有効|待)"
    r"|の(?:旅程|行程|日程|予定|期間|事業|募集|受付|実績|データ|統計|情報))"
)
_AFTER = re.compile(
    rf"\s?(?:\([月火水木金土日](?:曜日?)?(?:・祝)?\))?\s?{_CLOCK}(?:頃|ごろ|くらい|ぐらい)?"
    rf"(?:{_UNTIL}|中(?![{_MIDDLE}])|いっぱい|[がを]?の?(?:回答|提出)?の?(?:締|〆|期限|期日)|必着|厳守|を?目途|を?めど)"
)
_BEFORE = re.compile(
    r"(?:(?:締め?切り?|〆切り?|(?<!在留)(?<!有効)(?<!賞味)(?<!消費)(?<!使用)(?<!納付)(?<!納)期限|期日)日?\s?[はが:、(]?\s?"
    r"|\b(?:by|no later than|due(?: date)?(?: is)?:?(?: on| by)?|deadline(?: is)?:?(?: on)?)\s(?:the\s)?)$"
)
_NO_DEADLINE = re.compile(
    r"[日月時分\d曜末旬)]\s?(?:から|より|~|〜|-|–)[^、。\n]{0,4}$"
    r"|(?:率|補助|割合|負担|経費)[^\d、。\n]{0,6}$"
    r"|(?:会期|(?<!回答)期間|任期|滞在|開催|展示)[はが:]\s?$"
)
"""The end of a range or of a term (12月10日から15日まで, 任期は7月31日まで); and 補助率は1/2まで is no second of January."""
_SINCE = re.compile(r"(?:から|後|より|以降|前)の?、?\s?$")
"""来日後14日以内 is a rule, not somebody's deadline."""
_STILL = re.compile(r"(?:今日|本日|きょう)まで(?!に)[^。\n]{0,20}(?:ません|ない|なかった|続|きました|きた|でした)")
_RULE = re.compile(
    r"(?:申請|申し?込|応募|提出|出せば|届け?出|受け?付|募集|納付)[^。\n]{0,40}か(?:どうか)?(?:を|、)?(?:教え|ご教示|知り|伺|お聞き|確認|[?\s]*$)"
)
"""Whether a scheme closes on a day is a question, not by when the asker wants the answer."""
_ANSWER = re.compile(r"回答|返事|返答|返信|答え")
_WANTED = re.compile(r"ほし|欲し|くださ|下さ|いただ|頂|お願い|回答|返事|返答|返信|知りた|必要|決め|決定|間に合")
_CLAUSE = re.compile(r"[、。,!?\n]|ので|ため|から|予定|開催|訪問|来")
_NEEDED = re.compile(r"\b(?:need|answer|reply|respond|response)\b")
_SENTENCE_ENDS = re.compile(r"[。!?\n]|\.\s")
_FILLER = re.compile(
    r"\([月火水木金土日]\)|[\s、。,.!?:()「」~]|までに|まで|でお願い(?:します|いたします|致します)|お願い(?:します|いたします|致します)|だと(?:助かります|嬉しいです|ありがたいです)"
    r"|中|には|に|は|の|を|が|頃|ごろ|くらい|ぐらい|です|で|希望(?:します)?|回答|締め?切り?|〆切|期限|必着|いっぱい|ください|ほしい|欲しい"
    r"|午前|午後|正午|夕方|朝|\d{1,2}時|\d{1,2}:\d\d|\b(?:by|on|the|please|due|deadline|is|it|before|until)\b"
)
_LONGEST_DATE = 60
_CLOSE, _NEAR = 24, 120
"""How far from a date, in characters, the words lie that are looked at."""


def deadline_in(text: str, today: date) -> date | None:
    """Return the first day that the text calls a deadline, in Japanese or English; it may have passed. None: it names none."""
    words = _folded(text)
    return next((mention.day for mention in _mentions(words, today) if _is_deadline(words, mention)), None)


def date_only(text: str, today: date) -> date | None:
    """Return the day that is the whole of an answer to 「いつまでに」; None for anything else, 急ぎません among it."""
    words = _folded(text)
    if len(words) > _LONGEST_DATE:
        return None
    mention = next((mention for suffix in ("までに", "以内") for mention in _mentions(words + suffix, today)), None)
    if not mention or _FILLER.sub("", words[: mention.start]) or _FILLER.sub("", words[mention.end :].removeprefix("以内")):
        return None
    return mention.day


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _mentions(words: str, today: date) -> Iterator[_Mention]:
    found = [
        _Mention(kind, *match.span(), day)
        for kind, pattern, resolve in _MENTIONS
        for match in pattern.finditer(words)
        if (day := resolve(match.groupdict(), today))
    ]
    end = 0
    for mention in sorted(found, key=lambda mention: (mention.start, -mention.end)):
        if mention.start >= end:
            end = mention.end
            yield mention


def _is_deadline(words: str, mention: _Mention) -> bool:
    before, after = words[max(0, mention.start - _CLOSE) : mention.start], words[mention.end : mention.end + _NEAR]
    if _NO_DEADLINE.search(before) or _STILL.match(words, mention.start) or _asks_for_a_rule(words, mention):
        return False
    if mention.kind == "span":
        return not _SINCE.search(before) and _is_span(after)
    if _BEFORE.search(before) or _AFTER.match(after):
        return True
    if mention.kind == "now":
        return bool(_NEEDED.search(_sentence(words, mention)))
    return mention.kind == "soft" and _is_wanted(after)


def _sentence(words: str, mention: _Mention) -> str:
    before, after = words[max(0, mention.start - _NEAR) : mention.start], words[mention.end : mention.end + _NEAR]
    return _SENTENCE_ENDS.split(before)[-1] + words[mention.start : mention.end] + _SENTENCE_ENDS.split(after, maxsplit=1)[0]


def _asks_for_a_rule(words: str, mention: _Mention) -> bool:
    sentence = _sentence(words, mention)
    return bool(_RULE.search(sentence)) and not _ANSWER.search(sentence)


def _is_wanted(after: str) -> bool:
    return bool(_WANTED.search(_CLAUSE.split(after, maxsplit=1)[0]))


def _is_span(after: str) -> bool:
    """3日以内に回答を, but neither 3日以内の出張 nor 14日以内に届け出るのですか."""
    if _is_wanted(after):
        return True
    sentence = re.split(r"[。!\n]", after, maxsplit=1)[0]
    return bool(re.match(r"(?:に(?!限)|まで|を|が|です|$)", sentence)) and not re.search(r"か\s*$|\?", sentence)


# Haste. A word of haste may be a topic: 緊急時の多言語支援, 地震が発生した場合, 事故のときの保険. So
# - 至急, 早急, 急ぎ count unless they are denied, are a letter's phrase (取り急ぎ), or say what others do (お急ぎの方);
# - 緊急 counts only where a request, a full stop or です follows, never as the first half of a compound (緊急時, 緊急速報, 緊急連絡先);
# - disasters and mishaps count only as events (発生しました, 入院しています), and not in a sentence about the case that, or about examples.
_HASTE = re.compile(
    r"至急(?!では|じゃ|でな)|(?:早急|急遽)(?:に|な(?!く)|の|、)(?!は)"
    r"|(?<!取り)(?<!取)急ぎ(?:です(?!か)|で(?!は|な|も|す|し|あ|しょ)|の(?!場合|方|際|時|とき|人)|ます(?!か)|、|。|!|\s|$|回答|対応|確認|ご|お|教え)"
    r"|急いで(?!いま?せ|いな|は|も|いません)"
    r"|緊急(?:です(?!か)|で(?!は|な|も|す|し|あ)|事態(?:です|が(?:発生|起き)|になり)"
    r"|の(?:ご?(?:回答|相談|質問|照会|依頼)|お願い|案件|用件|件|問い?合わ?せ|お問い?合わ?せ|対応(?:を|が必要|お願い)|連絡です)"
    r"|に(?:ご?(?:回答|対応|確認|連絡|相談)|教え|知り|必要|お願い)|案件|、|。|!|】|\]|\)|:|$)"
    r"|(?<!not )(?<!not that )(?<!n't )(?<!non-)(?<!not very )\burgent(?:ly)?\b(?! care)|\ba\.?s\.?a\.?p\b"
    r"|\b(?:this|it|we have|i have|there)(?: is|'s)? an emergency\b|^emergency\s?[:!]"
)
_EVENT = re.compile(
    r"(?:災害|地震|震災|豪雨|台風|洪水|津波)[^。]{0,30}(?:(?:発生|起き|起こ)(?:し|っ)?(?:た|て|まし|ており|中)|発生、"
    r"|被害(?:が(?:出|あ|発生|生じ|大き|拡)|を受け|に[遭あ]|あり|甚大)|安否(?!確認(?:の|システム|アプリ|サービス|方法|訓練|表|票)))"
    r"|安否[^。]{0,12}(?:不明|取れ|とれ|わから|分から|確認でき)"
    r"|事故(?:に(?:[遭あ]|巻)|を起こ|が(?:あり|あっ|起き|起こ|発生)|です|で(?:入院|けが|怪我|亡|死|負傷|重)|発生|、|。|$)"
    r"|逮捕(?:され(?:ま|た|て)|者が|。|$)|行方不明(?:です|に(?:な[っり]|て)|で、|と(?:の|いう|なっ)|、|。|$|者が(?:出|い))"
    r"|(?:緊急)?入院(?:し(?:た|て|ま)|中(?:です|で|の)|すること|が決|と(?:の|いう)|です|、|。|$)"
)
_HYPOTHETICAL = re.compile(
    r"場合|(?<!国)(?<!実)際(?!に)|とき|(?<![\d臨同当日一随])時(?![間点刻])|(?:し|され|なっ|あっ|起き|起こっ|遭っ|起こし)たら|備え|訓練|マニュアル|計画|研修|教訓"
    r"|事例|例を|例は|過去|昨年|去年|\d年|仕組み|システム|防止|予防"
)


def hasty(text: str) -> bool:
    """Tell whether the text asks for haste, or reports a disaster or a mishap that has happened.

    緊急時の多言語支援の事例 is a topic: words that only name emergencies do not count, nor does what might happen.
    """
    sentences = re.split(r"(?<=[。!?\n])", _folded(text))
    return any(_HASTE.search(sentence) or (_EVENT.search(sentence) and not _HYPOTHETICAL.search(sentence)) for sentence in sentences)
