"""Many commands of different accounts: as many as fit are written at once, whoever is in the way is taken by itself.

What `carry_out` promises holds for each of them: it is carried out once for its cause, or not at all.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from loyalty.domain.jobs.job import Ending, RowResult
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.movement import AccountId, Cause
from loyalty.domain.ledger.transaction import Origin, Sender, Transaction
from loyalty.domain.program.settings import Program
from loyalty.domain.values.refusal import Refused
from loyalty.ports.faults import Unavailable
from loyalty.ports.world import World
from loyalty.usecases.commands.command import carry_out
from loyalty.usecases.commands.write_together import ACCOUNTS_PER_WRITE, fitting, write_together

type Beside = Callable[[Transaction], Sequence[Transaction]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What row `number` asks for. `outcome` says what a transaction of it came to, written or not needed.

    `beside` is what has to be written together with it; `is_first` says that nothing has ever happened to its
    cause, as far as is known: then its history need not be read.
    """

    number: int
    cause: Cause
    account_id: AccountId
    sender: Sender
    decide: Callable[[Transaction], Transaction]
    outcome: Callable[[Transaction], RowResult]
    beside: Beside | None = None
    is_first: bool = True


def carry_out_many(world: World, program_id: str, commands: Sequence[Command]) -> Iterator[RowResult]:
    """Carry out `commands`, in any order; each is done, not needed, or refused. Raises Unavailable."""
    for batch in _batches(commands):
        together = [command for command in batch if command.is_first and not command.beside]
        written = _together(world, world.programs.get(program_id), together) if len(together) > 1 else {}
        for command in batch:
            done = written.get(command.number)
            yield command.outcome(done) if done else _alone(world, program_id, command)


def look_at_many(world: World, program_id: str, commands: Iterable[Command]) -> Iterator[RowResult]:
    """What `commands` would come to now, one after the other. Writes nothing. Raises Unavailable."""
    program = world.programs.get(program_id)
    known: dict[AccountId, Account] = {}

    def look(command: Command) -> Transaction:
        before = known.get(command.account_id)
        history, read = world.ledger.read(command.cause, None if before else command.account_id, consistent=False)
        begun = Transaction.begin(program, Origin(command.sender, world.clock()), history, before or read)
        transaction = command.decide(begun)
        if command.beside and transaction.decided:
            command.beside(transaction)
        known[command.account_id] = transaction.holder
        return transaction

    for command in commands:
        yield _tried(command, look)


def failed(command: Command, code: str) -> RowResult:
    """That a row was refused."""
    return RowResult(number=command.number, ending=Ending.FAILED, code=code, customer_id=command.account_id.customer_id)


def _batches(commands: Sequence[Command]) -> Iterator[list[Command]]:
    """`commands` in parts that name no account twice and may fit a write."""
    batch: list[Command] = []
    names: set[AccountId] = set()
    for command in commands:
        if len(batch) == ACCOUNTS_PER_WRITE or command.account_id in names:
            yield batch
            batch, names = [], set()
        batch.append(command)
        names.add(command.account_id)
    if batch:
        yield batch


def _together(world: World, program: Program, commands: Sequence[Command]) -> dict[int, Transaction]:
    """The transactions that could be written together, by the numbers of their commands."""
    known = {account.account_id: account for account in world.ledger.accounts([c.account_id for c in commands])}
    decided: dict[AccountId, Transaction] = {}
    numbers: dict[AccountId, int] = {}
    for command in commands:
        new = Account(account_id=command.account_id, salt=bytes.fromhex(world.token()))
        account = known.get(command.account_id) or new
        begun = Transaction.begin(program, Origin(command.sender, world.clock()), History(command.cause), account)
        try:
            transaction = command.decide(begun)
        except Refused:
            continue
        # What moves no points is looked at again by itself, as the account may be stale.
        if transaction.account != account:
            decided[command.account_id], numbers[command.account_id] = transaction, command.number
    done: dict[int, Transaction] = {}
    for accounts in fitting([transaction.holder for transaction in decided.values()]):
        written = _written(world, [decided[account.account_id] for account in accounts])
        done |= {numbers[transaction.holder.account_id]: transaction for transaction in written}
    return done


def _written(world: World, transactions: Sequence[Transaction]) -> list[Transaction]:
    try:
        written, _ = write_together(world, transactions)
    except Unavailable:
        raise
    except Exception:  # noqa: BLE001 - whichever of them is broken, the others must not wait for it
        return []
    return written


def _alone(world: World, program_id: str, command: Command) -> RowResult:
    return _tried(
        command,
        lambda command: carry_out(
            world,
            program_id,
            command.cause,
            command.account_id,
            command.sender,
            command.decide,
            beside=command.beside or _nothing,
        ),
    )


def _tried(command: Command, carry: Callable[[Command], Transaction]) -> RowResult:
    """What becomes of a command by itself. Raises Unavailable."""
    try:
        transaction = carry(command)
    except Refused as refused:
        return failed(command, refused.code)
    except Unavailable:
        raise
    except Exception:  # noqa: BLE001 - a row that cannot be carried out is named, and the others go on
        return failed(command, "internal_error")
    return command.outcome(transaction)


def _nothing(transaction: Transaction) -> Sequence[Transaction]:
    return ()
