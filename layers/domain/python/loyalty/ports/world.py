"""All ports together."""

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from loyalty.ports.audit import Audit
    from loyalty.ports.books import Books
    from loyalty.ports.erasures import Erasures
    from loyalty.ports.files import Files
    from loyalty.ports.jobs import Jobs
    from loyalty.ports.ledger import Ledger
    from loyalty.ports.programs import Programs
    from loyalty.ports.purges import Purges


class World(Protocol):
    """Everything that a use case reaches besides its arguments."""

    @property
    def ledger(self) -> "Ledger": ...

    @property
    def programs(self) -> "Programs": ...

    @property
    def purges(self) -> "Purges": ...

    @property
    def books(self) -> "Books": ...

    @property
    def jobs(self) -> "Jobs": ...

    @property
    def files(self) -> "Files": ...

    @property
    def erasures(self) -> "Erasures": ...

    @property
    def audit(self) -> "Audit": ...

    def clock(self) -> datetime:
        """The current instant, UTC."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Waits for some seconds."""
        ...

    def jitter(self) -> float:
        """A random number from 0 up to 1."""
        ...

    def digits(self, count: int, /) -> str:
        """So many random decimal digits, which nobody can guess."""
        ...

    def token(self) -> str:
        """32 hexadecimal digits that nobody can guess."""
        ...
