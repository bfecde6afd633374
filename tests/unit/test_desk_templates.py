"""The file of canned replies: texts, and whether they answer; faults that name the reply."""

from pathlib import Path

import pytest

from clair_bot.desks.templates import read_templates
from clair_bot.domain.tickets import CannedReply
from clair_bot.errors import ConfigurationError


def test_canned_replies_say_whether_they_answer(tmp_path: Path) -> None:
    file = tmp_path / "replies.toml"
    assert read_templates(file) == ()
    receipt = '"受領" = { text = "受け取りました。", answers = false }'
    text = f'"お礼" = " ありがとうございました。\\n"\n{receipt}\n["案内"]\ntext = "ご案内します。"\n'
    file.write_text(text, encoding="utf-8")
    assert read_templates(file) == (
        CannedReply(key="お礼", text="ありがとうございました。", answers=True),
        CannedReply(key="受領", text="受け取りました。", answers=False),
        CannedReply(key="案内", text="ご案内します。", answers=True),
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'"a" = ""', "定型文「a」"),
        (b'"a" = 1', "定型文「a」"),
        (b'"a" = { answers = false }', "定型文「a」"),
        (b'"a" = { text = "b", answers = "false" }', "定型文「a」"),
        (b'"a" = { text = "b", answer = false }', "定型文「a」"),
        (b'"a" = { text = ["b"] }', "定型文「a」"),
        (f'"{"a" * 21}" = "b"'.encode(), "20字"),
        (f'"a" = "{"b" * 1501}"'.encode(), "1,500字"),
        (b'"a" = ', "TOMLの書き方"),
        (b"\xff", "TOMLの書き方"),
        (b'"a" = "' + b"b" * 200_000 + b'"', "200KBまで"),
    ],
)
def test_a_canned_reply_that_is_none_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "replies.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        read_templates(file)
    assert caught.value.variable == "CLAIR_KNOWLEDGE_DIR"
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_of_our_own_canned_replies_the_receipts_do_not_answer() -> None:
    ours = read_templates(Path(__file__).parents[2] / "knowledge" / "replies.toml")
    assert [canned.key for canned in ours if not canned.answers] == ["受領", "確認中"]
    assert len(ours) == len({canned.key for canned in ours}) > 2
