"""Events of what hospitals tell about patients."""

from shared.events.event import Event, StoredObject


class PatientRegistered(Event):
    """A roster is safe in `archive`; names and contacts are in the object, never here."""

    routing_key = "patient.registered.v1"
    source = "ingest"
    object: StoredObject
    patients: int

    @property
    def entity(self) -> str:
        """Return the roster's digest."""
        return self.object.sha256

    @property
    def fact(self) -> str:
        """Return the roster's digest: the same roster twice is one fact."""
        return self.object.sha256
