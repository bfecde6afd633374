"""What the advisors' rooms read. Advisors work in Japanese."""

from dataclasses import dataclass, field
from typing import Final

from clair_bot.domain.desks import Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPhrases:
    """Braces are filled by ``str.format``."""

    # the card
    title: str = "受付番号{number}　{desk}"
    intro: str = "新しい相談です。返信すると相談者に届きます。「メモ:」で始めると届きません。"
    state: str = "状況: {state}{assignee}"
    assignee: str = "（担当: {name}）"
    due: str = "回答予定: {due}"
    aim: str = "解決の目標: {due}"
    urgency: dict[Urgency, str] = field(default_factory=lambda: {Urgency.HIGH: "【急ぎ】", Urgency.URGENT: "【至急】"})
    urgencies: dict[Urgency, str] = field(default_factory=lambda: {Urgency.NORMAL: "通常", Urgency.HIGH: "急ぎ", Urgency.URGENT: "至急"})
    question: str = "ご質問"
    asker: str = "相談者"
    channel: str = "連絡手段: {channel}"
    organisation: str = "団体: {text}"
    country: str = "国・地域: {text}"
    deadline: str = "期限: {text}"
    tried: str = "試したこと: {text}"
    area: str = "分野: {text}"
    follows: str = "受付番号{number}の続き"
    candidates: str = "近い記事（確からしさ）"
    candidate: str = "{title}（{percent}%）"
    similar: str = "似た相談"
    similar_line: str = "受付番号{number}　{question}"
    masked: str = "番号の一部を伏せています。全文は「全文」で担当者だけにお送りします。"
    sealed: str = "機密の相談です。"
    number: str = "受付番号{number}"
    button_claim: str = "担当する"
    button_transfer: str = "転送"
    button_snooze: str = "保留"
    button_canned: str = "定型文"
    button_resolve: str = "解決"
    button_reopen: str = "再開"
    button_release: str = "担当を外れる"
    somebody: str = "担当者"

    # what the asker did
    added: str = "相談者から追記がありました（受付番号{number}）。"
    corrected: str = "相談者がご質問を訂正しました（受付番号{number}）。"
    cancelled: str = "受付番号{number}は相談者が取り下げました。返信は不要です。"
    question_withdrawn: str = "受付番号{number}のご質問を相談者が取り消しました。"
    text_withdrawn: str = "受付番号{number}の書き込みを相談者が取り消しました。"
    details: str = "相談者からの補足（受付番号{number}）: {text}"
    rated: str = "受付番号{number}の評価: {rating}"
    reopened_by_asker: str = "受付番号{number}を相談者が再開しました。"

    # what an advisor did
    replied: str = "相談者にお送りします（受付番号{number}）。"
    receipt: str = "相談員からのお知らせです（受付番号{number}）。"
    receipt_sent: str = "相談者にお送りします（受付番号{number}）。回答としては扱わないため、回答の期限は変わりません。"
    reply_corrected: str = "訂正した回答を相談者にお送りします（受付番号{number}）。"
    reply_withdrawn: str = "回答はすでに相談者へ送られています（受付番号{number}）。取り消すには、訂正を返信してください。"
    noted: str = "受付番号{number}のメモとして残しました。相談者には送っていません。"
    note_withdrawn: str = "受付番号{number}のメモを消しました。"
    claimed: str = "受付番号{number}を{name}さんが担当します。"
    claimed_here: str = "受付番号{number}の担当者が決まりました。"
    already_yours: str = "受付番号{number}は、すでにあなたが担当しています。"
    taken: str = "受付番号{number}は、すでに{name}さんが担当しています。"
    assigned: str = "受付番号{number}を{name}さんに割り当てました。"
    assigned_to_you: str = "受付番号{number}があなたに割り当てられました。"
    nobody_free: str = "割り当てられる人がいません（不在または件数の上限）。「割当 名前」で指定してください。"
    who: str = "「{text}」という相談員は見つかりません。「割当 佐藤」のように、登録した名前で指定してください。"
    not_at_desk: str = "{name}さんは{desk}の相談員ではありません。"
    is_away: str = "{name}さんは不在です。ほかの人を指定してください。"
    released: str = "受付番号{number}の担当を外しました。担当者を待っています。"
    transferred: str = "受付番号{number}を{desk}に転送しました。"
    transferred_here: str = "受付番号{number}が{desk}から転送されました。{reason}"
    transfer_same: str = "受付番号{number}は、すでに{desk}にあります。"
    transfer_which: str = "受付番号{number}の転送先をお選びください（{names}）。"
    transfer_to: str = "転送 {key}"
    transfer_unknown: str = "「{text}」という転送先はありません。「転送 IV」「転送 NY」のように指定してください。"
    snoozed: str = "受付番号{number}を{until}まで保留にしました。"
    snooze_for: str = "保留 {span}"
    snooze_which: str = "受付番号{number}をいつまで保留にしますか。"
    snooze_how: str = "「保留 3日」「保留 2時間」「保留 12月10日」のように、90日以内で指定してください。"
    woken: str = "受付番号{number}の保留を解きました。"
    not_snoozed: str = "受付番号{number}は保留になっていません。"
    prioritized: str = "受付番号{number}の優先度を「{urgency}」にしました。"
    prioritize_how: str = "「優先 至急」「優先 急ぎ」「優先 通常」のいずれかで指定してください。"
    sealed_now: str = "受付番号{number}を機密にしました。今後、LINEには本文を載せません。"
    resolved: str = "受付番号{number}を解決としました。"
    reopened: str = "受付番号{number}を再開しました。"
    reopen_late: str = "受付番号{number}は再開できる期間を過ぎています。新しい相談としてお受けください。"
    merged: str = "受付番号{number}を受付番号{target}にまとめました。"
    merge_how: str = "「統合 12」のように、まとめる先の受付番号を指定してください。"
    merge_not: str = "受付番号{target}にはまとめられません。対応中の相談を指定してください。"
    refused: str = "受付番号{number}は「{state}」のため、その操作はできません。"
    number_unknown: str = "受付番号{number}の相談は見つかりません。"
    number_missing: str = "どの相談か分かりません。相談の書き込みに返信するか、「{word} 12」のように受付番号をつけてください。"
    extra: str = "「{word}」に続く言葉を読み取れませんでした。相談者には送っていません。回答であれば「回答」を先頭につけてお送りください。"
    text_missing: str = "本文がありません。「回答 本文」「メモ: 本文」のように続けて書いてください。"
    text_only: str = "スタンプや音声は相談者に送れません。文章か、写真・文書でお送りください。"
    canned_list: str = "定型文です。「定型 名前」で相談者に送ります。"
    canned_line: str = "{key}（{count}回）: {text}"
    canned_receipt: str = "{key}（{count}回、回答としては扱いません）: {text}"
    canned_none: str = "定型文は登録されていません。"
    canned_unknown: str = "「{text}」という定型文はありません。「定型」で一覧をお見せします。"
    canned_gap: str = "定型文「{key}」の{name}が分からないため送れません。文章で返信してください。"
    draft: str = "回答をもとにした記事の下書きです。内容と出典を確かめ、knowledge に保存してください。"
    draft_sealed: str = "受付番号{number}は機密の相談のため、下書きは確認番号を入力してご覧ください。"
    draft_not: str = "受付番号{number}には、まだ回答がありません。"
    full: str = "受付番号{number}の全文です。"
    full_sent: str = "受付番号{number}の全文を、あなたとの個別のやりとりに送りました。閲覧は記録されます。"
    history: str = "受付番号{number}の経過"
    until: str = "{until}まで"
    history_line: str = "{at}　{move}（{actor}）{text}"
    list_title: str = "{title}: {count}件"
    list_more: str = "ほか{count}件"
    list_line: str = "受付番号{number}　{urgency}{state}　{assignee}　{due}　{question}"
    list_none: str = "該当する相談はありません。"
    list_all: str = "対応中の相談"
    list_mine: str = "自分の相談"
    list_overdue: str = "期限を過ぎた相談"
    list_unassigned: str = "担当者のいない相談"
    unassigned: str = "担当者なし"
    away: str = "{first}から{last}まで不在として登録しました。"
    away_how: str = "「不在 12/1-12/5」「不在 明日」のように、今日以降の日で指定してください。"
    back: str = "不在の登録を取り消しました。"
    not_registered: str = "相談員として登録されていないため、不在は登録できません。管理者に「clair-bot advisor add」を依頼してください。"
    file_passed: str = "ファイル「{name}」を相談者にお送りします（受付番号{number}）。"
    file_failed: str = "ファイル「{name}」をお渡しできませんでした（{reason}）。受付番号{number}"
    file_from_asker: str = "相談者からのファイルです（受付番号{number}）。"
    file_from_advisor: str = "相談員からのファイルです（受付番号{number}）。"
    file_sealed: str = "機密の相談のため、LINEにはファイルを送れません。別の方法でお渡しください。"

    room_lost: str = "相談員の部屋（{room}）からボットが外されました。返事待ちの相談が{count}件あります。入れ直すと、もう一度届きます。"
    asker_left: str = "受付番号{number}: 相談者がボットをブロックしました。このあとの回答は届きません。別の方法でご連絡ください。"
    asker_back: str = "受付番号{number}: 相談者がブロックを解きました。ここからまた届きます。"

    # who may
    no_desk_here: str = "ここは相談員の部屋ではないため、相談の操作はできません。相談員の部屋か、個別のやりとりでお使いください。"
    not_advisor: str = "相談員として登録されていないため、操作できません。相談者には送っていません。管理者にお問い合わせください。"
    not_yours: str = "受付番号{number}は{desk}の相談のため、操作できません。相談者には送っていません。"

    # the clock
    late: dict[int, str] = field(
        default_factory=lambda: {
            50: "受付番号{number}: 回答予定（{due}）までの時間が半分を過ぎました。{who}",
            80: "受付番号{number}: まもなく回答予定（{due}）です。{who}",
            100: "受付番号{number}: 回答予定（{due}）を過ぎました。{who}",
        }
    )
    late_resolution: dict[int, str] = field(
        default_factory=lambda: {
            50: "受付番号{number}: 解決の目標（{due}）までの時間が半分を過ぎました。{who}",
            80: "受付番号{number}: まもなく解決の目標（{due}）です。{who}",
            100: "受付番号{number}: 解決の目標（{due}）を過ぎました。{who}",
        }
    )
    who_has: str = "担当: {name}さん"
    who_none: str = "担当者がまだいません。"
    snooze_over: str = "受付番号{number}: 保留の期限になりました。"
    closed: str = "受付番号{number}は、相談者の返事がないため終了しました。"
    supervisor: str = "監督者へのお知らせ（{desk}）"

    # the rest
    states: dict[str, str] = field(
        default_factory=lambda: {
            "open": "担当者待ち",
            "assigned": "対応中",
            "waiting": "回答済み（相談者の返事待ち）",
            "merged": "まとめて対応中",
            "resolved": "解決",
            "closed": "終了",
            "cancelled": "取り下げ",
        }
    )
    moves: dict[str, str] = field(
        default_factory=lambda: {
            "open": "受付",
            "claim": "担当",
            "assign": "割当",
            "release": "担当解除",
            "transfer": "転送",
            "snooze": "保留",
            "wake": "保留解除",
            "prioritize": "優先度",
            "seal": "機密",
            "note": "メモ",
            "read": "閲覧",
            "draft": "記事の下書き",
            "reply": "回答",
            "follow_up": "追加の回答",
            "receipt": "お知らせ",
            "resolve": "解決",
            "merge": "統合",
            "reopen": "再開",
            "close": "終了",
            "add": "追記",
            "detail": "補足",
            "correct": "訂正",
            "cancel": "取り下げ",
            "rate": "評価",
        }
    )
    ratings: dict[str, str] = field(default_factory=lambda: {"good": "役に立った", "poor": "足りなかった"})
    by_asker: str = "相談者"
    by_clock: str = "自動"
    how: str = (
        "相談への回答は、その相談の書き込みへの返信としてお送りください。\n"
        "使える言葉: 担当・割当・担当解除・転送・保留・保留解除・優先・定型・メモ:・機密・全文・経過・統合・解決・再開・下書き・"
        "一覧・不在・復帰"
    )
    room: str = "この部屋に相談が届きます。相談の書き込みに返信すると、相談者に届きます。"
    undelivered: str = "受付番号{number}: 相談者にお届けできませんでした（{reason}）。別の方法でご連絡ください。"
    delayed: str = (
        "受付番号{number}: 送信数の上限に達したため、相談者へのお届けが遅れます（{reason}）。お急ぎの場合は別の方法でご連絡ください。"
    )
    uncertain: str = "受付番号{number}: 相談者に届いたかどうか確認できません（{reason}）。念のためご確認ください。"


DESK: Final = DeskPhrases()
