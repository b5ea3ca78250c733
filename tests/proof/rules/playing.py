"""Scenarios are data; this plays them, on the model or on anything else that has a till.

A scenario is `{"name", "rule", "settings"?, "steps"}`. A step is `{"op", ...}` with the arguments of that method of
`Till`, and what is expected:

- `expect`: of the answer, each name that it gives. `{"refused": code}` where the rules refuse; `"*"` is any code.
- `account`: of the customer (the step's, or `ann`): balance, available, reserved, pending, debt, let_go, outstanding,
  tier, lots (`[[day, points], ...]`, the soonest end first; `day` counts midnights from START, None is never).
- `order_is`: of the step's order: kept, holds, used, used_back, discount, reserved.

Points are whole numbers. Money is text with two decimals, in EUR. The program's time zone is UTC, and nothing happens
by itself while time passes: `purge` is a step of its own.

A second runner implements `Till`. Names of answers: `earned`, `reversed` (what the order holds less, below 0 where it
holds more), `restored` (used points that came back, below 0 where they were taken again), `suggested`,
`restore_suggested`, `kept`, `holds`, `spent`, `missing` (points_missing), `let_go` (by this very step), `points`,
`discount`, `balance`, `status`, `repeat` (answered as before), `facts_differ`, `warnings` (codes).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, Protocol

from tests.proof.rules.account import end_of_day
from tests.proof.rules.model import No, Shop

type Answer = dict[str, Any]
type Step = dict[str, Any]
type Scenario = dict[str, Any]

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
"""A Monday; every scenario begins then, with the program's first version."""
ANN = "ann"


class Refused(Exception):
    """The rules refuse; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Till(Protocol):
    """What a scenario is played on: an empty store with one program. Arguments are those of the steps, by name."""

    def wait(self, time: timedelta) -> None: ...

    def do(self, op: str, arguments: dict[str, Any]) -> Answer:
        """One of these; raises `Refused`.

        - program: settings (RFC 7396)
        - issue: customer, points, expires_day?
        - sign_up: customer
        - adjust: customer, points, order? (of an order it is part of what that one holds)
        - move_expiry: customer, day
        - import: customer, points, orders, spent
        - purge; erase: customer
        - redeem: order, customer, order_total, points (or "max"), hold_minutes?, placed?, recalculate?
        - confirm, void, release: order
        - complete: order, customer, items `[{sku, amount, quantity?, line?, category?}]`, discount?, shipping?, tax?,
          total?, points_discount?, guest?, referrer?, completed_at? (hours from now, below 0 before)
        - quote: the same, use_points?
        - refund: order, refund_id, items?, shipping?, tax?, other?, points_discount?; or refunded_total; points?,
          restore?
        - decide: order, refund_id, points, restore?
        - undo: order, refund_id
        - edit: order, revision, customer, items, discount?, shipping?, tax?, total?, use_points?
        - cancel: order, cancelled_at? (hours from now)
        - look: customer?; look_at_order: order
        """

    def account(self, customer: str) -> Answer: ...

    def order(self, order_id: str) -> Answer: ...


class ModelTill:
    """The model behind the till."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.shop = Shop(settings, START)

    def wait(self, time: timedelta) -> None:
        self.shop.now += time

    def do(self, op: str, arguments: dict[str, Any]) -> Answer:
        try:
            method: Callable[..., Answer] = getattr(self, f"_{op}")
            return method(**arguments)
        except No as no:
            raise Refused(no.code) from no

    def account(self, customer: str) -> Answer:
        answer = self.shop.look((customer, False))
        lots = [[None if end is None else (end - end_of_day(START, -1)).days, points] for end, points in answer["lots"]]
        return {**answer, "lots": lots}

    def order(self, order_id: str) -> Answer:
        answer = self.shop.look_at_order(order_id)
        return {**answer, "discount": money(answer["discount"])}

    def _program(self, settings: dict[str, Any]) -> Answer:
        return self.shop.change(settings)

    def _issue(self, points: int, customer: str = ANN, expires_day: int | None = None) -> Answer:
        end = None if expires_day is None else midnight(expires_day)
        return self.shop.issue((customer, False), points, end)

    def _sign_up(self, customer: str = ANN) -> Answer:
        return self.shop.sign_up(customer)

    def _adjust(self, points: int, customer: str = ANN, order: str | None = None) -> Answer:
        return self.shop.adjust((customer, False), points, order)

    def _move_expiry(self, day: int, customer: str = ANN) -> Answer:
        return self.shop.move_expiry((customer, False), midnight(day))

    def _import(self, points: int, orders: int, spent: int, customer: str = ANN) -> Answer:
        return self.shop.bring(customer, points, orders, spent)

    def _purge(self) -> Answer:
        return self.shop.purge()

    def _erase(self, customer: str = ANN) -> Answer:
        return self.shop.erase(customer)

    def _redeem(self, order: str, order_total: str, points: int | str, customer: str = ANN, **how: Any) -> Answer:
        answer = self.shop.redeem(order, customer, order_total, points, **how)
        return {**answer, "discount": money(answer["discount"])}

    def _confirm(self, order: str) -> Answer:
        return self.shop.confirm(order)

    def _void(self, order: str) -> Answer:
        return self.shop.void(order)

    def _release(self, order: str) -> Answer:
        return self.shop.release(order)

    def _complete(
        self,
        order: str,
        customer: str = ANN,
        guest: bool = False,
        referrer: str | None = None,
        completed_at: float = 0,
        **stated: Any,
    ) -> Answer:
        at = self.shop.now + timedelta(hours=completed_at)
        answer = self.shop.complete(order, (customer, guest), stated, at, referrer)
        return {**answer, "discount": money(answer.get("discount", Fraction(0)))}

    def _quote(self, customer: str = ANN, use_points: int | str | None = None, **stated: Any) -> Answer:
        return self.shop.quote((customer, False), stated, use_points)

    def _refund(self, order: str, refund_id: str | None = None, **what: Any) -> Answer:
        return self.shop.refund(order, refund_id, **what)

    def _decide(self, order: str, refund_id: str, points: int, restore: int | None = None) -> Answer:
        return self.shop.decide(order, refund_id, points, restore)

    def _undo(self, order: str, refund_id: str) -> Answer:
        return self.shop.undo(order, refund_id)

    def _edit(
        self, order: str, revision: int, customer: str = ANN, use_points: int | None = None, **stated: Any
    ) -> Answer:
        return self.shop.edit(order, revision, (customer, False), stated, use_points)

    def _cancel(self, order: str, cancelled_at: float = 0) -> Answer:
        return self.shop.cancel(order, self.shop.now + timedelta(hours=cancelled_at))

    def _look(self, customer: str = ANN) -> Answer:
        return self.account(customer)

    def _look_at_order(self, order: str) -> Answer:
        return self.order(order)


def play(scenario: Scenario, till: Till) -> None:
    """Plays a scenario; raises AssertionError at the first number that is not as expected."""
    for number, step in enumerate(scenario["steps"], start=1):
        arguments = {name: value for name, value in step.items() if name not in ("op", "expect", "account", "order_is")}
        where = f"{scenario['name']}, step {number} ({step['op']})"
        if step["op"] == "wait":
            till.wait(timedelta(**arguments))
        else:
            _compare(where, _answer(till, step["op"], arguments), step.get("expect", {}))
        if "account" in step:
            customer = arguments.get("customer", ANN)
            _compare(f"{where}, account of {customer}", till.account(customer), step["account"])
        if "order_is" in step:
            _compare(f"{where}, order {arguments['order']}", till.order(arguments["order"]), step["order_is"])


def _answer(till: Till, op: str, arguments: dict[str, Any]) -> Answer:
    try:
        return till.do(op, arguments)
    except Refused as refused:
        return {"refused": refused.code}


def _compare(where: str, answer: Answer, expected: dict[str, Any]) -> None:
    if expected.get("refused") == "*":
        assert "refused" in answer, f"{where}: is not refused, but answered {answer}"
        return
    assert ("refused" in answer) == ("refused" in expected), f"{where}: answered {answer}, expected {expected}"
    found = {name: answer.get(name, "(not answered)") for name in expected}
    assert found == expected, f"{where}: is {found}, expected {expected}; the whole answer: {answer}"


def money(amount: Fraction) -> str:
    return f"{amount.numerator / amount.denominator:.2f}"


def midnight(day: int) -> datetime:
    """The midnight `day` days after the one at which the first day starts."""
    return end_of_day(START, day - 1)


def day(number: float) -> str:
    """The instant so many days after START, as settings have it."""
    return (START + timedelta(days=number)).isoformat()
