"""The rows of jobs as commands: one that carries out a row, and one that undoes it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from loyalty.domain.jobs.job import Ending, Job, RowResult
from loyalty.domain.jobs.past_actions import (
    PastSignUp,
    reward_order,
    reward_sign_up,
    why_order_passed_over,
    why_sign_up_passed_over,
)
from loyalty.domain.jobs.undo import done_by, undo
from loyalty.domain.ledger.movement import AccountId, Movement
from loyalty.domain.ledger.transaction import Sender, Transaction
from loyalty.domain.orders.order import Order, cause_of_order
from loyalty.domain.points.adjustment import Adjustment
from loyalty.domain.points.sign_up import cause_of_sign_up
from loyalty.usecases.commands.batch import RowCommand
from loyalty.usecases.commands.command import Command
from loyalty.usecases.points.adjust import adjusting

type Action = Adjustment | Order | PastSignUp
TURNS = 3
"""In how many turns rows are undone."""
type Decide[Found] = Callable[[Transaction, Found], Sequence[Transaction]]


def doing(job: Job, number: int, action: Action) -> RowCommand:
    """What carries out row `number` of `job`."""
    match action:
        case Adjustment():
            row = _adjusting(job, number, action)
        case Order():
            row = _rewarding_order(job, number, action)
        case PastSignUp():
            row = _rewarding_sign_up(job, number, action)
    return replace(row, command=replace(row.command, decide=_once(job, row.command.decide)))


def undoing(job: Job, number: int, action: Action) -> RowCommand:
    """What undoes row `number` of `job`."""
    row = doing(job, number, action)
    subject = action.order_id if not isinstance(action, PastSignUp) else None
    command: Command[None] = Command(
        cause=row.command.cause,
        account_id=row.account_id,
        sender=_sender(job),
        decide=lambda begun, _: [undo(begun)],
    )

    def result(done: Transaction) -> RowResult:
        undone = _undone_by(done, job)
        return _result(number, Ending.DONE if undone else Ending.PASSED_OVER, row.account_id, undone, subject)

    return RowCommand(number=number, account_id=row.account_id, command=command, result=result, may_join=False)


def action_account(job: Job, action: Action) -> AccountId:
    """Whose points a row is about."""
    if isinstance(action, Order):
        return AccountId(job.program_id, action.customer_id or "", action.guest)
    return action.account_id


def undone_in_turn(action: Action | None) -> int:
    """The turn in which a row is undone, the highest first: rows that took points, moved an expiry, gave points.

    Points that were taken come back before points that were given go. In the other order, too few points would be there
    to take, and too many would come back.
    """
    if not isinstance(action, Adjustment) or action.points > 0:
        return 0
    return 2 if action.points < 0 else 1


def _once[Found](job: Job, decide: Decide[Found]) -> Decide[Found]:
    """`decide`, except for a row that the job has carried out before, or undone since: then there is nothing to do.

    That is so even if the row's customer was erased meanwhile, and the history is under a pseudonym by now.
    """

    def decide_once(begun: Transaction, found: Found) -> Sequence[Transaction]:
        if any(movement.source == job.source for movement in begun.history):
            return [begun]
        return decide(begun, found)

    return decide_once


def _adjusting(job: Job, number: int, request: Adjustment) -> RowCommand:
    def result(done: Transaction) -> RowResult:
        return _result(number, Ending.DONE, request.account_id, done.history.movements[0], request.order_id)

    return RowCommand(
        number=number,
        account_id=request.account_id,
        command=adjusting(job.cause(number), request, _sender(job)),
        result=result,
        may_join=request.order_id is None,
    )


def _rewarding_order(job: Job, number: int, order: Order) -> RowCommand:
    account_id = action_account(job, order)

    def result(done: Transaction) -> RowResult:
        rewarded = done_by(done.history, job.source)
        why = None if rewarded else why_order_passed_over(done, order)
        ending = Ending.DONE if rewarded else Ending.PASSED_OVER
        return replace(_result(number, ending, account_id, rewarded, order.order_id), code=why)

    command: Command[None] = Command(
        cause=cause_of_order(job.program_id, order.order_id),
        account_id=account_id,
        sender=_sender(job, order.completed_at),
        decide=lambda begun, _: [reward_order(begun, order)],
    )
    return RowCommand(number=number, account_id=account_id, command=command, result=result)


def _rewarding_sign_up(job: Job, number: int, action: PastSignUp) -> RowCommand:
    def result(done: Transaction) -> RowResult:
        rewarded = done_by(done.history, job.source)
        why = None if rewarded else why_sign_up_passed_over(done, action)
        ending = Ending.DONE if rewarded else Ending.PASSED_OVER
        return replace(_result(number, ending, action.account_id, rewarded, None), code=why)

    command: Command[None] = Command(
        cause=cause_of_sign_up(job.program_id, action.account_id.customer_id),
        account_id=action.account_id,
        sender=_sender(job, action.signed_up_at),
        decide=lambda begun, _: [reward_sign_up(begun, action)],
    )
    return RowCommand(number=number, account_id=action.account_id, command=command, result=result)


def _sender(job: Job, occurred_at: datetime | None = None) -> Sender:
    return Sender(job.actor, job.source, occurred_at)


def _undone_by(transaction: Transaction, job: Job) -> Movement | None:
    """The movement that undid what the job did; None where it never did anything."""
    mine = [movement for movement in transaction.history if movement.source == job.source]
    return mine[-1] if len(mine) > 1 else None


def _result(
    number: int, ending: Ending, account_id: AccountId, movement: Movement | None, subject: str | None
) -> RowResult:
    result = RowResult(number=number, ending=ending, customer_id=account_id.customer_id, subject=subject)
    if movement is None:
        return result
    return replace(
        result,
        points=movement.kind.sign * movement.points,
        short=movement.shortfall,
        movement_id=movement.movement_id,
        balance=movement.balance_after,
    )
