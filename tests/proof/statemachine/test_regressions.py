"""What histories found, each as short as it can be told."""

from decimal import Decimal
from typing import Any

from loyalty.domain.orders.redemption import RedemptionRequest
from loyalty.domain.orders.refund import Return
from loyalty.domain.points.issue import Issue
from loyalty.usecases.books.verify import verify_program
from loyalty.usecases.commands.command import Outcome
from loyalty.usecases.orders.cancel import cancel_order
from loyalty.usecases.orders.complete import OrderCompleted, complete_order
from loyalty.usecases.orders.redeem import PointsRedeemed, redeem_points
from loyalty.usecases.orders.refund import refund_order
from loyalty.usecases.orders.view import view_order
from loyalty.usecases.points.issue import issue_points
from loyalty.usecases.programs.change import change_program
from tests.proof.statemachine.stages import BehindLedger
from tests.support.builders import SENDER, member, order, program
from tests.support.worlds import World, world_in_memory


def shop(**settings: Any) -> World:
    return world_in_memory(program(**settings))


def issue(world: World, points: int) -> None:
    request = Issue(account_id=member(), points=points, expires_at=None, reason="a gift")
    issue_points(world, "shop", f"key {points}", request, SENDER)


def complete(world: World, order_id: str, customer_id: str = "ann", **facts: Any) -> OrderCompleted:
    return complete_order(world, "shop", order(order_id, customer_id, **facts), SENDER)


def use(world: World, order_id: str, points: int) -> PointsRedeemed:
    request = RedemptionRequest(account_id=member(), order_total=Decimal(500), currency="EUR", points=points)
    return redeem_points(world, "shop", order_id, request, SENDER)


def test_days_that_are_booked_stay_where_they_are_when_the_program_moves_to_another_time_zone() -> None:
    world = shop(timezone="Pacific/Auckland")
    issue(world, 10)
    change_program(world, "shop", lambda version: program(version=version, timezone="Pacific/Honolulu"), SENDER)
    issue(world, 20)
    assert verify_program(world, "shop").found == []


def test_what_an_order_could_use_is_less_what_its_customer_owes() -> None:
    world = shop()
    complete(world, "#1")
    use(world, "#2", 100)
    cancel_order(world, "shop", "#1", None, None, SENDER)
    assert view_order(world, "shop", "#2").usable == 0


def test_a_guests_order_that_was_cancelled_before_it_was_completed_earns_nothing_and_says_why() -> None:
    """A cancellation names a customer, and does not say whether that is a guest."""
    world = shop()
    issue(world, 10)
    cancel_order(world, "shop", "#1", "ann", None, SENDER)
    done = complete(world, "#1", guest=True)
    assert (done.status, done.reason) == ("not_earned", "order_cancelled")
    assert done.balance is None, "the balance of the member with the guest's id"


def test_a_refund_is_not_answered_from_before_the_cancellation() -> None:
    world = world_in_memory(program(), ledger=BehindLedger())
    complete(world, "#1")
    cancel_order(world, "shop", "#1", None, None, SENDER)
    answer = refund_order(world, "shop", "#1", Return(refunded_total=Decimal(50)), SENDER)
    assert (answer.points_suggested, answer.balance) == (0, 0)


def test_a_repeated_refund_is_not_answered_from_before_the_first() -> None:
    world = world_in_memory(program(), ledger=BehindLedger())
    complete(world, "#1")
    refund = Return(refunded_total=Decimal(50), points=50)
    refund_order(world, "shop", "#1", refund, SENDER)
    answer = refund_order(world, "shop", "#1", Return(refunded_total=Decimal(50)), SENDER)
    assert (answer.points_reversed, answer.outcome) == (50, Outcome.REPEATED)


def test_the_cash_part_is_what_the_discount_left() -> None:
    """Three times half a cent take one cent off: of 10.01 the customer pays 10.00, and earns on that."""
    world = shop(earn={"on_redeemed_order": "cash_part"}, redeem={"point_value": "0.005"})
    issue(world, 3)
    assert use(world, "#1", 3).discount == Decimal("0.01")
    assert complete(world, "#1", amount="10.01").points_earned == 10
