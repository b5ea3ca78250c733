"""A shop whose calls are metered, and what happens in it: for the budgets' tests and for the benchmarks."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.lots import Lot
from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.ledger.transaction import Sender
from loyalty.domain.orders.redemption import RedemptionRequest
from loyalty.usecases.orders.complete import complete_order
from tests.support.builders import DAY, NOW, issuing, member, order
from tests.support.meter import Meter
from tests.support.worlds import Clock, World

CLIENT = "1h57kf5cpq17m0eml12EXAMPLE"
STOREFRONT = Sender(CLIENT, "API")
"""As long as a client's id of the identity provider."""
MIDNIGHT = NOW.replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True)
class Metered:
    """A world in DynamoDB whose calls are metered."""

    world: World
    clock: Clock
    meter: Meter

    def give(self, account_id: AccountId, *lots: Lot) -> Account:
        """Issues `lots` in one movement; not part of any bill."""
        transaction = issuing(self.world.ledger.account(account_id, consistent=True), *lots)
        self.world.ledger.write([transaction])
        return transaction.holder


def yearly(**settings: Any) -> dict[str, Any]:
    """Settings under which points live for a year, to a midnight."""
    return {"expiry": {"policy": "after_days", "days": 365}, **settings}


def daily(count: int) -> list[Lot]:
    """A lot for each of the coming days: what somebody has who earns every day."""
    return [Lot(MIDNIGHT + number * DAY, 100 + number) for number in range(1, count + 1)]


def use(points: int, customer_id: str = "c-48151623") -> RedemptionRequest:
    account_id = AccountId("shop", customer_id)
    return RedemptionRequest(account_id=account_id, order_total=Decimal(9_999_999), currency="EUR", points=points)


def complete(metered: Metered, order_id: str = "#1001", customer_id: str = "c-48151623") -> object:
    return complete_order(metered.world, "shop", order(order_id, customer_id), STOREFRONT)


def fill(shop: Metered, accounts: int, lots: list[Lot]) -> None:
    """Gives `lots` to so many new accounts, fifty in a write."""
    new = [Account(account_id=member(f"c-{number:08d}")) for number in range(accounts)]
    for start in range(0, accounts, 50):
        shop.world.ledger.write([issuing(account, *lots) for account in new[start : start + 50]])
