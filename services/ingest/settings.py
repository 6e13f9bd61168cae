"""What ingest reads from the environment."""

from pydantic import Field

from shared.config import DatabaseSettings, ServiceSettings, StorageSettings


class Settings(ServiceSettings, StorageSettings, DatabaseSettings):
    """The settings of ingest."""

    workers: int = Field(default=4, ge=1, le=64, description="Objects taken in at the same time.")
    sweep_seconds: float = Field(
        default=5.0, gt=0, description="Seconds between two full listings of the bucket `drop`."
    )
    reconcile_seconds: float = Field(
        default=60.0, gt=0, description="Seconds between two looks for receipts nobody has filed."
    )
    reconcile_after_seconds: float = Field(
        default=300.0,
        gt=0,
        description="Age in seconds at which the event of an unfiled receipt is told again.",
    )
    scrub_seconds: float = Field(
        default=60.0, gt=0, description="Seconds between two looks for originals to read again."
    )
    scrub_days: float = Field(
        default=30.0, gt=0, description="Days in which every original is read again and compared."
    )
