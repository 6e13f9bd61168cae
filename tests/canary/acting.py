"""What the hospital drops and what people do: all of it once, with names typed everywhere."""

import re
from datetime import date
from uuid import uuid4

from deploy.local.waiting import until
from tests.canary.birds import Flock
from tests.canary.people import Patient, odd, roster
from tests.canary.walking import Browser, Page, found
from tests.chaos.standing import Standing
from tests.judging.letters import Message
from tests.judging.mailbox import read_messages

PATIENCE = 180.0  # seconds
SITE = "north"
OK = 200
LINK = r"[\w-]{43}"
CODE = r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]"
SETTLED = """
    SELECT count(*) AS n FROM catalogue.study
    WHERE state = 'available' AND released_at IS NOT NULL AND study_uid = ANY (%s)
"""
KILLED = ("ingest", "transcode", "index", "notify", "portal")


class Play:
    """The whole run."""

    def __init__(self, stage: Standing, flock: Flock) -> None:
        """Begin with two patients whom nobody knows yet."""
        self.stage, self.flock = stage, flock
        told = stage.servers.environment("portal")
        self.pages, self.viewer = told["SCANPASS_PORTAL_URL"], told["SCANPASS_VIEWER_URL"]
        self.address = f"{flock.name('maria', '', kind='address')}@example.org".lower()
        self.maria = Patient.made(flock, "maria", ("email", self.address))
        self.otto = Patient.made(flock, "otto", ("phone", flock.number("otto")))
        self.at_home = Browser(self.pages)
        self.doctors = f"{flock.name('doctor', '', kind='address')}@example.org".lower()

    def all(self) -> None:
        """Play it."""
        self.drop()
        self.claim()
        self.sign_in()
        self.mistype()
        self.help()
        self.look(self.open_share(self.share()))
        self.withdraw()

    def letters(self, to: str) -> list[Message]:
        """Return what came to an address or number, the oldest first."""
        messages = read_messages(self.stage.folder / "post")
        return [each for each in messages if each.to == to]

    def letter(self, to: str, pattern: str) -> str:
        """Wait for a letter that holds `pattern`, and return the newest one's group.

        Raises:
            NotUp: none comes.

        """

        def held() -> list[str]:
            return [one for each in self.letters(to) for one in re.findall(pattern, each.text)]

        until(lambda: bool(held()), PATIENCE, "no letter comes")
        return held()[-1]

    def drop(self) -> None:
        """Let the hospital drop all it has, while each service is killed once."""
        key = self.flock.name("maria", "Scan of ", kind="key")
        people = [self.maria, self.otto]
        files = {f"{SITE}/{key}/people.json": roster(people)}
        for each in people:
            for number, letters in enumerate(("ISO_IR 192", "ISO_IR 100", "ISO_IR 192"), 1):
                files[f"{SITE}/{key}/{each.who}/{number}.dcm"] = each.slice(
                    self.flock, number, letters
                )
        files |= {f"{SITE}/{key}/{name}": each for name, each in odd(self.flock, self.otto).items()}
        self.stage.drop(files)
        for name in KILLED:
            self.stage.services.kill(name)
        self.stage.services.wait(PATIENCE)
        uids = [each.study for each in people]
        until(lambda: self.stage.rows(SETTLED, uids)[0]["n"] == len(uids), PATIENCE, "not released")

    def claim(self) -> None:
        """Use the code of the letter, after a wrong one and a wrong birth date."""
        code = self.flock.token("maria", self.letter(self.address, rf"/c#({CODE})"), "code")
        self.flock.token("otto", self.letter(self.otto.telecom[1], rf"/c#({CODE})"), "code")
        wrong = self.flock.birth_date("nobody")
        self.at_home.post("/claim", code=code, **said(wrong))
        self.at_home.post("/claim", code=self.flock.name("nobody", ""), **said(wrong))
        came = self.at_home.post("/claim", code=code, **said(self.maria.born))
        expect(came, "/scans", "/wish", "/signin/")
        self.cookie(self.at_home, "maria")

    def sign_in(self) -> None:
        """Sign in anew by the link of a letter."""
        self.at_home.post("/signout")
        self.at_home.post("/signin", address=f"{self.flock.name('nobody', '')}@example.org")
        before = len(self.letters(self.address))
        self.at_home.post("/signin", address=self.address)
        until(lambda: len(self.letters(self.address)) > before, PATIENCE, "no letter comes")
        token = self.flock.token("maria", self.letter(self.address, rf"/l#({LINK})"))
        Browser(self.pages).get(f"/l?token={token}")  # as a script that scans letters may
        expect(self.at_home.post("/l", token=token), "/scans", "/wish")
        self.cookie(self.at_home, "maria")

    def cookie(self, browser: Browser, whose: str) -> None:
        """Remember what a browser holds."""
        for value in browser.cookies.values():
            if len(value) > 20:
                self.flock.token(whose, value, "cookie")

    def mistype(self) -> None:
        """Put names and numbers where addresses, searches and forms take them."""
        name = self.flock.name("maria", "", kind="typed")
        for path in (
            f"/scans?q={name}",
            f"/dicomweb/me/studies?PatientName={name}*",
            f"/dicomweb/{SITE}/studies?PatientID={name}",
            f"/dicomweb/{name}/studies",
            f"/scans/{SITE}/{name}",
            f"/{name}?{name}={name}",
            f"/dicomweb/me/studies?StudyDate={name}",
            f"/s?said={name}",
        ):
            self.at_home.get(path)
        self.at_home.post("/helpers", name=name, address=name)
        self.at_home.post("/helpers", name=name * 90, address="a@example.org")
        self.at_home.post("/claim", code=name, how=name)
        self.at_home.post("/consents", site=name, purpose=name)
        self.at_home.post(f"/shared/{name}/end")

    def help(self) -> None:
        """Ask somebody to help, who joins."""
        to = f"{self.flock.name('helper', '', kind='address')}@example.org".lower()
        self.at_home.post("/helpers", name=self.flock.name("helper", "Señora "), address=to)
        code = self.flock.token("helper", self.letter(to, rf"\b({CODE})\b"), "code")
        lucia = Browser(self.pages)
        expect(lucia.post("/h", code=code), "/scans")
        self.cookie(lucia, "helper")
        lucia.get("/scans")

    def share(self) -> str:
        """Share with a doctor, and return the link of their letter."""
        place = f"/scans/{SITE}/{self.maria.study}/share"
        form = self.at_home.get(place)
        self.grant = found(r'name="grant" value="([0-9a-f-]{36})"', form.text)
        told = {"grant": self.grant, "what_for": "hospital", "named": "yes"}
        page = self.at_home.post(place, address=self.doctors, **told)
        self.flock.token("maria", found(rf"/s#({LINK})", page.text))
        return self.flock.token("doctor", self.letter(self.doctors, rf"/s#({LINK})"))

    def open_share(self, link: str) -> str:
        """Open it as a doctor, after what scanners do and a wrong birth date."""
        doctor = Browser(self.pages)
        who = {"name": self.flock.name("doctor", "Dr. Ø'"), "role": "doctor"}
        doctor.get(f"/s?said={link}")
        doctor.post("/s", said=link)
        doctor.post("/s/open", said=link, **who, **said(self.flock.birth_date("nobody")))
        code = found(rf">({CODE})<", self.at_home.post(f"/shared/{self.grant}/code").text)
        self.flock.token("maria", code, "code")
        came = doctor.post("/s/open", said=code, **who, **said(self.maria.born))
        expect(came, self.viewer)
        return self.flock.token("doctor", came.location.rpartition("/v/")[2])

    def look(self, viewing: str) -> None:
        """Look at everything as the doctor does, and take a file."""
        doctor = Browser(self.viewer)
        page = doctor.get(f"/v/{viewing}")
        client = found(r"/v/([0-9a-f]{64})/dicomweb/me", page.text)
        self.flock.token("doctor", client)
        study = self.maria.study
        one = f"studies/{study}/series/{study}.1/instances/{study}.1.1"
        for path in (
            f"/v/{viewing}/{SITE}/{study}",
            f"/v/{viewing}/{SITE}/{study}/viewer",
            f"/v/{viewing}/dicomweb/{SITE}/studies/{study}/metadata",
            f"/v/{viewing}/dicomweb/{SITE}/{one}/frames/1",
            f"/v/{viewing}/dicomweb/{SITE}/{one}/rendered",
            f"/v/{client}/dicomweb/me/studies",
            f"/v/{client}/dicomweb/me/{one}",
        ):
            expect(doctor.get(path))
        doctor.get(f"/v/{viewing}/dicomweb/{SITE}/{one}/frames/9")
        self.write(doctor, viewing)

    def write(self, doctor: Browser, viewing: str) -> None:
        """Answer as the doctor does, and ask for more time, which is given."""
        place = f"/v/{viewing}"
        words = {"words": self.flock.name("doctor", "Seen by ", kind="typed")}
        about = {"answer": str(uuid4()), "study": f"{SITE}|{self.maria.study}"}
        expect(doctor.post(f"{place}/answer", **about, **words), f"{place}?answered=yes")
        expect(doctor.post(f"{place}/longer", days="90", **words), place)
        asked = found(r'href="(/requests/[0-9a-f-]{36})"', self.at_home.get("/requests").text)
        expect(self.at_home.get(asked))
        expect(self.at_home.post(f"{asked}/approve", days="90"), "/shared/")

    def withdraw(self) -> None:
        """Look who looked, take it back, and let the doctor try again."""
        for path in ("/shared", f"/shared/{self.grant}", "/looked", "/scans", "/settings"):
            expect(self.at_home.get(path))
        self.at_home.post(f"/shared/{self.grant}/end")
        expect(self.at_home.post("/take", whose=self.whose()), "/take/")
        self.at_home.post("/signout")

    def whose(self) -> str:
        """Return the identity of María's account."""
        rows = self.stage.rows("SELECT person FROM access.grants WHERE grant_id = %s", self.grant)
        return str(rows[0]["person"])


def said(day: date) -> dict[str, str]:
    """Return a birth date as a form says it."""
    return {"day": str(day.day), "month": str(day.month), "year": str(day.year)}


def expect(came: Page, *places: str) -> None:
    """Go on where an answer is as it should be: a page, or one of `places` to go on to.

    Raises:
        LookupError: it is not; the play would prove nothing.

    """
    right = any(map(came.location.startswith, places)) if places else came.status == OK
    if not right:
        raise LookupError(came.status)
