"""The settings of transcode."""

from enum import StrEnum

from pydantic import Field

from shared.config import ServiceSettings, StorageSettings


class Proof(StrEnum):
    """Which copies a second decoder judges; the first judges all of them."""

    ALL = "all"
    SAMPLE = "sample"


class Settings(ServiceSettings, StorageSettings):
    """Read from the environment."""

    children: int = Field(
        default=2, ge=1, le=64, description="Limited child processes that decode and encode."
    )
    child_memory_mb: int = Field(
        default=2048,
        ge=256,
        description="Address space of one child in MiB: 512 and six times the largest frame.",
    )
    child_seconds: float = Field(
        default=300.0,
        gt=0,
        description="Longest time a child may spend on one instance, beside a second for every"
        " 8 MB of it.",
    )
    proof: Proof = Field(
        default=Proof.SAMPLE,
        description="Which copies a second, independent decoder compares with the original:"
        " `all`, or a `sample` of one in 16. The encoder's own library compares every frame.",
    )
