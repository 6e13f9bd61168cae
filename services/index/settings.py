"""What index reads from the environment."""

from pydantic import Field

from shared.config import DatabaseSettings, ServiceSettings, StorageSettings


class Settings(ServiceSettings, StorageSettings, DatabaseSettings):
    """The settings of index."""

    children: int = Field(default=1, ge=1, description="Child processes that read headers.")
    child_seconds: float = Field(
        default=300.0, gt=0, description="Longest time for one header or roster."
    )
    child_memory_mb: int = Field(
        default=1024, ge=512, description="Address space of a child, in MiB."
    )
    due_seconds: float = Field(
        default=1.0, gt=0, description="Seconds between two looks for studies that are complete."
    )
    reconcile_seconds: float = Field(
        default=60.0, gt=0, description="Seconds between two looks for releases nobody has heard."
    )
    reconcile_after_seconds: float = Field(
        default=300.0,
        gt=0,
        description="Age in seconds at which a release is told again that notify has not heard.",
    )
