"""Confidential tickets leave no text on LINE; personal numbers do not stand in rooms; who read them is written down."""

import re
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.chats import ADVISOR, ASKER, DESK, Chat, shown
from tests.unit.desks import desks as usual_desks

from clair_bot.domain.desks import Desks
from clair_bot.domain.sealing import KEPT, WRONG_CODES
from clair_bot.messages import Address, Attachment, InboundKind
from clair_bot.services.desk.telling import code_hash

PAGE = "https://desk.example.test"
ROOM = Address(channel="line", recipient="CROOM")
SECRET, ANSWER, MORE = "月面の機微な話", "機微な回答です", "機微な追記です"
NUMBER = "1234 5678 9012"


def _confidential(room: Address) -> Desks:
    return Desks(by_key={key: replace(desk, confidential=True) for key, desk in usual_desks(room).by_key.items()})


def _hall(room: Address = DESK, **settings: Any) -> Chat:
    chat = Chat(desks=_confidential(room), base_url=PAGE, **settings)
    with chat.store.write() as work:
        address = Address(channel=room.channel, recipient=ADVISOR)
        work.advisors.add(name="佐藤", address=address, desks=(), roles=frozenset({"advisor"}), capacity=10)  # type: ignore[arg-type]
        work.commit()
    return chat


def _on_line(chat: Chat) -> str:
    """Return everything that ever went to LINE, cards and their changes included, but for what the asker has there already."""
    rows = chat.store.state.deliveries.values()
    return "\n".join(shown(row.delivery.message) for row in rows if row.delivery.message.to.channel == "line")


def _whole_story(chat: Chat, room: Address) -> None:
    def advises(text: str, number: int = 1, **more: Any) -> None:
        chat.advises(text, chat.card(number), room=room, **more)

    chat.says(SECRET)
    chat.says("機微な団体")
    chat.take(chat.message(MORE, kind=InboundKind.EDITED, message_id="none"))
    for order in ("担当", "全文", "経過", "一覧", "メモ: 機微なメモ", f"回答 {ANSWER}", "下書き", "優先 至急", "転送 II 機微な理由"):
        advises(order)
    chat.says(MORE)
    advises(ANSWER, message_id="a9")
    chat.advises(f"{ANSWER}（訂正）", room=room, kind=InboundKind.EDITED, message_id="a9")
    advises("解決")
    chat.presses("rate:1:poor")
    chat.presses("reopen:1")
    advises("解決")
    chat.clock.advance(30 * 86_400)
    chat.remind()
    chat.presses("reopen:1")
    for order in ("全文", "下書き", "一覧", ANSWER):
        advises(order, 2)


def test_nothing_of_question_or_answer_goes_to_the_askers_line() -> None:
    chat = _hall()
    _whole_story(chat, DESK)
    assert "機微" not in _on_line(chat)
    assert chat.tickets() == ["closed", "waiting"]
    assert "受付番号1について、担当から連絡があります" in _on_line(chat)


def test_nothing_of_it_goes_to_a_room_on_line_either() -> None:
    chat = _hall(ROOM)
    _whole_story(chat, ROOM)
    assert "機微" not in _on_line(chat)
    assert "月面" not in _on_line(chat)
    assert chat.tickets() == ["closed", "waiting"]


def test_on_other_platforms_it_stands_in_the_room() -> None:
    chat = _hall()
    chat.says(SECRET)
    assert SECRET in chat.everything_to(DESK)


def _code(text: str) -> tuple[str, str]:
    found = re.search(rf"確認番号 ([0-9]{{8}}) を.*\n{PAGE}/sealed/(\S+)", text)
    assert found, text
    return found[2], found[1]


@pytest.fixture
def sealed() -> tuple[Chat, str, str]:
    chat = _hall()
    chat.says(SECRET)
    token, code = _code(chat.reads(chat.advises(ANSWER, chat.card())))
    return chat, token, code


def _opens(chat: Chat, token: str, code: str) -> str | None:
    with chat.store.write() as work:
        found = work.sealed.open(token, code_hash(token, code))
        work.commit()
    return found[1] if found else None


def test_the_code_opens_the_text_once(sealed: tuple[Chat, str, str]) -> None:
    chat, token, code = sealed
    text = _opens(chat, token, code)
    assert text == f"相談員からの回答です（受付番号1）。\n{ANSWER}"
    assert _opens(chat, token, code) is None


def test_wrong_codes_close_it_for_good(sealed: tuple[Chat, str, str]) -> None:
    chat, token, code = sealed
    for number in range(WRONG_CODES):
        assert _opens(chat, token, f"{(int(code) + 1 + number) % 10**8:08}") is None
    assert _opens(chat, token, code) is None


def test_after_its_days_it_is_closed(sealed: tuple[Chat, str, str]) -> None:
    chat, token, code = sealed
    chat.clock.advance(KEPT.total_seconds())
    assert _opens(chat, token, code) is None


def test_without_a_page_the_asker_hears_that_there_is_something() -> None:
    chat = Chat(desks=_confidential(DESK))
    chat.says(SECRET)
    heard = chat.reads(chat.advises(ANSWER, chat.card()))
    assert heard.startswith("受付番号1について、担当から連絡があります。内容はここではお見せできないため")
    assert ANSWER not in heard


def test_an_advisor_seals_a_ticket_from_now_on() -> None:
    chat = Chat(base_url=PAGE)
    chat.says(SECRET)
    assert "機密にしました" in chat.reads(chat.advises("機密", chat.card()), DESK)
    before = _on_line(chat)
    chat.advises(ANSWER, chat.card())
    assert ANSWER not in _on_line(chat)
    assert len(_on_line(chat)) > len(before)


def test_what_is_answered_together_is_sealed_together() -> None:
    chat = Chat(base_url=PAGE)
    chat.says(SECRET)
    chat.says(SECRET, thread="two")
    chat.advises("統合 1", chat.card(2))
    chat.advises("機密", chat.card(1))
    chat.advises(ANSWER, chat.card(1))
    assert ANSWER not in _on_line(chat)
    assert chat.ticket(2).confidential


def test_what_goes_on_with_a_sealed_ticket_is_sealed_from_its_first_word() -> None:
    chat = Chat(desks=usual_desks(ROOM), base_url=PAGE)
    chat.says("月面の話")
    chat.advises("機密", chat.card(), room=ROOM)
    chat.advises("解決", chat.card(), room=ROOM)
    chat.clock.advance(30 * 86_400)
    before = len(_on_line(chat))
    chat.deliver()
    sent = [row.delivery for row in chat.store.state.deliveries.values() if row.delivery.message.to == ASKER]
    chat.says(SECRET, reply_to=sent[-1].message_ids[0])
    assert (chat.ticket(2).follows, chat.ticket(2).confidential, chat.ticket(2).question) == (1, True, SECRET)
    assert "機微" not in _on_line(chat)[before:]
    assert chat.moves(2) == ["open", "seal"]


def test_confidential_and_plain_tickets_are_not_merged() -> None:
    chat = Chat(base_url=PAGE)
    chat.says(SECRET)
    chat.says(SECRET, thread="two")
    chat.advises("機密", chat.card(1))
    assert "まとめられません" in chat.reads(chat.advises("統合 1", chat.card(2)), DESK)


def test_no_file_of_a_confidential_ticket_goes_to_line() -> None:
    chat = _hall()
    chat.says(SECRET)
    files = (Attachment(handle="h", name="機微.pdf"),)
    said = chat.advises(ANSWER, chat.card(), kind=InboundKind.MEDIA, attachments=files)
    assert "LINEにはファイルを送れません" in chat.reads(said, DESK)
    assert (chat.reads(said), chat.tickets(), chat.store.state.attachments) == ("", ["open"], {})


def test_a_confidential_ticket_is_no_example_for_others() -> None:
    chat = _hall()
    chat.says(SECRET)
    chat.advises("解決", chat.card())
    chat.says(SECRET, thread="two")
    assert "似た相談" not in chat.everything_to(DESK)


# masks


@pytest.fixture
def masked() -> Chat:
    chat = Chat()
    chat.register("佐藤", ADVISOR)
    chat.says(f"月面の話です。番号は {NUMBER} です。")
    return chat


def test_personal_numbers_are_masked_in_the_room(masked: Chat) -> None:
    masked.says(f"追記の番号 {NUMBER}、団体の月面")
    for order in ("一覧", "経過"):
        masked.advises(order, masked.card())
    heard = masked.everything_to(DESK)
    assert "＊＊＊＊ ＊＊＊＊ ＊＊12" in heard
    assert "番号の一部を伏せています" in heard
    assert NUMBER not in heard
    assert NUMBER in masked.ticket().question


def test_the_full_text_goes_to_the_reader_alone_and_is_written_down(masked: Chat) -> None:
    said = masked.advises("全文", masked.card())
    person = Address(channel=DESK.channel, recipient=ADVISOR)
    assert NUMBER in masked.reads(said, person)
    assert NUMBER not in masked.reads(said, DESK)
    assert "閲覧は記録されます" in masked.reads(said, DESK)
    last = masked.history()[-1]
    assert (last.move, last.actor) == ("read", "advisor:1")
    assert "閲覧（佐藤）" in masked.reads(masked.advises("経過", masked.card()), DESK)
    assert NUMBER not in masked.reads(said, ASKER)


def test_who_may_not_read_it_is_not_written_down_as_a_reader(masked: Chat) -> None:
    masked.advises("全文", masked.card(), sender="stranger")
    assert masked.moves() == ["open"]
    assert masked.everything_to(Address(channel=DESK.channel, recipient="stranger")) == ""
