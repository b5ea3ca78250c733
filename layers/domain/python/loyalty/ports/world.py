"""The ports by name. A use case takes those that it uses, as a protocol made of these; the world has them all."""

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


class HasLedger(Protocol):
    @property
    def ledger(self) -> "Ledger": ...


class HasPrograms(Protocol):
    @property
    def programs(self) -> "Programs": ...


class HasPurges(Protocol):
    @property
    def purges(self) -> "Purges": ...


class HasBooks(Protocol):
    @property
    def books(self) -> "Books": ...


class HasJobs(Protocol):
    @property
    def jobs(self) -> "Jobs": ...


class HasFiles(Protocol):
    @property
    def files(self) -> "Files": ...


class HasErasures(Protocol):
    @property
    def erasures(self) -> "Erasures": ...


class HasAudit(Protocol):
    @property
    def audit(self) -> "Audit": ...


class HasClock(Protocol):
    def clock(self) -> datetime:
        """The current instant, UTC."""
        ...


class CanWait(Protocol):
    def sleep(self, seconds: float, /) -> None:
        """Wait for some seconds."""
        ...

    def jitter(self) -> float:
        """A random number from 0 up to 1."""
        ...


class HasDigits(Protocol):
    def digits(self, count: int, /) -> str:
        """So many random decimal digits, which nobody can guess."""
        ...


class HasTokens(Protocol):
    def token(self) -> str:
        """32 hexadecimal digits that nobody can guess."""
        ...


class World(
    HasLedger,
    HasPrograms,
    HasPurges,
    HasBooks,
    HasJobs,
    HasFiles,
    HasErasures,
    HasAudit,
    HasClock,
    CanWait,
    HasDigits,
    HasTokens,
    Protocol,
):
    """All ports together: what a function has to hand, and passes to each use case."""
