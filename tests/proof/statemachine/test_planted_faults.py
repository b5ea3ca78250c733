"""Would the machine notice? Each of these breaks one rule, and a few histories have to find it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import ROUND_CEILING
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from loyalty.domain.books.journal import JournalEntry, sum_up
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.facts import Completed
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.kinds import Event, Kind
from loyalty.domain.ledger.lots import Lot, Lots
from loyalty.domain.ledger.movement import AccountId, Movement
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.orders import cancellation, redemption
from loyalty.domain.orders import completion as earning
from loyalty.domain.orders import earning as reckoning
from loyalty.domain.orders import refund as returning
from loyalty.domain.orders.earning import Earning
from loyalty.domain.orders.order import Order
from loyalty.domain.points import issue as issuing
from loyalty.domain.program.settings import Program
from loyalty.domain.values import calendar
from loyalty.usecases.commands.command import Outcome
from loyalty.usecases.orders import cancel as cancel_order
from loyalty.usecases.orders import complete as complete_order
from loyalty.usecases.orders import redeem as redeem_points
from loyalty.usecases.orders import refund as refund_order
from loyalty.usecases.points import expire as expire_points
from loyalty.usecases.points import issue as issue_points
from tests.proof.statemachine.machine import Machine
from tests.proof.statemachine.stages import in_memory

type Plant = Callable[[pytest.MonkeyPatch], None]

FAULTS: list[Plant] = []


def fault(plant: Plant) -> Plant:
    """One rule broken; the function's name says how."""
    FAULTS.append(plant)
    return plant


# --- expiry ----------------------------------------------------------------------------------------------------------


@fault
def points_live_an_instant_too_long(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Lot, "expired", lambda lot, at: lot.expires_at is not None and lot.expires_at < at)


@fault
def expired_points_are_spent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Lots, "spendable", lambda lots, at: lots)


@fault
def midnights_know_no_summer_time(patch: pytest.MonkeyPatch) -> None:
    def start(day: date, timezone: str) -> datetime:
        january = right(date(day.year, 1, 1), timezone)
        return january + (day - date(day.year, 1, 1))

    right = calendar.start_of_day
    patch.setattr(calendar, "start_of_day", start)


@fault
def the_purge_looks_too_late(patch: pytest.MonkeyPatch) -> None:
    def apply(account: Account, movement: Movement) -> Account:
        after = right(account, movement)
        return after if movement.kind is Kind.EXPIRE else replace(after, purge_at=account.purge_at or after.purge_at)

    right = Account.apply
    patch.setattr(Account, "apply", apply)


@fault
def the_purge_books_one_account_of_a_write(patch: pytest.MonkeyPatch) -> None:
    def first(entries: Iterable[JournalEntry]) -> list[JournalEntry]:
        return sum_up(list(entries)[:1])

    patch.setattr(expire_points, "sum_up", first)


# --- accrual ---------------------------------------------------------------------------------------------------------


@fault
def an_order_earns_as_often_as_it_is_completed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(History, "closed", property(lambda history: bool(history.cancellation)))


@fault
def a_completion_overlooks_the_cancellation(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(History, "closed", property(lambda history: history.completion is not None))


@fault
def an_order_that_used_points_earns_like_any_other(patch: pytest.MonkeyPatch) -> None:
    def earn(program: Program, order: Order, used: Movement | None, *others: Any) -> Earning:
        return right(program, order, None, *others)

    right = reckoning.earning
    patch.setattr(earning, "earning", earn)


@fault
def a_repeated_completion_is_answered_with_todays_balance(patch: pytest.MonkeyPatch) -> None:
    def complete(*arguments: Any) -> complete_order.OrderCompleted:
        done = right(*arguments)
        world, program_id, order = arguments[:3]
        account_id = order.account_id(program_id)
        if done.outcome is not Outcome.REPEATED or account_id is None:
            return done
        return replace(done, balance=world.ledger.account(account_id, consistent=True).balance(world.clock()))

    right = complete_order.complete_order
    patch.setattr("tests.proof.statemachine.till.complete_order", complete)


@fault
def a_guest_is_taken_for_the_member_with_its_id(patch: pytest.MonkeyPatch) -> None:
    def account_id(order: Order, program_id: str) -> AccountId | None:
        return AccountId(program_id, order.customer_id) if order.customer_id else None

    patch.setattr(Order, "account_id", account_id)


# --- redemption ------------------------------------------------------------------------------------------------------


@fault
def points_that_never_expire_are_spent_first(patch: pytest.MonkeyPatch) -> None:
    def latest(lots: Lots, points: int) -> Lots:
        taken = []
        for lot in reversed(list(lots)):
            taken.append(Lot(lot.expires_at, min(lot.points, points)))
            points -= taken[-1].points
        return Lots(taken)

    patch.setattr(Lots, "soonest", latest)


@fault
def clamp_does_not_clamp(patch: pytest.MonkeyPatch) -> None:
    def points(program: Program, available: int, request: redemption.RedemptionRequest) -> int:
        if request.points == "max" or program.redeem.overspend == "reject":
            return right(program, available, request)
        return min(request.points, available)

    right = redemption._points
    patch.setattr(redemption, "_points", points)


@fault
def blocks_are_rounded_up(patch: pytest.MonkeyPatch) -> None:
    def usable(program: Program, available: int, order_total: Any) -> int:
        most = right(program, available, order_total)
        return min(available, most + 1) if program.redeem.block_size > 1 else most

    right = redemption.usable
    patch.setattr(redemption, "usable", usable)


@fault
def what_is_given_back_starts_a_new_life(patch: pytest.MonkeyPatch) -> None:
    def restore(transaction: Transaction, redeemed: Movement, event: Event, reason: str | None = None) -> Transaction:
        lots = Lots([Lot(transaction.program.expires_at(transaction.now), redeemed.points)])
        return transaction.credit(Kind.RESTORE, event, lots, reason=reason)

    patch.setattr(redemption, "restore", restore)
    patch.setattr(cancellation, "restore", restore)


@fault
def what_is_given_back_gets_no_grace(patch: pytest.MonkeyPatch) -> None:
    def restore(transaction: Transaction, redeemed: Movement, event: Event, reason: str | None = None) -> Transaction:
        lots = Lots(Lot(lot.expires_at, -lot.points) for lot in redeemed.allocation)
        return transaction.credit(Kind.RESTORE, event, lots, reason=reason)

    patch.setattr(redemption, "restore", restore)
    patch.setattr(cancellation, "restore", restore)


@fault
def a_completed_order_uses_points(patch: pytest.MonkeyPatch) -> None:
    class Reopened(History):
        closed = property(lambda history: bool(history.cancellation))

    def redeem(transaction: Transaction, request: redemption.RedemptionRequest) -> Transaction:
        history = transaction.history
        return right(replace(transaction, history=Reopened(history.cause, history.movements)), request)

    right = redemption.redeem
    patch.setattr(redeem_points, "redeem", redeem)


# --- taking back -----------------------------------------------------------------------------------------------------


@fault
def a_cancellation_takes_what_refunds_took_already(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(History, "reversible", property(lambda history: history.earned))


@fault
def an_orders_own_lot_is_taken_last(patch: pytest.MonkeyPatch) -> None:
    def reverse(
        transaction: Transaction, points: int, event: Event, reason: str | None, facts: Any = None, *others: Any
    ) -> Transaction:
        completion, held = transaction.history.completion, transaction.holder.lots.spendable(transaction.now)
        foreign = Lots(lot for lot in held if completion is None or lot.expires_at != completion.expires_at)
        if foreign.total < points:
            return right(transaction, points, event, reason, facts, *others)
        return transaction.debit(Kind.REVERSE, event, foreign.soonest(points), reason=reason, facts=facts)

    right = cancellation.reverse
    patch.setattr(cancellation, "reverse", reverse)
    patch.setattr(returning, "reverse", reverse)


@fault
def an_expired_lot_is_taken_back_all_the_same(patch: pytest.MonkeyPatch) -> None:
    def reverse(
        transaction: Transaction, points: int, event: Event, reason: str | None, facts: Any = None, *others: Any
    ) -> Transaction:
        if not points:
            return transaction
        taken = transaction.holder.lots.spendable(transaction.now).soonest(points)
        short = points - taken.total
        if transaction.program.cancel.on_shortfall == "clamp":
            return right(transaction, points, event, reason, facts, *others)
        return transaction.debit(Kind.REVERSE, event, taken, debt=short, reason=reason, facts=facts)

    right = cancellation.reverse
    patch.setattr(cancellation, "reverse", reverse)


@fault
def a_shortfall_is_let_go_and_taken_later(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(History, "reversible", property(lambda history: history.earned - history.reversed))


@fault
def new_points_do_not_repay_the_debt(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Account, "credit", lambda account, lots: (tuple(lots), 0))


@fault
def a_share_is_rounded_up(patch: pytest.MonkeyPatch) -> None:
    def suggested(history: History, refunded_total: Any) -> int:
        completion = history.completion
        if completion is None or history.cancellation or not int(history.earned):
            return right(history, refunded_total)
        share = history.earned * refunded_total / completion.facts_as(Completed).basis
        due = min(history.earned, int(share.to_integral_value(ROUND_CEILING)))
        return max(0, due - (history.earned - history.reversible))

    right = returning.suggested
    patch.setattr(returning, "suggested", suggested)
    patch.setattr(refund_order, "suggested", suggested)


@fault
def a_refund_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(History, "refund_of", lambda history, refunded_total: None)


@fault
def an_order_is_cancelled_as_often_as_asked(patch: pytest.MonkeyPatch) -> None:
    def cancel(transaction: Transaction, reason: str | None) -> Transaction:
        if not transaction.history.cancellation:
            return right(transaction, reason)
        return transaction.debit(Kind.REVERSE, Event.ORDER_CANCELLED, Lots(), reason=reason)

    right = cancellation.cancel
    patch.setattr(cancel_order, "cancel", cancel)


# --- the rest --------------------------------------------------------------------------------------------------------


@fault
def a_key_may_be_used_for_anything(patch: pytest.MonkeyPatch) -> None:
    def issue(transaction: Transaction, request: issuing.Issue) -> Transaction:
        return transaction if transaction.history.first else right(transaction, request)

    right = issuing.issue
    patch.setattr(issue_points, "issue", issue)


@fault
def days_are_booked_in_utc(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("loyalty.domain.books.journal.business_day", lambda at, timezone: at.astimezone(UTC).date())


@fault
def a_switched_off_program_earns(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(earning, "why_skipped", lambda program, order: None if order.customer_id else "no_customer")


class OnStage(Machine):
    def __init__(self) -> None:
        super().__init__(in_memory)


@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
def test_the_machine_finds(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises((AssertionError, ValueError)):
        run_state_machine_as_test(
            OnStage,
            settings=settings(
                max_examples=400,
                stateful_step_count=40,
                derandomize=True,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
            ),
        )
