"""notify.channels.email: what a mail looks like, and what an answer means."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from uuid import UUID

import pytest

from services.notify.channels import Refused
from services.notify.channels.email import Server, judged, message, server
from services.notify.letter import Letter, Picture
from shared.errors import EdgeDown

DELIVERY = UUID("11111111-2222-5333-8444-555555555555")
LOGO = Picture(b"\x89PNG\r\n", "image/png")
LETTER = Letter(
    sender="Clínica «Süd», S.A.",
    language="es",
    subject="Nuevas imágenes de Clínica «Süd», S.A.",
    text="Hola:\n",
    html=f'<p>Hola</p><img src="cid:{LOGO.cid}">',
    logo=LOGO,
    short="Hola",
)


def mail(letter: Letter = LETTER, to: str = "ana@patients.example") -> EmailMessage:
    """Return the mail as it is read on the other side."""
    sent = message(DELIVERY, "letters@scanpass.example", to, letter)
    return message_from_bytes(sent.as_bytes(), _class=EmailMessage, policy=default)


def test_the_head_says_who_what_and_that_a_machine_wrote() -> None:
    """The site's name is shown, the address is ours, and the identity is the delivery's."""
    head = mail()
    assert head["From"].addresses[0].display_name == LETTER.sender
    assert head["From"].addresses[0].addr_spec == "letters@scanpass.example"
    assert head["To"] == "ana@patients.example"
    assert head["Subject"] == LETTER.subject
    assert head["Message-ID"] == f"<{DELIVERY}@scanpass.example>"
    assert head["Auto-Submitted"] == "auto-generated"
    assert head["Content-Language"] == "es"
    assert head["Date"].datetime.tzinfo


def test_the_letter_comes_as_text_and_as_html_with_its_logo_inside() -> None:
    """multipart/alternative, the plain one first; the picture is found by its Content-ID."""
    body = mail()
    plain, related = body.iter_parts()
    html, picture = related.iter_parts()
    assert body.get_content_type() == "multipart/alternative"
    assert (plain.get_content_type(), plain.get_content()) == ("text/plain", "Hola:\r\n")
    assert (html.get_content_type(), html.get_content().strip()) == ("text/html", LETTER.html)
    assert picture["Content-ID"] == f"<{LOGO.cid}>"
    assert picture.get_content_disposition() == "inline"
    assert (picture.get_content_type(), picture.get_content()) == ("image/png", LOGO.content)


def test_an_svg_logo_is_carried_too() -> None:
    """With a name that a mail program can do something with."""
    svg = Picture(b"<svg/>", "image/svg+xml")
    *_, picture = mail(Letter("N", "en", "s", "t", "h", svg, "x")).walk()
    assert (picture.get_content_type(), picture.get_filename()) == ("image/svg+xml", "logo.svg")


@pytest.mark.parametrize(
    "to",
    [
        "nobody",
        "a@b, c@d",
        "a@b\r\nBcc: c@d",
        "Ana <a@b>",
        "a@b@c",
        "@b",
        "a@",
        "a b@c",
        "",
    ],
)
def test_what_is_no_address_is_refused(to: str) -> None:
    """Before any server hears of it, and without repeating it."""
    with pytest.raises(Refused) as refused:
        mail(to=to)
    assert str(refused.value) == "address-malformed"


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (421, EdgeDown),
        (450, EdgeDown),
        (452, EdgeDown),
        (530, EdgeDown),
        (550, Refused),
        (554, Refused),
    ],
)
def test_an_answer_says_whose_fault_it_was(code: int, failure: type[Exception]) -> None:
    """4yz comes again, 5yz is for good, unless it is about our log-in."""
    assert type(judged(code)) is failure


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("smtp://mail:2525", Server("smtp", "mail", 2525)),
        ("smtp://mail", Server("smtp", "mail", 25)),
        ("smtps://u%40x:p%3Aw@mail", Server("smtps", "mail", 465, "u@x", "p:w")),
        ("starttls://u:p@mail", Server("starttls", "mail", 587, "u", "p")),
    ],
)
def test_a_url_names_the_server(url: str, meant: Server) -> None:
    """With the port that each way of speaking usually has."""
    assert server(url) == meant


@pytest.mark.parametrize("url", ["mail:25", "http://mail", "smtp://", "smtp://u:p@mail"])
def test_a_wrong_url_is_told(url: str) -> None:
    """Also one that would send a password in the clear."""
    with pytest.raises(ValueError, match=r"must look like|needs smtps"):
        server(url)


def test_the_password_hides() -> None:
    """It is not in what a log or a traceback may show."""
    assert "secret" not in repr(server("smtps://u:secret@mail"))
