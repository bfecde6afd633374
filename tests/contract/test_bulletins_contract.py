"""What every store does with bulletins: lets them move as their table says, keeps every revision and deed, and finds what was sent."""

import itertools
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from tests.conftest import StoreUnderTest
from tests.contract.mailrooms import a_document, at, moved, sending
from tests.contract.samples import reading, together, writing

from clair_bot.domain.articles import Area
from clair_bot.domain.audiences import Audience
from clair_bot.domain.bulletins import MOVES, Act, Bulletin, BulletinItem, BulletinKind, BulletinStatus, Category, Document
from clair_bot.domain.conversations import Language
from clair_bot.domain.desks import Office
from clair_bot.domain.subscriptions import Organisation, Topic
from clair_bot.ports import Store
from clair_bot.testing.clocks import START

FULL = Document(
    title="秋の号",
    kind=BulletinKind.NEWSLETTER,
    items=(
        BulletinItem(
            title="英国で日本酒の商談会",
            text="ロンドンで開きます。\n\n参加できます。",
            category=Category.CALL,
            office=Office.LONDON,
            owner="経済交流課",
            place="英国・ロンドン",
            event_date=date(2026, 12, 4),
            deadline=date(2026, 12, 1),
            audience="自治体",
            url="https://example.test/sake",
            contact="03-0000-0000",
            picture="https://example.test/sake.png",
            caption="会場",
            published_at=START,
            source="LON",
        ),
        BulletinItem(title="お知らせ"),
    ),
    lead=("はじめに", "次に"),
    areas=(Area.I, Area.BASE),
    offices=(Office.LONDON,),
    languages=(Language.JA, Language.EASY),
    everyone=True,
    segment="群馬県",
    audience=Audience(topics=frozenset({Topic.I, Topic.LONDON}), kinds=frozenset({Organisation.JET}), prefectures=frozenset({"群馬県"})),
    send_at="2026-12-01T09:00",
    timezone="Europe/London",
    office_hours=True,
    corrects=3,
)


def get(store: Store, bulletin: Bulletin) -> Bulletin:
    found = reading(store, lambda work: work.bulletins.get(bulletin.id))
    assert found
    return found


def added(store: Store, document: Document | None = None, **more: Any) -> Bulletin:
    return writing(store, lambda work: work.bulletins.add(document or a_document(), actor="advisor:1", **more))


def act(store: Store, bulletin: Bulletin, deed: Act, **more: Any) -> Bulletin | None:
    return writing(store, lambda work: work.bulletins.act(bulletin, deed, actor="advisor:2", **more))


def edit(store: Store, bulletin: Bulletin, document: Document) -> Bulletin | None:
    return writing(store, lambda work: work.bulletins.edit(bulletin, document, actor="advisor:3"))


def test_a_bulletin_comes_out_as_it_went_in(store: Store) -> None:
    bulletin = added(store, FULL)
    assert bulletin == Bulletin(
        id=bulletin.id,
        status=BulletinStatus.DRAFT,
        revision=1,
        document=FULL,
        number=1,
        author="advisor:1",
        template=None,
        due_at=None,
        due_local="",
        reason="",
        forgiven=0,
        expanded=False,
        released_at=None,
        finished_at=None,
        created_at=START,
    )
    assert get(store, bulletin) == bulletin
    with store.read() as work:
        assert [work.bulletins.get(number) for number in (0, -1, 99, 2**40)] == [None] * 4
        assert work.bulletins.events(99) == []


def test_an_occurrence_is_approved_as_that_which_recurs_is(store: Store) -> None:
    template = added(store, a_document(recurrence="毎週水曜 9:00"))
    once = added(store, a_document(), template=template.id)
    assert (template.status, template.number, once.status, once.template, once.number) == (
        BulletinStatus.DRAFT,
        None,
        BulletinStatus.APPROVED,
        template.id,
        1,
    )
    (event,) = reading(store, lambda work: work.bulletins.events(once.id))
    assert (event.act, event.text, event.actor, event.at, event.revision) == (Act.CREATE, f"#{template.id}", "advisor:1", START, 1)


def test_bulletins_are_listed_newest_first(store: Store) -> None:
    first, second, third = at(store, BulletinStatus.SENT), added(store), at(store, BulletinStatus.CANCELLED)
    with store.read() as work:
        assert [one.id for one in work.bulletins.listed()] == [third.id, second.id, first.id]
        assert [one.id for one in work.bulletins.listed(limit=2)] == [third.id, second.id]
        assert [one.id for one in work.bulletins.listed(statuses=[BulletinStatus.DRAFT, BulletinStatus.SENT])] == [second.id, first.id]
        assert work.bulletins.listed(statuses=[]) == []


@pytest.mark.parametrize(("deed", "status"), sorted(itertools.product(sorted(set(MOVES) - {Act.EDIT}), BulletinStatus)))
def test_an_act_is_done_exactly_from_where_it_is_allowed(store: Store, deed: Act, status: BulletinStatus) -> None:
    bulletin = at(store, status)
    before = reading(store, lambda work: work.bulletins.events(bulletin.id))
    changed = act(store, bulletin, deed, text="事情")
    events = reading(store, lambda work: work.bulletins.events(bulletin.id))
    allowed, leads_to = MOVES[deed]
    if status not in allowed:
        assert (changed, get(store, bulletin), events) == (None, bulletin, before)
        return
    assert changed == get(store, bulletin)
    assert changed.status is (leads_to or status)
    assert (events[:-1], events[-1].act, events[-1].actor, events[-1].text, events[-1].revision) == (before, deed, "advisor:2", "事情", 1)


@pytest.mark.parametrize("status", BulletinStatus)
def test_what_may_be_edited_is_a_draft_again(store: Store, status: BulletinStatus) -> None:
    bulletin, new = at(store, status), a_document("改訂版")
    edited = edit(store, bulletin, new)
    events = [event.act for event in reading(store, lambda work: work.bulletins.events(bulletin.id))]
    if status not in MOVES[Act.EDIT][0]:
        assert (edited, get(store, bulletin), Act.EDIT in events) == (None, bulletin, False)
        return
    assert edited == get(store, bulletin)
    assert edited == replace(bulletin, status=BulletinStatus.DRAFT, revision=2, document=new, due_at=None, due_local="")
    assert events[-1] is Act.EDIT
    with store.read() as work:
        assert [work.bulletins.revision(bulletin.id, number) for number in (1, 2, 3)] == [bulletin.document, new, None]
        assert work.bulletins.events(bulletin.id)[-1].revision == 2


def test_who_read_an_older_revision_changes_nothing(store: Store) -> None:
    """R17: the second of two editors hears of it, and so does whoever approves what they did not read."""
    bulletin = added(store)
    edited = edit(store, bulletin, a_document("一人目"))
    assert edited
    assert edit(store, bulletin, a_document("二人目")) is None
    assert act(store, bulletin, Act.SUBMIT) is None
    assert get(store, bulletin) == edited
    assert [event.act for event in reading(store, lambda work: work.bulletins.events(bulletin.id))] == [Act.CREATE, Act.EDIT]
    assert act(store, edited, Act.SUBMIT)


def test_of_eight_who_edit_at_once_one_does(store: Store) -> None:
    bulletin = added(store)
    done = [one for one in together(8, lambda number: edit(store, bulletin, a_document(f"{number}"))) if one]
    assert len(done) == 1
    assert get(store, bulletin) == done[0]
    assert reading(store, lambda work: work.bulletins.revision(bulletin.id, 2)) == done[0].document


def test_of_eight_who_release_at_once_one_does(store: Store) -> None:
    bulletin = at(store, BulletinStatus.SCHEDULED)
    assert sum(bool(one) for one in together(8, lambda _: act(store, bulletin, Act.RELEASE))) == 1


def test_what_nobody_wrote_cannot_be_changed(store: Store) -> None:
    bulletin = replace(added(store), id=99)
    assert (act(store, bulletin, Act.SUBMIT), edit(store, bulletin, a_document())) == (None, None)


def test_an_act_writes_down_what_belongs_to_it(under_test: StoreUnderTest) -> None:
    store, clock = under_test.store, under_test.clock
    due = START + timedelta(hours=1)
    approved = at(store, BulletinStatus.APPROVED)
    planned = moved(store, approved, Act.SCHEDULE, due=(due, "2026-11-24T19:00"))
    assert planned == replace(approved, status=BulletinStatus.SCHEDULED, due_at=due, due_local="2026-11-24T19:00")
    clock.advance(3600)
    released = moved(store, planned, Act.RELEASE, text="2026-11-24T19:00")
    assert released == replace(planned, status=BulletinStatus.SENDING, due_at=None, released_at=due)
    paused = moved(store, released, Act.PAUSE, text="配信エラー")
    assert paused == replace(released, status=BulletinStatus.PAUSED, reason="配信エラー")
    resumed = moved(store, paused, Act.RESUME, forgiven=12)
    assert resumed == replace(paused, status=BulletinStatus.SENDING, reason="", forgiven=12)
    clock.advance(60)
    finished = moved(store, resumed, Act.FINISH)
    assert finished == replace(resumed, status=BulletinStatus.SENT, finished_at=due + timedelta(minutes=1))
    assert moved(store, finished, Act.RESEND, text="failed 3") == replace(finished, status=BulletinStatus.SENDING)


def test_an_act_may_lead_where_its_table_leaves_it_open(store: Store) -> None:
    submitted = at(store, BulletinStatus.SUBMITTED)
    first = moved(store, submitted, Act.APPROVE)
    assert first == submitted
    assert moved(store, first, Act.APPROVE, becomes=BulletinStatus.APPROVED).status is BulletinStatus.APPROVED
    tested = at(store, BulletinStatus.DRAFT)
    assert moved(store, tested, Act.TEST) == tested


def test_what_is_due_comes_in_its_order(under_test: StoreUnderTest) -> None:
    store, clock = under_test.store, under_test.clock
    late, early, same = (at(store, BulletinStatus.SCHEDULED, due=START + timedelta(seconds=seconds)) for seconds in (20, 10, 10))
    paused = at(store, BulletinStatus.SCHEDULED, due=START)
    moved(store, paused, Act.CANCEL)

    def due() -> list[int]:
        return [one.id for one in reading(store, lambda work: work.bulletins.due())]

    assert due() == []
    clock.advance(10)
    assert due() == [early.id, same.id]
    clock.advance(10)
    assert due() == [early.id, same.id, late.id]


def test_an_occurrence_is_taken_once(store: Store) -> None:
    one, other = added(store), added(store)
    names = [(one.id, "2026-10-25T01:30"), (other.id, "2026-10-25T01:30"), (one.id, "2026-10-26T01:30")]
    assert [writing(store, lambda work, place=place: work.bulletins.occur(*place)) for place in names * 2] == [True] * 3 + [False] * 3  # type: ignore[misc]


def test_of_eight_clocks_at_once_one_takes_an_occurrence(store: Store) -> None:
    bulletin = added(store)
    taken = together(8, lambda _: writing(store, lambda work: work.bulletins.occur(bulletin.id, "2026-12-01T09:00")))
    assert sorted(taken) == [False] * 7 + [True]


def test_an_occurrence_that_was_not_committed_is_free(store: Store) -> None:
    bulletin = added(store)
    with store.write() as work:
        assert work.bulletins.occur(bulletin.id, "2026-12-01T09:00")
    assert writing(store, lambda work: work.bulletins.occur(bulletin.id, "2026-12-01T09:00"))


def test_newsletters_are_counted(store: Store) -> None:
    """From the highest that was not cancelled; not what recurs, drills, and other kinds."""
    numbers = [
        added(store).number,
        added(store, a_document(number=41)).number,
        added(store, a_document(kind=BulletinKind.NOTICE)).number,
        added(store, a_document(drill=True)).number,
        added(store, a_document(recurrence="毎週水曜 9:00")).number,
        added(store, a_document(kind=BulletinKind.OFFICE, number=90)).number,
        added(store).number,
    ]
    assert numbers == [1, 41, None, None, None, 90, 42]
    cancelled = at(store, BulletinStatus.CANCELLED)
    assert (cancelled.number, added(store).number) == (43, 43)


def test_a_number_stays_when_its_bulletin_is_edited(store: Store) -> None:
    first, notice = added(store), added(store, a_document(kind=BulletinKind.NOTICE))
    edited = edit(store, first, a_document("改訂版"))
    assert edited
    assert edited.number == 1
    renamed = edit(store, edited, a_document(number=7))
    assert renamed
    assert renamed.number == 7
    turned = edit(store, notice, a_document())
    assert turned
    assert turned.number == 8


def test_eight_newsletters_at_once_have_eight_numbers(store: Store) -> None:
    numbers = together(8, lambda _: added(store).number)
    assert sorted(number or 0 for number in numbers) == list(range(1, 9))


def test_audiences_are_saved_under_names(store: Store) -> None:
    gunma, jets = Audience(prefectures=frozenset({"群馬県"})), Audience(kinds=frozenset({Organisation.JET}), topics=frozenset({Topic.III}))
    with store.write() as work:
        assert work.bulletins.segments() == {}
        work.bulletins.save_segment("群馬", jets, actor="advisor:1")
        work.bulletins.save_segment("JET", jets, actor="advisor:1")
        work.bulletins.save_segment("群馬", gunma, actor="advisor:2")
        work.commit()
    assert reading(store, lambda work: work.bulletins.segments()) == {"JET": jets, "群馬": gunma}
    assert [writing(store, lambda work: work.bulletins.delete_segment("JET")) for _ in range(2)] == [True, False]
    assert reading(store, lambda work: work.bulletins.segments()) == {"群馬": gunma}


def test_strange_texts_of_bulletins_are_stored_without_harm(store: Store) -> None:
    """S13: NUL and lone surrogates."""
    strange, clean = "前\x00後\ud800", "前後?"
    item = BulletinItem(title=strange, text=strange, owner=strange, place=strange)
    audience = Audience(roles=frozenset({strange}))
    with store.write() as work:
        bulletin = work.bulletins.add(a_document(strange, items=(item,), audience=audience), actor=strange)
        assert (bulletin.document.title, bulletin.document.items[0].text, bulletin.author) == (clean,) * 3
        assert bulletin.document.audience.roles == {clean}
        cancelled = work.bulletins.act(bulletin, Act.CANCEL, actor=strange, text=strange)
        assert cancelled
        assert cancelled.reason == clean
        assert [(event.actor, event.text) for event in work.bulletins.events(bulletin.id)] == [(clean, ""), (clean, clean)]
        work.bulletins.save_segment(strange, audience, actor=strange)
        assert work.bulletins.segments() == {clean: Audience(roles=frozenset({clean}))}
        assert work.bulletins.delete_segment(strange)
        assert work.bulletins.occur(bulletin.id, strange)
        assert not work.bulletins.occur(bulletin.id, clean)
        assert work.bulletins.published(words=[strange]) == []
        work.commit()


def test_where_lines_are_written_is_remembered(store: Store) -> None:
    bulletin, waits = sending(store), at(store, BulletinStatus.SCHEDULED)

    def cursor(one: Bulletin) -> int | None:
        return writing(store, lambda work: work.ledger.cursor(one.id))

    assert (cursor(bulletin), cursor(waits), cursor(replace(waits, id=99))) == (0, None, None)
    writing(store, lambda work: work.ledger.advance(bulletin.id, 120))
    assert (cursor(bulletin), get(store, bulletin).expanded) == (120, False)
    paused = moved(store, bulletin, Act.PAUSE)
    assert cursor(bulletin) is None
    moved(store, paused, Act.RESUME)
    assert cursor(bulletin) == 120
    writing(store, lambda work: work.ledger.advance(bulletin.id, None))
    assert (cursor(bulletin), get(store, bulletin).expanded) == (None, True)
