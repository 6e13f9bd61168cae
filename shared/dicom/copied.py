"""What the header of a fast copy says otherwise than its original's (PS3.5 §8.2). Pure."""

from typing import Final

FAST: Final = "1.2.840.10008.1.2.4.202"  # HTJ2K Lossless RPCL
COLOUR_SAMPLES: Final = 3
PHOTOMETRIC, PLANAR = 0x00280004, 0x00280006


def changes(samples: int, photometric: str, planar: int | None) -> dict[int, str | int]:
    """Return tag → value.

    RGB goes through the reversible transform and comes back as RGB: YBR_RCT. YBR_FULL stays.
    """
    found: dict[int, str | int] = {}
    if samples == 1:
        return found
    if transformed(samples, photometric) and photometric != "YBR_RCT":
        found[PHOTOMETRIC] = "YBR_RCT"
    if planar != 0:
        found[PLANAR] = 0
    return found


def transformed(samples: int, photometric: str) -> bool:
    """Say whether the reversible colour transform gains, and is what the header will tell."""
    return samples == COLOUR_SAMPLES and photometric in {"RGB", "YBR_RCT"}
