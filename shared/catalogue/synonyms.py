"""What people say for what hospitals write: modalities and parts of the body. Pure data.

English and Spanish, folded. A modality is a Defined Term of PS3.3 §C.7.3.1.1.1 and matches as
a whole word; a part of the body matches as the start of a word, as everything does.
"""

MODALITIES: dict[str, tuple[str, ...]] = {
    "mr": ("mri", "resonancia", "magnetic", "magnetica", "rm", "rmn"),
    "ct": ("cat", "tac", "tomografia", "tomography", "tc", "scanner", "escaner"),
    "us": ("ultrasound", "sonogram", "sonography", "ecografia", "ultrasonido", "eco", "echo"),
    "cr": ("xray", "radiografia", "radiograph", "rayos", "placa"),
    "dx": ("xray", "radiografia", "radiograph", "rayos", "placa"),
    "mg": ("mammogram", "mammography", "mamografia", "mamograma"),
    "nm": ("scintigraphy", "gammagrafia", "nuclear"),
    "pt": ("pet",),
    "xa": ("angiography", "angiogram", "angiografia"),
    "sr": ("report", "informe"),
}
BODY_PARTS: tuple[tuple[str, ...], ...] = (
    ("knee", "rodilla"),
    ("head", "cabeza", "skull", "craneo", "brain", "cerebro"),
    ("neck", "cuello"),
    ("chest", "torax", "thorax", "pecho", "lung", "pulmon"),
    ("abdomen", "vientre", "belly"),
    ("pelvis", "cadera", "hip"),
    ("spine", "columna", "lumbar", "cervical"),
    ("shoulder", "hombro"),
    ("elbow", "codo"),
    ("wrist", "muneca"),
    ("hand", "mano"),
    ("foot", "pie"),
    ("ankle", "tobillo"),
    ("leg", "pierna"),
    ("arm", "brazo"),
    ("breast", "mama", "seno"),
    ("heart", "corazon", "cardiac", "cardiaco"),
    ("liver", "higado"),
    ("kidney", "rinon"),
)
# Said in several words, or written apart.
PHRASES: dict[str, str] = {"x ray": "xray", "rayos x": "rayos", "ct scan": "ct", "cat scan": "ct"}


def alternatives(word: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what `word` may stand for: starts of words, and modalities as whole words."""
    starts = [word]
    for part in BODY_PARTS:
        if word in part:
            starts += part
    codes = [code for code, said in MODALITIES.items() if word in said]
    return tuple(dict.fromkeys(starts)), tuple(codes)
