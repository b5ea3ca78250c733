"""The view of everything that an order has done to points. Nothing here writes."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.facts import Redeemed, Step
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.kinds import Kind
from loyalty.domain.ledger.transaction import Origin, Sender, Transaction
from loyalty.domain.orders.completion import breakdown_of
from loyalty.domain.orders.order import cause_of_order
from loyalty.domain.orders.redemption import discount, usable_on
from loyalty.domain.program.settings import Program
from loyalty.ports.world import HasClock, HasLedger, HasPrograms


class OrderPorts(HasLedger, HasPrograms, HasClock, Protocol):
    """What the view of an order is read from."""


@dataclass(frozen=True, slots=True)
class OrderView:
    """Everything that an order has done to points."""

    order_id: str
    history: History
    account: Account | None
    program: Program
    at: datetime

    @property
    def status(self) -> str:
        """`unknown` to the ledger, `open`, `completed` or `cancelled`."""
        if not self.history.movements:
            return "unknown"
        if self.history.cancellation:
            return "cancelled"
        return "completed" if self.history.completion else "open"

    @property
    def breakdown(self) -> tuple[Step, ...]:
        """How the points that the order earned came about."""
        completion = self.history.completion
        return breakdown_of(completion) if completion else ()

    @property
    def earnable(self) -> int | None:
        """Points that the order earned. None before it is completed: its content is unknown until then."""
        if self.history.cancellation:
            return 0
        return self.history.earned if self.history.completion else None

    @property
    def usable(self) -> int | None:
        """The most points that the order can use, including those it uses now. None while its worth is unknown."""
        live = self.history.live_redemption
        if live is None:
            return 0 if self.history.closed else None
        origin = Origin(Sender("view", "VIEW"), self.at)
        begun = Transaction.begin(self.program, origin, self.history, self.account)
        return usable_on(begun, live.facts_as(Redeemed).order_total)

    @property
    def restored(self) -> int:
        """Points that the order used and gave back."""
        return sum(m.points for m in self.history if m.kind is Kind.RESTORE)

    @property
    def discount(self) -> Decimal:
        """The money that the points which the order uses take off."""
        live = self.history.live_redemption
        if live is None:
            return discount(self.program, 0)
        return live.facts_as(Redeemed).discount


def view_order(ports: OrderPorts, program_id: str, order_id: str) -> OrderView:
    """Everything that an order has done to points; nothing if the ledger has never seen the order."""
    program = ports.programs.get(program_id)
    history, _ = ports.ledger.read(cause_of_order(program_id, order_id), None, consistent=True)
    owner = history.account_id
    account = ports.ledger.account(owner, consistent=True) if owner and history.live_redemption else None
    return OrderView(order_id, history, account, program, ports.clock())
