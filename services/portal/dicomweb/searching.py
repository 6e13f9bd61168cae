"""QIDO-RS (PS3.18 §10.6): studies, series and instances, of what may be seen and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.portal.dicomweb import accept, attributes
from services.portal.dicomweb.answers import bearer, in_words, refuse_all_but, wishes
from services.portal.dicomweb.attributes import Attribute, Row
from services.portal.dicomweb.finding import opened
from services.portal.dicomweb.matching import (
    OF_INSTANCE,
    OF_SERIES,
    OF_STUDY,
    Match,
    Search,
    search,
)
from services.portal.dicomweb.place import ME, SERIES, STUDY, Place, Root, Series, Study
from services.portal.facts import Credential
from services.portal.page import edges_of
from shared.db import Connection, sql

router = APIRouter()
Bearer = Annotated[Credential, Depends(bearer)]

JSON = "application/dicom+json"
MORE = '299 scanpass "There are additional results that can be requested"'  # PS3.18 §8.3.4.4
COLUMNS = """
    s.site, s.study_uid, s.study_date, s.study_time, s.utc_offset, s.accession_number, s.modalities,
    s.referring_physician, s.description AS study_description, s.patient_name, r.patient_id,
    s.patient_birth_date, s.patient_sex, s.study_id, s.series_count, s.instance_count,
    'ONLINE' AS availability
"""
# Where several sites hold a study, `me` shows it once: see `finding.SITE`.
ONCE = """
    AND NOT EXISTS (
        SELECT FROM catalogue.study AS other
        WHERE other.study_uid = s.study_uid AND other.record = ANY (%s)
            AND other.state = 'available' AND other.released_at IS NOT NULL {within}
            AND (left(other.site, 8) <> 'brought-',
                    coalesce(other.completeness = 'complete', false), other.instance_count, s.site)
                > (left(s.site, 8) <> 'brought-', coalesce(s.completeness = 'complete', false),
                    s.instance_count, other.site))
"""
# A function for each row, so only where a grant limits what is seen.
WITHIN = " AND access.within(%s, {0}.site, {0}.study_uid, {0}.first_seen)"
SEEN = """
    FROM catalogue.study AS s JOIN catalogue.record AS r USING (record)
    {more} WHERE s.record {among} AND s.state = 'available' AND s.released_at IS NOT NULL
"""
# The page is found by what narrows it, and only then filled: what lies before it is skipped by the
# index, without its columns. OFFSET 0 has each row fetched by its key, not looked for in all rows.
PAGE = """
    SELECT {columns} FROM ({keys}) AS page
    CROSS JOIN LATERAL (SELECT * FROM catalogue.study AS one
        WHERE (one.site, one.study_uid) = (page.site, page.study_uid) OFFSET 0) AS s
    JOIN catalogue.record AS r USING (record) {more}
"""
OF_SERIES_COLUMNS = """,
    e.series_uid, e.modality, e.description AS series_description, e.series_number, e.body_part,
    e.laterality, e.instance_count AS series_instance_count
"""
WITH_SERIES = " JOIN catalogue.series AS e ON (e.site, e.study_uid) = (s.site, s.study_uid)"
PAGE_SERIES = """
    CROSS JOIN LATERAL (SELECT * FROM catalogue.series AS one
        WHERE (one.site, one.study_uid, one.series_uid)
            = (page.site, page.study_uid, page.series_uid) OFFSET 0) AS e
"""
PAGE_INSTANCES = """
    CROSS JOIN LATERAL (SELECT * FROM catalogue.content AS one
        WHERE (one.site, one.sop_uid, one.sha256) = (page.site, page.sop_uid, page.sha256) OFFSET 0
    ) AS c
"""
NEWEST = "coalesce(s.study_date, '-infinity') DESC, s.site, s.study_uid"
OF_INSTANCE_COLUMNS = """,
    c.sop_uid, c.sop_class_uid, c.instance_number, c.header
"""
WITH_INSTANCES = """
    JOIN catalogue.content AS c ON (c.site, c.study_uid, c.series_uid)
        = (e.site, e.study_uid, e.series_uid)
"""
BY_SERIES = NEWEST + ", e.series_number NULLS LAST, e.series_uid"
BY_INSTANCE = BY_SERIES + ", c.instance_number NULLS LAST, c.sop_uid"
INSTANCES = """
    SELECT c.study_uid, c.series_uid, c.sop_uid, c.sop_class_uid, c.instance_number, c.header,
        'ONLINE' AS availability
    FROM catalogue.content AS c JOIN catalogue.series AS e USING (site, study_uid, series_uid)
    WHERE c.site = %s AND c.study_uid = %s AND c.standing = 'presented'
"""
IN_ORDER = "e.series_number NULLS LAST, c.series_uid, c.instance_number NULLS LAST, c.sop_uid"
SERIES_OF = f"""
    SELECT {COLUMNS} {OF_SERIES_COLUMNS}
    FROM catalogue.study AS s JOIN catalogue.record AS r USING (record) {WITH_SERIES}
    WHERE s.site = %s AND s.study_uid = %s AND e.instance_count > 0
"""  # noqa: S608  constants


@router.get("/studies")
def studies(request: Request, credential: Bearer, place: Root) -> Response:
    """Find studies."""
    asked = read(request, OF_STUDY)
    page = PAGE.format(columns=COLUMNS, keys="{keys}", more="")
    how = Listed("s.site, s.study_uid", "", NEWEST, page)
    return answer(request, asked, listed(request, credential, place, asked, how), attributes.STUDY)


@router.get("/series")
def series(request: Request, credential: Bearer, place: Root) -> Response:
    """Find series, of all studies."""
    asked = read(request, {**OF_STUDY, **OF_SERIES})
    page = PAGE.format(columns=COLUMNS + OF_SERIES_COLUMNS, keys="{keys}", more=PAGE_SERIES)
    keys = "s.site, s.study_uid, e.series_uid"
    how = Listed(keys, WITH_SERIES, BY_SERIES, page, " AND e.instance_count > 0")
    rows = listed(request, credential, place, asked, how)
    return answer(request, asked, rows, {**attributes.STUDY, **attributes.SERIES})


@router.get("/instances")
def instances_of_all(request: Request, credential: Bearer, place: Root) -> Response:
    """Find instances, of all studies."""
    asked = read(request, {**OF_STUDY, **OF_SERIES, **OF_INSTANCE})
    columns = COLUMNS + OF_SERIES_COLUMNS + OF_INSTANCE_COLUMNS
    page = PAGE.format(columns=columns, keys="{keys}", more=PAGE_SERIES + PAGE_INSTANCES)
    keys = "s.site, s.study_uid, e.series_uid, c.sop_uid, c.sha256"
    joined, only = WITH_SERIES + WITH_INSTANCES, " AND c.standing = 'presented'"
    how = Listed(keys, joined, BY_INSTANCE, page, only)
    rows = listed(request, credential, place, asked, how)
    above = {**attributes.STUDY, **attributes.SERIES}
    wished = {tag: one for tag, one in above.items() if tag in asked.fields}
    return answer(request, asked, rows, {**wished, **attributes.INSTANCE})


@router.get(STUDY + "/series")
def series_of_study(request: Request, credential: Bearer, place: Study) -> Response:
    """Find series of a study."""
    asked = read(request, {**OF_STUDY, **OF_SERIES})
    with opened(request, credential, place) as (allowed, names):
        values = [names["site"], names["study"]]
        rows = found(allowed.connection, (SERIES_OF, BY_SERIES), values, asked)
    return answer(request, asked, rows, wider(asked, attributes.SERIES))


@router.get(STUDY + "/instances")
def instances_of_study(request: Request, credential: Bearer, place: Study) -> Response:
    """Find instances of a study."""
    return instances(request, credential, place)


@router.get(SERIES + "/instances")
def instances_of_series(request: Request, credential: Bearer, place: Series) -> Response:
    """Find instances of a series."""
    return instances(request, credential, place)


def instances(request: Request, credential: Credential, place: Place) -> Response:
    """Find instances of a study, or of a series where `place` names one."""
    asked = read(request, {**OF_SERIES, **OF_INSTANCE})
    query, values = INSTANCES, []
    if place.series:
        query += " AND c.series_uid = %s"
        values = [place.series]
    with opened(request, credential, place) as (allowed, names):
        values = [names["site"], names["study"], *values]
        rows = found(allowed.connection, (query, IN_ORDER), values, asked)
    return answer(request, asked, rows, attributes.INSTANCE)


def read(request: Request, known: Mapping[str, Match]) -> Search:
    """Return what is asked, if it can be answered in JSON."""
    if accept.first_of(wishes(request), (JSON, "application/json")) is None:
        refuse_all_but(JSON)
    with in_words():
        return search(request.query_params.multi_items(), known)


@dataclass(frozen=True, slots=True)
class Listed:
    """How a list over all studies is asked for: `page` fills the `keys` that are found."""

    keys: str
    more: str  # joined
    order: str
    page: str
    only: str = ""


def listed(
    request: Request, credential: Credential, place: Place, asked: Search, how: Listed
) -> list[Row]:
    """Return rows of all that may be listed, which the log of each record then says."""
    site = None if place.root == ME else place.root
    with edges_of(request).reading.listed(credential, site) as visible:
        request.state.guest = visible.reader.guest  # see `Flow`
        records = [each["record"] for each in visible.records]
        select, values = seen(how, records, visible.grant, once=place.root == ME)
        narrowed, given = narrow(select, values, how.order, asked)
        filled = f"{how.page.format(keys=narrowed)} ORDER BY {how.order}"
        return executed(visible.connection, filled, given)


def seen(
    how: Listed, records: Sequence[UUID], grant: UUID | None, *, once: bool
) -> tuple[str, list[object]]:
    """Return the query of what may be seen of `records`, and the values it takes."""
    among, of = ("= %s", records[0]) if len(records) == 1 else ("= ANY (%s)", list(records))
    query = f"SELECT {how.keys} {SEEN.format(more=how.more, among=among)} {how.only}"
    values: list[object] = [of]
    limits: list[object] = [grant] if grant else []
    if grant:
        query += WITHIN.format("s")
        values += limits
    if once:
        query += ONCE.format(within=WITHIN.format("other") if grant else "")
        values += [list(records), *limits]
    return query, values


def found(
    connection: Connection, query: tuple[str, str], values: Sequence[object], asked: Search
) -> list[Row]:
    """Return the rows of `query`, a SELECT and an order, narrowed by what is asked; one more."""
    return executed(connection, *narrow(query[0], values, query[1], asked))


def narrow(
    select: str, values: Sequence[object], order: str, asked: Search
) -> tuple[str, list[object]]:
    """Return `select` narrowed by what is asked, a page of it in `order`, and its values."""
    conditions = "".join(f" AND ({text})" for text, _ in asked.conditions)
    given = [value for _, each in asked.conditions for value in each]
    query = f"{select} {conditions} ORDER BY {order} LIMIT %s OFFSET %s"
    return query, [*values, *given, asked.limit + 1, asked.offset]


def executed(connection: Connection, query: str, values: Sequence[object]) -> list[Row]:
    """Return rows. Planned for these values each time: what is rare is found another way."""
    return list(connection.execute(sql.SQL(query), values, prepare=False).fetchall())


def wider(asked: Search, table: Mapping[str, Attribute]) -> Mapping[str, Attribute]:
    """Return `table` with what is asked for of the study besides."""
    more = {tag: one for tag, one in attributes.STUDY.items() if tag in asked.fields}
    return {**more, **table}


def answer(
    request: Request, asked: Search, rows: list[Row], table: Mapping[str, Attribute]
) -> Response:
    """Answer with `rows` as DICOM JSON."""
    base, given = retrieve_url(request), attributes.chosen(table, asked.fields)
    found = ((row, base + way(row, table)) for row in rows[: asked.limit])
    body = attributes.attributes(found, given, asked.fields)
    headers = {"warning": MORE} if len(rows) > asked.limit else {}
    return Response(body, media_type=JSON, headers=headers)


def way(row: Row, table: Mapping[str, Attribute]) -> str:
    """Return the path of what a row of `table` is about."""
    steps = (
        ("study_uid", "0020000D", "studies"),
        ("series_uid", "0020000E", "series"),
        ("sop_uid", "00080018", "instances"),
    )
    return "".join(f"/{name}/{row[column]}" for column, tag, name in steps if tag in table)


def retrieve_url(request: Request) -> str:
    """Return the public address of the root that is asked."""
    settings = edges_of(request).settings
    viewing = request.path_params.get("viewing")
    origin = settings.portal_url if viewing is None else settings.viewer_url
    above = "" if viewing is None else f"/v/{viewing}"
    return f"{origin.rstrip('/')}{above}/dicomweb/{request.path_params['root']}"
