"""What bulletins and their subscribers read, in the three languages that are served."""

from dataclasses import dataclass
from typing import Final

from clair_bot.domain.bulletins import BulletinKind, Category
from clair_bot.domain.conversations import Language
from clair_bot.domain.subscriptions import Frequency, Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinPhrases:
    """One language's words. Braces are filled by ``str.format``."""

    mastheads: dict[BulletinKind, str]
    digest: str
    volume: str
    date: str
    day: str
    day_with_year: str
    weekdays: tuple[str, ...]
    categories: dict[Category, str]
    soon: str
    open_call: str
    deadline: str
    event: str
    place: str
    audience: str
    contact: str
    drill: str
    correction: str
    emergency: str
    test: str
    publisher: str
    stop_in_chat: str
    digest_titles: dict[Frequency, str]
    rest: str
    topics: dict[Topic, str]
    frequencies: dict[Frequency, str]
    subscribed: str
    settings: str
    nothing: str
    already: str
    unsubscribed: str
    unsubscribed_from: str
    not_subscribed: str
    unknown_topic: str
    frequency_set: str
    choose_area: str
    choose_office: str
    mail_sent: str
    mail_bad: str
    mail_off: str
    confirm_subject: str
    confirm: str
    no_archive: str
    archive: str
    archive_found: str
    archive_line: str
    button_areas: str
    button_offices: str
    button_all: str
    button_stop: str
    button_back: str
    button_weekly: str
    button_each: str


_OFFICES_JA = {
    Topic.NEW_YORK: "ニューヨーク事務所",
    Topic.LONDON: "ロンドン事務所",
    Topic.PARIS: "パリ事務所",
    Topic.SINGAPORE: "シンガポール事務所",
    Topic.SEOUL: "ソウル事務所",
    Topic.SYDNEY: "シドニー事務所",
    Topic.BEIJING: "北京事務所",
}

JA: Final = BulletinPhrases(
    mastheads={
        BulletinKind.NEWSLETTER: "CLAIRメールマガジン",
        BulletinKind.OFFICE: "クレア海外事務所だより",
        BulletinKind.NOTICE: "クレアからのお知らせ",
        BulletinKind.EMERGENCY: "クレア緊急のお知らせ",
    },
    digest="クレアお知らせまとめ",
    volume="vol.{number}",
    date="{year}年{month}月{day}日",
    day="{month}月{day}日（{weekday}）",
    day_with_year="{year}年{month}月{day}日（{weekday}）",
    weekdays=("月", "火", "水", "木", "金", "土", "日"),
    categories={
        Category.EMERGENCY: "緊急",
        Category.INFO: "INFO",
        Category.OFFICE: "海外事務所",
        Category.FEATURE: "特集",
        Category.ARTICLE: "記事",
        Category.REPORT: "REPO",
        Category.CALL: "募集",
    },
    soon="締切間近",
    open_call="募集中",
    deadline="締切",
    event="開催",
    place="場所",
    audience="対象",
    contact="問い合わせ",
    drill="【訓練】これは配信訓練です。実際のお知らせではありません。",
    correction="【訂正】{date}にお送りした「{title}」の内容に誤りがありました。次のとおり訂正します。",
    emergency="【緊急】",
    test="【テスト配信】承認前の内容です。転送しないでください。",
    publisher="発行: 一般財団法人自治体国際化協会（クレア）",
    stop_in_chat="配信を止めるときは「配信停止」と送ってください。",
    digest_titles={
        Frequency.EACH: "お知らせ",
        Frequency.DAILY: "きょうのまとめ",
        Frequency.WEEKLY: "今週のまとめ",
        Frequency.MONTHLY: "今月のまとめ",
    },
    rest="ほかに{count}件あります。バックナンバーのページをご覧ください。",
    topics={
        Topic.I: "海外における経済活動",
        Topic.II: "多文化共生",
        Topic.III: "JETプログラム",
        Topic.IV: "国際交流・国際協力",
        Topic.V: "情報の収集・発信",
        Topic.VI: "グローバル人材の育成",
        Topic.VII: "海外事務所",
        **_OFFICES_JA,
        Topic.NEWSLETTER: "メールマガジン",
        Topic.NOTICE: "お知らせ",
        Topic.EMERGENCY: "緊急のお知らせ",
    },
    frequencies={Frequency.EACH: "発行のつど", Frequency.DAILY: "1日1回", Frequency.WEEKLY: "週1回（月曜）", Frequency.MONTHLY: "月1回"},
    subscribed="配信を登録しました。",
    settings="現在の登録: {topics}\nお届けの頻度: {frequency}",
    nothing="配信は登録されていません。「配信登録」と送ると登録できます。",
    already="その配信はすでに登録されています。",
    unsubscribed="すべての配信を停止しました。再び受け取るときは「配信登録」と送ってください。",
    unsubscribed_from="「{topics}」の配信を停止しました。",
    not_subscribed="その配信は登録されていません。",
    unknown_topic="「{text}」という配信はありません。分野か事務所の名前をお送りください（例: 配信登録 多文化共生）。",
    frequency_set="お届けの頻度を「{frequency}」にしました。",
    choose_area="受け取りたい分野をお選びください。",
    choose_office="受け取りたい海外事務所をお選びください。",
    mail_sent="{address} に確認のメールを送りました。3日以内に、メールのリンクを開いて登録を完了してください。",
    mail_bad="メールアドレスを確かめてください（例: 配信登録 kokusai@example.lg.jp）。",
    mail_off="メールでの配信は準備中です。このトークで受け取るときは「配信登録」と送ってください。",
    confirm_subject="配信登録の確認",
    confirm=(
        "クレアのお知らせの配信登録を受け付けました。\n次のページを開き、登録を完了してください（3日間有効）。\n{url}\n\n"
        "お心当たりがないときは、何もせずにこのメールを削除してください。登録はされません。"
    ),
    no_archive="お探しの号は見つかりませんでした。",
    archive="これまでの号です。番号でも選べます。",
    archive_found="「{words}」を含む号です。番号でも選べます。",
    archive_line="{number}{date} {title}",
    button_areas="分野を選ぶ",
    button_offices="海外事務所を選ぶ",
    button_all="すべて登録",
    button_stop="配信停止",
    button_back="配信登録",
    button_weekly="配信頻度 週1回",
    button_each="配信頻度 つど",
)

EN: Final = BulletinPhrases(
    mastheads={
        BulletinKind.NEWSLETTER: "CLAIR Mail Magazine",
        BulletinKind.OFFICE: "CLAIR Overseas Office Update",
        BulletinKind.NOTICE: "Notice from CLAIR",
        BulletinKind.EMERGENCY: "Emergency notice from CLAIR",
    },
    digest="CLAIR digest",
    volume="vol. {number}",
    date="{year}-{month:02}-{day:02}",
    day="{weekday} {year}-{month:02}-{day:02}",
    day_with_year="{weekday} {year}-{month:02}-{day:02}",
    weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    categories={
        Category.EMERGENCY: "Emergency",
        Category.INFO: "INFO",
        Category.OFFICE: "Overseas offices",
        Category.FEATURE: "Feature",
        Category.ARTICLE: "Article",
        Category.REPORT: "Report",
        Category.CALL: "Call",
    },
    soon="Closing soon",
    open_call="Open",
    deadline="Deadline",
    event="Date",
    place="Place",
    audience="For",
    contact="Contact",
    drill="[DRILL] This is a delivery drill, not a real notice.",
    correction="[CORRECTION] “{title}”, sent on {date}, was wrong. Please read this instead.",
    emergency="[EMERGENCY]",
    test="[TEST] Not approved yet. Please do not forward.",
    publisher="Published by the Council of Local Authorities for International Relations (CLAIR)",
    stop_in_chat="Send “unsubscribe” to stop.",
    digest_titles={
        Frequency.EACH: "News",
        Frequency.DAILY: "Today’s digest",
        Frequency.WEEKLY: "This week’s digest",
        Frequency.MONTHLY: "This month’s digest",
    },
    rest="{count} more: please see the back numbers.",
    topics={
        Topic.I: "Economic activities abroad",
        Topic.II: "Multicultural communities",
        Topic.III: "JET Programme",
        Topic.IV: "Exchange and cooperation",
        Topic.V: "Information",
        Topic.VI: "Training",
        Topic.VII: "Overseas offices",
        Topic.NEW_YORK: "New York office",
        Topic.LONDON: "London office",
        Topic.PARIS: "Paris office",
        Topic.SINGAPORE: "Singapore office",
        Topic.SEOUL: "Seoul office",
        Topic.SYDNEY: "Sydney office",
        Topic.BEIJING: "Beijing office",
        Topic.NEWSLETTER: "Mail magazine",
        Topic.NOTICE: "Notices",
        Topic.EMERGENCY: "Emergencies",
    },
    frequencies={
        Frequency.EACH: "each at once",
        Frequency.DAILY: "once a day",
        Frequency.WEEKLY: "once a week (Monday)",
        Frequency.MONTHLY: "once a month",
    },
    subscribed="You are subscribed.",
    settings="Subscribed to: {topics}\nFrequency: {frequency}",
    nothing="You have no subscription. Send “subscribe” to get one.",
    already="You are subscribed to that already.",
    unsubscribed="All bulletins are stopped. Send “subscribe” to get them again.",
    unsubscribed_from="Stopped: {topics}.",
    not_subscribed="You are not subscribed to that.",
    unknown_topic="There is no bulletin called “{text}”. Please name an area or an office (for example: subscribe London).",
    frequency_set="Frequency: {frequency}.",
    choose_area="Which area would you like to hear about?",
    choose_office="Which overseas office would you like to hear from?",
    mail_sent="We have sent a mail to {address}. Please open the link in it within three days to complete your subscription.",
    mail_bad="Please check the mail address (for example: subscribe kokusai@example.lg.jp).",
    mail_off="Bulletins by mail are not available yet. Send “subscribe” to get them here.",
    confirm_subject="Please confirm your subscription",
    confirm=(
        "We received a subscription to CLAIR’s bulletins.\nPlease open this page to complete it (valid for three days).\n{url}\n\n"
        "If this was not you, delete this mail. You will not be subscribed."
    ),
    no_archive="No such issue was found.",
    archive="Back numbers. You can also send a number.",
    archive_found="Issues with “{words}”. You can also send a number.",
    archive_line="{number}{date} {title}",
    button_areas="Choose areas",
    button_offices="Choose offices",
    button_all="Subscribe all",
    button_stop="Unsubscribe",
    button_back="Subscribe",
    button_weekly="Frequency weekly",
    button_each="Frequency each",
)

EASY: Final = BulletinPhrases(
    mastheads={
        BulletinKind.NEWSLETTER: "CLAIRメールマガジン",
        BulletinKind.OFFICE: "クレア 海外の 事務所の お知らせ",
        BulletinKind.NOTICE: "クレアの お知らせ",
        BulletinKind.EMERGENCY: "クレアの 急ぎの お知らせ",
    },
    digest="クレアの お知らせの まとめ",
    volume="vol.{number}",
    date="{year}年{month}月{day}日",
    day="{month}月{day}日（{weekday}）",
    day_with_year="{year}年{month}月{day}日（{weekday}）",
    weekdays=JA.weekdays,
    categories={**JA.categories, Category.EMERGENCY: "急ぎ", Category.OFFICE: "海外の 事務所", Category.ARTICLE: "読みもの"},
    soon="もうすぐ 終わり",
    open_call="申し込み できます",
    deadline="いつまで",
    event="いつ",
    place="どこ",
    audience="だれ",
    contact="聞くところ",
    drill="【訓練】これは 練習です。本当の お知らせでは ありません。",
    correction="【なおしました】{date}に 送った「{title}」は 間違いが ありました。正しいのは これです。",
    emergency="【急ぎ】",
    test="【テスト】まだ 決まって いません。ほかの 人に 送らないで ください。",
    publisher="作った ところ: 自治体国際化協会（クレア）",
    stop_in_chat="やめる ときは「配信停止」と 書いて ください。",
    digest_titles={
        Frequency.EACH: "お知らせ",
        Frequency.DAILY: "きょうの まとめ",
        Frequency.WEEKLY: "今週の まとめ",
        Frequency.MONTHLY: "今月の まとめ",
    },
    rest="ほかに {count}こ あります。前の 号の ページを 見て ください。",
    topics={**JA.topics, Topic.EMERGENCY: "急ぎの お知らせ"},
    frequencies={
        Frequency.EACH: "出た とき すぐ",
        Frequency.DAILY: "1日に 1回",
        Frequency.WEEKLY: "1週間に 1回（月曜日）",
        Frequency.MONTHLY: "1か月に 1回",
    },
    subscribed="登録しました。お知らせが 届きます。",
    settings="届く もの: {topics}\n届く とき: {frequency}",
    nothing="登録が ありません。「配信登録」と 書くと 登録できます。",
    already="それは もう 登録して あります。",
    unsubscribed="お知らせを 全部 止めました。また ほしい ときは「配信登録」と 書いて ください。",
    unsubscribed_from="「{topics}」を 止めました。",
    not_subscribed="それは 登録して いません。",
    unknown_topic="「{text}」は ありません。分野か 事務所の 名前を 書いて ください（例: 配信登録 ソウル）。",
    frequency_set="届く ときを「{frequency}」に しました。",
    choose_area="どの 分野の お知らせが ほしいですか。",
    choose_office="どの 海外の 事務所の お知らせが ほしいですか。",
    mail_sent="{address} に メールを 送りました。3日の 間に メールの リンクを 開いて ください。登録が できます。",
    mail_bad="メールアドレスを もう一度 見て ください（例: 配信登録 kokusai@example.lg.jp）。",
    mail_off="メールの お知らせは まだ できません。ここで ほしい ときは「配信登録」と 書いて ください。",
    confirm_subject="登録を 確かめて ください",
    confirm=(
        "クレアの お知らせの 登録が ありました。\nこの ページを 開いて、登録を 終わらせて ください（3日の 間）。\n{url}\n\n"
        "知らない ときは、この メールを 消して ください。登録は しません。"
    ),
    no_archive="その 号は ありません。",
    archive="前の 号です。番号を 書いて 選べます。",
    archive_found="「{words}」が ある 号です。番号を 書いて 選べます。",
    archive_line="{number}{date} {title}",
    button_areas="分野を 選ぶ",
    button_offices="事務所を 選ぶ",
    button_all="全部 登録",
    button_stop="配信停止",
    button_back="配信登録",
    button_weekly="1週間に 1回",
    button_each="出た とき すぐ",
)

BULLETINS: Final = {Language.JA: JA, Language.EN: EN, Language.EASY: EASY}
