"""A square code for a camera (ISO/IEC 18004), as a picture that stands in the page itself. Pure."""

import segno


def square(text: str) -> str:
    """Return `text` as a QR code: a data URI of SVG, with its quiet zone."""
    made = segno.make(text, error="m", micro=False)
    return made.svg_data_uri(scale=5, light="#fff")
