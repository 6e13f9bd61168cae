"""What of FHIR goes with a take: the patients, the studies, their reports, and what was given."""

import json
from collections.abc import Sequence

from services.portal.dicomweb.place import ME
from services.portal.fhir import bundles, mapping
from services.portal.fhir.asking import Asked
from services.portal.fhir.finding import Finder
from services.portal.reading import Opened, Visible
from shared.access import Because

MOST = 1_000_000  # of each: a take is whole
OF_STUDIES = "(s.site, s.study_uid) IN (SELECT * FROM unnest(%s::text[], %s::text[]))"


def bundle(opened: Sequence[Opened], studies: Sequence[tuple[str, str]], portal: str) -> bytes:
    """Return a Bundle on `studies` (site, UID), all of which were opened in one transaction.

    Consents are in it where the reader is the patient.
    """
    own = {each.record for each in opened if each.decision.because is Because.OWN}
    records = tuple(
        {"record": record, "site": "", "own": record in own}
        for record in {each.record for each in opened}
    )
    visible = Visible(opened[0].connection, opened[0].reader, records)
    finder = Finder(visible, ME, portal.rstrip("/"), every=True)
    places: list[object] = [[site for site, _ in studies], [uid for _, uid in studies]]
    all_of = Asked((), MOST, 0, ())
    those = Asked(((OF_STUDIES, places),), MOST, 0, ())
    found = [
        *finder.patients(all_of),
        *finder.studies(those),
        *finder.reports(those),
        *finder.consents(all_of),
        mapping.endpoint(ME, finder.dicomweb),
    ]
    told = bundles.collection(f"{portal.rstrip('/')}/fhir/{ME}", found)
    return json.dumps(told, ensure_ascii=False, indent=1).encode()
