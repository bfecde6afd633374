"""How the parts of a recurrence are written, once folded: NFKC, small letters, single spaces."""

import re
from typing import Final


def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern; ASCII, so that Japanese letters end an English word and other scripts' digits are none."""
    return re.compile(pattern, re.ASCII)


_WORD_END: Final = r"(?![a-z])"
_AND: Final = rf"(?:\s?(?:[・,、&と]|および|及び|and{_WORD_END})\s?|\s)"
_EVERY: Final = rf"(?:(?:毎月の?|(?:monthly|every){_WORD_END})\s?)?(?:on\s)?(?:the\s)?"

# Days of the week. 土日祝 begins an option and 月末 is another rule: neither is a list of weekdays.
_JAPANESE_DAY: Final = r"[月火水木金土日](?:曜日?)?(?!曜|日?祝|末)"
_ENGLISH_DAY: Final = (
    r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)s?(?![a-z])"
)
WEEKDAY: Final = rf"(?:{_JAPANESE_DAY}|{_ENGLISH_DAY})"
WEEKDAYS: Final = compiled(rf"(?P<first>{WEEKDAY})(?:\s?(?:[~-]|から)\s?(?P<last>{WEEKDAY})(?:まで)?)?")
"""One weekday or a range of them."""
_WEEKDAYS: Final = rf"(?P<weekdays>{WEEKDAY}(?:(?:{_AND}|\s?(?:[~-]|から)\s?)?{WEEKDAY}(?:まで)?)*)"

# Days of the calendar.
DATE: Final = compiled(r"\d{4}(?:[-/.]\d{1,2}[-/.]\d{1,2}|年\d{1,2}月\d{1,2}日)(?!\d)")
_DAY: Final = rf"(?:{DATE.pattern}|\d{{1,2}}(?:[-/.]\d{{1,2}}|月\d{{1,2}}日)(?!\d|[-/.]\d))"
DAY: Final = compiled(_DAY)
"""A date, or one that lacks its year."""
_SPAN: Final = rf"{_DAY}(?:\s?(?:~|から|to)\s?{_DAY}(?:\s?まで)?|(?!\s?まで))"
SPAN: Final = compiled(_SPAN)
"""A date or a range of them. A single date with まで behind it is where the rule ends."""
_SPANS: Final = rf"(?P<spans>{_SPAN}(?:{_AND}{_SPAN})*)"

# The rules.
DAILY: Final = rf"毎日|(?:daily|every\s?day){_WORD_END}"
WORKING_DAYS: Final = rf"平日|毎?営業日|(?:every\s)?(?:weekdays?|(?:business|working)[\s-]days?){_WORD_END}"
WEEKLY: Final = rf"(?:毎週の?|(?:weekly|every(?:\sweek)?){_WORD_END})\s?(?:on\s)?{_WEEKDAYS}"
_NUMBER: Final = r"(?:\d{1,2}(?!\d)|[一二三四五六七八九])"
NTH_WEEKDAY: Final = rf"{_EVERY}(?P<weeks>第\s?{_NUMBER}(?:{_AND}(?:第\s?)?{_NUMBER})*)(?:\s?の?\s?{_WEEKDAYS})?"
_ORDINAL: Final = rf"\d{{1,2}}(?:st|nd|rd|th){_WORD_END}"
NTH_ENGLISH: Final = rf"{_EVERY}(?P<weeks>{_ORDINAL}(?:{_AND}(?:the\s)?{_ORDINAL})*)\s{_WEEKDAYS}"
_OF_MONTH: Final = r"\d{1,2}(?:日|(?:st|nd|rd|th)(?![a-z]))?(?![\d:時年月/.-]|\s?[ap]m)"
MONTH_DAYS: Final = (
    rf"(?:毎月の?|monthly{_WORD_END})\s?(?:on\s)?(?:the\s)?(?P<days>{_OF_MONTH}(?:{_AND}(?:the\s)?{_OF_MONTH})*)"
    rf"|(?P<plain>(?:\d{{1,2}}日?{_AND})*\d{{1,2}}日)"
)
MONTH_END: Final = (
    r"(?:月?末日?|(?:月の?)?(?=最終営業日))(?P<business>の?(?:最終)?営業日)?"
    rf"|(?:month[\s-]?end|end\sof\s(?:the\s|each\s)?month|last\s(?P<working>business\s)?day(?:\sof\s(?:the\s|each\s)?month)?){_WORD_END}"
)

# The options.
CLOCK: Final = (
    r"(?:(?P<half>午前|午後)\s?)?(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?![\d:])|時(?!間)(?:(?P<thirty>半)|(?P<minutes>\d{1,2})分)?)"
    rf"(?:\s?(?P<meridiem>[ap]m){_WORD_END})?"
)
CLOCK_ENGLISH: Final = rf"(?P<hour>\d{{1,2}})\s?(?P<meridiem>[ap]m){_WORD_END}"
NOON: Final = rf"正午|noon{_WORD_END}"
_CLOSED: Final = (
    r"(?:休日|休業日|閉庁日|土・?日・?祝日?)(?:の(?:場合|とき|時|日)|に(?:当たる|重なる)(?:場合|とき|時)?)?(?:には|は|なら)?[\s、,]?"
)
NEXT: Final = rf"{_CLOSED}(?:翌|次の?)営業日|next[\s-]business[\s-]day{_WORD_END}"
PREVIOUS: Final = rf"{_CLOSED}(?:直?前の?)営業日|previous[\s-]business[\s-]day{_WORD_END}"
SKIP: Final = rf"{_CLOSED}(?:お?休み|なし|配信しない|配信なし|送らない)|skip[\s-](?:holidays|closed[\s-]days){_WORD_END}"
UNTIL: Final = rf"(?P<day>{_DAY})\s?まで|until\s(?P<english>{_DAY})"
EXCLUDED: Final = rf"(?:除外日?|除く|(?:except|excluding){_WORD_END})(?:は|:)?\s?:?\s?{_SPANS}"
EXCLUDED_BEFORE: Final = rf"{_SPANS}\s?[をは]?\s?(?:除外|除く|除き)"
BETWEEN: Final = rf"[\s,、。・()「」]+|毎月|(?:monthly|on|at|the|and){_WORD_END}|[のにとで]|配信(?:する|します)?(?!し|な)"
"""What may stand between the parts and says nothing."""
