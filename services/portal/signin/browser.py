"""What a device is called in the list of devices: family and system, no version. Pure."""

# The first that is found counts: every browser also says the names of those before it.
FAMILIES = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


def named(user_agent: str) -> str:
    """Return `Firefox, Windows`; empty where it says nothing that we know."""
    found = (
        next((name for mark, name in table if mark in user_agent), "")
        for table in (FAMILIES, SYSTEMS)
    )
    return ", ".join(filter(None, found))
