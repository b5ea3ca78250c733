"""What the rows of jobs come to: a command for each, and another that undoes it."""

from collections.abc import Callable
from dataclasses import replace

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
from loyalty.domain.points.adjustment import Adjustment, adjust
from loyalty.domain.points.sign_up import cause_of_sign_up
from loyalty.ports.world import World
from loyalty.usecases.commands.batch import Command
from loyalty.usecases.points.adjust import noting

type Action = Adjustment | Order | PastSignUp
TURNS = 3
"""How many there are in which rows are undone."""
type Decide = Callable[[Transaction], Transaction]


def command(world: World, job: Job, number: int, action: Action) -> Command:
    """What carries out row `number` of `job`."""
    match action:
        case Adjustment():
            asked = _adjusting(world, job, number, action)
        case Order():
            asked = _rewarding_order(job, number, action)
        case PastSignUp():
            asked = _rewarding_sign_up(job, number, action)
    return replace(asked, decide=_once(job, asked.decide))


def undoing(world: World, job: Job, number: int, action: Action) -> Command:
    """What undoes row `number` of `job`."""
    done = command(world, job, number, action)
    subject = action.order_id if not isinstance(action, PastSignUp) else None

    def outcome(transaction: Transaction) -> RowResult:
        undone = _undone_by(transaction, job)
        ending = Ending.DONE if undone else Ending.PASSED_OVER
        return _outcome(number, ending, action_account(job, action), undone, subject)

    return replace(
        done,
        decide=undo,
        outcome=outcome,
        beside=None,
        is_first=False,
        sender=Sender(job.actor, job.source),
    )


def action_account(job: Job, action: Action) -> AccountId:
    """Whose points a row is about."""
    if isinstance(action, Order):
        return AccountId(job.program_id, action.customer_id or "", action.guest)
    return action.account_id


def undone_in_turn(action: Action | None) -> int:
    """When a row is undone, the highest first: what took points, what moved an expiry, what gave points.

    What was taken comes back before anything given goes. Otherwise that would be short, and what comes back too much.
    """
    if not isinstance(action, Adjustment) or action.points > 0:
        return 0
    return 2 if action.points < 0 else 1


def _once(job: Job, decide: Decide) -> Decide:
    """`decide`, but for a row that the job has carried out before, or undone since: then there is nothing to do.

    Also where the row's customer was erased meanwhile, so that it is somebody else's by now.
    """

    def decided(transaction: Transaction) -> Transaction:
        if any(movement.source == job.source for movement in transaction.history):
            return transaction
        return decide(transaction)

    return decided


def _adjusting(world: World, job: Job, number: int, request: Adjustment) -> Command:
    def outcome(transaction: Transaction) -> RowResult:
        return _outcome(number, Ending.DONE, request.account_id, transaction.history.movements[0], request.order_id)

    return Command(
        number=number,
        cause=job.cause(number),
        account_id=request.account_id,
        sender=Sender(job.actor, job.source),
        decide=lambda transaction: adjust(transaction, request),
        outcome=outcome,
        beside=(lambda transaction: noting(world, transaction, request.order_id)) if request.order_id else None,
    )


def _rewarding_order(job: Job, number: int, order: Order) -> Command:
    account_id = action_account(job, order)

    def outcome(transaction: Transaction) -> RowResult:
        rewarded = done_by(transaction.history, job.source)
        why = None if rewarded else why_order_passed_over(transaction, order)
        ending = Ending.DONE if rewarded else Ending.PASSED_OVER
        return replace(_outcome(number, ending, account_id, rewarded, order.order_id), code=why)

    return Command(
        number=number,
        cause=cause_of_order(job.program_id, order.order_id),
        account_id=account_id,
        sender=Sender(job.actor, job.source, occurred_at=order.completed_at),
        decide=lambda transaction: reward_order(transaction, order),
        outcome=outcome,
    )


def _rewarding_sign_up(job: Job, number: int, action: PastSignUp) -> Command:
    def outcome(transaction: Transaction) -> RowResult:
        rewarded = done_by(transaction.history, job.source)
        why = None if rewarded else why_sign_up_passed_over(transaction, action)
        ending = Ending.DONE if rewarded else Ending.PASSED_OVER
        return replace(_outcome(number, ending, action.account_id, rewarded, None), code=why)

    return Command(
        number=number,
        cause=cause_of_sign_up(job.program_id, action.account_id.customer_id),
        account_id=action.account_id,
        sender=Sender(job.actor, job.source, occurred_at=action.signed_up_at),
        decide=lambda transaction: reward_sign_up(transaction, action),
        outcome=outcome,
    )


def _undone_by(transaction: Transaction, job: Job) -> Movement | None:
    """The movement that undid what the job did; None where it never did anything."""
    mine = [movement for movement in transaction.history if movement.source == job.source]
    return mine[-1] if len(mine) > 1 else None


def _outcome(
    number: int, ending: Ending, account_id: AccountId, movement: Movement | None, subject: str | None
) -> RowResult:
    outcome = RowResult(number=number, ending=ending, customer_id=account_id.customer_id, subject=subject)
    if movement is None:
        return outcome
    return replace(
        outcome,
        points=movement.kind.sign * movement.points,
        short=movement.shortfall,
        movement_id=movement.movement_id,
        balance=movement.balance_after,
    )
