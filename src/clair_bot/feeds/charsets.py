"""Charsets: bytes to text, whatever the label says; most pages of Japanese offices are old, and some labels are wrong."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

_CODECS: Final = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "utf-8", "ascii": "utf-8",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "ms_kanji": "cp932",
    "windows-31j": "cp932", "cp932": "cp932", "ms932": "cp932",
    "euc-jp": "euc_jp", "x-euc-jp": "euc_jp", "euc_jp": "euc_jp", "eucjp": "euc_jp", "cp51932": "euc_jp", "eucjp-ms": "euc_jp",
    "iso-2022-jp": "iso2022_jp", "iso2022jp": "iso2022_jp", "csiso2022jp": "iso2022_jp", "cp50221": "iso2022_jp",
    "utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
    "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "cp949": "cp949",
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "big5": "big5hkscs",
    "iso-8859-1": "cp1252", "latin1": "cp1252", "windows-1252": "cp1252", "cp1252": "cp1252", "iso-8859-15": "iso8859-15",
    "windows-1251": "cp1251", "koi8-r": "koi8-r", "tis-620": "cp874", "windows-874": "cp874", "windows-1258": "cp1258",
}  # fmt: skip
"""What labels mean. A list, since Python would also look up codecs that are none, or that take quadratic time."""
_WESTERN: Final = frozenset({"cp1252", "iso8859-15"})
_JAPANESE: Final = ("euc_jp", "cp932")
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_SAMPLE: Final = 20_000
"""Characters that are looked at to tell text from garbage."""
_LEAST_KANA: Final = 0.05
_MOST_ODD: Final = 0.1
_SHORT: Final = 20
_NEITHER: Final = re.compile(r"[\x00-\x7f]+")
_KANA: Final = re.compile(r"[ぁ-ゖァ-ヺー、。]")
_ODD: Final = re.compile("[\x80-\x9f\ufffd\ue000-\uf8ff\uff61-\uff9f]")
_XML: Final = re.compile(rb"""^\s{0,64}<\?xml[^<>]{0,200}?encoding\s{0,8}=\s{0,8}["']([A-Za-z0-9._:-]{1,40})["']""")
_META: Final = re.compile(rb"""<meta[^<>]{1,300}?charset\s{0,8}=\s{0,8}["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_HEADER: Final = re.compile(r"""charset\s{0,8}=\s{0,8}["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_HEAD: Final = 4_096
"""Bytes in which a page has to name its charset."""
_EIGHT_BITS: Final = bytes(byte | 0x80 if 0x21 <= byte <= 0x7E else byte for byte in range(256))  # noqa: PLR2004 - JIS X 0208's range
_ESCAPE: Final = re.compile(rb"(\x1b(?:\$[@B]|\([BJI]))")


def declared(data: bytes, content_type: str) -> tuple[str, ...]:
    """Return the labels that a document carries, the most trusted first: HTTP header, XML declaration, meta element."""
    head = data[:_HEAD]
    labels = [match[1] for match in (_HEADER.search(content_type),) if match]
    labels += [match[1].decode("ascii") for match in (_XML.search(head), _META.search(head)) if match]
    return tuple(labels)


def decode(data: bytes, labels: Iterable[str] = ()) -> str:
    """Return the text: the first codec that fits without a fault and looks like text; never fails.

    Args:
        data: The document.
        labels: What it says of itself, the most trusted first.
    """
    named = [codec for label in labels if (codec := _CODECS.get(label.strip().lower()))]
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(codec, "replace")
    spare = ""
    for codec in _candidates(data, named):
        text = _strictly(data, codec)
        if text is None:
            continue
        if _looks_right(text, codec, named=codec in named):
            return text
        spare = spare or text
    return spare or data.decode(next(iter(named), "utf-8"), "replace")


def _candidates(data: bytes, named: list[str]) -> Iterator[str]:
    """Yield what to try, each once."""
    order = [*named, "utf-8", *_JAPANESE, "cp1252"]
    if set(named) & _WESTERN:  # a label that fits everything: those that are hard to fit go first, cp932 is not hard enough
        order = ["utf-8", "euc_jp", *named]
    if _ESCAPE.search(data):  # seven bits: every other codec would fit as well
        order.insert(0, "iso2022_jp")
    yield from dict.fromkeys(order)


def _strictly(data: bytes, codec: str) -> str | None:
    """Return the text, or None where a byte does not fit; characters of makers (①, ㈱) are let through."""
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        pass
    try:
        if codec == "iso2022_jp":
            return _from_seven_bits(data)
        return data.decode("euc_jis_2004") if codec == "euc_jp" else None
    except UnicodeDecodeError:
        return None


def _from_seven_bits(data: bytes) -> str:
    """Decode ISO-2022-JP as it is used in mail, with the characters of makers that the standard lacks."""
    text, mode = [], b"\x1b(B"
    for piece in _ESCAPE.split(data):
        if _ESCAPE.fullmatch(piece):
            mode = piece
        elif mode.startswith(b"\x1b$"):
            text.append(piece.translate(_EIGHT_BITS).decode("euc_jis_2004", "replace"))
        elif mode == b"\x1b(I":
            text.append(piece.translate(_EIGHT_BITS).decode("cp932", "replace"))
        else:
            text.append(piece.decode("ascii"))
    return "".join(text)


def _looks_right(text: str, codec: str, *, named: bool) -> bool:
    """Tell text from garbage that happens to fit: half-width kana and private characters are rare, kana is not."""
    foreign = _NEITHER.sub("", text[: _SAMPLE * 4])[:_SAMPLE]
    if not foreign or codec in {"utf-8", "iso2022_jp"}:
        return True
    if len(_ODD.findall(foreign)) > _MOST_ODD * len(foreign):
        return False
    if codec == "euc_jp" and len(foreign) < _SHORT:  # a few words without kana; hardly anything else fits
        return True
    return named or codec not in _JAPANESE or len(_KANA.findall(foreign)) >= _LEAST_KANA * len(foreign)
