"""Subscribers that people write in files: what is read, which rows are refused, and that writing reads back the same."""

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from clair_bot.domain.conversations import Language
from clair_bot.domain.subscriptions import USUAL_TOPICS, Frequency, Organisation, Subscriber, SubscriberState, Topic
from clair_bot.errors import ClairBotError
from clair_bot.manuscripts import sheets
from clair_bot.manuscripts.rosters import Encoding, write_roster, write_table
from clair_bot.manuscripts.subscribers import COLUMNS, Roster, merged, read_roster
from clair_bot.manuscripts.words import PREFECTURES
from clair_bot.messages import Address

HEADER = ",".join(COLUMNS)
USUAL = frozenset(USUAL_TOPICS)
LINE_ID = f"U{'0a' * 16}"


def roster(folder: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> Roster:
    file = folder / "r.csv"
    file.write_bytes("\r\n".join([header, *rows, ""]).encode(encoding))
    return read_roster(file)


def one(folder: Path, row: str, *, header: str = HEADER) -> Subscriber:
    found = roster(folder, row, header=header)
    assert found.errors == []
    return found.entries[0].subscriber


def reason(folder: Path, row: str, *, header: str = HEADER) -> str:
    found = roster(folder, row, header=header)
    assert (found.entries, len(found.errors), found.errors[0].row) == ([], 1, 2)
    assert found.errors[0].reason.endswith("。")
    return found.errors[0].reason


def test_a_row_in_keys_and_one_in_japanese(tmp_path: Path) -> None:
    keys = one(tmp_path, f"line,{LINE_ID},山田,群馬県庁,群馬県,I;IV,NY;LON,en,weekly")
    assert keys == Subscriber(
        address=Address(channel="line", recipient=LINE_ID),
        name="山田",
        organisation="群馬県庁",
        prefecture="群馬県",
        topics=USUAL | {Topic.I, Topic.IV, Topic.NEW_YORK, Topic.LONDON},
        language=Language.EN,
        frequency=Frequency.WEEKLY,
    )
    words = one(
        tmp_path,
        'メール,Ｙａｍａｄａ@Example.LG.jp,山田,高崎市,群馬,"多文化共生、海外事務所","ロンドン事務所,ソウル",やさしい日本語,毎月,なし,市区町村,国際担当,Europe/London,はい',
        header="手段,宛先,氏名,所属,都道府県,分野,海外事務所,言語,頻度,topics,kind,role,timezone,tester",
    )
    assert words == Subscriber(
        address=Address(channel="mail", recipient="yamada@example.lg.jp"),
        name="山田",
        organisation="高崎市",
        kind=Organisation.CITY,
        prefecture="群馬県",
        role="国際担当",
        topics=frozenset({Topic.II, Topic.VII, Topic.LONDON, Topic.SEOUL}),
        language=Language.EASY,
        frequency=Frequency.MONTHLY,
        timezone="Europe/London",
        tester=True,
    )


@pytest.mark.parametrize(
    ("areas", "offices", "topics", "expected"),
    [
        ("", "", None, USUAL),
        ("", "", "", USUAL),
        ("II", "", None, USUAL | {Topic.II}),
        ("II", "NY", "newsletter", {Topic.II, Topic.NEW_YORK, Topic.NEWSLETTER}),
        ("II", "", "none", {Topic.II}),
        ("", "", "緊急;notice", {Topic.EMERGENCY, Topic.NOTICE}),
    ],
)
def test_topics(tmp_path: Path, areas: str, offices: str, topics: str | None, expected: frozenset[Topic]) -> None:
    header = HEADER if topics is None else f"{HEADER},topics"
    row = f"slack,C1,,,,{areas},{offices},," + ("" if topics is None else f",{topics}")
    assert one(tmp_path, row, header=header).topics == expected


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (",U1,,,,,,,", "channel がありません"),
        ("slack,,,,,,,,", "address がありません"),
        ("fax,1,,,,,,,", "使えるもの: slack、line、telegram、mail、web"),
        ("slak,1,,,,,,,", "「slack」の間違い"),
        ("mail,yamada,,,,,,,", "メールアドレスの形"),
        ("mail,a@b,,,,,,,", "メールアドレスの形"),
        ("mail,a@b..c.jp,,,,,,,", "メールアドレスの形"),
        (f"mail,{'a' * 250}@b.jp,,,,,,,", "メールアドレスの形"),
        ("slack,U 1,,,,,,,", "空白のない"),
        (f"slack,{'a' * 101},,,,,,,", "100字"),
        ("slack,山田,,,,,,,", "英数字"),
        (f"line,{LINE_ID.lower()},,,,,,,", "大文字・小文字"),
        ("slack,U1,,,東亰,,,,", "「群馬県」のように"),
        ("slack,U1,,,,VIII,,,", "areas の「VIII」"),
        ("slack,U1,,,,NY,,,", "areas の「NY」"),
        ("slack,U1,,,,,東京,,", "offices の「東京」"),
        ("slack,U1,,,,,,fr,", "language の「fr」"),
        ("slack,U1,,,,,,,hourly", "frequency の「hourly」"),
        ("slack,U1,=HYPERLINK(1),,,,,,", "数式"),
        ("slack,U1,@SUM(A1),,,,,,", "数式"),
        ("slack,U1,＝1+1,,,,,,", "数式"),
        (f"slack,U1,{'あ' * 1001},,,,,,", "1,001字"),
        ('slack,U1,"山\n田",,,,,,', "改行"),
        ("slack,U1,山\x1b田,,,,,,", "制御文字"),
        ("slack,U1,,,,,,", "見出しは9列、この行は8列"),
        ("slack,U1,,,,,,,,x", "見出しは9列、この行は10列"),
    ],
)
def test_rows_that_are_refused(tmp_path: Path, row: str, words: str) -> None:
    assert words in reason(tmp_path, row)


@pytest.mark.parametrize(("row", "words"), [("Asia/Tokio,false", "Asia/Tokyo"), ("Asia/Tokyo,多分", "true")])
def test_more_columns_that_are_refused(tmp_path: Path, row: str, words: str) -> None:
    assert words in reason(tmp_path, f"slack,U1,,,,,,,,{row}", header=f"{HEADER},timezone,tester")


def test_nothing_to_get_is_refused_but_for_those_who_stopped(tmp_path: Path) -> None:
    header = f"{HEADER},topics,state"
    assert "一つもありません" in reason(tmp_path, "slack,U1,,,,,,,,none,active", header=header)
    stopped = one(tmp_path, "slack,U1,,,,,,,,none,配信停止", header=header)
    assert (stopped.state, stopped.topics) == (SubscriberState.UNSUBSCRIBED, frozenset())


def test_rows_are_counted_as_a_spreadsheet_counts_them(tmp_path: Path) -> None:
    found = roster(tmp_path, "slack,U1,,,,,,,", "", ",,,,,,,,", 'slack,U2,,"複\n数",,,,,', "slack,U1,,,,,,,", "slack,U3,,,,,,,")
    assert [entry.row for entry in found.entries] == [2, 7]
    assert [(error.row, error.reason[:8]) for error in found.errors] == [(5, "organisa"), (6, "2行目と同じ宛先")]


def test_the_apostrophe_of_spreadsheets_is_taken_off(tmp_path: Path) -> None:
    assert one(tmp_path, "telegram,'-100123,'+81 3 1234,-,,,,,").address.recipient == "-100123"
    assert one(tmp_path, "telegram,-100123,'+81 3 1234,+1,,,,,").name == "+81 3 1234"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("", ["足りない列: channel、address"]),
        ("channel,address,name", ["足りない列: organisation、prefecture"]),
        (f"{HEADER},電話,fax", ["知らない列: 電話、fax"]),
        (f"{HEADER},宛先", ["重なる列: address"]),
        (HEADER.replace("frequency", "frequencey"), ["足りない列: frequency", "知らない列: frequencey"]),
        ("1,2,3", ["知らない列: 1、2、3"]),
        (HEADER.replace(",", "|"), ["知らない列"]),
    ],
)
def test_wrong_columns(tmp_path: Path, header: str, words: list[str]) -> None:
    with pytest.raises(ClairBotError) as refused:
        roster(tmp_path, "slack,U1,,,,,,,", header=header)
    assert all(word in str(refused.value) for word in words), str(refused.value)


def test_columns_in_any_order_width_and_case(tmp_path: Path) -> None:
    found = roster(
        tmp_path, "weekly,U1,slack,,,,,,", header="Frequency, ADDRESS ,ｃｈａｎｎｅｌ,name,organisation,prefecture,areas,offices,language,,"
    )
    assert found.entries[0].subscriber.frequency is Frequency.WEEKLY


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("tabs", [False, True])
def test_encodings_and_delimiters(tmp_path: Path, encoding: str, tabs: bool) -> None:  # noqa: FBT001  # a row of the table
    row = "slack,U1,髙﨑 花子①,群馬県庁,群馬県,I;IV,NY,ja,daily"
    lines = [line.replace(",", "\t") if tabs else line for line in (HEADER, row)]
    found = roster(tmp_path, lines[1], header=lines[0], encoding=encoding)
    assert (found.entries[0].subscriber.name, found.entries[0].subscriber.frequency) == ("髙﨑 花子①", Frequency.DAILY)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (HEADER.encode("utf-16"), "UTF-16"),
        (b"a\0b", "UTF-16"),
        (f'{HEADER}\nslack,U1,"山田,,,,,,\n'.encode(), "CSVとして"),
        (f"{HEADER}\nslack,U1,{'a' * 200_000},,,,,,\n".encode(), "CSVとして"),
        (b"\x81\xff\xff", "読み取れない文字"),
    ],
)
def test_files_that_are_refused(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "r.csv"
    file.write_bytes(content)
    with pytest.raises(ClairBotError, match=words):
        read_roster(file)


def test_too_many_rows_and_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 2)
    assert len(roster(tmp_path, "slack,U1,,,,,,,", "", "slack,U2,,,,,,,").entries) == 2
    with pytest.raises(ClairBotError, match="2行まで"):
        roster(tmp_path, *(f"slack,U{number},,,,,,," for number in range(3)))
    monkeypatch.setattr(sheets, "LARGEST_TEXT", 1_000_000)
    with pytest.raises(ClairBotError, match="1 MB以内"):
        roster(tmp_path, "a" * 1_000_001)


def book(folder: Path, *rows: list[Any]) -> Path:
    file = folder / "r.xlsx"
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    for row in rows:
        sheet.append(row)
    workbook.save(file)
    return file


def test_an_excel_file(tmp_path: Path) -> None:
    file = book(
        tmp_path,
        list(COLUMNS),
        ["telegram", 12345.0, "山田", None, "群馬", "I;IV", None, "ja", "each"],
        [],
        ["slack", "U1", "=1+1"],
        ["telegram", 12345],
    )
    found = read_roster(file)
    assert (found.entries[0].subscriber.address.recipient, found.entries[0].subscriber.prefecture) == ("12345", "群馬県")
    assert [(error.row, error.reason[:4]) for error in found.errors] == [(4, "name"), (5, "2行目と")]


def test_excel_files_that_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = book(tmp_path, list(COLUMNS))
    whole = file.read_bytes()
    for content in (b"", b"PK\x03\x04", whole[: len(whole) // 2], b"channel,address"):
        file.write_bytes(content)
        with pytest.raises(ClairBotError, match="読み取れません"):
            read_roster(file)
    file.write_bytes(whole)
    monkeypatch.setattr(sheets, "_UNPACKED", 1_000)
    with pytest.raises(ClairBotError, match="展開すると大きすぎます"):
        read_roster(file)
    monkeypatch.setattr(sheets, "LARGEST_BOOK", 1_000)
    with pytest.raises(ClairBotError, match="大きすぎます"):
        read_roster(file)
    (tmp_path / "r.xls").write_bytes(b"\xd0\xcf")
    with pytest.raises(ClairBotError, match="古いExcel形式"):
        read_roster(tmp_path / "r.xls")


KNOWN = Subscriber(
    id=7,
    address=Address(channel="slack", recipient="U1"),
    name="山田",
    topics=frozenset({Topic.II, Topic.LONDON, Topic.NOTICE}),
    language=Language.EN,
    frequency=Frequency.WEEKLY,
    token="t",
)


@pytest.mark.parametrize(
    ("row", "changes"),
    [
        ("slack,U1,,,,,,,", {}),
        ("slack,U1,田中,,,,,,", {"name": "田中"}),
        ("slack,U1,,,,I,,,", {"topics": frozenset({Topic.I, Topic.NOTICE})}),
        ("slack,U1,,,,,,ja,each", {"language": Language.JA, "frequency": Frequency.EACH}),
    ],
)
def test_what_a_row_changes_of_who_is_known(tmp_path: Path, row: str, changes: dict[str, Any]) -> None:
    assert merged(KNOWN, roster(tmp_path, row).entries[0]) == replace(KNOWN, **changes)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (SubscriberState.PENDING, SubscriberState.ACTIVE),
        (SubscriberState.ACTIVE, SubscriberState.ACTIVE),
        (SubscriberState.UNSUBSCRIBED, SubscriberState.UNSUBSCRIBED),
        (SubscriberState.UNREACHABLE, SubscriberState.UNREACHABLE),
    ],
)
def test_nobody_is_written_to_again_by_a_file(tmp_path: Path, before: SubscriberState, after: SubscriberState) -> None:
    entry = roster(tmp_path, "slack,U1,,,,,,,").entries[0]
    assert merged(replace(KNOWN, state=before), entry).state is after


def test_formulas_are_written_harmlessly() -> None:
    written = write_table([["=1+1", "+81", "-1", "@a", "'=x", "＝1", "a=b", 5, "a\r\nb"]], encoding=Encoding.UTF_8)
    assert written.content.startswith(b"\xef\xbb\xbf")
    (row,) = csv.reader(io.StringIO(written.content.decode("utf-8-sig")))
    assert row == ["'=1+1", "'+81", "'-1", "'@a", "''=x", "'＝1", "a=b", "5", "ab"]


def test_what_cp932_lacks_is_counted(tmp_path: Path) -> None:
    written = write_roster([replace(KNOWN, name="𠮷野家🍜山田")], encoding=Encoding.CP932)
    assert written.replaced == 2
    (tmp_path / "r.csv").write_bytes(written.content)
    assert read_roster(tmp_path / "r.csv").entries[0].subscriber.name == "〓野家〓山田"


WORDS = st.text(
    st.one_of(st.sampled_from("=+-@'\"＝＋,;\t あ髙"), st.characters(exclude_categories=["Cc", "Cs"])), max_size=20
).map(lambda text: "".join(one for one in text if one != "\t").strip())  # fmt: skip
SUBSCRIBERS = st.builds(
    Subscriber,
    address=st.one_of(
        st.builds(
            Address, channel=st.sampled_from(["slack", "telegram", "web"]), recipient=st.from_regex(r"[A-Z0-9_.:-]{1,30}", fullmatch=True)
        ),
        st.builds(Address, channel=st.just("mail"), recipient=st.from_regex(r"[a-z0-9+.-]{1,20}@[a-z0-9-]{1,9}\.jp", fullmatch=True)),
    ),
    name=WORDS,
    organisation=WORDS,
    role=WORDS,
    kind=st.sampled_from(Organisation),
    prefecture=st.sampled_from(["", *PREFECTURES]),
    topics=st.sets(st.sampled_from(Topic), min_size=1).map(frozenset),
    language=st.sampled_from(Language),
    frequency=st.sampled_from(Frequency),
    timezone=st.sampled_from(["Asia/Tokyo", "Europe/London", "America/New_York"]),
    tester=st.booleans(),
    state=st.sampled_from(SubscriberState),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(SUBSCRIBERS, max_size=6, unique_by=lambda one: one.address))
def test_whoever_is_written_reads_back_the_same(tmp_path: Path, people: list[Subscriber]) -> None:
    (tmp_path / "r.csv").write_bytes(write_roster(people, states=True).content)
    found = read_roster(tmp_path / "r.csv")
    assert (found.errors, [entry.subscriber for entry in found.entries]) == ([], people)
