"""Where customers are taken out of the ledger."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from loyalty.domain.ledger.movement import AccountId, Movement
from loyalty.domain.ledger.transaction import Transaction

MAX_REWRITINGS = 48
"""How many movements one write can rewrite: each is a put, and a delete where its name changes; and the lock one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """A customer who is being erased, and what is needed to go on with it: it is gone when they are.

    `salt` is that under the seals of their movements, of which there are `movements` under the pseudonym at least,
    once all are there.
    """

    account_id: AccountId
    pseudonym: AccountId
    salt: bytes
    movements: int


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A movement as it is, and as it is to be, perhaps under another cause. All that moved stays."""

    before: Movement
    after: Movement


class Erasures(Protocol):
    """Where customers are taken out of the ledger. The only port that changes or deletes what was written."""

    def under_way(self, account_id: AccountId) -> Erasure | None:
        """The customer's erasure that has begun and not ended, as of this very moment."""
        ...

    def begin(self, transactions: Sequence[Transaction], salt: bytes) -> None:
        """Write all of them, of which the first read the account and the last leaves it under its pseudonym; lock it.

        `salt` is that of the account as it was. Raises LostRace when the account is no longer what was read. From then
        on commands meet BeingErased.
        """
        ...

    def records(self, account_id: AccountId) -> Iterator[list[Movement]]:
        """Pages of all that is found under the account: movements, and records that moved nothing. Not the latest."""
        ...

    def count(self, account_id: AccountId) -> int:
        """How many movements are found under the account, perhaps not the latest."""
        ...

    def rewrite(self, erasure: Erasure, rewritings: Sequence[Rewriting]) -> int:
        """Rewrite all or none; how many were. What was rewritten so already is left alone.

        Raises LostRace when something is neither as it was nor as it is to be, or when the erasure has ended: what is
        there by now is somebody's who came back. At most `MAX_REWRITINGS`.
        """
        ...

    def end(self, erasure: Erasure) -> None:
        """Unlock: the customer's id is nobody's again. Raises LostRace when it was ended already."""
        ...
