"""services.index.disc: on a disc a number alone says nothing, and a key names nobody."""

from services.index import disc
from services.index.catalogue import PatientKey, values
from services.index.header import Header


def key(name: str = "", born: str = "", number: str = "") -> PatientKey:
    """Return the key of a file that says so."""
    told = {
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": name}] if name else []},
        "00100020": {"vr": "LO", "Value": [number] if number else []},
        "00100030": {"vr": "DA", "Value": [born] if born else []},
    }
    return disc.patient(Header(b"", values(told)))


def test_who_is_called_otherwise_is_somebody_else() -> None:
    """Also under one number: hospitals number from one, each for itself."""
    one = key("Case^Maria", "19680312", "123")
    assert one == key("CASE^MARÍA", "19680312", "123")
    assert one != key("Case^Otto", "19680312", "123")
    assert one != key("Case^Maria", "19680313", "123")
    assert one != key("Case^Maria", "19680312", "124")


def test_a_disc_without_numbers_is_somebodys() -> None:
    """A name is enough; who has nothing at all is one nobody."""
    assert key("Case^Maria", "19680312") != key("Case^Otto", "19680312")
    assert key() == disc.NOBODY != key("Case^Maria")


def test_the_issuer_names_nobody() -> None:
    """It is a digest."""
    assert set(key("Case^Maria", "19680312", "123").issuer) <= set("0123456789abcdef")
