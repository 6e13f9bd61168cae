"""services.portal.dicomweb.accept: what viewers really send, and what they get."""

import pytest

from services.portal.dicomweb.accept import (
    Form,
    Unreadable,
    first_of,
    of_file,
    of_frames,
    wishes,
)

FAST, LITTLE, JPEG = "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.50"
STORED = Form("image/jphc", FAST, multipart=True)
DECODED = Form("application/octet-stream", LITTLE, multipart=True, decoded=True)


@pytest.mark.parametrize(
    ("header", "form"),
    [
        (None, STORED),
        ("*/*", STORED),
        ('multipart/related; type="*/*"', STORED),  # dicomweb-client
        # OHIF and Cornerstone3D
        ("multipart/related; type=application/octet-stream; transfer-syntax=*", STORED),
        ('multipart/related; type="application/octet-stream"; transfer-syntax="*"', STORED),
        ('multipart/related; type="image/jphc"', STORED),
        (f'multipart/related; type="image/jphc"; transfer-syntax={FAST}', STORED),
        (f'multipart/related; type="application/octet-stream"; transfer-syntax={FAST}', STORED),
        ('multipart/related; type="application/octet-stream"', DECODED),
        (f'multipart/related; type="application/octet-stream"; transfer-syntax={LITTLE}', DECODED),
        ('multipart/related; type="image/jls", multipart/related; type="image/jphc";q=0.5', STORED),
        ('multipart/related; type="image/jphc";q=0.1, */*;q=0', STORED),
        ("image/jphc", Form("image/jphc", FAST, multipart=False)),
        ("application/octet-stream;q=0.9, image/jphc;q=0.1", Form(
            "application/octet-stream", LITTLE, multipart=False, decoded=True
        )),
        ('multipart/related; type="image/jls"', None),
        (f'multipart/related; type="image/jphc"; transfer-syntax={JPEG}', None),
        (f"application/octet-stream; transfer-syntax={JPEG}", None),
        ("text/html", None),
        ("*/*;q=0", None),
    ],
)  # fmt: skip
def test_frames_of_fast_copies_are_sent_as_they_are_wished(
    header: str | None, form: Form | None
) -> None:
    """As stored where any syntax will do; decoded for who wants plain octets; else not at all."""
    assert of_frames(wishes(header), FAST, native=False, one=True) == form


DICOM = "application/dicom"
KEPT = Form(DICOM, JPEG, multipart=False)
PARTS = Form(DICOM, JPEG, multipart=True)
PLAIN = Form(DICOM, LITTLE, multipart=False, decoded=True)


@pytest.mark.parametrize(
    ("header", "form"),
    [
        (None, KEPT),
        ("*/*", KEPT),
        (f"{DICOM}; transfer-syntax=*", KEPT),
        (f"{DICOM}; transfer-syntax={JPEG}", KEPT),
        (f'multipart/related; type="{DICOM}"; transfer-syntax=*', PARTS),
        ('multipart/related; type="*/*"', PARTS),
        (DICOM, PLAIN),
        (f"{DICOM}; transfer-syntax={LITTLE}", PLAIN),
        (f'multipart/related; type="{DICOM}"', Form(DICOM, LITTLE, multipart=True, decoded=True)),
        (f"{DICOM}; transfer-syntax={FAST}, */*;q=0.1", KEPT),
        (f"{DICOM}; transfer-syntax={FAST}", None),
        ("text/html", None),
    ],
)
def test_files_are_sent_as_they_are_wished(header: str | None, form: Form | None) -> None:
    """As stored for who takes anything; DICOM alone is Explicit VR Little Endian."""
    assert of_file(wishes(header), JPEG) == form


def test_a_file_that_is_plain_already_is_sent_as_it_is() -> None:
    """Byte for byte."""
    assert of_file(wishes(DICOM), LITTLE) == Form(DICOM, LITTLE, multipart=False)


def test_native_pixels_are_octets() -> None:
    """Whatever the file's own syntax is called."""
    wanted = Form("application/octet-stream", LITTLE, multipart=True)
    for header in ("*/*", 'multipart/related; type="application/octet-stream"'):
        assert of_frames(wishes(header), "1.2.840.10008.1.2", native=True, one=True) == wanted


def test_several_frames_need_parts() -> None:
    """One alone may come without."""
    assert of_frames(wishes("image/jphc"), FAST, native=False, one=False) is None


@pytest.mark.parametrize("header", ["nonsense", "*/*;q=many", "*/*;q=7", "a" * 3000])
def test_an_absurd_header_is_refused(header: str) -> None:
    """Before anything is made of it."""
    with pytest.raises(Unreadable):
        wishes(header)


def test_the_dearest_wish_counts() -> None:
    """And among what it takes, the first that is offered."""
    offered = ("image/jpeg", "image/png")
    assert first_of(wishes("image/png;q=0.2, image/*;q=0.1"), offered) == "image/png"
    assert first_of(wishes("text/html, image/*"), offered) == "image/jpeg"
    assert first_of(wishes("text/html"), offered) is None
