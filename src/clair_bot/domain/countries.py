"""Countries: which one a text names, and which office abroad answers for it.

The jurisdictions are those of CLAIR's public pages: a country that is not named there has no office, and its questions go to the head
office.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from clair_bot.domain.desks import Office


@dataclass(frozen=True, slots=True)
class Country:
    """A country or region."""

    name: str
    """In Japanese, short."""
    office: Office | None
    """None where no office answers for it."""


_OFFICES: Final = {
    Office.NEW_YORK: """
        米国 アメリカ アメリカ合衆国 USA U.S.A. United_States America ニューヨーク ロサンゼルス サンフランシスコ シカゴ シアトル ハワイ
        ボストン ホノルル ワシントン テキサス カリフォルニア ポートランド 日米 訪米 在米 渡米 New_York Hawaii
        カナダ Canada バンクーバー トロント オタワ モントリオール カルガリー
        ジャマイカ Jamaica
        トリニダード・トバゴ トリニダードトバゴ Trinidad_and_Tobago
    """,
    Office.LONDON: """
        英国 イギリス UK U.K. United_Kingdom Britain England ロンドン スコットランド ウェールズ 日英 訪英 在英 渡英 London
        オーストリア Austria ウィーン
        デンマーク Denmark コペンハーゲン
        フィンランド Finland ヘルシンキ
        ドイツ Germany ベルリン ミュンヘン フランクフルト デュッセルドルフ 日独 訪独 在独
        アイルランド Ireland ダブリン
        オランダ Netherlands アムステルダム ロッテルダム 日蘭
        ノルウェー Norway オスロ
        スウェーデン Sweden ストックホルム
    """,
    Office.PARIS: """
        フランス 仏国 France パリ リヨン ストラスブール 日仏 訪仏 在仏 渡仏 Paris
        ベルギー Belgium ブリュッセル
        ルクセンブルク Luxembourg
        スイス Switzerland ジュネーブ
        イタリア Italy ローマ ミラノ フィレンツェ 日伊 訪伊
        スペイン Spain マドリード バルセロナ
        ポルトガル Portugal リスボン
        モナコ Monaco
    """,
    Office.SINGAPORE: """
        シンガポール Singapore 星国
        インドネシア Indonesia ジャカルタ バリ島
        マレーシア Malaysia クアラルンプール
        フィリピン Philippines マニラ セブ
        タイ タイ王国 タイ国 Thailand バンコク チェンマイ
        ベトナム ヴェトナム Vietnam ハノイ ホーチミン ダナン
        ミャンマー Myanmar ヤンゴン
        カンボジア Cambodia プノンペン
        ラオス Laos
        ブルネイ Brunei
        インド India デリー ムンバイ
        スリランカ Sri_Lanka
    """,
    Office.SEOUL: """
        韓国 大韓民国 Korea South_Korea ソウル 釜山 プサン 済州 大邱 日韓 訪韓 在韓 渡韓 Seoul
    """,
    Office.SYDNEY: """
        オーストラリア 豪州 Australia シドニー メルボルン ブリスベン パース キャンベラ 日豪 訪豪 在豪 Sydney
        ニュージーランド New_Zealand オークランド クライストチャーチ ウェリントン
    """,
    Office.BEIJING: """
        中国 中華人民共和国 China 北京 上海 広州 深圳 大連 青島 天津 重慶 西安 成都 瀋陽 日中交流 日中友好 訪中 在中国 Beijing
    """,
}
_WITHOUT_OFFICE: Final = """
    台湾 Taiwan 台北 高雄
    香港 Hong_Kong
    マカオ 澳門 Macau
    モンゴル Mongolia ウランバートル
    北朝鮮
    ロシア Russia モスクワ サハリン
    ウクライナ Ukraine
    ポーランド Poland ワルシャワ
    チェコ Czech プラハ
    ハンガリー Hungary ブダペスト
    ルーマニア Romania
    ブルガリア Bulgaria
    ギリシャ Greece アテネ
    トルコ Turkey Türkiye イスタンブール
    イスラエル Israel
    サウジアラビア Saudi_Arabia
    アラブ首長国連邦 UAE ドバイ
    カタール Qatar
    イラン Iran
    パキスタン Pakistan
    バングラデシュ Bangladesh
    ネパール Nepal
    ブータン Bhutan
    ウズベキスタン Uzbekistan
    カザフスタン Kazakhstan
    エジプト Egypt
    ケニア Kenya
    ガーナ Ghana
    南アフリカ South_Africa
    ナイジェリア Nigeria
    モロッコ Morocco
    エチオピア Ethiopia
    ブラジル Brazil サンパウロ
    メキシコ Mexico
    アルゼンチン Argentina
    ペルー Peru
    チリ共和国 Chile
    コロンビア Colombia
    キューバ Cuba
    フィジー Fiji
    パラオ Palau
    トンガ Tonga
    サモア Samoa
    アイスランド Iceland
    エストニア Estonia
    ラトビア Latvia
    リトアニア Lithuania
    クロアチア Croatia
    セルビア Serbia
"""


def _names() -> dict[str, Country]:
    """Return every name, folded, with its country: the first of each line; lines that were broken go on with the indent of cities."""
    found: dict[str, Country] = {}
    for office, block in (*_OFFICES.items(), (None, _WITHOUT_OFFICE)):
        country: Country | None = None
        for line in filter(None, map(str.strip, block.splitlines())):
            names = line.split()
            if country is None or names[0] not in _CONTINUED:
                country = Country(name=names[0], office=office)
            found |= {_folded(name.replace("_", " ")): country for name in names}
    return found


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


_CONTINUED: Final = frozenset({"ボストン"})
"""Names with which a country's second line begins."""
COUNTRIES: Final = _names()
_LANGUAGE: Final = r"(?!語)"
_REGIONS: Final = r"(?!地方|四国|山地|自動車道|新聞|電力|運輸局|経済産業局|総合通信局)"


_WHOLE: Final = frozenset({"タイ", "パリ", "セブ", "パース", "ローマ", "オスロ", "ペルー"})
"""Short names that are parts of other words: they count only where no katakana stands beside them."""
_NOT_BEFORE: Final = {"インド": r"(?!ネシア|ア)", "中国": _REGIONS}


def _pattern(name: str) -> str:
    escaped = re.escape(name)
    if name.isascii():
        return rf"(?<![a-z0-9]){escaped}(?![a-z0-9])"
    if name in _WHOLE:
        return rf"(?<![ァ-ヶー]){escaped}{_LANGUAGE}(?![ァ-ヶー])"
    return f"{escaped}{_LANGUAGE}{_NOT_BEFORE.get(name, '')}"


_ANY: Final = re.compile("|".join(f"({_pattern(name)})" for name in sorted(COUNTRIES, key=len, reverse=True)))
_IN_ORDER: Final = sorted(COUNTRIES, key=len, reverse=True)


def country_in(text: str) -> Country | None:
    """Return the first country that a text names, or None. Languages (韓国語) and Japan's own regions (中国地方) are none."""
    found = _ANY.search(_folded(text))
    return COUNTRIES[_IN_ORDER[(found.lastindex or 1) - 1]] if found else None
