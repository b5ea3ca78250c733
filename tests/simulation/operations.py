"""What is done to a ledger: each operation, and what has to be there before it.

To prove another one, add it to OPERATIONS. test_every_fault.py finds its calls by itself, and fails as long as a
use case that writes is in none of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.integration.cloud import fact
from tests.simulation.cloud import CANCELLED, COMPLETED, START
from tests.simulation.functions import Ask, start
from tests.simulation.shop import Caller

type Step = Ask | Callable[[Caller], Any]

PROGRAM = "shop"
ORDER, CUSTOMER = "p/orders/{order_id}", "p/customers/{customer_id}"
DAY = timedelta(days=1)
SETTINGS: dict[str, Any] = {
    "name": "Shop",
    "currency": "EUR",
    "timezone": "Europe/Berlin",
    "expiry": {"policy": "after_days", "days": 2},
    "refund": {"policy": "proportional"},
    "ways_to_earn": {
        "sign_up": {"enabled": True, "points": 7},
        "referral": {"enabled": True, "points": 5, "referee_points": 3},
    },
}


@dataclass(frozen=True)
class Operation:
    """`now` is what is tried with every fault, on what `before` has made."""

    name: str
    before: Sequence[Step]
    now: Step

    @property
    def looks(self) -> bool:
        """Whether it only looks."""
        return isinstance(self.now, Ask) and self.now.route.startswith("GET")

    def __str__(self) -> str:
        return self.name


def carry_out(step: Step, caller: Caller) -> Any:
    """Do a step: a request until it is answered, all else as it says. Then whatever that put into queues."""
    answer = caller.ask(step).body if isinstance(step, Ask) else step(caller)
    caller.work_off()
    return answer


# --- steps -----------------------------------------------------------------------------------------------------------


def settings(program: str = PROGRAM, **changes: Any) -> Ask:
    return Ask("PUT p", (program,), {**SETTINGS, **changes})


def facts(customer: str = "ann", amount: str = "20.00", **more: Any) -> dict[str, Any]:
    """A completed order."""
    return {
        "customer_id": customer,
        "currency": "EUR",
        "completed_at": START.isoformat(),
        "items": [{"sku": "A", "quantity": 1, "amount": amount}],
        "total": amount,
        **more,
    }


def complete(order_id: str, *args: Any, program: str = PROGRAM, **more: Any) -> Ask:
    return Ask(f"POST {ORDER}/completed", (program, order_id), facts(*args, **more))


def cancel(order_id: str, program: str = PROGRAM, **more: Any) -> Ask:
    return Ask(f"POST {ORDER}/cancelled", (program, order_id), more)


def redeem(order_id: str, points: int | str, customer: str = "ann", program: str = PROGRAM) -> Ask:
    use = {"customer_id": customer, "order_total": "50.00", "currency": "EUR", "points": points}
    return Ask(f"PUT {ORDER}/redemption", (program, order_id), use)


def void(order_id: str, program: str = PROGRAM) -> Ask:
    return Ask(f"DELETE {ORDER}/redemption", (program, order_id))


def refund(order_id: str, refunded: str, program: str = PROGRAM) -> Ask:
    return Ask(f"POST {ORDER}/refunds", (program, order_id), {"refunded_total": refunded})


def issue(key: str, points: int, customer: str = "ann", expires: datetime | None = None, program: str = PROGRAM) -> Ask:
    gift = {"points": points, "reason": "a gift", "expires_at": expires.isoformat() if expires else None}
    return Ask(f"POST {CUSTOMER}/issues", (program, customer), gift, key=key)


def sign_up(customer: str = "ann", program: str = PROGRAM) -> Ask:
    return Ask(f"POST {CUSTOMER}/sign-up", (program, customer), {})


def tell(queue: str, detail_type: str, order_id: str, body: dict[str, Any]) -> Callable[[Caller], None]:
    """An event, as EventBridge puts it into its queue."""
    detail = {"program_id": PROGRAM, "order_id": order_id, **body}
    return lambda caller: caller.send(queue, fact(detail_type, detail))


def wait(time: timedelta) -> Callable[[Caller], None]:
    return lambda caller: caller.cloud.let_pass(time)


def purge(caller: Caller) -> None:
    caller.schedule("expiry_purge", {})


def close_days(caller: Caller) -> None:
    """Every hour, until nothing is left to close."""
    caller.again(lambda process: start(process, "close_days", {}), lambda closed: not closed["behind"])


def read(path: str, *ids: str, program: str = PROGRAM, **query: str) -> Ask:
    return Ask(f"GET {path}", (program, *ids), query=query)


SHOP = settings()
DUE = [issue(f"due {who}", 10, who, START + timedelta(hours=1)) for who in ("ann", "ben")]
"""Points that are gone an hour later, of two customers who fill a shard."""

OPERATIONS = [
    Operation("open a program", [], SHOP),
    Operation("change settings", [SHOP], settings(label="stars")),
    Operation("complete an order", [SHOP], complete("#1")),
    Operation("complete another order", [SHOP, complete("#1")], complete("#2")),
    Operation("complete an order of a guest", [SHOP], complete("#1", guest=True)),
    Operation("complete an order that earns nothing", [SHOP], complete("#1", "ann", "0.10")),
    Operation("complete an order of a referred customer", [SHOP], complete("#1", "ben", referrer_id="ann")),
    Operation(
        "complete an order that used points",
        [SHOP, issue("a", 100), redeem("#1", 30)],
        complete("#1"),
    ),
    Operation("complete an order by an event", [SHOP], tell(COMPLETED, "Order Completed", "#1", facts())),
    Operation(
        "cancel an order that earned and used points",
        [settings(earn={"on_redeemed_order": "full"}), issue("a", 100), redeem("#1", 30), complete("#1")],
        cancel("#1"),
    ),
    Operation("cancel an order whose points are spent", [SHOP, complete("#1"), redeem("#2", "max")], cancel("#1")),
    Operation("cancel an order of a referred customer", [SHOP, complete("#1", "ben", referrer_id="ann")], cancel("#1")),
    Operation("cancel an order before it is completed", [SHOP], cancel("#1", customer_id="ann")),
    Operation(
        "cancel an order by an event",
        [SHOP, complete("#1")],
        tell(CANCELLED, "Order Cancelled", "#1", {"customer_id": "ann"}),
    ),
    Operation("use points", [SHOP, issue("a", 100)], redeem("#1", 30)),
    Operation("use other points", [SHOP, issue("a", 100), redeem("#1", 30)], redeem("#1", 50)),
    Operation("use no points after all", [SHOP, issue("a", 100), redeem("#1", 30)], void("#1")),
    Operation("refund an order", [SHOP, complete("#1")], refund("#1", "5.00")),
    Operation("issue points", [SHOP], issue("a", 100)),
    Operation(
        "issue points that are gone before all others",
        [SHOP, issue("a", 100, expires=START + 3 * DAY)],
        issue("b", 10, expires=START + DAY),
    ),
    Operation(
        "use points at the instant at which others are gone",
        [SHOP, issue("a", 20, expires=START + DAY), issue("b", 50), wait(DAY)],
        redeem("#1", 30),
    ),
    Operation("sign up", [SHOP], sign_up()),
    Operation("purge", [SHOP, DUE[0], wait(DAY)], purge),
    Operation("purge a shard that is full", [SHOP, *DUE, wait(DAY)], purge),
    Operation("purge when nothing is due", [SHOP, *DUE], purge),
    Operation("close days", [SHOP, complete("#1"), issue("a", 100), wait(1.75 * DAY)], close_days),
    Operation("look at an account", [SHOP, complete("#1")], read(CUSTOMER, "ann")),
    Operation("look at a statement", [SHOP, complete("#1")], read(f"{CUSTOMER}/movements", "ann")),
    Operation(
        "ask what an order would earn",
        [SHOP, complete("#1")],
        Ask("POST p/quotes", (PROGRAM,), {"kind": "order", "order_id": "#2", **facts()}),
    ),
    Operation("look at an order", [SHOP, complete("#1")], read(ORDER, "#1")),
    Operation(
        "look at the journal",
        [SHOP, complete("#1"), wait(3 * DAY), close_days, complete("#2")],
        read("p/journal-entries", **{"from": "2026-03-27", "to": "2026-03-31"}),
    ),
]
