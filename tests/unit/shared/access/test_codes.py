"""shared.access.codes: what is sent to people, and what is kept of it."""

from hypothesis import given
from hypothesis import strategies as st

from shared.access import codes

LETTERS = st.text(codes.ALPHABET, min_size=8, max_size=8)


def test_a_fresh_code_reads_back_however_it_is_typed() -> None:
    """Dashes, blanks, small letters, and the letters that it never has."""
    code = codes.invitation()
    plain = code.replace("-", "")
    assert len(plain) == 9
    for typed in (code, plain.lower(), " ".join(plain), plain.replace("0", "O").replace("1", "l")):
        assert codes.read(typed) == plain


@given(LETTERS, st.integers(0, 7), st.sampled_from(codes.ALPHABET))
def test_a_wrong_letter_is_found(letters: str, place: int, wrong: str) -> None:
    """Before anything is asked, so a slip of the pen costs no try."""
    code = letters + codes.check(letters)
    changed = letters[:place] + wrong + letters[place + 1 :] + code[-1]
    assert (codes.read(changed) is None) == (wrong != letters[place])


def test_what_is_kept_tells_nothing_without_the_key() -> None:
    """The same code under another key, or for another purpose, is another hash."""
    kept = codes.keyed("k" * 32, "invitation", "ABC")
    assert kept == codes.keyed("k" * 32, "invitation", "ABC")
    assert (
        len({kept, codes.keyed("l" * 32, "invitation", "ABC"), codes.keyed("k" * 32, "x", "ABC")})
        == 3
    )


def test_digits_and_tokens_have_their_form() -> None:
    """Six digits, zeros in front too; 43 characters that stand in any address."""
    assert all(len(each) == 6 and each.isdigit() for each in (codes.digits() for _ in range(50)))
    assert len(codes.token()) == 43
