"""`python -m services.notify` as it runs: events in, letters out, nothing lost or told twice."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from deploy.local import Servers, Services
from deploy.local.post import Post
from deploy.local.waiting import until
from shared.broker.publisher import Publisher
from shared.events import Lane, SigninRequested
from tests.integration.notify.conftest import Hospital

PATIENCE = 30.0  # seconds
EXTRA = {"SCANPASS_DELIVERY_SECONDS": "0.1", "SCANPASS_DIGEST_QUIET_SECONDS": "2"}


@pytest.fixture
def services(servers: Servers, post: Post, hospital: Hospital) -> Iterator[Services]:
    """Run notify, and nobody else."""
    assert post
    assert hospital
    with Services(servers, ("notify",), {"notify": EXTRA}) as running:
        yield running


@pytest.fixture
def index(environment: Callable[[str], dict[str, str]]) -> Iterator[Publisher]:
    """Tell events as index does."""
    with closing(Publisher(environment("index")["SCANPASS_AMQP_URL"], "index")) as publisher:
        yield publisher


def states(hospital: Hospital) -> list[str]:
    return [row["state"] for row in hospital.rows()]


@pytest.mark.usefixtures("services")
def test_a_released_study_is_a_letter_and_an_event(
    hospital: Hospital, post: Post, index: Publisher
) -> None:
    """Told three times it is one letter; that it was sent is confirmed by the broker."""
    event = hospital.released(hospital.reachable(), "1.2")
    for _ in range(3):
        index.publish(event)

    until(lambda: any(told["sent_at"] for told in hospital.told()), PATIENCE, "told")
    (row,), (told,) = hospital.rows(), hospital.told()
    (letter,) = post.mailbox.letters()
    assert (row["state"], row["attempts"], row["event_id"]) == ("sent", 1, event.id)
    assert (told["type"], told["causation"]) == ("notification.sent.v1", event.id)
    assert letter.mail["Message-ID"].startswith(f"<{row['delivery']}@")
    assert letter.mail["Subject"] == "New images from Test Hospital"
    plain = letter.mail.get_body(("plain",))
    assert plain is not None
    assert row["reference"] in plain.get_content()


@pytest.mark.usefixtures("services")
def test_an_old_archive_is_one_letter_a_person(
    hospital: Hospital, post: Post, index: Publisher
) -> None:
    """Three studies, each told twice, beside a live one that has its own."""
    record = hospital.reachable()
    for study in ("1.1", "1.2", "1.3") * 2:
        index.publish(hospital.released(record, study, Lane.BACKFILL))
    index.publish(hospital.released(record, "1.4"))

    until(lambda: states(hospital) == ["sent"] * 2, PATIENCE, "sent")
    subjects = sorted(str(letter.mail["Subject"]) for letter in post.mailbox.letters())
    assert subjects == ["3 older studies from Test Hospital", "New images from Test Hospital"]
    assert len(hospital.told()) == 2


@pytest.mark.usefixtures("services")
def test_an_owed_letter_is_sent_once_the_patient_can_be_reached(
    hospital: Hospital, post: Post, index: Publisher
) -> None:
    """Here by a text message, though no event says that index has filed the roster."""
    record = hospital.patient()
    index.publish(hospital.released(record, "1.2"))
    until(lambda: states(hospital) == ["owed"], PATIENCE, "owed")

    hospital.tell(record, None, "+1 555 0199", "es")
    until(lambda: states(hospital) == ["sent"], PATIENCE, "sent")
    (message,) = post.telephone.messages()
    assert message["to"] == "+15550199"
    assert "imágenes" in message["text"]
    assert hospital.rows()[0]["reference"] in message["text"]


@pytest.mark.usefixtures("services")
def test_who_asks_to_sign_in_is_written_to(
    hospital: Hospital, post: Post, environment: Callable[[str], dict[str, str]]
) -> None:
    """By the event that portal tells, though it is told twice; link and digits are in it."""
    with hospital.owner.transaction() as connection:
        (row,) = connection.execute(
            "INSERT INTO access.signin (channel, address, language, known, browser_hash,"
            " expires_at) VALUES ('sms', '+15550199', 'es', true, '\\x00',"
            " clock_timestamp() + interval '15 minutes') RETURNING signin"
        ).fetchall()
    event = SigninRequested(signin=row["signin"])
    with closing(Publisher(environment("portal")["SCANPASS_AMQP_URL"], "portal")) as portal:
        portal.publish(event)
        portal.publish(event)
    until(lambda: bool(post.telephone.messages()), PATIENCE, "a message")
    (message,) = post.telephone.messages()
    assert message["to"] == "+15550199"
    assert "/l#" in message["text"]
    assert "su clave" in message["text"]


def postponed(hospital: Hospital) -> list[tuple[str | None, bool]]:
    """Return why each letter that is due waits, and whether it was moved on."""
    return [(row["reason"], row["later"]) for row in hospital.rows() if row["state"] == "due"]


def test_letters_wait_while_the_mail_server_is_down(
    hospital: Hospital, post: Post, index: Publisher, services: Services
) -> None:
    """They are tried, moved on and kept, text messages go on, and nothing becomes a dead letter."""
    post.smtp.stop()
    letters = [hospital.reachable() for _ in range(3)]
    for number, record in enumerate([*letters, hospital.reachable(None, "+15550199")]):
        index.publish(hospital.released(record, f"1.{number}"))
    until(lambda: "sent" in states(hospital), PATIENCE, "the text message")
    until(lambda: postponed(hospital) == [("smtp-down", True)] * 3, PATIENCE, "all put off")
    assert services.ready("notify")

    post.smtp.start()
    hospital.hurry()
    until(lambda: set(states(hospital)) == {"sent"}, PATIENCE, "the letters")
    assert len(post.mailbox.letters()) == 3


def test_a_killed_service_loses_nothing(
    hospital: Hospital, post: Post, index: Publisher, services: Services
) -> None:
    """Each letter arrives; at most one a kill is repeated, under its own Message-ID."""
    record, kills = hospital.reachable(), 3
    for number in range(60):
        index.publish(hospital.released(record, f"1.{number}"))
    for kill in range(kills):
        until(lambda so_far=5 + kill * 10: len(post.mailbox.names()) > so_far, PATIENCE, "some")  # type: ignore[misc]  # mypy#4226
        services.kill("notify")
        services.stop("notify")
        hospital.hurry()  # the dead one's lease
        services.start("notify")
    until(lambda: states(hospital) == ["sent"] * 60, PATIENCE, "all")

    identities = [letter.mail["Message-ID"] for letter in post.mailbox.letters()]
    assert len(set(identities)) == 60
    assert len(identities) <= 60 + kills
    assert len(hospital.told()) == 60
    assert sum(row["attempts"] for row in hospital.rows()) >= len(identities)


def test_nobody_is_named_in_the_log(
    hospital: Hospital, post: Post, index: Publisher, services: Services
) -> None:
    """Not who was written to, not who was refused, not who could not be reached yet."""
    post.answers["gone@patients.example"] = 550
    records = [hospital.reachable(), hospital.reachable("gone@patients.example")]
    records.append(hospital.reachable(None, "+15550177"))
    for number, record in enumerate(records):
        index.publish(hospital.released(record, f"1.{number}"))
    until(lambda: sorted(states(hospital)) == ["failed", "sent", "sent"], PATIENCE, "all judged")

    log = services.log("notify").read_text()
    assert "delivery_tried" in log
    for person in ("patients.example", "5550177", "Citizen", "Jan"):
        assert person not in log
