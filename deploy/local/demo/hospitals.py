"""The two made-up hospitals: what `scanpass site add` is told, and their logos."""

from dataclasses import dataclass

QUIET_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Hospital:
    """One site, as its patients know it."""

    site: str
    title: str
    language: str  # of letters where the patient's is unknown
    help_phone: str
    help_hours: str
    help_languages: tuple[str, ...]
    timezone: str
    logo: str  # SVG


CROSS = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" role="img">
<title>North Hospital</title>
<rect width="64" height="64" rx="12" fill="#1d4e89"/>
<path d="M32 10 46 38H18Z" fill="#ffffff"/>
<path d="M26 40h12v14H26z" fill="#9fc5e8"/>
</svg>
"""

SUN = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" role="img">
<title>Hospital del Sur</title>
<rect width="64" height="64" rx="32" fill="#b3541e"/>
<circle cx="32" cy="30" r="13" fill="#ffd27f"/>
<path d="M8 46h48v6H8z" fill="#ffffff"/>
</svg>
"""

HOSPITALS = (
    Hospital(
        site="north",
        title="North Hospital",
        language="en",
        help_phone="+1 202 555 0100",
        help_hours="Mon-Fri 8-18",
        help_languages=("en", "es"),
        timezone="America/New_York",
        logo=CROSS,
    ),
    Hospital(
        site="sur",
        title="Hospital del Sur",
        language="es",
        help_phone="+34 600 000 100",
        help_hours="lun-vie 8-20 h",
        help_languages=("es", "en"),
        timezone="Europe/Madrid",
        logo=SUN,
    ),
)
