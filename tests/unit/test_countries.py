"""Countries: which office covers what somebody writes about, and what only looks like a country."""

import pytest

from clair_bot.domain.countries import COUNTRIES, Country, country_in
from clair_bot.domain.desks import Office


@pytest.mark.parametrize(
    ("text", "name", "office"),
    [
        ("アメリカの州の教育制度を調べてもらいたい", "米国", Office.NEW_YORK),
        ("米国産の木材", "米国", Office.NEW_YORK),
        ("訪米の際にアポ取りを", "米国", Office.NEW_YORK),
        ("日米の自治体", "米国", Office.NEW_YORK),
        ("ＵＳＡの姉妹都市", "米国", Office.NEW_YORK),
        ("Our sister city in the United States", "米国", Office.NEW_YORK),
        ("ハワイ州との交流", "米国", Office.NEW_YORK),
        ("ﾆｭｰﾖｰｸの会議室", "米国", Office.NEW_YORK),
        ("カナダのバンクーバー", "カナダ", Office.NEW_YORK),
        ("ジャマイカのALT", "ジャマイカ", Office.NEW_YORK),
        ("トリニダード・トバゴ出身", "トリニダード・トバゴ", Office.NEW_YORK),
        ("英国の公共図書館", "英国", Office.LONDON),
        ("ロンドンで物産展", "英国", Office.LONDON),
        ("schools in the UK.", "英国", Office.LONDON),
        ("北アイルランドの都市", "英国", Office.LONDON),
        ("アイルランドの都市", "アイルランド", Office.LONDON),
        ("オーストリアのウィーン", "オーストリア", Office.LONDON),
        ("デンマークの福祉", "デンマーク", Office.LONDON),
        ("フィンランドの教育", "フィンランド", Office.LONDON),
        ("日独交流", "ドイツ", Office.LONDON),
        ("オランダの農業", "オランダ", Office.LONDON),
        ("スウェーデンとノルウェー", "スウェーデン", Office.LONDON),
        ("日仏自治体交流会議", "フランス", Office.PARIS),
        ("訪仏団", "フランス", Office.PARIS),
        ("在仏の県人会", "フランス", Office.PARIS),
        ("フランスパリ市", "フランス", Office.PARIS),
        ("パリで展示したい", "フランス", Office.PARIS),
        ("イタリアのローマ", "イタリア", Office.PARIS),
        ("スイス・ジュネーブ", "スイス", Office.PARIS),
        ("モナコ公国", "モナコ", Office.PARIS),
        ("インドネシアの看護師", "インドネシア", Office.SINGAPORE),
        ("インドの市場", "インド", Office.SINGAPORE),
        ("タイのバンコク", "タイ", Office.SINGAPORE),
        ("スリランカの町", "スリランカ", Office.SINGAPORE),
        ("ホーチミン市", "ベトナム", Office.SINGAPORE),
        ("ASEANの国々", "ASEAN", Office.SINGAPORE),
        ("ソウルからの観光客", "韓国", Office.SEOUL),
        ("日韓交流", "韓国", Office.SEOUL),
        ("豪州の姉妹都市", "オーストラリア", Office.SYDNEY),
        ("オーストラリアの学校", "オーストラリア", Office.SYDNEY),
        ("ニュージーランドも担当していますか", "ニュージーランド", Office.SYDNEY),
        ("中国の上海", "中国", Office.BEIJING),
        ("日中韓の地方政府の会議", "中国", Office.BEIJING),
        ("訪中団を受け入れたい", "中国", Office.BEIJING),
        ("内モンゴルの植林", "中国", Office.BEIJING),
        ("台湾の物産展", "台湾", None),
        ("香港の見本市", "香港", None),
        ("マカオ", "マカオ", None),
        ("モンゴルの都市", "モンゴル", None),
        ("ブラジルのことはどこに聞けば", "ブラジル", None),
        ("ネパールからの留学生", "ネパール", None),
        ("アイスランド", "アイスランド", None),
        ("東ティモール", "東ティモール", None),
        ("ウクライナからの避難民", "ウクライナ", None),
        ("パリ協定のあと台湾へ", "台湾", None),
        ("中国地方の市と韓国の市", "韓国", Office.SEOUL),
    ],
)
def test_a_country_and_its_office(text: str, name: str, office: Office | None) -> None:
    assert country_in(text) == Country(name, office)


@pytest.mark.parametrize(
    "text",
    [
        "中国地方の市町村です",
        "中国四国ブロックの研修会",
        "中国・四国地区の会議",
        "英語で説明した資料がほしい",
        "米の輸出を始めたい",
        "今日米粉を配りました",
        "北米の市場",
        "韓国語と中国語とタイ語の通訳",
        "フランス語のできるCIR",
        "インドネシア語の表示シート",
        "日英翻訳の相場",
        "JETプログラムの募集",
        "本日中にお願いします",
        "日中の時間帯に電話します",
        "10日中に",
        "資料在中の封筒",
        "現在独自に実施しています",
        "明日英語の研修があります",
        "タイトルとタイミング",
        "ネクタイの着用",
        "テンパリング",
        "ローマ字表記",
        "イタリアン料理",
        "アメリカン料理",
        "平成都市計画",
        "最大連続3日",
        "経済南部地域",
        "今日台風が来ます",
        "念仏踊りの海外公演",
        "please contact us",
        "www.example.co.uk",
        "https://example.jp/london/",
        "欧州やヨーロッパ",
        "姉妹都市を探しています",
        "",
    ],
)
def test_what_only_looks_like_a_country(text: str) -> None:
    assert country_in(text) is None


@pytest.mark.parametrize(("country", "names"), COUNTRIES, ids=lambda value: value.name if isinstance(value, Country) else "")
def test_every_name_is_found_within_a_sentence(country: Country, names: tuple[str, ...]) -> None:
    for name in names:
        assert country_in(f"来年{name}を訪問します") == country, name


def test_no_name_stands_twice() -> None:
    names = [name.casefold() for _, group in COUNTRIES for name in group]
    assert sorted(names) == sorted(set(names))
