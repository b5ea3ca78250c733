"""Where customers are taken out of the ledger."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from loyalty.domain.ledger.movement import AccountId, Movement
from loyalty.domain.ledger.transaction import Transaction

MAX_REWRITINGS = 48
"""How many movements one write can rewrite: a put for each, a delete where its cause is renamed, and the lock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """An erasure in progress, and what is needed to continue it. Deleted when the erasure completes.

    `salt` is what the customer's movements are sealed with. `movements` is how many movements there are at least under
    the pseudonym, once all are rewritten.
    """

    account_id: AccountId
    pseudonym: AccountId
    salt: bytes
    movements: int


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A movement as it is and as it is to be, perhaps under another cause. No amount of points changes."""

    before: Movement
    after: Movement


class Erasures(Protocol):
    """Where customers are taken out of the ledger. The only port that changes or deletes what was written."""

    def under_way(self, account_id: AccountId) -> Erasure | None:
        """The customer's erasure in progress, read consistently; None if there is none."""
        ...

    def begin(self, transactions: Sequence[Transaction], salt: bytes) -> None:
        """Write all transactions, and lock the account: from then on commands raise BeingErased.

        The first transaction read the account; the last one leaves the account under its pseudonym. `salt` is the
        account's salt before. Raises LostRace when the account is no longer what was read.
        """
        ...

    def records(self, account_id: AccountId) -> Iterator[list[Movement]]:
        """Pages of all movements of the account, and of its records that moved nothing. The latest may be missing."""
        ...

    def count(self, account_id: AccountId) -> int:
        """How many movements the account has. The latest may be missing."""
        ...

    def rewrite(self, erasure: Erasure, rewritings: Sequence[Rewriting]) -> int:
        """Rewrite all movements or none, at most `MAX_REWRITINGS`. Returns how many were not rewritten before.

        Raises LostRace when a movement is neither as before nor as after, or when the erasure has ended: then the
        movements may be those of a customer who came back.
        """
        ...

    def end(self, erasure: Erasure) -> None:
        """Remove the lock: the customer's id is free again. Raises LostRace when the erasure has ended already."""
        ...
