"""Countries: which office abroad covers the one that somebody writes about.

The jurisdictions are those that CLAIR's public pages name. Every other country has no office: it goes to the head office.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from clair_bot.domain.desks import Office


@dataclass(frozen=True, slots=True)
class Country:
    """A country or region, and the office that covers it."""

    name: str
    """Short, in Japanese."""
    office: Office | None
    """None where the pages name no office."""


# A line per country: its name, then what else names it. Commas part them, because English names hold spaces; a comma at the end goes on.
_TABLE: dict[Office | None, str] = {
    Office.NEW_YORK: """
米国, アメリカ, アメリカ合衆国, 北米合衆国, usa, u.s.a., u.s., united states, america, ニューヨーク, ロサンゼルス, サンフランシスコ,
シアトル, シカゴ, ボストン, ヒューストン, ダラス, アトランタ, デトロイト, フィラデルフィア, ポートランド, サンディエゴ, ラスベガス,
マイアミ, デンバー, サクラメント, サンノゼ, ナッシュビル, ソルトレイクシティ, ミネアポリス, セントルイス, ワシントン, ハワイ, ホノルル,
アラスカ, カリフォルニア, テキサス, フロリダ, ジョージア州, オレゴン, ミシガン, ミネソタ, イリノイ, インディアナ, オハイオ,
ケンタッキー, テネシー, コロラド, ユタ州, アリゾナ, ネバダ, ペンシルベニア, ペンシルバニア, バージニア, ノースカロライナ,
サウスカロライナ, マサチューセッツ, ニュージャージー, ニューメキシコ, ニューハンプシャー, ウィスコンシン, アラバマ, ルイジアナ,
メリーランド, ミシシッピ, ミズーリ, モンタナ, アイダホ, アイオワ, ネブラスカ, カンザス, オクラホマ, new york, los angeles,
san francisco, seattle, chicago, boston, washington, hawaii, honolulu, california, texas, new mexico
カナダ, canada, トロント, バンクーバー, モントリオール, オタワ, カルガリー, エドモントン, ブリティッシュコロンビア,
ブリティッシュ・コロンビア, アルバータ, オンタリオ, ケベック, toronto, vancouver, montreal, ottawa
ジャマイカ, jamaica, キングストン
トリニダード・トバゴ, トリニダードトバゴ, トリニダード, trinidad and tobago, trinidad
""",
    Office.LONDON: """
英国, イギリス, uk, u.k., united kingdom, great britain, britain, england, scotland, wales, northern ireland, イングランド,
スコットランド, ウェールズ, 北アイルランド, ロンドン, マンチェスター, リバプール, エディンバラ, エジンバラ, グラスゴー, ベルファスト,
カーディフ, london, manchester, edinburgh
オーストリア, austria, ウィーン, ザルツブルク, インスブルック, vienna
デンマーク, denmark, コペンハーゲン, copenhagen
フィンランド, finland, ヘルシンキ, ロヴァニエミ, helsinki
ドイツ, 独逸, germany, ベルリン, ミュンヘン, フランクフルト, ハンブルク, デュッセルドルフ, ケルン, シュトゥットガルト, ハノーファー,
ハノーバー, ブレーメン, ドレスデン, ライプツィヒ, フライブルク, バイエルン, berlin, munich, frankfurt, hamburg
アイルランド, ireland, ダブリン, dublin
オランダ, netherlands, holland, アムステルダム, ロッテルダム, ハーグ, ユトレヒト, アイントホーフェン, amsterdam
ノルウェー, norway, オスロ, oslo
スウェーデン, sweden, ストックホルム, stockholm
""",
    Office.PARIS: """
フランス, france, パリ, リヨン, マルセイユ, ストラスブール, ボルドー, トゥールーズ, レンヌ, オルレアン, ディジョン, ナンシー市,
アルザス, ブルターニュ, プロヴァンス, paris, lyon, marseille, strasbourg, bordeaux
ベルギー, belgium, ブリュッセル, アントワープ, ブルージュ, brussels
ルクセンブルク, ルクセンブルグ, luxembourg
スイス, switzerland, ジュネーブ, ジュネーヴ, チューリッヒ, チューリヒ, ベルン, バーゼル, ルツェルン, ローザンヌ, geneva, zurich
イタリア, italy, ローマ, ミラノ, フィレンツェ, ベネチア, ヴェネツィア, ナポリ, トリノ, ボローニャ, rome, milan, florence, venice
スペイン, spain, マドリード, マドリッド, バルセロナ, バレンシア, セビリア, サンティアゴ・デ・コンポステーラ, madrid, barcelona
ポルトガル, portugal, リスボン, ポルト, lisbon
モナコ, monaco
""",
    Office.SINGAPORE: """
シンガポール, singapore
マレーシア, malaysia, クアラルンプール, ペナン, ジョホール, コタキナバル, kuala lumpur
タイ, thailand, バンコク, チェンマイ, プーケット, bangkok, chiang mai
ベトナム, ヴェトナム, 越南, vietnam, viet nam, ハノイ, ホーチミン, ダナン, ハイフォン, カントー, hanoi, ho chi minh
インドネシア, indonesia, ジャカルタ, バリ島, スラバヤ, バンドン, ジョグジャカルタ, ジャワ島, jakarta, bali
フィリピン, philippines, the philippines, マニラ, セブ島, セブ市, ダバオ, ミンダナオ, manila, cebu
ブルネイ, brunei
カンボジア, cambodia, プノンペン, シェムリアップ, phnom penh
ラオス, laos, ビエンチャン, ヴィエンチャン, ルアンパバーン, vientiane
ミャンマー, myanmar, ヤンゴン, ネピドー, マンダレー, yangon
インド, india, デリー, ニューデリー, ムンバイ, チェンナイ, ベンガルール, バンガロール, コルカタ, ハイデラバード, プネ, グジャラート,
マハラシュトラ, delhi, new delhi, mumbai, chennai, bangalore, bengaluru
スリランカ, sri lanka, コロンボ, colombo
ASEAN, アセアン, 東南アジア, southeast asia
""",
    Office.SEOUL: """
韓国, 大韓民国, korea, south korea, ソウル, 釜山, プサン, 仁川, インチョン, 大邱, テグ, 光州, 大田広域市, 蔚山, 済州, チェジュ, 京畿道,
江原道, 江原特別自治道, 忠清北道, 忠清南道, 全羅北道, 全羅南道, 慶尚北道, 慶尚南道, 慶州, 春川, 安東市, 昌原, seoul, busan, incheon,
daegu, gwangju, jeju
""",
    Office.SYDNEY: """
オーストラリア, 豪州, 濠州, australia, シドニー, メルボルン, ブリスベン, パース, アデレード, キャンベラ, ゴールドコースト, ケアンズ,
ダーウィン市, ホバート, タスマニア, クイーンズランド, ニューサウスウェールズ, ビクトリア州, ヴィクトリア州, 西オーストラリア,
南オーストラリア, sydney, melbourne, brisbane, perth, adelaide, canberra, new south wales, queensland, tasmania
ニュージーランド, new zealand, ウェリントン, クライストチャーチ, ダニーデン, ロトルア, auckland, wellington, christchurch
""",
    Office.BEIJING: """
中国, 中華人民共和国, china, 日中韓, 日中友好, 日中交流, 日中関係, 日中両国, 日中国交, 訪中団, 訪中する, 訪中した, 訪中予定, 北京, 上海,
広州, 深圳, 深セン, 大連, 瀋陽, 天津, 重慶, 成都, 武漢, 西安市, 杭州, 蘇州, 南京, 青島市, 厦門, アモイ, ハルビン, ハルピン, 長春, 寧波,
無錫, 済南, 昆明, 四川省, 広東省, 広東, 山東省, 江蘇省, 浙江省, 遼寧省, 吉林省, 黒竜江省, 黒龍江省, 河北省, 河南省, 湖北省, 湖南省,
福建省, 雲南省, 海南省, 陝西省, 山西省, 安徽省, 江西省, 甘粛省, 貴州省, 青海省, 広西チワン族自治区, 寧夏回族自治区, 内モンゴル, 内蒙古,
新疆, チベット, beijing, shanghai, guangzhou, shenzhen, dalian, tianjin, chongqing, chengdu, hangzhou, suzhou, nanjing
""",
    None: """
台湾, taiwan, 台北, 台北市, 台中市, 台南市, 高雄市, 新北市, 桃園市, 基隆, taipei
香港, ホンコン, hong kong, hongkong
マカオ, 澳門, macao, macau
北朝鮮, 朝鮮民主主義人民共和国, north korea
モンゴル, mongolia, ウランバートル
ロシア, russia, モスクワ, ウラジオストク, ハバロフスク, サハリン, サンクトペテルブルク, moscow
ウクライナ, ukraine, キーウ, オデーサ
ポーランド, poland, ワルシャワ, クラクフ
チェコ, czech, czechia, プラハ
スロバキア, slovakia
ハンガリー, hungary, ブダペスト
ルーマニア, romania
ブルガリア, bulgaria
ギリシャ, ギリシア, greece, アテネ
クロアチア, croatia
スロベニア, slovenia
セルビア, serbia
エストニア, estonia
ラトビア, latvia
リトアニア, lithuania
アイスランド, iceland
グリーンランド, greenland
リヒテンシュタイン, liechtenstein
バチカン, ヴァチカン, ローマ教皇, ローマ法王
マルタ, malta
ジョージア, グルジア
トルコ, turkey, türkiye, イスタンブール, アンカラ, istanbul
イスラエル, israel
パレスチナ, palestine
イラン, iran
イラク, iraq
サウジアラビア, saudi arabia
アラブ首長国連邦, uae, ドバイ, アブダビ, dubai
カタール, qatar
シリア, syria
アフガニスタン, afghanistan
パキスタン, pakistan
バングラデシュ, bangladesh, ダッカ
ネパール, nepal, カトマンズ
ブータン, bhutan
モルディブ, maldives
ウズベキスタン, uzbekistan, タシケント, サマルカンド
カザフスタン, kazakhstan
キルギス, kyrgyzstan
東ティモール, timor-leste, east timor
パラオ, palau
フィジー, fiji
サモア, samoa
トンガ, tonga
ミクロネシア, micronesia
マーシャル諸島, marshall islands
パプアニューギニア, papua new guinea
ニューカレドニア, new caledonia
グアム, guam
サイパン, saipan
ブラジル, brazil, サンパウロ, リオデジャネイロ, ブラジリア, クリチバ, sao paulo, são paulo
メキシコ, mexico, メキシコシティ
アルゼンチン, argentina, ブエノスアイレス
ペルー, peru, リマ市
チリ, chile
コロンビア, colombia
ボリビア, bolivia
パラグアイ, paraguay
ウルグアイ, uruguay
ベネズエラ, venezuela
エクアドル, ecuador
キューバ, cuba, ハバナ
ドミニカ共和国, dominican republic
パナマ, panama
コスタリカ, costa rica
グアテマラ, guatemala
バルバドス, barbados
エジプト, egypt, カイロ市
モロッコ, morocco
チュニジア, tunisia
南アフリカ, south africa
ケニア, kenya, ナイロビ
ガーナ, ghana
ナイジェリア, nigeria
エチオピア, ethiopia
タンザニア, tanzania
ウガンダ, uganda
ルワンダ, rwanda
セネガル, senegal
アフリカ, africa
""",
}  # fmt: skip

_FALSE_FRIENDS = """
中国地方, 中国四国, 中国・四国, 中国5県, 中国五県, 中国地区, 中国地域, 中国ブロック, 中国運輸局, 中国経済産業局, 中国経済連合会,
中国総合通信局, 中国財務局, 中国地方整備局, 中国四国農政局, 中国電力, 中国新聞, 中国放送, 中国銀行, 中国自動車道, 中国山地, 北米国際,
南米国際, 東北京都, 北京都, 経済南, 平成都, 最大連, 大連続, 大連休, 大連合, 大連立, 大連携, 大連絡, 大連結, 大連鎖, 大連盟, 観光州,
経済州, 仙台北, 仙台南, 舞台北, 台北側, 台北部, 天津飯, 天津丼, 天津甘栗, 南京町, 南京錠, 南京玉, 南京虫, ソウルフード, ラテンアメリカ,
南アメリカ, 北アメリカ, 中央アメリカ, アメリカ大陸, アメリカ村, アメリカン, イタリアン, ハワイアン, ロシアン, フランスパン,
ボストンバッグ, ワシントンホテル, フランスベッド, スペイン風邪, スペイン村, オランダ村, オランダ坂, ドイツ村, トルコ石, チリ紙,
ローマ字, ローマ数字, パリ協定, ワシントン条約, ウィーン条約, ハーグ条約, ジュネーブ条約, モントリオール議定書,
サンフランシスコ平和条約, 大英博物館, paris agreement, latin america, south america, north america, central america
"""  # fmt: skip
"""They begin as a country does, or hold its letters, and name none. The Chugoku region is the one that municipalities write most."""

# A single kanji names a country only after 日, 訪, 渡, 在 or 対; then what must not follow it, because it makes another word.
_KANJI = {
    "米": ("米国", "粉価飯騒穀菓作"),
    "英": ("英国", "会検単文"),
    "独": ("ドイツ", "自立学占特身創断"),
    "蘭": ("オランダ", "花"),
    "墺": ("オーストリア", ""),
    "仏": ("フランス", "教像壇閣事師"),
    "伊": ("イタリア", "勢豆達東那丹予賀万藤"),
    "韓": ("韓国", ""),
    "豪": ("オーストラリア", "雨雪華"),
    "印": ("インド", "刷鑑象税紙章"),
    "越": ("ベトナム", "境え冬谷前後"),
    "台": ("台湾", "風数本所帳"),
    "露": ("ロシア", "店天出"),
}
_NOT_BEFORE_KANJI = "0-9〇一二三四五六七八九十今本毎翌明昨祝休平当先終全存現実滞不所駐健曜来絶反相一初再前同後連近"
"""今日英語, 12日米国, 現在独立, 絶対米飯: the first kanji belongs to the word before."""
_NOT_AFTER = "語|料理|人街|翻訳|対訳|併記|通訳|両語|バイリンガル"
"""Languages and kitchens are no countries; neither is a translation into one."""
_SHORT = 3
"""Katakana names up to this length stand alone: タイ is in タイトル and パリ in テンパリング. Longer ones may be joined: フランスパリ市."""


def _read() -> Iterator[tuple[Country, tuple[str, ...]]]:
    for office, lines in _TABLE.items():
        for line in lines.strip().replace(",\n", ", ").splitlines():
            names = tuple(line.split(", "))
            yield Country(names[0], office), names


COUNTRIES: tuple[tuple[Country, tuple[str, ...]], ...] = tuple(_read())
"""Every country with the names under which people write of it."""

_BY_WORD: dict[str, Country | None] = {
    **dict.fromkeys(_FALSE_FRIENDS.strip().replace(",\n", ", ").split(", ")),
    **{name.casefold(): country for country, names in COUNTRIES for name in names},
}
_BY_KANJI = {kanji: _BY_WORD[name] for kanji, (name, _) in _KANJI.items()}


def _either(words: list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _pattern() -> re.Pattern[str]:
    latin = [word for word in _BY_WORD if re.match("[a-z]", word)]
    short = [word for word in _BY_WORD if len(word) <= _SHORT and re.fullmatch("[ァ-ー]+", word)]
    others = [word for word in _BY_WORD if word not in {*latin, *short}]
    kanji = "|".join(f"{kanji}(?![{stop}])" if stop else kanji for kanji, (_, stop) in _KANJI.items())
    return re.compile(
        f"(?>(?P<word>{_either(others)}|(?<![ァ-ヺー])(?:{_either(short)})(?![ァ-ヺー])|(?<![a-zà-ÿ.@])(?:{_either(latin)})(?![a-zà-ÿ]))"
        f"|(?<![{_NOT_BEFORE_KANJI}])[日訪渡在対](?P<kanji>{kanji}))(?!{_NOT_AFTER})"
    )


_NAMED = _pattern()
_PAGE = re.compile("https?://[!-~]+")
"""An address names offices and domains, not what the question is about."""


def country_in(text: str) -> Country | None:
    """Return the first country that the text names, or None. Of two names at one place the longer one counts."""
    words = _PAGE.sub(" ", unicodedata.normalize("NFKC", text).casefold())
    for match in _NAMED.finditer(words):
        country = _BY_WORD[match["word"]] if match["word"] else _BY_KANJI[match["kanji"]]
        if country:
            return country
    return None
