"""services.index.text and .repertoire: every defined term, and what writers make of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.index.repertoire import repertoire
from services.index.text import REPLACED, decoded
from services.index.texts import element

# Bytes out of the standard's own examples: PS3.5 Annexes H, I, J, K.
YAMADA = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B"
HALF_WIDTH = (
    b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J"
    b"=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J"
)
HONG = (
    b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf"
)
HONG_READ = "Hong^Gildong=洪^吉洞=홍^길동"
ZHANG = b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab="
WANG_192 = b"Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x9d\xb1="
WANG_GB = b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab="

# Each term of PS3.3 Tables C.12-2 to C.12-5 decodes what only it decodes so.
TERMS = [
    ("", b"Roe^Zoe", "Roe^Zoe"),
    ("ISO_IR 6", b"Roe^Zoe", "Roe^Zoe"),
    ("ISO_IR 100", b"Buc^J\xe9r\xf4me", "Buc^Jérôme"),
    ("ISO_IR 101", b"Wa\xb3\xeasa", "Wałęsa"),
    ("ISO_IR 109", b"\xa6a\xb1\xb6", "Ĥaħĥ"),
    ("ISO_IR 110", b"B\xebrzi\xf1\xb9", "Bërziņš"),
    ("ISO_IR 126", b"\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2", "Διονυσιος"),
    ("ISO_IR 127", b"\xe2\xc8\xc7\xe6\xea^\xe4\xe6\xd2\xc7\xd1", "قباني^لنزار"),
    ("ISO_IR 138", b"\xf9\xf8\xe5\xef^\xe3\xe1\xe5\xf8\xe4", "שרון^דבורה"),
    ("ISO_IR 144", b"\xbb\xee\xdace\xdc\xd1yp\xd3", "Люкceмбypг"),  # noqa: RUF001  some is Latin
    ("ISO_IR 148", b"Da\xf0 \xdd\xfe\xfd", "Dağ İşı"),
    ("ISO_IR 166", b"\xca\xc1\xaa\xd2\xc2", "สมชาย"),
    ("ISO_IR 203", b"\xbduvre \xa4", "œuvre €"),
    ("ISO_IR 13", b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
    ("ISO_IR 192", WANG_192, "Wang^XiaoDong=王^小東="),
    ("GB18030", WANG_GB, "Wang^XiaoDong=王^小东="),
    ("GBK", WANG_GB, "Wang^XiaoDong=王^小东="),
    ("\\ISO 2022 IR 87", YAMADA, "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    ("ISO 2022 IR 6\\ISO 2022 IR 87", YAMADA, "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    ("ISO 2022 IR 13\\ISO 2022 IR 87", HALF_WIDTH, "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"),
    ("\\ISO 2022 IR 159", b'\x1b$(D0!0"\x1b(B', "丂丄"),
    ("\\ISO 2022 IR 149", HONG, HONG_READ),
    ("\\ISO 2022 IR 58", ZHANG, "Zhang^XiaoDong=张^小东="),
    ("\\ISO 2022 IR 100", b"\x1b-AJ\xe9^\x1b-A\xd6", "Jé^Ö"),
    ("\\ISO 2022 IR 101", b"\x1b-B\xb3", "ł"),
    ("\\ISO 2022 IR 109", b"\x1b-C\xb1", "ħ"),
    ("\\ISO 2022 IR 110", b"\x1b-D\xf1", "ņ"),
    ("\\ISO 2022 IR 126", b"\x1b-F\xc4", "Δ"),
    ("\\ISO 2022 IR 127", b"\x1b-G\xe2", "ق"),
    ("\\ISO 2022 IR 138", b"\x1b-H\xf9", "ש"),
    ("\\ISO 2022 IR 144", b"\x1b-L\xbb", "Л"),
    ("\\ISO 2022 IR 148", b"\x1b-M\xf0", "ğ"),
    ("\\ISO 2022 IR 166", b"\x1b-T\xca", "ส"),
    ("\\ISO 2022 IR 203", b"\x1b-b\xbd", "œ"),
    ("\\ISO 2022 IR 13", b"\x1b)I\xd4\x1b(JA", "ﾔA"),
    ("ISO 2022 IR 100\\ISO 2022 IR 144", b"\xe9\x1b-L\xbb^\xe9", "éЛ^é"),
]
# Not the standard's spelling, and no doubt what is meant.
SPELLINGS = [
    ("iso_ir 100", b"\xe9", "é"),
    ("ISO-IR 100", b"\xe9", "é"),
    ("ISO_IR_100", b"\xe9", "é"),
    ("ISO IR 144", b"\xbb", "Л"),
    ("ISO_2022_IR_100", b"\xe9", "é"),
    ("ISO2022IR 100", b"\xe9", "é"),
    ("ISO 2022 GBK", WANG_GB, "Wang^XiaoDong=王^小东="),
    ("\\ISO 2022 58", ZHANG, "Zhang^XiaoDong=张^小东="),
    ("utf-8", WANG_192, "Wang^XiaoDong=王^小東="),
    ("ISO_IR 192\\", WANG_192, "Wang^XiaoDong=王^小東="),
    ("gb18030", WANG_GB, "Wang^XiaoDong=王^小东="),
]


def read(terms: str, value: bytes) -> tuple[str, set[str]]:
    return decoded(value, repertoire(terms.split("\\")), b"\\^=")


@pytest.mark.parametrize(("terms", "value", "text"), TERMS + SPELLINGS)
def test_every_defined_term_is_decoded(terms: str, value: bytes, text: str) -> None:
    """Without a mark, for nothing is wrong."""
    assert read(terms, value) == (text, set())


@pytest.mark.parametrize(
    ("terms", "value", "text", "mark"),
    [
        # Undeclared, or declared as something else: what writers mostly mean.
        ("", "Zoë".encode(), "Zoë", "guessed-charset"),
        ("", b"Zo\xeb", "Zoë", "guessed-charset"),
        ("ISO 2022", b"Zo\xeb", "Zoë", "guessed-charset"),
        ("KLINGON", WANG_192, "Wang^XiaoDong=王^小東=", "guessed-charset"),
        ("ISO_IR 100", "É".encode(), "É", "guessed-charset"),
        ("\\ISO 2022 IR 149", "김희중".encode("euc_kr"), "김희중", "guessed-charset"),
        ("\\ISO 2022 IR 87", "山田".encode("shift_jis"), "山田", "guessed-charset"),
        ("ISO_IR 13", "山田".encode("shift_jis"), "山田", "guessed-charset"),
        ("\\ISO 2022 IR 149", HONG.replace(b"^\x1b$)C", b"^"), HONG_READ, "guessed-charset"),
        ("", YAMADA, "Yamada^Tarou=山田^太郎=やまだ^たろう", "guessed-charset"),
        ("ISO_IR 100", b"\x1b-L\xbb", "Л", "guessed-charset"),
        ("ISO_IR 100", "Zoë".encode(), "ZoÃ«", "doubtful-text"),
        # Nothing fits.
        ("", "山田".encode("shift_jis"), "�R�c", "undecodable-text"),
        ("ISO_IR 192", b"Zo\xeb", "Zo�", "undecodable-text"),
        ("ISO_IR 192", b"a\x1b$B;3", "a�$B;3", "undecodable-text"),
        ("ISO_IR 192", b"Zo\xef\xbf\xbd", "Zo�", "undecodable-text"),  # lost before it came
        ("ISO_IR 100", b"it\x92s", "it�s", "undecodable-text"),  # of Windows
        ("ISO_IR 109", b"\xa5", "�", "undecodable-text"),  # a hole in the table
        ("\\ISO 2022 IR 87", b"\x1b$B;3E", "山�", "undecodable-text"),  # cut in half
        ("\\ISO 2022 IR 87", b"\x1b$@;3", "�;3", "undecodable-text"),  # JIS of 1978
        ("GBK", b"\xcd", "�", "undecodable-text"),
        ("\\ISO 2022 IR 149", b"a\x1b", "a�", "undecodable-text"),
    ],
)
def test_what_does_not_fit_is_guessed_or_replaced_and_marked(
    terms: str, value: bytes, text: str, mark: str
) -> None:
    """Never fatal, never wrong in silence."""
    assert read(terms, value) == (text, {mark})


@pytest.mark.parametrize(
    ("terms", "marks"),
    [
        ("ISO_IR 100", set()),
        ("", set()),
        ("ISO_IR 999", {"bad-charset"}),
        ("ISO 2022", {"bad-charset"}),
        ("idna", {"bad-charset"}),  # a codec of Python, and no character set
        ("ISO_IR\0 100", set()),
        ("ISO_IR 192\\ISO 2022 IR 87", {"bad-charset"}),
        ("ISO 2022 IR 6\\GB18030", {"bad-charset"}),
    ],
)
def test_a_term_that_declares_nothing_is_marked(terms: str, marks: set[str]) -> None:
    """Though the text may be sound."""
    assert repertoire(terms.split("\\")).marks == marks


def test_the_first_set_is_in_force_again_after_a_delimiter() -> None:
    """PS3.5 §6.1.2.5.3: at the end of a line, and at carets and equals signs in names."""
    declared = repertoire(["ISO 2022 IR 144", "ISO 2022 IR 100"])
    assert decoded(b"\x1b-A\xe9^\xbb", declared, b"^=") == ("é^Л", set())
    assert decoded(b"\x1b-A\xe9\r\n\xbb", declared) == ("é\r\nЛ", set())
    assert decoded(b"\x1b-A\xe9^\xe9", declared) == ("é^é", set())


@pytest.mark.parametrize(
    ("terms", "text"),
    [
        ("GB18030", "誠^乗"),
        ("GBK", "誠^乗"),
        ("\\ISO 2022 IR 87", "構^申"),
        ("\\ISO 2022 IR 87", "能^表"),
    ],
)
def test_a_second_byte_that_looks_like_a_delimiter_is_none(terms: str, text: str) -> None:
    """0x5C, 0x5E and 0x3D occur within characters: names are split after decoding."""
    codec = {"GB18030": "gb18030", "GBK": "gbk"}.get(terms, "iso2022_jp")
    value = b"^".join(part.encode(codec) for part in text.split("^"))
    assert any(each in value.replace(b"^", b"", 1) for each in b"\\^=")
    marks: set[str] = set()
    told = element("PN", value, repertoire(terms.split("\\")), marks)
    assert (told, marks) == ({"vr": "PN", "Value": [{"Alphabetic": text}]}, set())


ANY_TERM = st.sampled_from([terms for terms, _, _ in TERMS])
ANY_BYTES = st.binary() | st.lists(
    st.sampled_from(
        [b"\x1b$B", b"\x1b(J", b"\x1b-A", b"\x1b)I", b"\x1b$)C", b"^", b"\xe9", b"\x1b", b"a"]
    )
).map(b"".join)


@given(ANY_TERM, ANY_BYTES)
def test_no_bytes_are_fatal_and_nothing_is_replaced_without_a_mark(
    terms: str, value: bytes
) -> None:
    """Whatever a writer did; a mark that something could not be read means just that."""
    text, marks = read(terms, value)
    assert (REPLACED in text) == ("undecodable-text" in marks)
    assert not any("\x80" <= each <= "\x9f" for each in text)


@given(st.sampled_from(["ISO_IR 192", "GB18030"]), st.text(st.characters(categories=["L", "N"])))
def test_what_was_encoded_comes_back(term: str, text: str) -> None:
    """Of the sets that hold all characters."""
    codec = {"ISO_IR 192": "utf_8"}.get(term, "gb18030")
    assert read(term, text.encode(codec)) == (text, set())
