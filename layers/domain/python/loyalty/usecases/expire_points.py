"""The purge: points whose time has passed are written off, and the journal says so.

Each write holds as many accounts as fit a transaction, and the journal entry of what they lose. An
account that somebody else is writing to is left out and tried again by itself.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from loyalty.domain.account import Account
from loyalty.domain.books import JournalEntry, journal_entry, sum_up
from loyalty.domain.expiry import expire, expiry_story
from loyalty.domain.movement import AccountId
from loyalty.domain.program import Program
from loyalty.domain.transaction import Origin, Transaction
from loyalty.ports import MAX_ITEMS, LostRace, World
from loyalty.usecases.carry_out import ATTEMPTS, pause

ACCOUNTS_PER_WRITE = (MAX_ITEMS - 1) // 2
"""Two items an account (it and its movement), and one journal entry."""

ORIGIN = ("purge", "PURGE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """What a purge did to a program: accounts, points and money written off.

    `left` are accounts that were due and could not be written, because others kept writing to them
    or because time ran out; the next purge finds them. `complete` is False when time ran out.
    """

    program_id: str
    as_of: datetime
    accounts: int = 0
    points: int = 0
    amount: Decimal = Decimal(0)
    currency: str
    left: int = 0
    complete: bool = True

    def plus(self, entry: JournalEntry | None) -> "Purged":
        """With the accounts of one more write."""
        if entry is None:
            return self
        return replace(
            self,
            accounts=self.accounts + entry.movements,
            points=self.points + entry.points,
            amount=self.amount + entry.amount,
        )


def expire_points(
    world: World,
    program_id: str,
    as_of: datetime | None = None,
    out_of_time: Callable[[], bool] = lambda: False,
) -> Purged:
    """Write off everything of a program that is gone at `as_of`, but never what is not gone yet.

    Run twice, or by two at once, it writes nothing twice. Stops early when `out_of_time`.
    """
    program, now = world.programs.get(program_id), world.clock()
    as_of = min(as_of or now, now)
    report = Purged(program_id=program_id, as_of=as_of, currency=program.currency)
    for shard in range(world.ledger.shards):
        for page in world.ledger.due(program_id, shard, as_of):
            for batch in _batches(page):
                if out_of_time():
                    return replace(report, left=report.left + len(batch), complete=False)
                report = _expire(world, program, as_of, batch, report)
    return report


def _expire(world: World, program: Program, as_of: datetime, batch: Sequence[AccountId], report: Purged) -> Purged:
    """One write for all of `batch`; those that lost a race again, each by itself."""
    accounts = world.ledger.accounts(batch)
    contended, entry = _write(world, program, as_of, accounts)
    report = report.plus(entry)
    for account_id in contended:
        for attempt in range(ATTEMPTS):
            account = world.ledger.account(account_id, consistent=True)
            lost, entry = _write(world, program, as_of, [account])
            report = report.plus(entry)
            if not lost:
                break
            pause(world, attempt)
        else:
            report = replace(report, left=report.left + 1)
    return report


def _write(
    world: World, program: Program, as_of: datetime, accounts: Sequence[Account]
) -> tuple[list[AccountId], JournalEntry | None]:
    """Expire `accounts` in one write: (those that lost a race, the entry of what was written off).

    Contended accounts are taken out until the rest goes through.
    """
    origin = Origin(*ORIGIN, recorded_at=world.clock())
    transactions = [
        expire(Transaction.begin(program, origin, expiry_story(account), account), as_of) for account in accounts
    ]
    transactions = [transaction for transaction in transactions if transaction.decided]
    contended: list[AccountId] = []
    while transactions:
        movements = [m for transaction in transactions for m in transaction.movements]
        entries = sum_up(journal_entry(movement, program.timezone) for movement in movements)
        entry = entries[0] if entries else None
        try:
            world.ledger.write(transactions, entry)
        except LostRace as race:
            lost = race.lost or range(len(transactions))
            contended += [transactions[i].holder.account_id for i in lost]
            transactions = [t for i, t in enumerate(transactions) if i not in lost]
        else:
            return contended, entry
    return contended, None


def _batches(page: Sequence[AccountId]) -> Iterator[Sequence[AccountId]]:
    for start in range(0, len(page), ACCOUNTS_PER_WRITE):
        yield page[start : start + ACCOUNTS_PER_WRITE]
