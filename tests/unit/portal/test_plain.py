"""services.portal.pages.plain: what was examined, in words that anyone knows."""

import pytest

from services.portal.pages.plain import title


@pytest.mark.parametrize(
    ("modalities", "parts", "description", "said"),
    [
        (["MR"], ["HEAD"], None, "MRI of the head"),
        (["MR"], ["BRAIN"], None, "MRI of the head"),
        (["MR"], [], "RM de cráneo", "MRI of the head"),
        (["CT"], ["TSPINE"], None, "CT scan of the spine"),
        (["CR"], [], "THORAX", "X-ray of the chest"),
        (["CT", "SR"], ["CHEST"], None, "CT scan of the chest"),
        (["SR", "CT"], ["CHEST"], None, "CT scan of the chest"),
        (["SR"], [], None, "Report"),
        (["XA"], ["HEART"], None, "Pictures of blood vessels"),
        (["US"], [], None, "Ultrasound"),
        (["OT"], [], None, "Images"),
        ([], [], None, "Images"),
        (["MR"], ["EXTREMITY"], "MR Knie links / rodilla", "MRI of the knee"),
        # Beginnings of words that stand for something else.
        (["US"], [], "army hospital, piel", "Ultrasound"),
    ],
)
def test_a_title_says_what_and_of_what(
    modalities: list[str], parts: list[str], description: str | None, said: str
) -> None:
    """Defined terms first, then the hospital's own words; where nothing is known, nothing is."""
    assert title(modalities, parts, description, str) == said


def test_a_title_is_translated_in_both_halves() -> None:
    """Each half as a whole, since other languages bend the article."""
    words = {"MRI": "Resonancia magnética", "of the head": "de la cabeza"}
    assert title(["MR"], ["HEAD"], None, words.__getitem__) == "Resonancia magnética de la cabeza"
