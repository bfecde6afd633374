"""What people try that is no recurrence here, and what they can write instead."""

import re
from typing import Final

from clair_bot.domain.recurrences import patterns

HINTS: Final[list[tuple[re.Pattern[str], str, str]]] = [
    (patterns.compiled(pattern), what, example)
    for pattern, what, example in (
        (
            r"隔[週月日]|(?:biweekly|every\sother)(?![a-z])",
            "隔週などの繰り返しは指定できないため、第何週かで書いてください",
            "第1・第3月曜 9:00",
        ),
        (
            r"毎[年時分]|ごと|おき|(?:yearly|annually|hourly)(?![a-z])",
            "この間隔での繰り返しは指定できないため、毎日・毎週・毎月のどれかで書いてください",
            "毎月 10日 9:00",
        ),
        (r"\d{1,2}月", "月は指定できないため、毎月の日で書いてください", "毎月 10日 9:00"),
        (r"最終|last(?![a-z])", "最終週の曜日は指定できないため、第何週かで書いてください", "第4金曜 9:00"),
        (r"毎週|(?:weekly|every)(?![a-z])", "「毎週」のあとに曜日を書いてください", "毎週 月・木 9:00"),
        (patterns.WEEKDAY, "曜日の前に「毎週」や「第2」を付けてください", "毎週 月・木 9:00"),
        (r"祝日", "祝日は、土日や閉庁日と合わせて「休日」と書いてください", "毎月 10日 9:00 休日は翌営業日"),
        (r"除外|除く|(?:except|excluding)(?![a-z])", "除外する日を、年を付けて書いてください", "毎日 9:00 除外 2026-12-29"),
        (patterns.DAY.pattern, "日付には「除外」か「まで」を付けてください", "毎日 9:00 2027-03-31まで"),
    )
]
"""How it is written, what to say, and an example; the first that fits counts."""
