"""portal.sharing.pdf: what is taken for a PDF, and what only says that it is one."""

import pytest

from services.portal.sharing.pdf import LARGEST, sound

BODY = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
WHOLE = BODY + b"xref\n0 1\ntrailer << >>\nstartxref\n42\n%%EOF\n"


@pytest.mark.parametrize("content", [WHOLE, WHOLE.replace(b"\n", b"\r\n"), WHOLE.rstrip()])
def test_a_pdf_is_taken(content: bytes) -> None:
    """With either end of line, and with none at its end."""
    assert sound(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><script>alert(1)</script></html>",
        b"<html>" + WHOLE,  # a page that hides in front of one
        b"\n" + WHOLE,
        WHOLE + b"<script>alert(1)</script>",
        WHOLE[:-20],  # cut off
        BODY,
        b"%PDF-9.9\n" + WHOLE[9:],
        b"MZ" + WHOLE,
        WHOLE.replace(b"startxref\n42", b"startxref\n99999999"),
        b"%PDF-1.7\n" + bytes(LARGEST) + WHOLE[-30:],
    ],
)
def test_what_is_none_is_refused(content: bytes) -> None:
    """Neither a page, a program, a part of one, nor one that is too large."""
    assert not sound(content)
