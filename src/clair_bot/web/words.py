"""What the public pages of bulletins say, in the three languages that are served."""

from dataclasses import dataclass
from typing import Final

from clair_bot.domain.conversations import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWords:
    """One language's words. Braces are filled by ``str.format``."""

    lang: str
    """As HTML wants it."""
    site: str
    skip: str
    nav: str
    archive: str
    subscribe: str

    # what somebody gets, and how to stop it
    manage: str
    manage_of: str
    manage_text: str
    stop_all: str
    stop_all_text: str
    stop_all_button: str
    change: str
    topics: str
    topics_hint: str
    frequency: str
    save_button: str
    stopped: str
    stopped_text: str
    idle: str
    idle_text: str
    pending: str
    pending_text: str
    pending_button: str
    unreachable_text: str
    mistake: str
    again_button: str
    resumed: str
    saved: str
    unchanged: str
    dropped: str
    undo_button: str
    settings_link: str

    # subscribing
    form: str
    form_text: str
    wrong: str
    address: str
    address_hint: str
    groups: tuple[str, str, str]
    language: str
    languages: dict[Language, str]
    privacy: str
    consent: str
    form_button: str
    bad_address: str
    no_topics: str
    no_choice: str
    no_consent: str
    asked: str
    asked_text: str
    asked_missing: str
    no_mail: str
    no_mail_text: str
    confirm: str
    confirm_text: str
    confirm_button: str
    confirmed: str
    confirmed_text: str
    expired: str
    expired_text: str
    form_link: str

    # back numbers
    archive_text: str
    feed: str
    search: str
    search_hint: str
    search_button: str
    found: str
    nothing_found: str
    empty: str
    everything: str
    newer: str
    older: str
    deepest: str
    pages: str
    contents: str
    closed: str
    over: str
    more: str
    photo: str
    corrected: str
    corrected_by: str
    corrects: str
    back: str


JA: Final = PageWords(
    lang="ja",
    site="クレアのお知らせ",
    skip="本文へ移動",
    nav="ページの案内",
    archive="バックナンバー",
    subscribe="配信登録",
    manage="配信の停止・変更",
    manage_of="お届け先: {address}",
    manage_text="現在お届けしている内容です。すべて停止することも、一部だけ変更することもできます。",
    stop_all="すべて停止する",
    stop_all_text="緊急のお知らせも含め、すべての配信を停止します。",
    stop_all_button="すべての配信を停止する",
    change="一部だけ変更する",
    topics="お届けするもの",
    topics_hint="不要なもののチェックを外してください。すべて外すと、すべての配信を停止します。",
    frequency="お届けの頻度",
    save_button="変更を保存する",
    stopped="配信を停止しました",
    stopped_text="今後、お知らせはお届けしません。すでに送信したものが行き違いで届いたときは、ご容赦ください。",
    idle="配信は停止しています",
    idle_text="現在、お知らせはお届けしていません。",
    pending="登録はまだ完了していません",
    pending_text="確認のメールのリンクを開いて登録を完了するまで、お知らせはお届けしません。",
    pending_button="登録を取り消す",
    unreachable_text="お届けできない状態が続いたため、配信を見合わせています。",
    mistake="誤って停止したときや、また受け取りたいときは、次のボタンで再開できます。",
    again_button="配信を再開する",
    resumed="配信を再開しました。",
    saved="変更を保存しました。",
    unchanged="変更はありませんでした。",
    dropped="「{topics}」の配信を停止しました。",
    undo_button="停止を取り消す",
    settings_link="配信の内容や頻度を変更する",
    form="配信登録（メール）",
    form_text="自治体の国際化に役立つお知らせを、メールでお届けします。ご登録は無料です。",
    wrong="入力をお確かめください",
    address="メールアドレス",
    address_hint="例: kokusai@example.lg.jp",
    groups=("お知らせの種類", "分野", "海外事務所"),
    language="お届けの言語",
    languages={Language.JA: "日本語", Language.EN: "English", Language.EASY: "やさしい日本語"},
    privacy=(
        "メールアドレスと選択された内容、登録・停止の記録を、お知らせの配信のためだけに保管します。"
        "配信は、届いたメールの「配信停止」からいつでも止められます。"
    ),
    consent="上の取り扱いに同意します",
    form_button="確認のメールを受け取る",
    bad_address="メールアドレスを「kokusai@example.lg.jp」のように入力してください。",
    no_topics="受け取りたいものを1つ以上お選びください。",
    no_choice="お届けの言語と頻度をお選びください。",
    no_consent="取り扱いに同意いただける場合は、チェックを入れてください。",
    asked="確認のメールをご覧ください",
    asked_text="{address} に確認のメールをお送りします。3日以内に、メールのリンクを開いて登録を完了してください。",
    asked_missing=(
        "10分ほど待っても届かないときは、アドレスに誤りがあるか、迷惑メールとして扱われているか、すでに登録されている可能性があります。"
    ),
    no_mail="メールでの配信は準備中です",
    no_mail_text="現在、メールでの登録は受け付けていません。これまでのお知らせはバックナンバーでご覧いただけます。",
    confirm="登録の確認",
    confirm_text="次の内容でお知らせをお届けします。よろしければボタンを押してください。",
    confirm_button="登録を完了する",
    confirmed="登録が完了しました",
    confirmed_text="次の号からお届けします。",
    expired="確認の期限が過ぎています",
    expired_text="このリンクは有効期限（3日間）が過ぎたか、すでに取り消されています。お手数ですが、もう一度お申し込みください。",
    form_link="配信登録のページへ",
    archive_text="これまでにお届けしたお知らせです。新しい順に並んでいます。",
    feed="新着をフィードで購読する（Atom）",
    search="言葉または号で探す",
    search_hint="例: 多文化共生、vol.340",
    search_button="探す",
    found="「{words}」を含むお知らせです。",
    nothing_found="「{words}」を含むお知らせは見つかりませんでした。言葉を短くするか、別の言葉でお試しください。",
    empty="まだお知らせはありません。",
    everything="すべてのお知らせを見る",
    newer="新しいお知らせ",
    older="前のお知らせ",
    deepest="これより前のお知らせは、言葉または号で探してください。",
    pages="ページ送り",
    contents="目次",
    closed="受付終了",
    over="終了",
    more="詳しく見る",
    photo="写真",
    corrected="訂正あり",
    corrected_by="このお知らせには訂正があります。訂正後の内容をご覧ください。",
    corrects="訂正前のお知らせ",
    back="バックナンバーの一覧へ",
)

EN: Final = PageWords(
    lang="en",
    site="News from CLAIR",
    skip="Skip to content",
    nav="Pages",
    archive="Back numbers",
    subscribe="Subscribe",
    manage="Stop or change your subscription",
    manage_of="Sent to: {address}",
    manage_text="This is what you receive now. You can stop everything, or change a part of it.",
    stop_all="Stop everything",
    stop_all_text="You will receive no bulletins any more, emergencies included.",
    stop_all_button="Stop all bulletins",
    change="Change a part",
    topics="What you receive",
    topics_hint="Untick what you do not want. If you untick everything, all bulletins are stopped.",
    frequency="How often",
    save_button="Save changes",
    stopped="Your subscription is stopped",
    stopped_text="You will receive no more bulletins. One that was already sent may still arrive.",
    idle="Your subscription is stopped",
    idle_text="You receive no bulletins at present.",
    pending="Your subscription is not complete yet",
    pending_text="You receive nothing until you have opened the link in the confirmation mail.",
    pending_button="Cancel the subscription",
    unreachable_text="We could not reach you for some time, so we do not send anything at present.",
    mistake="If this was a mistake, or if you want the bulletins again, press this button.",
    again_button="Resume my subscription",
    resumed="Your subscription is active again.",
    saved="Your changes are saved.",
    unchanged="Nothing has changed.",
    dropped="Stopped: {topics}.",
    undo_button="Undo",
    settings_link="Change what you receive, or how often",
    form="Subscribe by mail",
    form_text="News for local governments and their international work, by mail and free of charge.",
    wrong="Please check your entries",
    address="Mail address",
    address_hint="For example: kokusai@example.lg.jp",
    groups=("Kinds of bulletins", "Areas", "Overseas offices"),
    language="Language",
    languages=JA.languages,
    privacy=(
        "We keep your mail address, your choices and the record of your subscription only to send you the bulletins. "
        "You can stop at any time with “Unsubscribe” in each mail."
    ),
    consent="I agree to this",
    form_button="Send me the confirmation mail",
    bad_address="Please enter a mail address such as kokusai@example.lg.jp.",
    no_topics="Please choose at least one kind, area or office.",
    no_choice="Please choose a language and how often you want to hear.",
    no_consent="Please tick the box if you agree.",
    asked="Please look at your mail",
    asked_text="We send a confirmation mail to {address}. Please open the link in it within three days to complete your subscription.",
    asked_missing=(
        "If nothing arrives within ten minutes, the address may be wrong, the mail may be among your junk mail, "
        "or the address may be subscribed already."
    ),
    no_mail="Bulletins by mail are not available yet",
    no_mail_text="We do not take subscriptions by mail at present. You can read past issues in the back numbers.",
    confirm="Confirm your subscription",
    confirm_text="This is what you will receive. Press the button if that is what you want.",
    confirm_button="Complete my subscription",
    confirmed="You are subscribed",
    confirmed_text="You will receive the next issue.",
    expired="This link has expired",
    expired_text="The link was valid for three days, or was cancelled. Please subscribe again.",
    form_link="To the subscription form",
    archive_text="All bulletins that we have sent, newest first.",
    feed="Follow what is new (Atom feed)",
    search="Search by words or number",
    search_hint="For example: multicultural, vol. 340",
    search_button="Search",
    found="Bulletins with “{words}”.",
    nothing_found="No bulletin with “{words}” was found. Please try shorter or other words.",
    empty="There are no bulletins yet.",
    everything="Show all bulletins",
    newer="Newer",
    older="Older",
    deepest="For earlier bulletins, please search by words or number.",
    pages="More pages",
    contents="Contents",
    closed="Closed",
    over="Ended",
    more="Read more",
    photo="Photo",
    corrected="Corrected",
    corrected_by="This bulletin has been corrected. Please read the correction.",
    corrects="The bulletin that was wrong",
    back="All back numbers",
)

EASY: Final = PageWords(
    lang="ja",
    site="クレアの お知らせ",
    skip="本文へ 行く",
    nav="ページの 案内",
    archive="前の お知らせ",
    subscribe="登録する",
    manage="お知らせを 止める・変える",
    manage_of="届く ところ: {address}",
    manage_text="いま 届いて いる お知らせです。全部 止める ことも、少しだけ 変える ことも できます。",
    stop_all="全部 止める",
    stop_all_text="急ぎの お知らせも、全部 届かなく なります。",
    stop_all_button="全部の お知らせを 止める",
    change="少しだけ 変える",
    topics="届く もの",
    topics_hint="いらない ものの チェックを とって ください。全部 とると、お知らせは 全部 止まります。",
    frequency="いつ 届くか",
    save_button="変える",
    stopped="お知らせを 止めました",
    stopped_text="これから お知らせは 届きません。もう 送った ものは 届く ことが あります。",
    idle="お知らせは 止まって います",
    idle_text="いま お知らせは 届きません。",
    pending="登録は まだ 終わって いません",
    pending_text="メールの リンクを 開いて 登録を 終わらせて ください。それまで お知らせは 届きません。",
    pending_button="登録を やめる",
    unreachable_text="お知らせが 届かなかったので、いまは 送って いません。",
    mistake="間違えて 止めた とき、また ほしい ときは、下の ボタンを 押して ください。",
    again_button="また 受け取る",
    resumed="お知らせが また 届きます。",
    saved="変えました。",
    unchanged="変わった ことは ありません。",
    dropped="「{topics}」を 止めました。",
    undo_button="元に 戻す",
    settings_link="届く ものや いつ 届くかを 変える",
    form="登録する（メール）",
    form_text="クレアの お知らせを メールで 送ります。お金は いりません。",
    wrong="もう一度 見て ください",
    address="メールアドレス",
    address_hint="例: kokusai@example.lg.jp",
    groups=("お知らせの 種類", "分野", "海外の 事務所"),
    language="ことば",
    languages=JA.languages,
    privacy=(
        "メールアドレスと 選んだ もの、登録した 日などの 記録を、お知らせを 送る ためだけに 持って います。"
        "届いた メールの「配信停止」から いつでも 止める ことが できます。"
    ),
    consent="わかりました。これで いいです",
    form_button="確認の メールを もらう",
    bad_address="メールアドレスを 書いて ください。例: kokusai@example.lg.jp",
    no_topics="ほしい ものを 1つ以上 選んで ください。",
    no_choice="ことばと、いつ 届くかを 選んで ください。",
    no_consent="これで いい ときは、チェックを 入れて ください。",
    asked="メールを 見て ください",
    asked_text="{address} に メールを 送ります。3日の 間に メールの リンクを 開いて ください。登録が できます。",
    asked_missing=(
        "10分 待っても メールが ない ときは、アドレスが 違うか、迷惑メールに 入って いるか、もう 登録して あるかも しれません。"
    ),
    no_mail="メールの お知らせは まだ できません",
    no_mail_text="いま メールの 登録は できません。前の お知らせは 読む ことが できます。",
    confirm="登録の 確認",
    confirm_text="これを 送ります。よかったら ボタンを 押して ください。",
    confirm_button="登録を 終わらせる",
    confirmed="登録が できました",
    confirmed_text="次の お知らせから 届きます。",
    expired="この リンクは もう 使えません",
    expired_text="3日 過ぎたか、やめた 登録です。もう一度 登録して ください。",
    form_link="登録の ページへ",
    archive_text="いままでに 送った お知らせです。新しい ものが 上に あります。",
    feed="新しい お知らせを フィードで 読む（Atom）",
    search="ことばか 号で さがす",
    search_hint="例: 多文化共生、vol.340",
    search_button="さがす",
    found="「{words}」が ある お知らせです。",
    nothing_found="「{words}」が ある お知らせは ありません。ほかの ことばで さがして ください。",
    empty="まだ お知らせは ありません。",
    everything="全部の お知らせを 見る",
    newer="新しい お知らせ",
    older="前の お知らせ",
    deepest="もっと 前の お知らせは、ことばか 号で さがして ください。",
    pages="ページ",
    contents="もくじ",
    closed="もう 終わりました",
    over="終わりました",
    more="詳しく 見る",
    photo="写真",
    corrected="なおしました",
    corrected_by="この お知らせは 間違いが ありました。正しい お知らせを 見て ください。",
    corrects="間違いが あった お知らせ",
    back="前の お知らせを 全部 見る",
)

WORDS: Final = {Language.JA: JA, Language.EN: EN, Language.EASY: EASY}
