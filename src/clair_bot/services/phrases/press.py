"""What editors, approvers and administrators read about bulletins. They work in Japanese."""

from dataclasses import dataclass, field
from typing import Final

from clair_bot.domain.bulletins import Act, BulletinKind, BulletinStatus, LedgerState


@dataclass(frozen=True, slots=True, kw_only=True)
class PressPhrases:
    """Braces are filled by ``str.format``."""

    statuses: dict[BulletinStatus, str] = field(
        default_factory=lambda: {
            BulletinStatus.DRAFT: "下書き",
            BulletinStatus.SUBMITTED: "承認待ち",
            BulletinStatus.APPROVED: "承認済み",
            BulletinStatus.SCHEDULED: "配信予定",
            BulletinStatus.SENDING: "配信中",
            BulletinStatus.SENT: "配信済み",
            BulletinStatus.PAUSED: "一時停止",
            BulletinStatus.CANCELLED: "取りやめ",
            BulletinStatus.MISSED: "未配信",
        }
    )
    kinds: dict[BulletinKind, str] = field(
        default_factory=lambda: {
            BulletinKind.NEWSLETTER: "メールマガジン",
            BulletinKind.OFFICE: "海外事務所だより",
            BulletinKind.NOTICE: "お知らせ",
            BulletinKind.EMERGENCY: "緊急のお知らせ",
        }
    )
    acts: dict[Act, str] = field(
        default_factory=lambda: {
            Act.CREATE: "作成",
            Act.EDIT: "編集",
            Act.TEST: "テスト配信",
            Act.SUBMIT: "提出",
            Act.RETURN: "差し戻し",
            Act.APPROVE: "承認",
            Act.SCHEDULE: "日時の設定",
            Act.RELEASE: "配信開始",
            Act.PAUSE: "一時停止",
            Act.RESUME: "再開",
            Act.CANCEL: "取りやめ",
            Act.MISS: "未配信",
            Act.FINISH: "配信完了",
            Act.RESEND: "再送",
        }
    )
    ledger: dict[LedgerState, str] = field(
        default_factory=lambda: {
            LedgerState.QUEUED: "配信待ち",
            LedgerState.HELD: "まとめ待ち",
            LedgerState.SENDING: "送信中",
            LedgerState.SENT: "送信済み",
            LedgerState.FAILED: "失敗",
            LedgerState.UNCERTAIN: "要確認",
            LedgerState.CANCELLED: "中止",
        }
    )
    unknown: str = "配信{id}は見つかりません。clair-bot bulletin list で確かめてください。"
    not_allowed: str = "{name}さんの役割では、この操作はできません（必要な役割: {roles}）。管理者にお問い合わせください。"
    refused: str = "配信{id}は「{status}」のため、この操作はできません。"
    conflict: str = "配信{id}は、ほかの人が先に変更しました。いまの内容を確かめてから、もう一度操作してください。"
    created: str = "配信{id}を下書きとして保存しました（第1版）。"
    edited: str = "配信{id}を第{revision}版として保存しました。承認は取り消されたため、テスト配信からやり直してください。"
    no_items: str = "項目が一つもありません。items に記事を1件以上書いてください。"
    too_many_items: str = "項目が{count}件あります。1回の配信は{most}件までです。分けて配信してください。"
    too_long: str = "本文が{count:,}字あります。1回の配信は{most:,}字までです。短くするか、分けて配信してください。"
    item_too_long: str = "項目「{title}」の本文が{count:,}字あります。1項目は{most:,}字までです。"
    all_expired: str = "締切や開催日を過ぎた項目しかありません。内容を改めてください。"
    nobody: str = "配信先が0人です。対象（{audience}）を確かめてください。"
    not_tested: str = "配信{id}の第{revision}版は、まだテスト配信していません。先に bulletin test-send で内容を確かめてください。"
    tested: str = "配信{id}の第{revision}版を{count}か所にテスト配信しました。"
    no_testers: str = "テスト配信の宛先を --to channel:id で1〜{most}か所指定してください。"
    submitted: str = "配信{id}を提出しました。配信先は{people}、必要な承認は{needed}人です。"
    returned: str = "配信{id}を差し戻しました。"
    own: str = "{name}さんは配信{id}の作成・編集・提出をしたため、承認できません。別の承認者が承認してください。"
    approved_already: str = "{name}さんは配信{id}の第{revision}版をすでに承認しています。もう1人の承認が必要です。"
    approved_part: str = "配信{id}を承認しました（{needed}人のうち{given}人目）。配信先は{people}です。もう1人の承認が必要です。"
    approved: str = "配信{id}を承認しました。配信先は{people}です。"
    emergency_path: str = "緊急の手順（承認2人、提出と配信時間帯を省略）"
    released_now: str = "配信{id}を承認し、緊急の手順で配信を始めました。配信先は{people}です。"
    scheduled: str = "配信{id}は{moment}に配信します。配信先は{people}です。"
    scheduled_now: str = "配信{id}をこれから配信します。配信先は{people}です。"
    scheduled_reader: str = "配信{id}は、読む人それぞれの現地時間{moment}に配信します。配信先は{people}です。"
    scheduled_recurring: str = "配信{id}は「{recurrence}」に繰り返し配信します。次回は{moment}です。"
    postponed: str = "{desk}の執務時間に合わせ、配信の開始を遅らせました。"
    in_the_past: str = "{moment}はすでに過ぎています。これから先の日時を指定してください。"
    bad_moment: str = "「{text}」を日時として読み取れません。2026-12-01T09:00 の形か now を指定してください。"
    no_moment: str = "配信の日時がありません。--at 2026-12-01T09:00 の形で指定してください。"
    no_more: str = "「{recurrence}」には、これから先の回がありません。"
    quota: str = (
        "LINEの今月の残りは{left:,}通（上限{limit:,}、使用{used:,}、予約{reserved:,}）で、この配信の{need:,}人に足りません。"
        "配信先を絞るか、来月に配信するか、承認者が --override-quota を付けて実行してください。"
    )
    override: str = "（通数の上限を承知のうえ）"
    quota_unknown: str = "LINEの今月の残り通数を確かめられません（{reason}）。時間をおいてもう一度お試しください。"
    paused: str = "配信{id}を一時停止しました。残りは{left:,}人です。"
    paused_by_faults: str = "エラーが{bad:,}件（{settled:,}件中）になったため、自動で一時停止しました。"
    resumed: str = "配信{id}を再開しました。残りは{left:,}人です。"
    cancelled: str = "配信{id}を取りやめました。{count:,}人には送りません。"
    missed: str = (
        "配信{id}「{title}」は、予定の{moment}に配信できませんでした（{reason}）。"
        "内容を確かめ、bulletin schedule で日時を決め直してください。"
    )
    late: str = "{minutes}分遅れ"
    alarm_paused: str = "配信{id}「{title}」を一時停止しました。{reason}\n確認のうえ、bulletin resume {id} で再開できます。"
    finished: str = "配信{id}「{title}」の配信を終えました。送信済み{sent:,}、失敗{failed:,}、要確認{uncertain:,}、中止{cancelled:,}。"
    nothing_to_resend: str = "配信{id}に、再送する宛先はありません。"
    resend_asks: str = "配信{id}を{count:,}人に再送します。よろしければ --yes を付けて実行してください。"
    resent: str = "配信{id}を{count:,}人に再送します。"
    corrects_unsent: str = "配信{id}はまだ配信されていないため、訂正を配信できません。下書きを編集してください。"
    segment_unknown: str = "「{name}」という対象は保存されていません。bulletin segment list で確かめてください。"
    draft_from_feed: str = "{name}から{count}件の記事を見つけ、下書き（配信{id}）を作りました。内容を確かめてから提出してください。"
    flash: str = "海外事務所の記事{count}件をまとめ、フラッシュの下書き（配信{id}）を作りました。内容を確かめてから提出してください。"
    flash_lead: str = "{month}月{day}日までに海外事務所から届いた話題をまとめてお届けします。"
    everyone: str = "登録者全員"
    people: str = "{count:,}人"
    people_in_words: str = "{count:,}人（{words}人）"


PRESS: Final = PressPhrases()
