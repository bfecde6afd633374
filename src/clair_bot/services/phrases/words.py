"""The sentences that every language must have."""

from dataclasses import dataclass

from clair_bot.domain.articles import Area


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """One language's sentences. Braces are filled by ``str.format``."""

    greeting: str
    room_greeting: str
    help: str
    menu: str
    area: str
    choices: str
    next_page: str
    refused: str
    near: str
    opened: str
    opened_without_desk: str
    expected: str
    expected_closed: str
    opened_linked: str
    assigned: str
    transferred: str
    reopened: str
    reopened_nothing: str
    corrected: str
    corrected_answer: str
    silence: str
    closed: str
    merged: str
    rate: str
    rated_good: str
    rated_poor: str
    ask_organisation: str
    ask_country: str
    ask_deadline: str
    told: str
    files_taken: str
    files_too_many: str
    file_refused: str
    sealed: str
    sealed_no_page: str
    status_desk: str
    weekdays: str
    moment: str
    day: str
    already: str
    added: str
    ask_first: str
    cancelled: str
    nothing_open: str
    reply: str
    resolved: str
    status_line: str
    status_none: str
    states: dict[str, str]
    too_long: str
    empty: str
    media: str
    thanks: str
    hello: str
    language_set: str
    no_choice: str
    article_gone: str
    new_question: str
    japanese_only: str
    owner: str
    as_of: str
    areas: dict[Area, str]
    button_human: str
    button_menu: str
    button_more: str
    button_cancel: str
    button_new: str
    button_skip: str
    button_same: str
    button_no_country: str
    button_today: str
    button_week: str
    button_no_hurry: str
    button_good: str
    button_poor: str
    button_reopen: str
