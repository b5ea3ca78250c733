"""Many rows of different accounts: as many as fit are written at once; a row that lost a race is done by itself.

Each row is carried out once for its cause, or not at all, as with `carry_out`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from loyalty.domain.jobs.job import Ending, RowResult
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.ledger.transaction import Origin, Transaction
from loyalty.domain.program.settings import Program
from loyalty.domain.values.refusal import Refused
from loyalty.ports.faults import Unavailable
from loyalty.ports.world import HasTokens
from loyalty.usecases.commands.command import Command, CommandPorts, carry_out
from loyalty.usecases.commands.write_together import ACCOUNTS_PER_WRITE, fitting, write_together


class BatchPorts(CommandPorts, HasTokens, Protocol):
    """What carrying out many rows reaches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCommand:
    """What carries out row `number` of a job, and what the row came to by the transaction of its command.

    `may_join` says that the row may be written together with others: its command gathers nothing, and nothing is known
    to have happened to its cause, so that its history need not be read.
    """

    number: int
    account_id: AccountId
    command: Command[Any]
    result: Callable[[Transaction], RowResult]
    may_join: bool = True


def carry_out_many(ports: BatchPorts, program_id: str, rows: Sequence[RowCommand]) -> Iterator[RowResult]:
    """Carry out `rows`, in any order; each is done, not needed, or refused. Raises Unavailable."""
    for batch in _batches(rows):
        joining = [row for row in batch if row.may_join]
        written = _together(ports, ports.programs.get(program_id), joining) if len(joining) > 1 else {}
        for row in batch:
            done = written.get(row.number)
            yield row.result(done) if done else _tried(row, lambda row: carry_out(ports, row.command))


def look_at_many(ports: BatchPorts, program_id: str, rows: Iterable[RowCommand]) -> Iterator[RowResult]:
    """What `rows` would come to now, one after the other. Writes nothing. Raises Unavailable."""
    program = ports.programs.get(program_id)
    known: dict[AccountId, Account] = {}

    def look(row: RowCommand) -> Transaction:
        before = known.get(row.account_id)
        history, read = ports.ledger.read(row.command.cause, None if before else row.account_id, consistent=False)
        done, *_ = _decided(ports, row, _begun(ports, program, row, history, before or read))
        known[row.account_id] = done.holder
        return done

    for row in rows:
        yield _tried(row, look)


def failed(row: RowCommand, code: str) -> RowResult:
    """That a row was refused."""
    return RowResult(number=row.number, ending=Ending.FAILED, code=code, customer_id=row.account_id.customer_id)


def _batches(rows: Sequence[RowCommand]) -> Iterator[list[RowCommand]]:
    """`rows` in parts that name no account twice and may fit a write."""
    batch: list[RowCommand] = []
    names: set[AccountId] = set()
    for row in rows:
        if len(batch) == ACCOUNTS_PER_WRITE or row.account_id in names:
            yield batch
            batch, names = [], set()
        batch.append(row)
        names.add(row.account_id)
    if batch:
        yield batch


def _together(ports: BatchPorts, program: Program, rows: Sequence[RowCommand]) -> dict[int, Transaction]:
    """The transactions that could be written together, by the numbers of their rows."""
    known = {account.account_id: account for account in ports.ledger.accounts([row.account_id for row in rows])}
    decided: dict[AccountId, Transaction] = {}
    numbers: dict[AccountId, int] = {}
    for row in rows:
        new = Account(account_id=row.account_id, salt=bytes.fromhex(ports.token()))
        account = known.get(row.account_id) or new
        try:
            [done] = _decided(ports, row, _begun(ports, program, row, History(row.command.cause), account))
        except Refused:
            continue
        # What moves no points is looked at again by itself, as the account may be stale.
        if done.account != account:
            decided[row.account_id], numbers[row.account_id] = done, row.number
    done_by_number: dict[int, Transaction] = {}
    for accounts in fitting([transaction.holder for transaction in decided.values()]):
        written = _written(ports, [decided[account.account_id] for account in accounts])
        done_by_number |= {numbers[transaction.holder.account_id]: transaction for transaction in written}
    return done_by_number


def _begun(
    ports: BatchPorts, program: Program, row: RowCommand, history: History, account: Account | None
) -> Transaction:
    return Transaction.begin(program, Origin(row.command.sender, ports.clock()), history, account)


def _decided(ports: BatchPorts, row: RowCommand, begun: Transaction) -> Sequence[Transaction]:
    return row.command.decide(begun, row.command.gather(ports, begun))


def _written(ports: BatchPorts, transactions: Sequence[Transaction]) -> list[Transaction]:
    try:
        written, _ = write_together(ports.ledger, transactions)
    except Unavailable:
        raise
    except Exception:  # noqa: BLE001 - whichever of them is broken, the others must not wait for it
        return []
    return written


def _tried(row: RowCommand, carry: Callable[[RowCommand], Transaction]) -> RowResult:
    """What becomes of a row by itself. Raises Unavailable."""
    try:
        transaction = carry(row)
    except Refused as refused:
        return failed(row, refused.code)
    except Unavailable:
        raise
    except Exception:  # noqa: BLE001 - a row that cannot be carried out is named, and the others go on
        return failed(row, "internal_error")
    return row.result(transaction)
