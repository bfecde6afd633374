"""What the bot says of its own, in the three languages that are served."""

from dataclasses import dataclass
from typing import Final

from clair_bot.domain.articles import Area
from clair_bot.domain.conversations import QUESTION_LIMIT, Language


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


JA: Final = Phrases(
    greeting="クレア相談ボットです。自治体の国際業務について、ふだんの言葉でご質問ください。出典をつけてお答えし、分からないことは相談員におつなぎします。",
    room_greeting="クレア相談ボットです。この部屋では、私あてに呼びかけていただいたときだけお答えします。",
    help=(
        "ご質問を文章で送ってください（例: 海外の食品展に出展したい）。\n"
        "「相談」で相談員におつなぎし、「状況」で受付番号ごとの状況、「メニュー」で分野の一覧をお見せします。\n"
        "English・やさしい日本語 と送ると、案内の言葉が切り替わります。"
    ),
    menu="分野をお選びください。番号でも選べます。",
    area="{area}の記事です。番号でも選べます。",
    next_page="続きを見る",
    choices="近い内容がいくつかあります。どれについてお尋ねですか。番号でも選べます。",
    refused="確かなお答えが見つかりませんでした。",
    near="次の記事が近いかもしれません。",
    opened="このご質問を相談員に引き継ぎました。受付番号は{number}です。回答はこちらにお送りします。",
    opened_without_desk="このご質問を受付番号{number}で記録しました。相談窓口の準備が整っていないため、回答までお時間をいただきます。",
    already="すでに受付番号{number}で相談員におつなぎしています。回答をお待ちください。",
    added="受付番号{number}に書き加え、相談員に伝えました。",
    ask_first="先にご質問を文章で送ってください。続けて「相談」と送ると、相談員におつなぎします。",
    cancelled="受付番号{number}の相談を取り下げました。",
    nothing_open="いまお預かりしている相談はありません。",
    reply="相談員からの回答です（受付番号{number}）。",
    resolved="受付番号{number}の相談を解決としました。続きがあれば、このまま質問をお送りください。",
    status_line="受付番号{number}　{state}　{date}受付",
    status_none="お預かりしている相談はありません。",
    states={
        "open": "相談員が確認中",
        "assigned": "相談員が対応中",
        "waiting": "回答済み（お返事待ち）",
        "resolved": "解決",
        "closed": "終了",
        "cancelled": "取り下げ",
    },
    too_long=f"文章が長いため読み取れませんでした。お尋ねになりたいことを{QUESTION_LIMIT:,}字以内にまとめて送ってください。",
    empty="お尋ねになりたいことを、文章で送ってください（例: 姉妹都市提携の進め方）。",
    media="スタンプや画像、ファイルの中身は読み取れません。お尋ねになりたいことを文章で送ってください。",
    thanks="お役に立てましたら幸いです。ほかにもあれば、いつでもお尋ねください。",
    hello="お疲れさまです。国際業務について、お尋ねになりたいことを文章で送ってください。",
    language_set="ご案内を日本語にしました。",
    no_choice="その番号の候補は見当たりません。もう一度ご質問を送ってください。",
    article_gone="その記事は公開を終えています。もう一度ご質問を送ってください。",
    new_question="承知しました。新しいご質問を送ってください。受付番号{number}の相談はそのまま続いています。",
    japanese_only="",
    owner="担当: {owner}",
    as_of="情報の時点: {as_of}",
    areas={
        Area.I: "Ⅰ 海外での経済活動",
        Area.II: "Ⅱ 多文化共生",
        Area.III: "Ⅲ JETプログラム",
        Area.IV: "Ⅳ 国際交流・国際協力",
        Area.V: "Ⅴ 情報の収集・発信",
        Area.VI: "Ⅵ 人材の育成・研修",
        Area.VII: "Ⅶ 海外事務所",
        Area.BASE: "クレアの組織・運営",
    },
    button_human="相談員に聞く",
    button_menu="メニュー",
    button_more="詳しく見る",
    button_cancel="相談を取り下げる",
    button_new="新しい質問",
)

EN: Final = Phrases(
    greeting=(
        "This is the CLAIR inquiry bot. Ask about your municipality's international work in your own words. "
        "You get an answer with its source, or an advisor."
    ),
    room_greeting="This is the CLAIR inquiry bot. In this room I answer only when I am mentioned.",
    help=(
        "Send your question in a sentence (for example: How do we join a food fair abroad?).\n"
        'Send "human" for an advisor, "status" for your requests, "menu" for the list of topics.\n'
        "Send 日本語 or やさしい日本語 to change the language."
    ),
    menu="Please choose a topic. A number works too.",
    area="Articles on {area}. A number works too.",
    next_page="Next page",
    choices="Several articles are close. Which one do you mean? A number works too.",
    refused="I could not find a reliable answer.",
    near="These articles may be close.",
    opened="An advisor will take this question. Your reference number is {number}. The reply will arrive here.",
    opened_without_desk="Your question is recorded as number {number}. The advisors' desk is not set up yet, so the reply will take time.",
    already="An advisor already has your question, number {number}. Please wait for the reply.",
    added="Added to number {number}; the advisor has been told.",
    ask_first='Please send your question first. Then send "human" and an advisor will take it.',
    cancelled="Number {number} has been withdrawn.",
    nothing_open="You have no open request.",
    reply="A reply from the advisor (number {number}).",
    resolved="Number {number} has been marked as resolved. If there is more, just send your next question.",
    status_line="No. {number}: {state}, received {date}",
    status_none="You have no requests.",
    states={
        "open": "with an advisor",
        "assigned": "an advisor is working on it",
        "waiting": "answered, waiting for you",
        "resolved": "resolved",
        "closed": "closed",
        "cancelled": "withdrawn",
    },
    too_long=f"That message is too long to read. Please put your question in at most {QUESTION_LIMIT:,} characters.",
    empty="Please send your question in words (for example: How do we start a sister city relationship?).",
    media="I cannot read stickers, pictures or files. Please send your question in words.",
    thanks="Glad to help. Ask again whenever you like.",
    hello="Hello. Please send your question about international work in a sentence.",
    language_set="I will use English.",
    no_choice="There is no choice with that number. Please send your question again.",
    article_gone="That article is no longer published. Please send your question again.",
    new_question="All right. Please send your new question. Number {number} stays open.",
    japanese_only="This article is available in Japanese only. An advisor can help you in English.",
    owner="In charge: {owner}",
    as_of="Information as of: {as_of}",
    areas={
        Area.I: "I Economic activities abroad",
        Area.II: "II Multicultural communities",
        Area.III: "III The JET Programme",
        Area.IV: "IV Exchange and cooperation",
        Area.V: "V Information",
        Area.VI: "VI Training",
        Area.VII: "VII Overseas offices",
        Area.BASE: "CLAIR itself",
    },
    button_human="Ask an advisor",
    button_menu="Menu",
    button_more="More details",
    button_cancel="Withdraw request",
    button_new="New question",
)

EASY: Final = Phrases(
    greeting="クレアの 相談ボットです。聞きたいことを 書いて ください。答えが わからないときは、人が 答えます。",
    room_greeting="クレアの 相談ボットです。この部屋では、わたしの名前を 呼んでください。そのときだけ 答えます。",
    help=(
        "聞きたいことを 文で 書いて ください。\n"
        "「相談」と 書くと、人が 答えます。「状況」と 書くと、いまの ようすが わかります。「メニュー」と 書くと、話題が 出ます。\n"
        "「日本語」か「English」と 書くと、ことばが かわります。"
    ),
    menu="話題を えらんで ください。番号でも いいです。",
    area="{area}の 話です。番号でも えらべます。",
    next_page="つぎを 見る",
    choices="にている 話が いくつか あります。どれですか。番号で えらんで ください。",
    refused="たしかな 答えが ありませんでした。",
    near="この話は ちかいかも しれません。",
    opened="人に つたえました。番号は {number} です。答えは ここに とどきます。待って ください。",
    opened_without_desk="番号 {number} で 書いて おきました。答えまで 時間が かかります。",
    already="もう 人に つたえて あります。番号は {number} です。待って ください。",
    added="番号 {number} に 書きました。人に つたえました。",
    ask_first="はじめに 聞きたいことを 書いて ください。つぎに「相談」と 書いて ください。",
    cancelled="番号 {number} の 相談を やめました。",
    nothing_open="いま 相談は ありません。",
    reply="人からの 答えです（番号 {number}）。",
    resolved="番号 {number} の 相談は おわりました。まだ あれば、書いて ください。",
    status_line="番号 {number}　{state}　{date}",
    status_none="いま 相談は ありません。",
    states={
        "open": "人が 見ています",
        "assigned": "人が 答えを つくっています",
        "waiting": "答えました。返事を 待っています",
        "resolved": "おわりました",
        "closed": "おわりました",
        "cancelled": "やめました",
    },
    too_long=f"文が 長すぎます。{QUESTION_LIMIT:,}字より 短く 書いて ください。",
    empty="聞きたいことを 文で 書いて ください。",
    media="写真や スタンプは 読めません。文で 書いて ください。",
    thanks="よかったです。また 聞いて ください。",
    hello="こんにちは。聞きたいことを 文で 書いて ください。",
    language_set="やさしい日本語で 話します。",
    no_choice="その番号は ありません。もう一度 書いて ください。",
    article_gone="その話は もう ありません。もう一度 書いて ください。",
    new_question="わかりました。新しい 質問を 書いて ください。番号 {number} は つづきます。",
    japanese_only="この話は やさしい日本語に なっていません。むずかしいときは 人に 聞いて ください。",
    owner="たんとう: {owner}",
    as_of="いつの 話か: {as_of}",
    areas={
        Area.I: "Ⅰ 外国で 売る・外国から 来てもらう",
        Area.II: "Ⅱ 外国人と いっしょに くらす",
        Area.III: "Ⅲ JETプログラム",
        Area.IV: "Ⅳ 外国との 交流と 協力",
        Area.V: "Ⅴ 情報",
        Area.VI: "Ⅵ 勉強と 研修",
        Area.VII: "Ⅶ 外国の 事務所",
        Area.BASE: "クレアの こと",
    },
    button_human="人に 聞く",
    button_menu="メニュー",
    button_more="くわしく 見る",
    button_cancel="相談を やめる",
    button_new="新しい 質問",
)

BY_LANGUAGE: Final = {Language.JA: JA, Language.EN: EN, Language.EASY: EASY}

UNSERVED: Final = (
    "日本語か英語でご質問ください。それ以外の言葉では、相談員におつなぎします（「相談」と送ってください）。\n"
    "Please ask in Japanese or English. For other languages, send “human” and an advisor will help.\n"
    "日本語か 英語で 書いて ください。ほかの ことばの ときは「相談」と 書いて ください。人が 答えます。"
)
"""To somebody who writes a language that is not served: one sentence in each that is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPhrases:
    """What the advisors' room reads. Advisors work in Japanese."""

    title: str = "受付番号{number}　{area}"
    intro: str = "新しい相談です。この書き込みに返信すると、相談者に届きます。「メモ:」で始めると届きません。「解決」で閉じます。"
    question: str = "ご質問"
    channel: str = "相談者の連絡手段: {channel}"
    candidates: str = "近い記事（確からしさ）"
    candidate: str = "{title}（{percent}%）"
    no_area: str = "分野未定"
    added: str = "相談者から追記がありました（受付番号{number}）。"
    replied: str = "相談者にお送りします（受付番号{number}）。"
    noted: str = "メモとして残しました。相談者には送っていません。"
    resolved: str = "受付番号{number}を解決としました。"
    cancelled: str = "受付番号{number}は相談者が取り下げました。返信は不要です。"
    question_withdrawn: str = "受付番号{number}のご質問を相談者が取り消しました。"
    refused: str = "受付番号{number}は「{state}」のため、その操作はできません。"
    not_served: str = "この言葉での操作はまだご利用いただけません。相談者には送っていません。"
    text_only: str = "画像やファイルは相談者に送れません。文章でお送りください。"
    how: str = "相談への回答は、その相談の書き込みへの返信としてお送りください。"
    room: str = "この部屋に相談が届きます。相談の書き込みに返信すると、相談者に届きます。"
    undelivered: str = "受付番号{number}: 相談者にお届けできませんでした（{reason}）。別の方法でご連絡ください。"
    delayed: str = (
        "受付番号{number}: 送信数の上限に達したため、相談者へのお届けが遅れます（{reason}）。お急ぎの場合は別の方法でご連絡ください。"
    )
    uncertain: str = "受付番号{number}: 相談者に届いたかどうか確認できません（{reason}）。念のためご確認ください。"


DESK: Final = DeskPhrases()
