"""What is done to a ledger: each operation, and what has to be there before it.

To prove another one, add it to OPERATIONS. test_every_fault.py finds its calls by itself, and fails as long as a
use case that writes is in none of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from loyalty.domain.customers.cards import draw
from tests.function.api.cloud import fact
from tests.proof.simulation.cloud import CANCELLED, COMPLETED, JOBS, START, Cloud
from tests.proof.simulation.functions import Ask, start
from tests.proof.simulation.shop import Caller

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
class Queued:
    """A step of which is not done what it puts into queues: that is another operation."""

    step: Ask | Callable[[Caller], Any]


type Step = Ask | Callable[[Caller], Any] | Queued


def without_version(answer: Any) -> Any:
    """Of settings, what does not count how often they were sent."""
    return {name: part for name, part in answer.items() if name != "version"} if isinstance(answer, dict) else answer


def only_the_job(answer: Any) -> Any:
    """Which job it is: what it says of the job goes on with the job."""
    return answer["job_id"]


def only_who_it_was(answer: Any) -> Any:
    """Of an erasure: a request that goes on with it counts only what it did itself, a repeat finds nobody."""
    return answer["status"]


@dataclass(frozen=True)
class Operation:
    """`now` is what is tried with every fault, on what `before` has made."""

    name: str
    before: Sequence[Step]
    now: Step
    same: Callable[[Any], Any] = without_version
    """Of an answer what a repeat is answered too."""

    @property
    def looks(self) -> bool:
        """Whether it only looks."""
        return isinstance(self.now, Ask) and self.now.route.startswith("GET")

    def __str__(self) -> str:
        return self.name


def carry_out(step: Step, caller: Caller) -> Any:
    """Do a step: a request until it is answered, all else as it says. Then whatever that put into queues."""
    does = step.step if isinstance(step, Queued) else step
    answer = caller.ask(does).body if isinstance(does, Ask) else does(caller)
    if not isinstance(step, Queued):
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


def adjust(key: str, points: int, customer: str = "ann", program: str = PROGRAM, **more: Any) -> Ask:
    return Ask(
        f"POST {CUSTOMER}/adjustments", (program, customer), {"points": points, "reason": "by hand", **more}, key
    )


def cards(key: str, count: int = 1, program: str = PROGRAM) -> Ask:
    return Ask("POST p/cards", (program,), {"count": count}, key)


def card(what: str, key: str, number: str | None = None, program: str = PROGRAM, **body: Any) -> Ask:
    return Ask(f"POST p/cards/{{number}}/{what}", (program, number or CARD), body, key)


def job(kind: str, key: str = "job", program: str = PROGRAM, **body: Any) -> Ask:
    return Ask("POST p/jobs", (program,), {"kind": kind, "dry_run": False} | body, key)


def undo(job_id: str, program: str = PROGRAM) -> Ask:
    return Ask("POST p/jobs/{job_id}/undo", (program, job_id))


def erase(customer: str = "ann", program: str = PROGRAM) -> Ask:
    return Ask(f"DELETE {CUSTOMER}", (program, customer))


def export(customer: str = "ann", program: str = PROGRAM, **query: str) -> Ask:
    return read(f"{CUSTOMER}/export", customer, program=program, **query)


def draw_others(caller: Caller) -> None:
    """From now on other numbers of cards are drawn."""
    caller.cloud.digits = lambda count: "8" * count


def hand_out(caller: Caller) -> None:
    """What is in queues now, and not what that puts there."""
    caller.work_off(list(caller.cloud.queues[JOBS]))


SHOP = settings()
CARD = draw(Cloud().digits)
ROWS = [{"customer_id": who, "points": 5, "reason": "ported"} for who in ("ann", "ben")]
ADJUSTING, ADJUSTING_ONE = job("adjustments", rows=ROWS), job("adjustments", rows=ROWS[:1])
HISTORY: list[dict[str, Any]] = [
    {"action": "order", "order_id": "#1", **facts()},
    {"action": "sign_up", "customer_id": "ben", "completed_at": START.isoformat()},
]
REWARDING, REWARDING_SIGN_UP = (job("reward_past_actions", rows=[row]) for row in HISTORY)
TRIAL = job("adjustments", rows=ROWS[:1], dry_run=True)
JOB = f"{START:%Y%m%dT%H%M%SZ}-{sha256(f'{PROGRAM} job'.encode()).hexdigest()[:12]}"
UNDO = undo(JOB)
NEW_CARDS = cards("cards")
ERASE = erase()
CARD_JOB = job("cards", count=1)
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
    Operation("adjust points up", [SHOP], adjust("a", 10)),
    Operation("adjust points down", [SHOP, issue("a", 10)], adjust("b", -4)),
    Operation(
        "move the expiry of points", [SHOP, issue("a", 10)], adjust("b", 0, expires_at=(START + DAY).isoformat())
    ),
    Operation("adjust points for an order", [SHOP, complete("#1")], adjust("a", -5, order_id="#1")),
    Operation("create a card", [SHOP], NEW_CARDS),
    Operation("assign a card", [SHOP, NEW_CARDS], card("assignment", "a", customer_id="ann")),
    Operation("block a card", [SHOP, NEW_CARDS, card("assignment", "a", customer_id="ann")], card("block", "b")),
    Operation(
        "replace a card",
        [SHOP, NEW_CARDS, card("assignment", "a", customer_id="ann"), draw_others],
        card("replacement", "b"),
    ),
    Operation("start a job", [SHOP], Queued(ADJUSTING), only_the_job),
    Operation("check the rows of a job", [SHOP, Queued(ADJUSTING)], Queued(hand_out)),
    Operation("adjust points in a job", [SHOP, Queued(ADJUSTING), Queued(hand_out)], Queued(hand_out)),
    Operation("reward a past order in a job", [SHOP, Queued(REWARDING), Queued(hand_out)], Queued(hand_out)),
    Operation("reward a past sign-up in a job", [SHOP, Queued(REWARDING_SIGN_UP), Queued(hand_out)], Queued(hand_out)),
    Operation("create cards in a job", [SHOP, Queued(CARD_JOB), Queued(hand_out)], Queued(hand_out)),
    Operation("try a job without doing it", [SHOP, Queued(TRIAL), Queued(hand_out)], Queued(hand_out)),
    Operation("start undoing a job", [SHOP, ADJUSTING], Queued(UNDO), only_the_job),
    Operation("undo an adjustment", [SHOP, ADJUSTING_ONE, Queued(UNDO), Queued(hand_out)], Queued(hand_out)),
    Operation("undo a reward", [SHOP, REWARDING, Queued(UNDO), Queued(hand_out)], Queued(hand_out)),
    Operation("take cards back", [SHOP, CARD_JOB, Queued(UNDO), Queued(hand_out)], Queued(hand_out)),
    Operation("erase a customer", [SHOP, complete("#1")], ERASE, only_who_it_was),
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
    Operation("export a customer", [SHOP, complete("#1")], export()),
    Operation("look at an order", [SHOP, complete("#1")], read(ORDER, "#1")),
    Operation(
        "look at the journal",
        [SHOP, complete("#1"), wait(3 * DAY), close_days, complete("#2")],
        read("p/journal-entries", **{"from": "2026-03-27", "to": "2026-03-31"}),
    ),
]
