"""What people leave out or add when they type, taken away: two spellings of the same words become one text."""

import re
import unicodedata

LONGEST = 200
"""Characters that are read. An answer is short; cutting first bounds the work that a hostile text can cause."""

_SHAPES = re.compile(
    r"""
    (?<!\d)(?:
      (?P<iso>     \d{4}-\d{1,2}-\d{1,2}(?!\d))
    | (?P<dotted>  (?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\.(?:\d{4}|\d\d)?(?!\d))
    | (?P<slashed> \d{1,2}/\d{1,2}/(?:\d{4}|\d\d)(?!\d))
    | (?P<clock>   \d{1,2}[:h][0-5]\d(?![:\d]))
    | (?P<ratio>   \d{1,4}\ ?/\ ?\d{1,4}(?!\d))
    | (?P<decimal> \d{1,4}[.,]\d{1,2}(?!\d))
    )
    | (?P<minus>   (?<!\S)-(?=\d))
    | (?P<digits>  \d+)
    | (?P<word>    [^\W\d_]+(?:'[^\W\d_]+)*)
    | (?P<mark>    [^\w\s]|_)
    """,
    re.VERBOSE,
)
_CHARACTERS = {**dict.fromkeys(map(ord, "‐‑‒–—―−"), "-"), **dict.fromkeys(map(ord, "’‘ʼ´`＇"), "'"), ord("⁄"): "/"}
_FRACTION = re.compile(r"(?:(\d) ?)?([¼-¾⅐-⅞])")
_REPEATED = re.compile(r"([^\W\d_])\1{2,}")
_HYPHEN_IN_WORD = re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])")
_HYPHEN_AFTER_NUMBER = re.compile(r"(?<=\d)-(?=[^\W\d_])")
_DOTTED_HALF_DAY = re.compile(r"(?<![^\W\d_])([ap])\. ?m\b")


def fold(words: str) -> str:
    """The words without what people leave out or add: case, accents, kinds of quotes and dashes, yesss, skin tones."""
    text = _FRACTION.sub(_decimal, words.strip()[:LONGEST])
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).translate(_CHARACTERS).casefold())
    text = unicodedata.normalize("NFC", "".join(sign for sign in text if _carries(sign)))[:LONGEST]
    text = _HYPHEN_AFTER_NUMBER.sub("", _HYPHEN_IN_WORD.sub(" ", _REPEATED.sub(r"\1", text)))
    return _DOTTED_HALF_DAY.sub(r"\1m", text)


def pieces(folded: str) -> list[tuple[str, str]]:
    """The shape (`word`, `digits`, `clock`, `mark` …) and the text of each piece of folded words."""
    return [(found.lastgroup or "", found.group()) for found in _SHAPES.finditer(folded)]


def _decimal(fraction: re.Match[str]) -> str:
    """7½ and 7 ½ as 7.5, because the usual folding would make 71/2 of the first."""
    return (fraction[1] or "0") + f"{unicodedata.numeric(fraction[2]):.2g}"[1:]


def _carries(sign: str) -> bool:
    """Whether a sign of decomposed text carries meaning: no accents (but й is not и), no invisible signs, no tints."""
    return sign == "\u0306" or unicodedata.category(sign) not in {"Mn", "Me", "Cf", "Sk"}
