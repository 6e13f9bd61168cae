"""`python -m tests.upgrade.planted NAME SERVICE`: what the release before cannot live with."""

import runpy
import sys
from typing import Any

from shared.events import InstanceStored

# A step that only the new code can live with, made while the old one still works: the extension is
# asked by `catalogue.folded` now, and moves to a schema of its own.
TOO_EARLY = """
CREATE SCHEMA extensions;
GRANT USAGE ON SCHEMA extensions TO scanpass_portal, scanpass_index;
ALTER EXTENSION unaccent SET SCHEMA extensions;
CREATE OR REPLACE FUNCTION catalogue.folded(text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT lower(extensions.unaccent('extensions.unaccent', $1))
$$;
"""
CONTRACT, FIELD = "contract", "field"
PLANTS = (CONTRACT, FIELD)


def field_left_out() -> None:
    """Tell `instance.stored` without its door, and take it so: the release before does not."""
    whole = InstanceStored.model_dump

    def short(self: InstanceStored, **how: Any) -> dict[str, Any]:  # noqa: ANN401  as pydantic's
        told = whole(self, **how)
        told.pop("door")
        return told

    InstanceStored.model_dump = short  # type: ignore[method-assign, assignment]  # the fault
    field = InstanceStored.model_fields["door"]
    field.default, field.annotation = "bucket", str
    InstanceStored.model_rebuild(force=True)


if __name__ == "__main__":
    if sys.argv[1] == FIELD:
        field_left_out()
    runpy.run_module(f"services.{sys.argv[2]}", run_name="__main__", alter_sys=False)
