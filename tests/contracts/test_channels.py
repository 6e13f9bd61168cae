"""What every channel must do; the fake stands the same tests as the real ones do."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

import services.notify
from deploy.local.post import Post
from services.notify.channels import Channel, Refused, email, sms
from services.notify.letter import Letter, Patient, Picture, write
from services.notify.letter import Way as WayIn
from shared.errors import EdgeDown
from shared.wording import load
from tests.fakes.notify import SITE, MemoryChannel

TOKEN = "a-token-of-the-tests"  # noqa: S105  of a gateway that lives for one test
LOGO = Picture(b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml")


@dataclass
class Way:
    """A channel with its receiver: how to break it, and what has come out of it."""

    channel: Channel
    to: str
    turn_away: Callable[[str, bool], None]  # whom, and whether for good
    close: Callable[[], None]
    reopen: Callable[[], object]
    received: Callable[[], list[tuple[str, str]]]  # identity and to whom


def by_memory(_: Post) -> Way:
    channel = MemoryChannel()

    def turn_away(to: str, for_good: bool) -> None:  # noqa: FBT001  as in `Way`
        channel.answers[to] = Refused("no") if for_good else EdgeDown("memory")

    def close() -> None:
        channel.answers["jan"] = EdgeDown("memory")

    def received() -> list[tuple[str, str]]:
        return [(str(delivery), to) for delivery, to, _ in channel.taken]

    return Way(channel, "jan", turn_away, close, channel.answers.clear, received)


def by_email(post: Post) -> Way:
    channel = email.Email(email.server(post.addresses.smtp), "letters@scanpass.example")

    def turn_away(to: str, for_good: bool) -> None:  # noqa: FBT001  as in `Way`
        post.answers[to] = 550 if for_good else 451

    def received() -> list[tuple[str, str]]:
        mails = [letter.mail for letter in reversed(post.mailbox.letters())]
        return [(mail["Message-ID"].strip("<>").split("@")[0], mail["To"]) for mail in mails]

    return Way(
        channel, "jan@patients.example", turn_away, post.smtp.stop, post.smtp.start, received
    )


def by_sms(post: Post) -> Way:
    channel = sms.Sms(sms.gateway(post.addresses.sms), SecretStr(TOKEN))

    def turn_away(to: str, for_good: bool) -> None:  # noqa: FBT001  as in `Way`
        post.answers[to] = 422 if for_good else 503

    def received() -> list[tuple[str, str]]:
        return [(text["key"], text["to"]) for text in post.telephone.messages()]

    return Way(channel, "+15550199", turn_away, post.sms.stop, post.sms.start, received)


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    with Post(tmp_path, TOKEN) as office:
        yield office


@pytest.fixture(params=[by_memory, by_email, by_sms])
def way(request: pytest.FixtureRequest, post: Post) -> Way:
    made: Way = request.param(post)
    return made


@pytest.fixture(scope="module")
def letter() -> Letter:
    site = replace(SITE, logo=LOGO)
    way_in = WayIn("https://portal.example", "92QM-7F3K-C")
    wordings = load(Path(services.notify.__file__).parent, "notify")
    return write(Patient("GARCIA^ANA", "es"), site, "7F3K-92", way_in, wordings)


def test_what_is_sent_has_arrived(way: Way, letter: Letter) -> None:
    """When the call returns, the receiver has it, under the delivery's identity."""
    delivery = uuid4()
    way.channel.send(delivery, way.to, letter)
    assert way.received() == [(str(delivery), way.to)]


def test_sent_again_it_is_known_again(way: Way, letter: Letter) -> None:
    """Whatever comes of a repeat, it bears the identity of the first."""
    delivery = uuid4()
    for _ in range(2):
        way.channel.send(delivery, way.to, letter)
    assert set(way.received()) == {(str(delivery), way.to)}


def test_who_is_turned_away_for_good_is_refused(way: Way, letter: Letter) -> None:
    """With a code, which names nobody; and nothing has arrived."""
    way.turn_away(way.to, True)  # noqa: FBT003  for good
    with pytest.raises(Refused) as refused:
        way.channel.send(uuid4(), way.to, letter)
    assert way.to not in str(refused.value)
    assert not way.received()


def test_who_is_turned_away_for_now_is_the_edges_fault(way: Way, letter: Letter) -> None:
    """So it is tried again later."""
    way.turn_away(way.to, False)  # noqa: FBT003  for now
    with pytest.raises(EdgeDown):
        way.channel.send(uuid4(), way.to, letter)
    assert not way.received()


def test_a_receiver_that_is_gone_is_the_edges_fault(way: Way, letter: Letter) -> None:
    """No driver's own error leaves the channel, and it needs no restart when all is well."""
    way.close()
    with pytest.raises(EdgeDown):
        way.channel.send(uuid4(), way.to, letter)
    way.reopen()
    way.channel.send(uuid4(), way.to, letter)
    assert len(way.received()) == 1


def test_the_mail_is_whole(post: Post, letter: Letter) -> None:
    """Both forms and the logo come out as they went in."""
    by_email(post).channel.send(UUID(int=1), "ana@patients.example", letter)
    (received,) = post.mailbox.letters()
    plain, related = received.mail.iter_parts()
    html, logo = related.iter_parts()
    assert plain.get_content().replace("\r\n", "\n").strip() == letter.text.strip()
    assert html.get_content().replace("\r\n", "\n").strip() == letter.html.strip()
    assert logo.get_content() == LOGO.content
    assert received.mail["Delivered-To"] == "ana@patients.example"


def test_a_text_message_is_kept_once(post: Post, letter: Letter) -> None:
    """The gateway knows the key again, so a repeat reaches nobody twice."""
    way = by_sms(post)
    for _ in range(3):
        way.channel.send(UUID(int=1), " +1 (555) 01-99 ", letter)
    (message,) = post.telephone.messages()
    assert (message["to"], message["text"]) == ("+15550199", letter.short)
    assert message["id"] == str(UUID(int=1))


def test_a_wrong_token_is_our_fault(post: Post, letter: Letter) -> None:
    """The number is not to blame, so the message waits until somebody mends it."""
    channel = sms.Sms(sms.gateway(post.addresses.sms), SecretStr("wrong"))
    with pytest.raises(EdgeDown):
        channel.send(uuid4(), "+15550199", letter)
    assert not post.telephone.messages()


@pytest.mark.parametrize(
    "number", ["", "0", "jan@patients.example", "+1 555 ext 7", "+" + "1" * 16]
)
def test_what_is_no_number_is_refused(post: Post, letter: Letter, number: str) -> None:
    """Before any gateway hears of it."""
    with pytest.raises(Refused, match="number-malformed"):
        by_sms(post).channel.send(uuid4(), number, letter)


def test_a_password_is_not_offered_to_a_server_that_cannot_encrypt(
    post: Post, letter: Letter
) -> None:
    """A server without STARTTLS gets neither the password nor the letter."""
    plain = email.server(post.addresses.smtp)
    careful = replace(plain, scheme="starttls", user="u", password=TOKEN)
    with pytest.raises(EdgeDown):
        email.Email(careful, "a@b.example").send(uuid4(), "jan@patients.example", letter)
    assert not post.mailbox.letters()


@pytest.fixture
def silent() -> Iterator[int]:
    """Listen on a port, take connections, and never say a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        taken: list[socket.socket] = []

        def take() -> None:
            while True:
                try:
                    taken.append(listening.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in taken:
            connection.close()


@pytest.mark.parametrize("scheme", ["smtp", "smtps", "http", "https"])
def test_a_silent_server_does_not_keep_us(
    monkeypatch: pytest.MonkeyPatch, letter: Letter, silent: int, scheme: str
) -> None:
    """Every wait has its end."""
    monkeypatch.setattr(email, "STEP", 0.3)
    monkeypatch.setattr(sms, "TIMEOUT", 0.3)
    url = f"{scheme}://127.0.0.1:{silent}"
    channel: Channel
    if scheme.startswith("smtp"):
        channel, to = email.Email(email.server(url), "letters@scanpass.example"), "jan@x.example"
    else:
        channel, to = sms.Sms(sms.gateway(url), SecretStr(TOKEN)), "+15550199"
    began = time.monotonic()
    with pytest.raises(EdgeDown):
        channel.send(uuid4(), to, letter)
    assert time.monotonic() - began < 10
