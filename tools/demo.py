"""One real trading day through the local cloud: `make demo`, or `python -m tools.demo` once it is up.

Plays the store, its administrator and its finance department against the deployed API, and prints what the API answers.
Everything is sent under the ids and keys that it would have in a store, so a second run finds all of it done.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from loyalty_cli.client import ApiError, Client, Json, Program
from tools.deployment import client as boto3_client
from tools.emulator import LocalCloudError
from tools.local_cloud import DIRECTORY, Stack, load
from tools.online_retail import CURRENCY, TIMEZONE, Invoice, Return, match, order_of, read_day
from tools.order_events import OrderEvents
from tools.screen import Say, clock, show_progress, step, table

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

PROGRAM_ID = "online-retail"
PROGRAM: Json = {
    "name": "Online Retail",
    "currency": CURRENCY,
    "timezone": TIMEZONE,
    # An order that is paid in part with points earns on the rest.
    "earn": {"points_per_unit": "1", "on_redeemed_order": "cash_part"},
    "redeem": {"point_value": "0.01"},
    "expiry": {"policy": "after_days", "days": 365},
}

# What the data does not hold, and a trading day does. These orders are real; what happens to them here is not.
REDEEMED_ORDER, REDEEMED_POINTS = "536584", 2_000
"""The last of its customer's seven orders; points of the earlier ones pay a part of it."""
CANCELLED_ORDER = "536369"
CANCELLED_BEFORE_COMPLETED = "536574"
"""Its cancellation arrives before its completion does."""
GOODWILL = "Sorry for the wait (demo)"
GOODWILL_POINTS, GOODWILL_SECONDS = 250, 3
GOODWILL_KEY = "demo-goodwill-1"

THREADS = 4
"""Each calls a function of its own at once, and on one machine each of those has to start first."""
DRAIN_SECONDS = 60.0
"""How long events may take to be worked off."""


class DemoFailed(Exception):
    """Something that should not be, in one line."""


@dataclass(frozen=True)
class Roles:
    """Who calls the API: each with a token of its own, for one program."""

    storefront: Program
    admin: Program
    finance: Program
    events: OrderEvents

    @classmethod
    def of(cls, stack: Stack) -> "Roles":
        storefront, admin, finance = (
            Client.of(stack, name).program(PROGRAM_ID) for name in ("storefront", "admin", "finance")
        )
        return cls(storefront, admin, finance, OrderEvents.of(stack))


@dataclass
class Outcome:
    """What a run of the demo found and did."""

    orders: int = 0
    accrued: int = 0
    points_earned: int = 0
    duplicates: int = 0
    written_off: int = 0
    liability: int = 0
    outstanding: int = 0
    views: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Day:
    """The trading day, sorted into what a store does with it."""

    invoices: Sequence[Invoice]

    @cached_property
    def sales(self) -> list[Invoice]:
        return [invoice for invoice in self.invoices if invoice.is_sale]

    @cached_property
    def returns(self) -> list[Return]:
        return [match(invoice, self.sales) for invoice in self.invoices if invoice.is_credit_note]

    @cached_property
    def corrections(self) -> list[Invoice]:
        return [invoice for invoice in self.invoices if not invoice.is_sale and not invoice.is_credit_note]

    def sale(self, number: str) -> Invoice:
        return next(sale for sale in self.sales if sale.number == number)


def run(stack: Stack, say: Say = print) -> Outcome:
    """The whole demo. Raises DemoFailed when the ledger is not as it should be, ApiError when a call is refused."""
    roles, queues, outcome = Roles.of(stack), Queues(stack), Outcome()
    day = Day(read_day())
    say(f"One real trading day, program `{PROGRAM_ID}` at {stack.api_url}")

    with step(say, "The program"):
        set_up_program(roles, say)
    with step(say, "The day's orders, half over HTTP and half over EventBridge, some twice, in no order"):
        sell(roles, queues, day, outcome, say)
    with step(say, "A customer pays a later order with points"):
        redeem(roles, day.sale(REDEEMED_ORDER), outcome, say)
    with step(say, "Cancellations"):
        cancel(roles, queues, day, say)
    with step(say, "Credit notes"):
        give_back(roles, day, say)
    with step(say, "Points that expire in seconds, and the purge"):
        expire(roles, stack, day.sale(REDEEMED_ORDER).customer_id, outcome, say)
    with step(say, "Balances"):
        accounts = show_balances(roles, day, say)
    with step(say, f"Statement of customer {day.sale(REDEEMED_ORDER).customer_id}"):
        show_statement(roles, day.sale(REDEEMED_ORDER).customer_id, say)
    with step(say, "The books"):
        show_books(roles, accounts, outcome, say)
    return outcome


# ---- the program ----


def set_up_program(roles: Roles, say: Say) -> None:
    """Makes the program, unless it is there: each PUT is a new version, which nobody needs."""
    try:
        program = roles.admin.call("GET").body
        there = "was there"
    except ApiError as error:
        if error.code != "unknown_program":
            raise
        program = roles.admin.call("PUT", body=PROGRAM).body
        there = "new"
    say(
        f"   {program['name']}, version {program['version']} ({there}): {program['earn']['points_per_unit']} point per "
        f"{program['currency']}, worth {program['redeem']['point_value']} {program['currency']} each, "
        f"for {program['expiry']['days']} days"
    )


# ---- orders ----


@dataclass(frozen=True, slots=True)
class Delivery:
    """An order, on its way to the ledger by one of the two doors."""

    sale: Invoice
    over_http: bool


def deliveries(sales: Sequence[Invoice]) -> list[Delivery]:
    """Every order once, a fifth of them twice through one door, a seventh through both; shuffled, always alike."""
    planned = []
    for number, sale in enumerate(sales):
        door = number % 2 == 0
        planned.append(Delivery(sale, door))
        if number % 5 == 0:
            planned.append(Delivery(sale, door))
        if number % 7 == 0:
            planned.append(Delivery(sale, not door))
    random.Random(20101201).shuffle(planned)
    return planned


def sell(roles: Roles, queues: "Queues", day: Day, outcome: Outcome, say: Say) -> None:
    """Sends all orders but the later one, and waits until the ledger has them all."""
    sales = [sale for sale in day.sales if sale.number != REDEEMED_ORDER]
    outcome.orders = len(sales)
    planned = deliveries(sales)
    by_event = [delivery.sale for delivery in planned if not delivery.over_http]
    before = look_at(roles, sales)
    known = sum(view["status"] != "unknown" for view in before.values())
    guests = sum(not sale.customer for sale in sales)
    free = sum(not sale.total for sale in sales)
    say(
        f"   {len(sales)} orders, {guests} of them by guests, {free} worth nothing; the ledger knows {known} of them. "
        f"({len(day.corrections)} invoice only corrects the stock.)"
    )

    # Events may overtake each other: here, the cancellation of an order comes before its completion.
    roles.storefront.call(
        "POST", "orders", CANCELLED_BEFORE_COMPLETED, "cancelled", body={"reason": "changed their mind"}
    )

    def deliver(delivery: Delivery) -> bool:
        """Whether the answer was a repeat's. An event has none."""
        sale = delivery.sale
        if delivery.over_http:
            return roles.storefront.call("POST", "orders", sale.number, "completed", body=order_of(sale)).replayed
        roles.events.send([("Order Completed", event_of(sale))])
        return False

    with ThreadPoolExecutor(THREADS) as pool:
        repeats = sum(show_progress(pool.map(deliver, planned), len(planned), "sent"))
    say(
        f"   {len(planned)} deliveries: {len(planned) - len(by_event)} over HTTP, of which {repeats} were answered as "
        f"repeats; {len(by_event)} as events"
    )
    outcome.views = await_events(roles, queues, by_event, say)
    outcome.views |= look_at(roles, [sale for sale in sales if sale.number not in outcome.views])
    new = [view for number, view in outcome.views.items() if was_completed(view) and not was_completed(before[number])]
    for number, view in outcome.views.items():
        completions = [movement for movement in view["movements"] if movement["event"] == "order_completed"]
        if len(completions) != (number != CANCELLED_BEFORE_COMPLETED):
            raise DemoFailed(f"order {number} was recorded {len(completions)} times")
    tally(outcome, new)
    late = sum(delivery.sale.number == CANCELLED_BEFORE_COMPLETED for delivery in planned)
    outcome.duplicates = len(planned) - len(new) - late
    accrued = f"{outcome.accrued} orders accrued {outcome.points_earned:,} points"
    worthless = f"{len(new) - outcome.accrued} were worth none"
    say(f"   {f'{accrued}, {worthless}' if new else 'nothing accrued'}; {outcome.duplicates} duplicates refused")
    say(f"   {CANCELLED_BEFORE_COMPLETED} was cancelled before it was completed, and earned nothing")


def event_of(sale: Invoice) -> Json:
    """The detail of an order event: the body, and what the path says over HTTP."""
    return {"program_id": PROGRAM_ID, "order_id": sale.number, **order_of(sale)}


def was_completed(view: Json) -> bool:
    return any(movement["event"] == "order_completed" for movement in view["movements"])


def tally(outcome: Outcome, completed: Iterable[Json]) -> None:
    """Adds orders that this run got the ledger to record."""
    for view in completed:
        outcome.accrued += view["points_earned"] > 0
        outcome.points_earned += view["points_earned"]


def look_at(roles: Roles, sales: Sequence[Invoice]) -> dict[str, Json]:
    """What the ledger knows of each order."""
    with ThreadPoolExecutor(THREADS) as pool:
        views = pool.map(lambda sale: roles.storefront.call("GET", "orders", sale.number).body, sales)
        return {sale.number: view for sale, view in zip(sales, views, strict=True)}


def await_events(roles: Roles, queues: "Queues", sales: Iterable[Invoice], say: Say) -> dict[str, Json]:
    """What the ledger knows of orders that were sent as events, once it has them all and no duplicate is on its way."""
    began = time.monotonic()
    missing = {sale.number: sale for sale in sales}
    found: dict[str, Json] = {}

    def orders_missing() -> str:
        for number, view in look_at(roles, list(missing.values())).items():
            if view["status"] in ("completed", "cancelled"):
                found[number] = view
                del missing[number]
        return f"{len(missing)} orders sent as events, such as {next(iter(missing))}" if missing else ""

    queues.wait_while(orders_missing)
    queues.wait_while(queues.busy)
    say(f"   events worked off after {time.monotonic() - began:.1f} s")
    return found


class Queues:
    """The order events that are under way, as an operator sees them."""

    def __init__(self, stack: Stack) -> None:
        self._sqs: SQSClient = boto3_client(stack.endpoint_url, "sqs")
        self._urls = stack.queues

    def wait_while(self, unfinished: Callable[[], str]) -> None:
        """Until nothing is `unfinished`, which says what is. Raises DemoFailed when that takes too long."""
        deadline = time.monotonic() + DRAIN_SECONDS
        while what := unfinished():
            if time.monotonic() > deadline:
                dead = self._messages("OrderCompletedDeadLetters") + self._messages("OrderCancelledDeadLetters")
                raise DemoFailed(
                    f"not worked off within {DRAIN_SECONDS:.0f} s: {what} ({dead} dead letters); see: make logs"
                )
            time.sleep(0.1)

    def busy(self) -> str:
        """What waits or is being worked on, if anything does."""
        messages = self._messages("OrderCompletedQueue") + self._messages("OrderCancelledQueue")
        return f"{messages} events in the queues" if messages else ""

    def _messages(self, queue: str) -> int:
        found = self._sqs.get_queue_attributes(
            QueueUrl=self._urls[queue],
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )
        return sum(int(number) for number in found["Attributes"].values())


# ---- what happens to orders ----


def redeem(roles: Roles, sale: Invoice, outcome: Outcome, say: Say) -> None:
    """Points pay a part of an order, which then earns on the rest."""
    order = order_of(sale)
    path = ("orders", sale.number)
    request = {
        "customer_id": sale.customer_id,
        "order_total": order["total"],
        "currency": CURRENCY,
        "points": REDEEMED_POINTS,
    }
    try:
        used = roles.storefront.call("PUT", *path, "redemption", body=request).body
        say(
            f"   customer {sale.customer_id} used {used['points_redeemed']:,} points on order {sale.number}: "
            f"{used['discount']} off {order['total']} {CURRENCY}, {used['balance']:,} points left"
        )
    except ApiError as error:
        if error.code != "order_closed":
            raise
        view = roles.storefront.call("GET", *path).body
        say(f"   order {sale.number} is completed; {view['points_redeemed']:,} points took {view['discount']} off it")
    answer = roles.storefront.call("POST", *path, "completed", body=order)
    outcome.orders += 1
    if answer.replayed:
        outcome.duplicates += 1
    else:
        tally(outcome, [answer.body])
    earned = answer.body
    say(
        f"   the order {'had earned' if answer.replayed else 'earned'} {earned['points_earned']:,} points: "
        + "; ".join(f"{part['detail']}" for part in earned["breakdown"])
    )


def cancel(roles: Roles, queues: Queues, day: Day, say: Say) -> None:
    """A completed order is cancelled, by an event; then again over HTTP, which changes nothing."""
    order_id, customer_id = CANCELLED_ORDER, day.sale(CANCELLED_ORDER).customer_id
    fact = {"customer_id": customer_id, "reason": "out of stock"}
    roles.events.send([("Order Cancelled", {"program_id": PROGRAM_ID, "order_id": order_id, **fact})])

    def not_cancelled() -> str:
        view = roles.storefront.call("GET", "orders", order_id).body
        return f"the cancellation of order {order_id}" if view["status"] != "cancelled" else ""

    queues.wait_while(not_cancelled)
    answer = roles.storefront.call("POST", "orders", order_id, "cancelled", body=fact)
    if not answer.replayed:
        raise DemoFailed(f"order {order_id} was cancelled twice")
    say(
        f"   order {order_id} of customer {customer_id} was cancelled by event: {answer.body['points_reversed']}"
        f" points taken back, {answer.body['balance']:,} left; again over HTTP: the same answer, as a repeat"
    )


def give_back(roles: Roles, day: Day, say: Say) -> None:
    """What a credit note returns wholly cancels its order; of a part, the ledger suggests what an administrator takes.

    What belongs to no order that the ledger knows is left to the administrator altogether.
    """
    rows = []
    for given_back in day.returns:
        note, order = given_back.note, given_back.order
        if order is None:
            done = "left to an administrator"
        elif given_back.whole:
            answer = roles.storefront.call("POST", "orders", order.number, "cancelled", body={"reason": note.number})
            done = f"cancelled: {answer.body['points_reversed']} points taken back"
        else:
            refund = {"refunded_total": str(-note.total)}
            suggested = roles.storefront.call("POST", "orders", order.number, "refunds", body=refund).body
            refund["points"] = suggested["points_suggested"]
            taken = roles.admin.call("POST", "orders", order.number, "refunds", body=refund)
            again = " before" if taken.replayed else ""
            done = (
                f"{suggested['points_suggested']} points suggested, {taken.body['points_reversed']} taken back{again}"
            )
        rows.append([note.number, note.customer, f"{-note.total:,}", given_back.why, done])
    table(say, ["note", "customer", f">{CURRENCY}", "what it is", "points"], rows)


def expire(roles: Roles, stack: Stack, customer_id: str, outcome: Outcome, say: Say) -> None:
    """Points that last for seconds: gone at their instant, written off by the purge.

    A run before this one may have issued them. Its request then is sent again: the same key with another instant would
    be another request, and refused.
    """
    before = next((m for m in statement(roles, customer_id) if m["reason"] == GOODWILL), None)
    expires_at = before["expires_at"] if before else in_seconds(GOODWILL_SECONDS)
    answer = roles.admin.call(
        "POST",
        "customers",
        customer_id,
        "issues",
        body={"points": GOODWILL_POINTS, "expires_at": expires_at, "reason": GOODWILL},
        idempotency_key=GOODWILL_KEY,
    )
    until = local(answer.body["expires_at"])
    if answer.replayed:
        say(f"   {answer.body['points']} points were issued to customer {customer_id} before, until {until}: a repeat")
    else:
        say(f"   {answer.body['points']} points issued to customer {customer_id}, until {until}")
    instant = datetime.fromisoformat(answer.body["expires_at"])
    time.sleep(max(0.0, (instant - datetime.now(UTC)).total_seconds()) + 0.05)
    account = roles.storefront.call("GET", "customers", customer_id).body
    say(f"   past that: {account['balance']:,} points to spend, {account['outstanding']:,} in the books")

    # Its schedule starts it every hour; here it is started by hand. It is the deployed function.
    aws_lambda: LambdaClient = boto3_client(stack.endpoint_url, "lambda")
    answered = aws_lambda.invoke(
        FunctionName=stack.functions["ExpiryPurgeFunction"], Payload=json.dumps({"program_id": PROGRAM_ID}).encode()
    )
    purged: Json = json.loads(answered["Payload"].read())
    if "FunctionError" in answered or not purged["complete"]:
        raise DemoFailed(f"the purge did not end well: {purged}; see: make logs")
    outcome.written_off = purged["points"]
    say(
        f"   purge: {purged['points']:,} points of {purged['accounts']} accounts written off"
        if purged["accounts"]
        else "   purge: nothing due, nothing written off"
    )


# ---- what can be looked at ----


def show_balances(roles: Roles, day: Day, say: Say) -> list[Json]:
    """The accounts of everybody who bought something, the highest balances printed."""
    customers = {(sale.customer_id, not sale.customer) for sale in day.sales}
    with ThreadPoolExecutor(THREADS) as pool:
        accounts = list(
            pool.map(
                lambda who: (
                    roles.storefront.call("GET", "customers", who[0], query={"guest": "true"} if who[1] else None).body
                ),
                customers,
            )
        )
    accounts.sort(key=lambda account: (-account["balance"], account["customer_id"]))
    table(
        say,
        ["customer", ">balance", f">{CURRENCY}", ">earned", ">redeemed", ">expired", "next expiry"],
        [
            [
                account["customer_id"],
                f"{account['balance']:,}",
                f"{Decimal(account['value']['amount']):,}",
                f"{account['earned_total']:,}",
                f"{account['redeemed_total']:,}",
                f"{account['expired_total']:,}",
                local(account["next_expiry"]["expires_at"]) if account["next_expiry"] else "-",
            ]
            for account in accounts[:5]
        ],
    )
    guests = sum(account["guest"] for account in accounts)
    say(f"   and {len(accounts) - 5} more; {guests} of all {len(accounts)} are guests")
    return accounts


def statement(roles: Roles, customer_id: str) -> Iterator[Json]:
    """A customer's movements, newest first, page by page."""
    query: dict[str, str] = {"limit": "50"}
    while True:
        page = roles.storefront.call("GET", "customers", customer_id, "movements", query=query).body
        yield from page["movements"]
        if page["cursor"] is None:
            return
        query["cursor"] = page["cursor"]


def show_statement(roles: Roles, customer_id: str, say: Say) -> None:
    table(
        say,
        [">no", "recorded", "what happened", ">points", ">balance", "order", "expires", "source"],
        [
            [
                str(movement["sequence"]),
                local(movement["recorded_at"]),
                movement["event"].replace("_", " "),
                f"{movement['points']:+,}",
                f"{movement['balance']:,}",
                movement["order_id"] or movement["reason"] or "-",
                local(movement["expires_at"]) if movement["expires_at"] else "-",
                movement["source"],
            ]
            for movement in statement(roles, customer_id)
        ],
    )


def show_books(roles: Roles, accounts: Sequence[Json], outcome: Outcome, say: Say) -> None:
    """The write-off journal, the whole journal, and whether it says what the accounts say."""
    recorded = [m["recorded_at"] for view in outcome.views.values() for m in view["movements"]]
    days = {
        "from": business_day(datetime.fromisoformat(min(recorded))),
        "to": business_day(datetime.now(UTC)),
    }
    journal = ["day", "kind", ">movements", "debit", "credit", ">points", f">{CURRENCY}"]
    write_offs = roles.finance.call("GET", "journal-entries", query={**days, "kind": "write_off"}).body["entries"]
    say("   write-off journal")
    table(say, journal, [entry_row(entry) for entry in write_offs])
    entries = roles.finance.call("GET", "journal-entries", query={**days, "kind": "all"}).body["entries"]
    say("   whole journal")
    table(say, journal, [entry_row(entry) for entry in entries])

    points: Counter[tuple[str, str]] = Counter()
    money: dict[tuple[str, str], Decimal] = {}
    for entry in entries:
        for posting in entry["postings"]:
            side = (posting["account"], posting["side"])
            points[side] += posting["points"]
            money[side] = money.get(side, Decimal(0)) + Decimal(posting["amount"])
    rows = []
    for account in sorted({account for account, _ in points}):
        debit, credit = (account, "debit"), (account, "credit")
        rows.append(
            [account, f"{points[debit]:,}", f"{points[credit]:,}"]
            + [f"{money.get(side, Decimal('0.00')):,}" for side in (debit, credit)]
        )
    totals = [sum(points[side] for side in points if side[1] == which) for which in ("debit", "credit")]
    sums = [sum((money[side] for side in money if side[1] == which), Decimal(0)) for which in ("debit", "credit")]
    rows.append(["all", *(f"{total:,}" for total in totals), *(f"{total:,}" for total in sums)])
    say("   by account")
    table(say, ["account", ">debit", ">credit", f">debit {CURRENCY}", f">credit {CURRENCY}"], rows)

    outcome.liability = points["points_liability", "credit"] - points["points_liability", "debit"]
    outcome.outstanding = sum(account["outstanding"] for account in accounts)
    if totals[0] != totals[1] or sums[0] != sums[1]:
        raise DemoFailed("debits and credits of the journal differ")
    if outcome.liability != outcome.outstanding:
        raise DemoFailed(
            f"the books owe {outcome.liability:,} points and the accounts of the day hold {outcome.outstanding:,}; "
            f"were points of `{PROGRAM_ID}` given to anybody else?"
        )
    say(
        f"   the books balance: {outcome.liability:,} points of liability = {outcome.outstanding:,} outstanding "
        f"on {len(accounts)} accounts"
    )


def entry_row(entry: Json) -> list[str]:
    sides = {posting["side"]: posting["account"] for posting in entry["postings"]}
    return [
        entry["business_day"],
        entry["kind"],
        f"{entry['movements']:,}",
        sides["debit"],
        sides["credit"],
        f"{entry['points']:,}",
        f"{Decimal(entry['amount']):,}",
    ]


def what_next(stack: Stack, customer_id: str, say: Say) -> None:
    storefront = stack.clients["storefront"]
    say(
        f"""
It is all still there. Get a token (good for an hour), then look at a customer:

  TOKEN=$(curl -s -u '{storefront["client_id"]}:{storefront["client_secret"]}' -d grant_type=client_credentials -d \
scope={storefront["scope"]} {stack.token_url} | sed -E 's/.*"access_token": *"([^"]+)".*/\\1/')
  curl -s -H "Authorization: Bearer $TOKEN" {stack.api_url}/v1/programs/{PROGRAM_ID}/customers/{customer_id}

Or: make demo (again: nothing accrues twice), make verify (replays every movement), make logs, make down"""
    )


def in_seconds(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def local(instant: str) -> str:
    """An instant as the store's clock shows it."""
    return clock(instant, TIMEZONE)


def business_day(instant: datetime) -> str:
    return instant.astimezone(ZoneInfo(TIMEZONE)).date().isoformat()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.demo", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--directory", type=Path, default=DIRECTORY, help="of the local cloud (default .local)")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    try:
        stack = load(options.directory)
        outcome = run(stack)
    except (LocalCloudError, DemoFailed) as error:
        return fail(str(error))
    except ApiError as error:
        return fail(f"the API refused a call: {error}")
    except urllib3.exceptions.HTTPError as error:
        return fail(f"the API does not answer: {error}; see: make status")
    except (BotoCoreError, ClientError) as error:
        return fail(f"the emulator failed a call: {error}; see: make logs")
    except KeyboardInterrupt:
        return 130
    print(
        f"\nDone in {time.monotonic() - began:.1f} s: {outcome.orders} orders in, {outcome.accrued} accruals, "
        f"{outcome.duplicates} duplicates refused, {outcome.points_earned:,} points earned, "
        f"{outcome.written_off:,} written off; the books balance."
    )
    what_next(stack, Day(read_day()).sale(REDEEMED_ORDER).customer_id, print)
    return 0


def fail(reason: str) -> int:
    print(f"error: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
