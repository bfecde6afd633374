"""What people type about bulletins, and what they hear."""

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.chats import ASKER, Chat
from tests.unit.newsrooms import document

from clair_bot.domain.bulletins import Act, BulletinStatus
from clair_bot.domain.subscriptions import ConsentAction, Frequency, Subscriber, SubscriberState, Topic
from clair_bot.messages import Address, InboundKind
from clair_bot.services.bulletins.talking import bulletin_words


@pytest.fixture
def chat() -> Chat:
    return Chat()


def subscriber(chat: Chat, address: Address = ASKER) -> Subscriber:
    with chat.store.read() as work:
        found = work.subscribers.at(address)
    assert found
    return found


def consents(chat: Chat) -> list[ConsentAction]:
    with chat.store.read() as work:
        return [line.action for line in work.subscribers.consents(subscriber(chat).id)]


def published(chat: Chat, **changes: Any) -> int:
    """Let a bulletin have been sent."""
    with chat.store.write() as work:
        bulletin = work.bulletins.add(document(**changes), actor="advisor:1")
        for act in (Act.SUBMIT, Act.APPROVE, Act.SCHEDULE, Act.RELEASE, Act.FINISH):
            due = (chat.clock.now(), "2026-11-24T18:00") if act is Act.SCHEDULE else None
            done = work.bulletins.act(
                bulletin, act, actor="advisor:2", due=due, becomes=BulletinStatus.APPROVED if act is Act.APPROVE else None
            )
            assert done, act
            bulletin = done
        work.commit()
    return bulletin.id


def test_one_word_subscribes_to_what_is_usual(chat: Chat) -> None:
    told = chat.says("配信登録")
    assert "配信を登録しました。" in told
    assert "現在の登録: メールマガジン、お知らせ、緊急のお知らせ" in told
    assert "お届けの頻度: 発行のつど" in told
    assert subscriber(chat).state is SubscriberState.ACTIVE
    assert consents(chat) == [ConsentAction.SUBSCRIBED]


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("配信登録 多文化共生", Topic.II),
        ("配信登録　ＩＶ", Topic.IV),
        ("配信登録 ニューヨーク", Topic.NEW_YORK),
        ("配信登録 ロンドン事務所", Topic.LONDON),
        ("subscribe London", Topic.LONDON),
        ("Subscribe jet", Topic.III),
        ("配信登録 メルマガ", Topic.NEWSLETTER),
    ],
)
def test_topics_go_by_many_names(chat: Chat, text: str, topic: Topic) -> None:
    chat.says(text)
    assert subscriber(chat).topics == {topic, Topic.EMERGENCY}  # of emergencies everybody hears who does not stop them


def test_topics_add_up_and_go_one_by_one(chat: Chat) -> None:
    chat.says("配信登録 ソウル、シドニー")
    chat.says("配信登録 経済")
    assert subscriber(chat).topics == {Topic.SEOUL, Topic.SYDNEY, Topic.I, Topic.EMERGENCY}
    assert "「ソウル事務所」の配信を停止しました。" in chat.says("配信停止 ソウル")
    assert subscriber(chat).topics == {Topic.SYDNEY, Topic.I, Topic.EMERGENCY}
    assert "その配信は登録されていません。" in chat.says("配信停止 パリ")
    assert "「火星」という配信はありません。" in chat.says("配信登録 火星")


def test_one_word_stops_everything_at_once(chat: Chat) -> None:
    chat.says("配信登録 すべて")
    assert subscriber(chat).topics == set(Topic)
    assert "すべての配信を停止しました。" in chat.says("配信停止")
    assert subscriber(chat).state is SubscriberState.UNSUBSCRIBED
    assert "配信は登録されていません" in chat.says("配信停止")
    assert "配信を登録しました。" in chat.says("配信登録")
    assert consents(chat) == [ConsentAction.SUBSCRIBED, ConsentAction.UNSUBSCRIBED, ConsentAction.SUBSCRIBED]


def test_buttons_do_the_same(chat: Chat) -> None:
    chat.says("配信登録")
    offered = chat.presses("sub:offices")
    assert "受け取りたい海外事務所をお選びください。" in offered
    chat.says("2")
    assert Topic.LONDON in subscriber(chat).topics
    chat.presses("often:weekly")
    assert subscriber(chat).frequency is Frequency.WEEKLY
    chat.presses("unsub")
    assert subscriber(chat).state is SubscriberState.UNSUBSCRIBED


def test_an_office_can_be_named_from_what_was_offered(chat: Chat) -> None:
    chat.presses("sub:offices")
    chat.says("パリ事務所")
    assert subscriber(chat).topics == {Topic.PARIS, Topic.EMERGENCY}


@pytest.mark.parametrize(
    ("text", "frequency"),
    [("配信頻度 毎週", Frequency.WEEKLY), ("frequency daily", Frequency.DAILY), ("配信頻度 月1回", Frequency.MONTHLY)],
)
def test_how_often_is_said_in_words(chat: Chat, text: str, frequency: Frequency) -> None:
    chat.says("配信登録")
    assert "お届けの頻度を" in chat.says(text) or "Frequency" in chat.says(text)
    assert subscriber(chat).frequency is frequency
    assert subscriber(chat).digest_at is not None


def test_who_blocks_us_is_suspended_and_comes_back(chat: Chat) -> None:
    chat.says("配信登録 パリ")
    chat.sends(InboundKind.LEFT)
    assert (subscriber(chat).state, subscriber(chat).reason) == (SubscriberState.UNREACHABLE, "blocked or left")
    chat.sends(InboundKind.JOINED)
    assert (subscriber(chat).state, subscriber(chat).topics) == (SubscriberState.ACTIVE, frozenset({Topic.PARIS, Topic.EMERGENCY}))
    assert consents(chat) == [ConsentAction.SUBSCRIBED, ConsentAction.SUSPENDED, ConsentAction.RESTORED]


def test_who_has_unsubscribed_stays_so_when_they_come_back(chat: Chat) -> None:
    chat.says("配信登録")
    chat.says("配信停止")
    chat.sends(InboundKind.LEFT)
    chat.sends(InboundKind.JOINED)
    assert subscriber(chat).state is SubscriberState.UNSUBSCRIBED


def test_a_room_that_moves_takes_its_subscription_along(chat: Chat) -> None:
    room = Address(channel="telegram", recipient="-5")
    chat.says("配信登録", address=room, direct=False)
    new = replace(room, recipient="-1005")
    chat.sends(InboundKind.MOVED, address=room, moved_to=new)
    assert subscriber(chat, new).topics
    with chat.store.read() as work:
        assert work.subscribers.at(room) is None


def test_back_numbers_are_found_by_number_word_and_order(chat: Chat) -> None:
    published(chat, title="一号", number=340)
    published(chat, title="二号", number=341)
    said = chat.take(chat.message("前号"))
    assert said[0].issue
    assert (said[0].issue.number, said[0].issue.title) == ("vol.341", "二号")
    by_number = chat.take(chat.message("vol.340"))
    assert by_number[0].issue
    assert by_number[0].issue.title == "一号"
    listed = chat.take(chat.message("バックナンバー セミナー"))[0]
    assert [choice.title for choice in listed.choices] == ["vol.341 2026年11月24日 二号", "vol.340 2026年11月24日 一号"]
    chosen = chat.take(chat.message("2"))
    assert chosen[0].issue
    assert chosen[0].issue.title == "一号"
    assert "お探しの号は見つかりませんでした" in chat.says("vol.999")


def test_drafts_and_drills_are_in_no_archive(chat: Chat) -> None:
    published(chat, title="訓練", drill=True)
    with chat.store.write() as work:
        work.bulletins.add(document(title="下書き"), actor="advisor:1")
        work.commit()
    assert "お探しの号は見つかりませんでした" in chat.says("バックナンバー")


def test_mail_wants_a_public_address(chat: Chat) -> None:
    assert "メールでの配信は準備中です" in chat.says("配信登録 kokusai@example.lg.jp")


def test_mail_is_confirmed_by_who_reads_it() -> None:
    chat = Chat(base_url="https://clair.example")
    messages = chat.take(chat.message("配信登録 Kokusai@example.lg.jp"))
    mail = next(message for message in messages if message.to.channel == "mail")
    assert mail.to.recipient == "kokusai@example.lg.jp"
    assert "https://clair.example/subscribe/" in mail.paragraphs[1]
    pending = subscriber(chat, mail.to)
    assert pending.state is SubscriberState.PENDING
    again = chat.take(chat.message("配信登録 kokusai@example.lg.jp"))
    assert [message.to.channel for message in again] == ["line"]  # not a second mail within ten minutes
    assert "メールアドレスを確かめてください" in chat.says("配信登録 a@b")


@pytest.mark.parametrize(
    "text", ["配信登録の方法を教えて", "unsubscribed users", "前号の記事について", "バックナンバーを送ってほしいのですが", "配信"]
)
def test_questions_about_bulletins_stay_questions(text: str) -> None:
    assert bulletin_words(text) == ""
