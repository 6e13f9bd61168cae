"""What every route needs: made once, in `__main__`."""

from dataclasses import dataclass, field
from functools import cached_property

from services.portal.dicomweb.instances import Instances
from services.portal.dicomweb.pictures import Pictures
from services.portal.held import Brakes
from services.portal.reading import Reading
from services.portal.settings import Settings
from services.portal.sharing.cuts import Cuts
from services.portal.signin.identity import Provider
from shared.db import Database
from shared.storage import Storage
from shared.wording import Wordings


@dataclass(frozen=True)
class Edges:
    """The database, the store, the door to both, and the words."""

    settings: Settings
    database: Database
    storage: Storage
    pictures: Pictures
    reading: Reading
    wordings: Wordings
    identity: Provider | None = None  # where one is configured
    staff: Provider | None = None  # the same, of those who work at hospitals
    cuts: Cuts = field(default_factory=Cuts)

    @cached_property
    def brakes(self) -> Brakes:
        """Return what tells what is held by hand."""
        return Brakes(self.database)

    @cached_property
    def instances(self) -> Instances:
        """Return what tells which object is served of an instance."""
        return Instances(self.reading)
