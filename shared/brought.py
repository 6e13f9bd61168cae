"""Sites that are no hospital's: what a patient has brought lies under one of their own. Pure.

So nothing in it can meet a hospital's study, whatever its UIDs say, and nobody else's.
"""

PREFIX = "brought-"  # of the site's name; what stands behind it is random, one a person
TOGETHER = "brought"  # what metrics call all of them: there are as many as people


def brought(site: str) -> bool:
    """Say whether a patient has brought what lies there."""
    return site.startswith(PREFIX)


def label(site: str) -> str:
    """Return what metrics call a site."""
    return TOGETHER if brought(site) else site
