"""Who is meant in a file that a patient has brought, on a disc of any hospital's. Pure.

There numbers say little: two hospitals give one number to two people, and discs have none. So name
and birth date belong to the key of the record, and who is called otherwise is somebody else.
"""

from hashlib import sha256

from services.index.catalogue import PatientKey
from services.index.header import Header
from shared.catalogue import words

NOBODY = PatientKey("unnamed", "")


def patient(header: Header) -> PatientKey:
    """Return whom a file is of; its issuer is a digest that names nobody.

    Files without any name, number and birth date are of one nobody, whom a person may know.
    """
    told, known = header.values.study, header.values.patient
    name = sorted(words((told.patient_name or "").replace("^", " ").replace("=", " ")))
    born = told.patient_birth_date.isoformat() if told.patient_birth_date else ""
    number = known.patient_id if known else ""
    if not (name or born or number):
        return NOBODY
    issuer = "\x1f".join([known.issuer if known else "", born, *name])
    return PatientKey(sha256(issuer.encode()).hexdigest(), number)
