"""The real use cases, spoken to in the words of the model."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import cycle
from typing import Any

from loyalty.domain.ledger.kinds import Kind
from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.ledger.transaction import Sender
from loyalty.domain.orders.order import Item, Order
from loyalty.domain.orders.redemption import RedemptionRequest
from loyalty.domain.orders.refund import Return
from loyalty.domain.points.issue import Issue
from loyalty.domain.program.settings import Program
from loyalty.domain.values.refusal import Refused
from loyalty.usecases.books.verify import verify_program
from loyalty.usecases.commands.command import Outcome
from loyalty.usecases.orders.cancel import cancel_order
from loyalty.usecases.orders.complete import complete_order
from loyalty.usecases.orders.redeem import redeem_points, void_redemption
from loyalty.usecases.orders.refund import refund_order
from loyalty.usecases.orders.view import view_order
from loyalty.usecases.points.issue import issue_points
from loyalty.usecases.programs.change import change_program
from tests.proof.statemachine.model import NEVER, Answer, No, Rules, Who
from tests.support import worlds
from tests.support.worlds import World

SENDER = Sender("machine", "TEST")
KINDS = {kind: kind.value for kind in Kind.of_points()}


class Till:
    """One program, through functions that take turns: `worlds` share a store and nothing else."""

    def __init__(self, program_id: str, worlds: list[World]) -> None:
        self.program_id = program_id
        self._worlds = cycle(worlds)
        self.first = False
        """Whether the latest command says that it did something."""

    def _world(self) -> World:
        return next(self._worlds)

    def _who(self, who: Who) -> AccountId:
        return AccountId(self.program_id, who[0], guest=who[1])

    def change(self, rules: Rules) -> Answer:
        def settings(version: int) -> Program:
            return Program.of({"program_id": self.program_id, "version": version, **rules})

        with refusing():
            recorded = change_program(self._world(), self.program_id, settings, SENDER)
        self.first = recorded.program.version == 1
        return {"version": recorded.program.version}

    def complete(
        self, order_id: str, who: Who | None, items: Fraction, discount: Fraction, total: Fraction, now: datetime
    ) -> Answer:
        order = Order(
            order_id=order_id,
            customer_id=who[0] if who else None,
            guest=bool(who and who[1]),
            currency="EUR",
            completed_at=now,
            items=(
                Item(sku="A", quantity=1, amount=money(items) - Decimal("0.01")),
                Item(sku="B", quantity=2, amount=Decimal("0.01")),
            ),
            discount=money(discount),
            total=money(total),
        )
        with refusing():
            done = complete_order(self._world(), self.program_id, order, SENDER)
        self.first = done.outcome is Outcome.RECORDED
        assert sum(step.points for step in done.breakdown) == done.points_earned
        return {
            "customer": done.customer_id,
            "status": done.status,
            "reason": done.reason,
            "points": done.points_earned,
            "expires_at": done.expires_at,
            "balance": done.balance,
            "version": done.program_version,
        }

    def redeem(self, order_id: str, who: Who, total: Fraction, currency: str, ask: Any, now: datetime) -> Answer:
        request = RedemptionRequest(account_id=self._who(who), order_total=money(total), currency=currency, points=ask)
        with refusing():
            done = redeem_points(self._world(), self.program_id, order_id, request, SENDER)
        self.first = done.outcome is Outcome.RECORDED
        return {"points": done.points_redeemed, "discount": Fraction(done.discount), "balance": done.balance}

    def void(self, order_id: str, now: datetime) -> Answer:
        with refusing():
            done = void_redemption(self._world(), self.program_id, order_id, SENDER)
        self.first = done.outcome is Outcome.RECORDED
        return {"restored": done.points_restored, "balance": done.balance}

    def cancel(self, order_id: str, customer_id: str | None, now: datetime) -> Answer:
        with refusing():
            done = cancel_order(self._world(), self.program_id, order_id, customer_id, "why not", SENDER)
        self.first = done.outcome is Outcome.RECORDED
        return {
            "reversed": done.points_reversed,
            "restored": done.points_restored,
            "shortfall": done.points_shortfall,
            "debt": done.debt,
            "balance": done.balance,
        }

    def refund(self, order_id: str, refunded: Fraction, points: int | None, now: datetime) -> Answer:
        request = Return(refunded_total=money(refunded), points=points)
        with refusing():
            done = refund_order(self._world(), self.program_id, order_id, request, SENDER)
        self.first = done.outcome is Outcome.RECORDED
        return {"reversed": done.points_reversed, "suggested": done.points_suggested, "balance": done.balance}

    def issue(self, key: str, who: Who, points: int, expires_at: datetime | None, reason: str, now: datetime) -> Answer:
        request = Issue(account_id=self._who(who), points=points, expires_at=expires_at, reason=reason)
        with refusing():
            done = issue_points(self._world(), self.program_id, key, request, SENDER)
        self.first = done.outcome is Outcome.RECORDED
        return {"points": done.points, "expires_at": done.expires_at, "balance": done.balance}

    def purge(self, as_of: datetime | None, now: datetime) -> Answer:
        done = worlds.purge(self._world(), self.program_id, as_of)
        return {"accounts": done.accounts, "points": done.points, "left": done.left}

    # --- what can be looked at ---

    def account(self, who: Who, now: datetime) -> Answer:
        account = self._world().ledger.account(self._who(who), consistent=True)
        return {
            "points": Counter({lot.expires_at or NEVER: lot.points for lot in account.lots}),
            "balance": account.balance(now),
            "available": account.available(now),
            "outstanding": account.outstanding,
            "debt": account.debt,
            "earned": account.earned_total,
            "redeemed": account.redeemed_total,
            "expired": account.expired_total,
            "movements": account.version,
        }

    def statement(self, who: Who) -> list[tuple[str, int, int, int]]:
        newest_first = self._world().ledger.statement(self._who(who), 1_000, None)
        return [(KINDS[m.kind], m.points, m.balance_after, m.debt_after) for m in reversed(newest_first)]

    def order(self, order_id: str) -> Answer:
        view = view_order(self._world(), self.program_id, order_id)
        live = view.history.live_redemption
        return {
            "status": view.status,
            "earned": view.history.earned,
            "reversed": view.history.reversed,
            "uses": live.points if live else 0,
            "restored": view.restored,
            "usable": view.usable,
            "discount": Fraction(view.discount),
        }

    def journal(self, day: date) -> tuple[Counter[str], dict[str, Fraction]]:
        """Points and money of a business day, by kind."""
        points: Counter[str] = Counter()
        amounts: dict[str, Fraction] = {}
        for entry in self._world().ledger.journal(self.program_id, day):
            kind = KINDS[entry.kind]
            points[kind] += entry.points
            amounts[kind] = amounts.get(kind, Fraction(0)) + Fraction(entry.amount)
        return points, amounts

    def written_off(self, day: date) -> int:
        return sum(entry.points for entry in self._world().ledger.write_offs(self.program_id, day))

    def verify(self) -> Answer:
        done = verify_program(self._world(), self.program_id)
        assert done.complete
        return {
            "found": [f"{found.where}: {found.what}" for found in done.found],
            "movements": done.movements,
            "outstanding": done.outstanding,
            "liability": done.liability,
        }


@contextmanager
def refusing() -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        facts = {name: fact for name, fact in refused.facts.items() if isinstance(fact, int)}
        raise No(refused.code, **facts) from refused


def money(amount: Fraction) -> Decimal:
    """Whole cents, as a client's JSON has them."""
    assert (amount * 100).denominator == 1
    return Decimal(int(amount * 100)).scaleb(-2)


type Command = Callable[..., Answer]
