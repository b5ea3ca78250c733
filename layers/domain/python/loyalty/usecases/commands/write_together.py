"""Transactions of different accounts, written together: as many as fit one write, excluding contended ones."""

from collections.abc import Callable, Iterator, Sequence

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.transaction import Transaction
from loyalty.ports.faults import LostRace
from loyalty.ports.ledger import MAX_ITEMS, Ledger, WriteOff

ACCOUNTS_PER_WRITE = (MAX_ITEMS - 1) // 2
"""Two items an account (it and its movement), and one journal entry."""
MAX_BYTES, ACCOUNT_BYTES, LOT_BYTES = 3_500_000, 3_000, 24
"""A write may have 4 MB. An account and its movement have so many bytes at the most, and so many more for each lot."""

type WriteOffOf = Callable[[Sequence[Transaction]], WriteOff | None]


def write_together(
    ledger: Ledger,
    transactions: Sequence[Transaction],
    write_off_of: WriteOffOf = lambda transactions: None,
) -> tuple[list[Transaction], list[Transaction]]:
    """Write `transactions` in one write, without those that lose a race: (written transactions, lost ones)."""
    remaining, left = list(transactions), list[Transaction]()
    while remaining:
        try:
            ledger.write(remaining, write_off_of(remaining))
        except LostRace as race:
            lost = set(race.lost or range(len(remaining)))
            left += [remaining[n] for n in sorted(lost)]
            remaining = [transaction for n, transaction in enumerate(remaining) if n not in lost]
        else:
            break
    return remaining, left


def fitting(accounts: Sequence[Account]) -> Iterator[Sequence[Account]]:
    """`accounts` in parts that fit a write."""
    batch: list[Account] = []
    size = 0
    for account in accounts:
        needed = ACCOUNT_BYTES + LOT_BYTES * len(account.lots)
        if batch and (len(batch) == ACCOUNTS_PER_WRITE or size + needed > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(account)
        size += needed
    if batch:
        yield batch
