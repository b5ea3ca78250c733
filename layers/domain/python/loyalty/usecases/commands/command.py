"""The shape of every command: read, gather, decide in pure code, write once, or start over.

This is what keeps points safe. A transaction is written on two conditions: the next position of its history is still
free, and the account still has the version that was read. If either fails, nothing was written; the command reads again
and decides anew, a bounded number of times.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.movement import AccountId, Cause
from loyalty.domain.ledger.transaction import Origin, Sender, Transaction
from loyalty.domain.program.settings import Program
from loyalty.domain.values.refusal import Refused
from loyalty.ports.faults import LostRace
from loyalty.ports.world import CanWait, HasClock, HasDigits, HasLedger, HasPrograms
from loyalty.usecases.commands.retry import LookAgain, retry


class Sources(HasLedger, HasDigits, Protocol):
    """What a command may read from before it is decided."""


class CommandPorts(Sources, HasPrograms, HasClock, CanWait, Protocol):
    """What carrying out a command reaches."""


def nothing(sources: Sources, begun: Transaction) -> Any:
    """Gather nothing: the history and the account are all that the decision needs."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Command[Found]:
    """What somebody asks the ledger to do, as data.

    - `cause`: what the command is done once for. Its history is read.
    - `account_id`: the account that is read beside the history; None where only the history says whose it is.
    - `gather`: reads whatever else the decision needs. Nothing is read anywhere else.
    - `decide`: pure; a command is built where no port is in hand. Returns the transactions to write, all or nothing.
      The first one is on the command's own history, and the answer is made from it; if it decides nothing, nothing is
      written. Raises Refused.
    - `is_answered`: whether a history holds the command's answer, one that nothing written later can change.
    """

    cause: Cause
    account_id: AccountId | None
    sender: Sender
    gather: Callable[[Sources, Transaction], Found] = nothing
    decide: Callable[[Transaction, Found], Sequence[Transaction]]
    is_answered: Callable[[History], bool] = lambda history: False


class Outcome(Enum):
    """What a command came to."""

    RECORDED = "recorded"
    """This call wrote it."""
    REPEATED = "repeated"
    """An earlier call wrote it, and this call is answered as that one was."""
    SKIPPED = "skipped"
    """Nothing was written: sent again later, the command may do something."""

    @classmethod
    def of(cls, transaction: Transaction, *, recorded: bool = True) -> "Outcome":
        """What a carried out `transaction` came to; `recorded` says whether its history holds what was asked for."""
        if transaction.decided:
            return cls.RECORDED
        return cls.REPEATED if recorded else cls.SKIPPED


def carry_out[Found](ports: CommandPorts, command: Command[Found]) -> Transaction:
    """Carry out `command`, at most once ever.

    Returns the command's own transaction: with what this call wrote, or with nothing decided where the command
    had been carried out before or the rules leave everything as it is.

    Raises Refused when the rules do not allow it, UnknownProgram, and Unavailable when others kept
    winning the race.
    """
    program = ports.programs.get(command.cause.program_id)
    # The first look is the cheap one. It may be stale: then a write loses the race, and what
    # is not a write of the account (a refusal, nothing to do, a record that moves no points) is
    # looked at again before it is believed.
    return retry(
        ports,
        str(command.cause.kind),
        lambda number: _attempt(ports, program, command, consistent=number > 0),
    )


def _attempt[Found](ports: CommandPorts, program: Program, command: Command[Found], *, consistent: bool) -> Transaction:
    """The command's transaction, once it is written or decides nothing. Raises LostRace, LookAgain and Refused."""
    history, account = _read(ports, command.cause, command.account_id, consistent)
    begun = Transaction.begin(program, Origin(command.sender, ports.clock()), history, account)
    try:
        transactions = command.decide(begun, command.gather(ports, begun))
    except Refused:
        # The same command, sent twice at once, may have been carried out since its history was read, or be half
        # written: then that is why it is refused, and it is to be answered alike.
        if not consistent:
            raise LookAgain from None
        if ports.ledger.is_whole(history):
            raise
        raise LostRace from None
    done = transactions[0]
    if not done.decided:
        if consistent or command.is_answered(history):
            return done
        raise LookAgain
    if account and done.account == account and not consistent:
        raise LookAgain
    ports.ledger.write(transactions)
    return done


def _read(
    ports: CommandPorts, cause: Cause, account_id: AccountId | None, consistent: bool
) -> tuple[History, Account | None]:
    """The history, and the account that it is about: its own, or else the one that was named."""
    history, account = ports.ledger.read(cause, account_id, consistent=consistent)
    if history.account_id and (account is None or account.account_id != history.account_id):
        account = ports.ledger.account(history.account_id, consistent=consistent)
    return history, account
