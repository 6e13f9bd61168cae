"""The expected answers, written down by hand: nothing here is drawn from the policy's code.

Routes stand here as the running app names them. One that is missing here is an error.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import Enum
from typing import TypeAlias

Root: TypeAlias = str
Study: TypeAlias = str
Place: TypeAlias = tuple[Root, Study]


class Kind(Enum):
    """What a route gives of a study."""

    LOOK = "look"
    FILE = "file"  # whole files: with a session only
    LIST = "list"  # studies that may be listed; names none


STUDY = "/studies/{study}"
SERIES = STUDY + "/series/{series}"
INSTANCE = SERIES + "/instances/{sop}"

# Under `/dicomweb/{root}` and `/v/{viewing}/dicomweb/{root}` alike.
DICOMWEB: Mapping[str, Kind] = {
    "/studies": Kind.LIST,
    "/series": Kind.LIST,
    "/instances": Kind.LIST,
    STUDY + "/series": Kind.LOOK,
    STUDY + "/instances": Kind.LOOK,
    SERIES + "/instances": Kind.LOOK,
    STUDY + "/metadata": Kind.LOOK,
    SERIES + "/metadata": Kind.LOOK,
    INSTANCE + "/metadata": Kind.LOOK,
    INSTANCE + "/frames/{numbers}": Kind.LOOK,
    INSTANCE + "/rendered": Kind.LOOK,
    INSTANCE + "/frames/{numbers}/rendered": Kind.LOOK,
    INSTANCE + "/thumbnail": Kind.LOOK,
    SERIES + "/rendered": Kind.LOOK,
    SERIES + "/thumbnail": Kind.LOOK,
    INSTANCE + "/bulkdata/{path:path}": Kind.LOOK,
    STUDY + "/rendered": Kind.LOOK,
    STUDY + "/thumbnail": Kind.LOOK,
    INSTANCE + "/frames/{numbers}/thumbnail": Kind.LOOK,
    INSTANCE: Kind.FILE,
    SERIES: Kind.FILE,
    STUDY: Kind.FILE,
}
PAGES, VIEWER = "/dicomweb/{root}", "/v/{viewing}/dicomweb/{root}"

# Pages of one study: whoever may list it sees the first, whoever may look the second.
SHARED_VIEW = "/v/{viewing}"  # what a guest sees first
HERE = SHARED_VIEW + "/here"  # whether that may still be: tried by tests/integration/portal
SCAN, VIEW = "/scans/{site}/{study_uid}", "/v/{viewing}/{site}/{study_uid}"
PICTURE = SCAN + "/picture"  # one to keep: for whoever may look, with a session
OHIF = VIEW + "/viewer"  # another viewer of the same study
# What Maria froze, of every study of both hospitals: whoever else asks, and whatever she sees of it
# now, only she gets it, and only while she may keep all of it.
TAKE, TAKEN = "/take/{take}/scans.zip", "/take/{take}"
TAKER = "owner"
# Routes that name no study; those of the second kind answer only who is signed in.
PUBLIC: AbstractSet[str] = {
    *("/static", "/", "/c", "/claim", "/h", "/l", "/signin", "/signin/{signin}"),
    *("/signin/{signin}/who", "/sites/{site}/logo", "/language/{code}"),
    *("/s", "/s/open", "/identity/back", "/fhir/{root}/metadata", "/d"),
    *("/staff", "/staff/back", "/staff/requests"),  # tried by tests/integration/portal/staff
}
# FHIR lists of what may be listed, by cookie and by header; a resource of another is not there.
FHIR = "/fhir/{root}/{kind}"
FHIR_ONE = FHIR + "/{name}"
# What only a person asks: what she has given, and who looked.
PERSONS: AbstractSet[str] = {"Consent", "AuditEvent"}
# What says where this portal answers, and what can be asked there.
OF_NOBODY: AbstractSet[str] = {"Endpoint", "CapabilityStatement"}
KINDS = ("Patient", "ImagingStudy", "DiagnosticReport", "Endpoint", *sorted(PERSONS))
SIGNED_IN: AbstractSet[str] = {
    *("/scans", "/looked", "/settings", "/helpers", "/wish", "/contact", "/contact/{asked}"),
    *("/shared", "/shared/{grant}", "/consents", "/viewers"),
    *("/bring", "/bring/{upload}"),
    *("/requests", "/requests/{asked}", "/answers/{answer}"),
    "/wish/{child}",
    "/take/older/{older}",
}
# Forms: sent by POST, and tried by tests/integration/portal.
FORMS: AbstractSet[str] = {
    "/d/{secret}/scans.zip",  # by 256 bits that a form gives
    *("/bring/{upload}/{number}", "/bring/{upload}/end", "/bring/records/{record}"),
    *(SCAN + "/take", "/take", "/take/{take}/code"),
    *(SCAN + "/look", SCAN + "/show", "/signout", "/helpers/{helper}/end"),
    "/helpers/{helper}/vouch",
    *("/settings/devices/end-others", "/settings/devices/{device}/end"),
    *("/settings/records/{claim}/end", "/settings/contacts/end"),
    *(SCAN + "/share", "/shared/{grant}/end", "/shared/{grant}/code", "/shared/{grant}/link"),
    "/consents/{grant}/narrow",
    *("/passkey", "/passkey/answer", "/settings/passkeys", "/settings/passkeys/add"),
    *("/identity", "/settings/identity", "/settings/identity/{identity}/end"),
    *("/requests/{asked}/approve", "/requests/{asked}/decline", SHARED_VIEW + "/longer"),
    SHARED_VIEW + "/answer",
    *("/staff/signin", "/staff/signout", "/staff/find", "/staff/open/{grant}"),
    *("/settings/passkeys/later", "/settings/passkeys/{passkey}/end"),
}

ROOTS: tuple[Root, ...] = ("north", "south", "me", "nowhere")
# own: Maria's, in the north · both: Maria's in the north, and under the same UIDs Otto's in the
# south · unclaimed: of a record in the north that nobody has claimed · held: Maria's, not released
STUDIES: tuple[Study, ...] = ("own", "both", "unclaimed", "held", "absent")

MARIA: Mapping[Place, Root] = {
    ("north", "own"): "north",
    ("me", "own"): "north",
    ("north", "both"): "north",
    ("me", "both"): "north",
}
# What Maria shares: of her studies the one that Otto has too.
SHARED: Mapping[Place, Root] = {("north", "both"): "north", ("me", "both"): "north"}
OTTO: Mapping[Place, Root] = {("south", "both"): "south", ("me", "both"): "south"}
NOTHING: Mapping[Place, Root] = {}

# What each reader sees by cookie and by viewing: where → whose copy it must be.
BY_COOKIE: Mapping[str, Mapping[Place, Root]] = {
    "anonymous": NOTHING,
    "owner": MARIA,
    "helper": MARIA,
    "helper of both": {**MARIA, ("south", "both"): "south"},
    "other patient": OTTO,
    "stranger": NOTHING,
    "ended helper": NOTHING,
    "ended session": NOTHING,
    "expired session": NOTHING,
}
BY_VIEWING: Mapping[str, Mapping[Place, Root]] = {
    "anonymous": NOTHING,
    "owner": MARIA,
    "helper": MARIA,
    "helper of both": OTTO,  # the viewing was opened for Otto
    "other patient": OTTO,
    "stranger": NOTHING,  # opened for Maria, by who is nothing to her
    "ended helper": NOTHING,
    "ended session": NOTHING,
    "expired session": NOTHING,
    "expired viewing": NOTHING,
    "grantee": SHARED,
    "grantee who keeps": SHARED,  # by the address for a viewer of their own
    "grantee of another": OTTO,  # whose share it is
    "grantee of everything named": MARIA,  # of what is held only once it is released
    "withdrawn grantee": NOTHING,
    "expired grantee": NOTHING,
    "grantee of what is not hers": NOTHING,  # of a study that its giver has no claim to
    "grantee whose viewing is over": NOTHING,
    "clinician": MARIA,  # by what she lets their hospital look at: everything
    "clinician of one scan": SHARED,  # by what she lets them alone look at
    "clinician of another hospital": NOTHING,
    "clinician who signed out": NOTHING,
    "clinician of what was taken back": NOTHING,
    "colleague of who was let": NOTHING,
    "own viewer": MARIA,  # by an address that Maria made
    "own viewer of another": OTTO,
    "own viewer that ended": NOTHING,
    "own viewer whose time is over": NOTHING,
}
OWN_ADDRESSES: AbstractSet[str] = {
    *("own viewer", "own viewer of another", "own viewer that ended"),
    "own viewer whose time is over",
}
# The same secrets in a header, on the pages' origin: what is no program's opens nothing there.
BY_HEADER: Mapping[str, Mapping[Place, Root]] = {
    **{name: BY_VIEWING[name] for name in ("grantee who keeps", *sorted(OWN_ADDRESSES))},
    "owner": NOTHING,  # a viewing
    "grantee": NOTHING,
}
# Who may take whole files by a viewing's address: it is that of a program, and opens no page.
KEEPING: AbstractSet[str] = {"grantee who keeps", *OWN_ADDRESSES}
# Who may list the study that is held, in the north.
HELD: AbstractSet[str] = {"owner", "helper", "helper of both"}
# Who is signed in, whether they see anything or not: lists answer them with what may be empty.
SIGNED: AbstractSet[str] = {"owner", "helper", "helper of both", "other patient", "stranger"} | {
    *("ended helper", "grantee", "grantee who keeps", "grantee of another"),
    *("grantee of everything named", "own viewer", "own viewer of another"),
    *("clinician", "clinician of one scan"),
}
# Sessions and rights that end while it runs: these see nothing from that moment on.
LEAVING: AbstractSet[str] = {"owner", "helper", "grantee", "grantee who keeps", "own viewer"} | {
    "clinician"
}
# Of these whoever is known no more, so that not even an empty list is answered.
UNKNOWN: AbstractSet[str] = {"owner", "grantee", "grantee who keeps", "own viewer", "clinician"}


def unlisted(pages: AbstractSet[str], viewer: AbstractSet[str]) -> list[str]:
    """Return the routes of the two origins that stand in no row, and rows without a route."""
    rows = {PAGES + each for each in DICOMWEB} | {VIEWER + each for each in DICOMWEB}
    rows |= PUBLIC | SIGNED_IN | FORMS | {SCAN, PICTURE, VIEW, OHIF, SHARED_VIEW, HERE, TAKE, TAKEN}
    rows |= {FHIR, FHIR_ONE}
    return sorted((pages | viewer) ^ rows)
