"""The pages: a mailbox, and telephones with their messages."""

from base64 import b64encode
from datetime import UTC, datetime
from email.message import EmailMessage
from http import HTTPStatus
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from deploy.local.post.http import Answer, Request
from deploy.local.post.mailbox import Mailbox, Received
from deploy.local.post.telephone import Telephone, Texted

PAGES = Path(__file__).parent / "pages"
STATIC = {"style.css": "text/css", "fresh.js": "text/javascript"}
GUARDED = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self';"
    " connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'",
}
# A letter may show what it carries, and open its links elsewhere: no script, no request, no form.
CAGED = GUARDED | {
    "Content-Security-Policy": "sandbox allow-popups allow-popups-to-escape-sandbox;"
    " default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'"
}


class Web:
    """The pages over one mailbox and its telephones."""

    def __init__(self, mailbox: Mailbox, telephone: Telephone) -> None:
        """Show `mailbox` and `telephone`."""
        self.mailbox, self.telephone = mailbox, telephone
        self.environment = Environment(
            loader=FileSystemLoader(PAGES),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.filters |= {"clock": clock, "day": day}

    def __call__(self, request: Request) -> Answer:
        """Answer one request."""
        try:
            return self.found(request.path.strip("/").split("/"), request.query)
        except FileNotFoundError:
            return Answer(HTTPStatus.NOT_FOUND, b"There is nothing here.\n", headers=GUARDED)

    def found(self, path: list[str], query: str) -> Answer:
        """Return what lies at `path`.

        Raises:
            FileNotFoundError: nothing.

        """
        match path:
            case [""]:
                return self.page("mailbox.html", letters=map(shown, self.mailbox.letters()))
            case ["letters", name]:
                letter = shown(self.mailbox.letter(name))
                return self.page("letter.html", letter=letter, plain=query == "as=text")
            case ["letters", name, "html"]:
                return html(self.mailbox.letter(name).mail)
            case ["phone"]:
                return self.page("phone.html", phones=phones(self.telephone.messages()))
            case ["seen"]:
                return Answer(HTTPStatus.OK, self.seen().encode(), headers=GUARDED)
            case [name] if name in STATIC:
                return Answer(HTTPStatus.OK, (PAGES / name).read_bytes(), STATIC[name], GUARDED)
        raise FileNotFoundError

    def page(self, template: str, **values: object) -> Answer:
        """Return a page."""
        counts = {
            "seen": self.seen(),
            "mails": len(self.mailbox.names()),
            "texts": len(self.telephone.messages()),
        }
        body = self.environment.get_template(template).render(values | counts)
        return Answer(HTTPStatus.OK, body.encode(), "text/html; charset=utf-8", GUARDED)

    def seen(self) -> str:
        """Return what changes when something comes in."""
        return f"{len(self.mailbox.names())}-{len(self.telephone.messages())}"


def shown(letter: Received) -> dict[str, object]:
    """Return what the pages show of a letter."""
    mail = letter.mail
    plain = mail.get_body(("plain",))
    sender = mail["From"].addresses[0] if mail["From"] else None
    return {
        "name": letter.name,
        "at": letter.at,
        "sender": (sender.display_name or sender.addr_spec) if sender else "",
        "address": sender.addr_spec if sender else "",
        "to": mail.get("Delivered-To", ""),
        "subject": mail.get("Subject", ""),
        "language": mail.get("Content-Language", "en"),
        "id": mail.get("Message-ID", ""),
        "text": plain.get_content() if plain else "",
    }


def html(mail: EmailMessage) -> Answer:
    """Return the letter's HTML, with the pictures it carries put into it (RFC 2392)."""
    body = mail.get_body(("html",))
    if body is None:
        raise FileNotFoundError
    text: str = body.get_content()
    for part in mail.walk():
        if part.get_content_maintype() == "image" and part["Content-ID"]:
            content = b64encode(part.get_payload(decode=True)).decode()  # type: ignore[arg-type]  # bytes, for no image is multipart
            data = f"data:{part.get_content_type()};base64,{content}"
            text = text.replace("cid:" + part["Content-ID"].strip().strip("<>"), data)
    text = text.replace("<head>", '<head><base target="_blank">', 1)
    return Answer(HTTPStatus.OK, text.encode(), "text/html; charset=utf-8", CAGED)


def phones(messages: list[Texted]) -> list[dict[str, object]]:
    """Return the telephones, whoever was written to last first, with their messages in order."""
    by_number = groupby(sorted(messages, key=itemgetter("to", "received_at")), itemgetter("to"))
    found: list[dict[str, object]] = [
        {
            "number": number,
            "messages": [
                {"text": one["text"], "at": datetime.fromisoformat(one["received_at"])}
                for one in ones
            ],
        }
        for number, ones in by_number
    ]
    last = {message["to"]: message["received_at"] for message in messages}
    return sorted(found, key=lambda phone: last[str(phone["number"])], reverse=True)


def clock(at: datetime) -> str:
    """Return the time of day where this runs."""
    return f"{at.astimezone():%H:%M}"


def day(at: datetime) -> str:
    """Return the day, or nothing for today."""
    local = at.astimezone()
    return "" if local.date() == datetime.now(UTC).astimezone().date() else f"{local:%d %b}"
