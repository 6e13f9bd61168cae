"""A study in plain words: `MRI of the head`, `Resonancia magnética de la cabeza`. Pure.

Hospitals write `MR`, `BRAIN^T1 AX FS`; what was examined is found in the defined terms first
(PS3.3 §C.7.3.1.1.1, PS3.16 Annex L), and in the words of the description after that.
"""

from collections.abc import Callable, Iterable

from shared.brought import brought
from shared.catalogue import words
from shared.catalogue.folding import folded
from shared.catalogue.synonyms import BODY_PARTS

Translate = Callable[[str], str]


def N_(text: str) -> str:  # noqa: N802  gettext's own name for a text that is translated later
    """Mark `text` for translation."""
    return text


KINDS: dict[str, str] = {
    "MR": N_("MRI"),
    "CT": N_("CT scan"),
    "US": N_("Ultrasound"),
    "IVUS": N_("Ultrasound"),
    "CR": N_("X-ray"),
    "DX": N_("X-ray"),
    "RG": N_("X-ray"),
    "IO": N_("X-ray of the teeth"),
    "PX": N_("X-ray of the teeth"),
    "MG": N_("Mammogram"),
    "NM": N_("Nuclear medicine scan"),
    "PT": N_("PET scan"),
    "XA": N_("Pictures of blood vessels"),
    "RF": N_("X-ray film"),
    "BMD": N_("Bone density scan"),
    "ES": N_("Endoscopy"),
    "OP": N_("Picture of the eye"),
    "OPT": N_("Scan of the eye"),
    "XC": N_("Photograph"),
    "GM": N_("Microscope pictures"),
    "SM": N_("Microscope pictures"),
    "ECG": N_("ECG"),
    "RTIMAGE": N_("Radiotherapy pictures"),
    "RTPLAN": N_("Radiotherapy plan"),
    "RTDOSE": N_("Radiotherapy plan"),
    "RTSTRUCT": N_("Radiotherapy plan"),
    "SR": N_("Report"),
    "DOC": N_("Document"),
}
# What comes beside pictures, and names a study only when nothing else is there.
BESIDE = ("SR", "KO", "PR", "SEG", "DOC", "RTPLAN", "RTDOSE", "RTSTRUCT", "OT", "REG", "FID")
PARTS: dict[str, str] = {
    "knee": N_("of the knee"),
    "head": N_("of the head"),
    "neck": N_("of the neck"),
    "chest": N_("of the chest"),
    "abdomen": N_("of the abdomen"),
    "pelvis": N_("of the pelvis"),
    "spine": N_("of the spine"),
    "shoulder": N_("of the shoulder"),
    "elbow": N_("of the elbow"),
    "wrist": N_("of the wrist"),
    "hand": N_("of the hand"),
    "foot": N_("of the foot"),
    "ankle": N_("of the ankle"),
    "leg": N_("of the leg"),
    "arm": N_("of the arm"),
    "breast": N_("of the breast"),
    "heart": N_("of the heart"),
    "liver": N_("of the liver"),
    "kidney": N_("of the kidneys"),
}
# Defined terms that none of our own words begin.
TERMS = {
    "tspine": "spine",
    "lspine": "spine",
    "cspine": "spine",
    "sspine": "spine",
    "lumbosacral": "spine",
    "thoracic": "spine",
    "sacrum": "spine",
    "cerebral": "head",
    "cerebrum": "head",
    "orbit": "head",
    "sinus": "head",
    "face": "head",
    "pituitary": "head",
    "femur": "leg",
    "tibia": "leg",
    "fibula": "leg",
    "calf": "leg",
    "thigh": "leg",
    "humerus": "arm",
    "forearm": "arm",
    "radius": "arm",
    "ulna": "arm",
    "finger": "hand",
    "toe": "foot",
    "calcaneus": "foot",
    "heel": "foot",
    "rib": "chest",
    "sternum": "chest",
    "coronary": "heart",
    "renal": "kidney",
    "thyroid": "neck",
    "carotid": "neck",
}
OTHER = N_("Images")


def title(
    modalities: Iterable[str], body_parts: Iterable[str], description: str | None, _: Translate
) -> str:
    """Return what was done, and of what where that is known, in the language of `_`."""
    what = _(kind(modalities))
    part = examined(body_parts, description)
    # Some kinds name their part themselves.
    if part is None or " of " in kind(modalities):
        return what
    return f"{what} {_(PARTS[part])}"


def kind(modalities: Iterable[str]) -> str:
    """Return the kind of examination, in English."""
    known = [code for code in modalities if code in KINDS]
    pictures = [code for code in known if code not in BESIDE]
    chosen = (pictures or known)[:1]
    return KINDS[chosen[0]] if chosen else OTHER


def examined(body_parts: Iterable[str], description: str | None) -> str | None:
    """Return the part of the body as a key of `PARTS`; the defined terms are believed first."""
    for text in (*body_parts, description or ""):
        for word in words(folded(text)):
            if (found := part(word)) is not None:
                return found
    return None


def part(word: str) -> str | None:
    """Return the part of the body that a folded word stands for."""
    for term, found in TERMS.items():
        if word.startswith(term):
            return found
    for synonyms in BODY_PARTS:
        if any(word.startswith(each) for each in synonyms if len(each) > SHORT or word == each):
            return synonyms[0]
    return None


SHORT = 3  # letters: `arm` does not stand in `army`, nor `pie` in `piel`


BY_OWN, BY_PATIENT = N_("Brought by you"), N_("Brought by the patient")


def sender(site: str, title: str, translated: Translate, *, own: bool = False) -> str:
    """Return whom a study comes from: a hospital, or the patient who has brought it."""
    if not brought(site):
        return title
    return translated(BY_OWN if own else BY_PATIENT)
