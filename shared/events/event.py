"""What every event has: a site, an identity that the same fact always gets, and no names."""

from typing import Annotated, ClassVar
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, StringConstraints

NAMESPACE = UUID("7d0f7a4e-6f0a-5c39-9a55-1d1f0c2f3b11")
TYPE_PREFIX = "org.scanpass."

# PS3.5 §9.1, but a leading zero is let through: real modalities send them.
Uid = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)*$", max_length=64)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Site = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class StoredObject(BaseModel):
    """Where bytes lie, and which bytes they are. `size` in bytes."""

    model_config = ConfigDict(frozen=True)
    bucket: str
    key: str
    size: int
    sha256: Sha256


class Event(BaseModel):
    """A fact that has happened: frozen, and free of patient names."""

    model_config = ConfigDict(frozen=True)
    routing_key: ClassVar[str]  # `<entity>.<past participle>.v<N>`
    source: ClassVar[str]  # the service that tells it
    site: Site

    @property
    def entity(self) -> str:
        """What the fact is about, within its site: a UID, a digest, an opaque id."""
        raise NotImplementedError

    @property
    def fact(self) -> str:
        """What tells this fact from another about the same entity: a digest or a revision."""
        raise NotImplementedError

    @property
    def sequence(self) -> int | None:
        """The revision, where the entity has them."""
        return None

    @property
    def type(self) -> str:
        """Return the CloudEvents type."""
        return TYPE_PREFIX + self.routing_key

    @property
    def subject(self) -> str:
        """Return the CloudEvents subject: two hospitals' copies of one study do not collide."""
        return f"{self.site}/{self.entity}"

    @property
    def id(self) -> UUID:
        """Return the CloudEvents id: the same fact has the same id, however often it is told."""
        return uuid5(NAMESPACE, f"{self.type}|{self.subject}|{self.fact}")
