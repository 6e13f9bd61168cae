"""The sheet that a desk hands out: a claim code on paper, A4, in two languages. Pure: bytes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from urllib.parse import urlsplit

import segno
from babel.dates import format_date
from reportlab.lib.colors import HexColor, black
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

from shared.wording import listed

WIDTH: float
HEIGHT: float
WIDTH, HEIGHT = A4
MM = 72 / 25.4  # points
MARGIN = 20 * MM
QR = 52 * MM  # with its quiet zone of four modules (ISO/IEC 18004 §9.1)
QUIET = 4
MAIN, SOFT = HexColor("#0b5c6b"), HexColor("#46606c")
PLAIN, BOLD, CODE = "Helvetica", "Helvetica-Bold", "Courier-Bold"
LETTERS = "cp1252"  # what these fonts of every PDF reader can write

TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "See your images",
        "one": "Scan the square with your telephone, or open {typed} and type the code.",
        "two": "Say when the patient was born. That shows that it is you.",
        "three": "Give a telephone number or an e-mail address, so that you can come back.",
        "until": "The code works once, until {day}. Give this sheet to nobody else.",
        "again": "It lets you back in where you have lost your number or address."
        " On all other devices you are signed out then.",
        "help": "Questions? {phone}",
        "speak": "We speak {languages}.",
    },
    "es": {
        "title": "Vea sus imágenes",
        "one": "Escanee el cuadrado con su teléfono, o abra {typed} y escriba el código.",
        "two": "Diga cuándo nació el paciente. Así sabemos que es usted.",
        "three": "Indique un número de teléfono o una dirección de correo, para poder volver.",
        "until": "El código sirve una vez, hasta el {day}. No dé esta hoja a nadie más.",
        "again": "Le deja volver a entrar si ha perdido su número o dirección."
        " En todos los demás dispositivos se cierra entonces la sesión.",
        "help": "¿Preguntas? {phone}",
        "speak": "Hablamos {languages}.",
    },
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is printed, and for whom."""

    hospital: str
    phone: str
    hours: str
    speaks: tuple[str, ...]  # ISO 639-1
    portal: str  # public address of the pages
    code: str = field(repr=False)  # as it is printed
    until: date
    name: str | None = field(repr=False)  # of the patient, so that the desk mixes up nothing
    recovers: bool = False  # for who has claimed the record before

    @property
    def link(self) -> str:
        """Return what the QR code says; the code is in the fragment, which no server sees."""
        return f"{self.portal}/c#{self.code}"

    @property
    def typed(self) -> str:
        """Return where a code can be typed, as one says it."""
        return f"{urlsplit(self.portal).netloc}/claim"


def drawn(sheet: Sheet, languages: Sequence[str] = ("en", "es")) -> bytes:
    """Return the PDF: one page, each of `languages` in the order given."""
    out = BytesIO()
    # Without the time of day: the same sheet is the same bytes.
    canvas = Canvas(out, pagesize=A4, invariant=True, lang=languages[0])
    canvas.setTitle(" / ".join(TEXTS[each]["title"] for each in languages))
    canvas.setAuthor(written(sheet.hospital) or "Scanpass")
    top = head(canvas, sheet)
    top = square(canvas, sheet, top)
    for language in languages:
        top = told(canvas, sheet, language, top)
    canvas.save()
    return out.getvalue()


def head(canvas: Canvas, sheet: Sheet) -> float:
    """Draw the hospital and the patient's name; return where to go on."""
    top = HEIGHT - MARGIN
    canvas.setFillColor(MAIN)
    top = lines(canvas, written(sheet.hospital) or "", top, BOLD, 18)
    name = written(sheet.name)
    canvas.setFillColor(black)
    return lines(canvas, name or "_" * 40, top - 2 * MM, PLAIN, 13) - 4 * MM


def square(canvas: Canvas, sheet: Sheet, top: float) -> float:
    """Draw the QR code with the code beside it; return where to go on."""
    qr = segno.make(sheet.link, error="m", micro=False)
    modules = list(qr.matrix)
    side = QR / (len(modules) + 2 * QUIET)
    canvas.setFillColor(black)
    for row, cells in enumerate(modules):
        for column, dark in enumerate(cells):
            if dark:
                x = MARGIN + (QUIET + column) * side
                y = top - (QUIET + row + 1) * side
                # A hair too large, so that no printer leaves a gap between two.
                canvas.rect(x, y, side * 1.02, side * 1.02, stroke=0, fill=1)
    beside = MARGIN + QR + 8 * MM
    canvas.setFont(CODE, 27)
    canvas.drawString(beside, top - QR / 2, sheet.code)
    canvas.setFont(PLAIN, 13)
    canvas.drawString(beside, top - QR / 2 - 9 * MM, sheet.typed)
    return top - QR - 6 * MM


def told(canvas: Canvas, sheet: Sheet, language: str, top: float) -> float:
    """Draw the steps in one language; return where to go on."""
    texts = TEXTS[language]
    day = format_date(sheet.until, "long", locale=language)
    canvas.setFillColor(MAIN)
    top = lines(canvas, texts["title"], top, BOLD, 16)
    canvas.setFillColor(black)
    for number, step in enumerate(("one", "two", "three"), 1):
        text = texts[step].format(typed=sheet.typed)
        top = lines(canvas, f"{number}. {text}", top, PLAIN, 12.5)
    top = lines(canvas, texts["until"].format(day=day), top, BOLD, 12.5)
    if sheet.recovers:
        top = lines(canvas, texts["again"], top, PLAIN, 12.5)
    canvas.setFillColor(SOFT)
    asked = texts["help"].format(phone=sheet.phone)
    asked += f" ({sheet.hours})." if sheet.hours else "."
    if sheet.speaks:
        asked += " " + texts["speak"].format(languages=listed(sheet.speaks, language))
    return lines(canvas, written(asked) or sheet.phone, top, PLAIN, 11) - 7 * MM


def lines(canvas: Canvas, text: str, top: float, font: str, size: float) -> float:
    """Draw `text`, broken into lines below `top`; return where to go on."""
    canvas.setFont(font, size)
    for line in simpleSplit(text, font, size, WIDTH - 2 * MARGIN):
        top -= size * 1.35
        canvas.drawString(MARGIN, top, line)
    return top - 1.2 * MM


def written(text: str | None) -> str | None:
    """Return `text` where the fonts have its letters; None where it has to be written by hand."""
    try:
        (text or "").encode(LETTERS)
    except UnicodeEncodeError:
        return None
    return text or None
