"""The shape of every command: read, decide in pure code, write once, or start over.

This is where points are safe. A transaction is written on two conditions: that the next position
of its history is still free, and that the account still has the version that was read. Whoever loses
either race has written nothing; it reads again and decides anew, a bounded number of times.
"""

from collections.abc import Callable, Sequence
from enum import Enum

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.movement import AccountId, Cause
from loyalty.domain.ledger.transaction import Origin, Sender, Transaction
from loyalty.domain.values.refusal import Refused
from loyalty.ports.faults import LostRace, Unavailable
from loyalty.ports.world import World

ATTEMPTS = 12
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.5
"""Seconds; the pause doubles from attempt to attempt, of which a random part is waited."""


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


def carry_out(
    world: World,
    program_id: str,
    cause: Cause,
    account_id: AccountId | None,
    sender: Sender,
    decide: Callable[[Transaction], Transaction],
    answered: Callable[[History], bool] = lambda history: False,
    beside: Callable[[Transaction], Sequence[Transaction]] = lambda transaction: (),
) -> Transaction:
    """Carry out what `decide` decides, at most once, and what has to be written `beside` it: all or nothing.

    `answered` says whether a history holds the command's answer, one that nothing written later can change.

    Returns the transaction: with what this call wrote, or with nothing decided where the command
    had been carried out before or the rules leave everything as it is.

    Raises Refused when the rules do not allow it, UnknownProgram, and Unavailable when others kept
    winning the race.
    """
    program = world.programs.get(program_id)
    for attempt in range(ATTEMPTS):
        # The first look is the cheap one. It may be stale: then a write loses the race, and what
        # is not a write of the account (a refusal, nothing to do, a record that moves no points) is
        # looked at again before it is believed.
        consistent = attempt > 0
        history, account = _read(world, cause, account_id, consistent)
        origin = Origin(sender, world.clock())
        try:
            transaction = decide(Transaction.begin(program, origin, history, account))
        except Refused:
            # The same command, sent twice at once, may have been carried out since its history was read, or be half
            # written: then that is why it is refused, and it is to be answered alike.
            if consistent:
                if world.ledger.is_whole(history):
                    raise
                pause(world, attempt)
            continue
        if not transaction.decided:
            if consistent or answered(history):
                return transaction
            continue
        if account and transaction.account == account and not consistent:
            continue
        try:
            world.ledger.write([transaction, *beside(transaction)])
        except LostRace:
            pause(world, attempt)
        else:
            return transaction
    raise Unavailable(f"{ATTEMPTS} attempts at {cause.kind} were all overtaken")


def pause(world: World, attempt: int) -> None:
    """Wait a random while that grows with each attempt, so that contenders spread out."""
    world.sleep(min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt) * world.jitter())


def _read(world: World, cause: Cause, account_id: AccountId | None, consistent: bool) -> tuple[History, Account | None]:
    """The history, and the account that it is about: its own, or else the one that was named."""
    history, account = world.ledger.read(cause, account_id, consistent=consistent)
    if history.account_id and (account is None or account.account_id != history.account_id):
        account = world.ledger.account(history.account_id, consistent=consistent)
    return history, account
