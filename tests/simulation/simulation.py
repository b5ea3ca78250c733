"""A few days of a ledger's life, made up from a seed: everybody at once, and everything that may go wrong.

    python -m tests.simulation.simulation 10000         # so many seeds
    python -m tests.simulation.simulation --seed 4711   # this one again, exactly, with all its calls

Storefronts, administrators, queues, purges and closings of days go on side by side; who goes on is drawn at each call
that leaves a function. Calls are dropped, answered by nobody, throttled and cancelled; processes die; reads and
indexes are behind; messages come twice, late and in any order; the clock jumps over midnights and clock changes. Then
all is quiet, and within a bounded number of calls everything has to be complete, agreed and accounted for.
"""

import argparse
import hashlib
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing import get_context
from random import Random
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from loyalty.adapters.dynamodb import items, keys
from loyalty.domain.calendar import business_day, start_of_day
from loyalty.domain.movement import AccountId, Event, Movement
from tests.integration.cloud import Answer, fact
from tests.simulation import operations as ops
from tests.simulation.audit import check, movements_of, stays
from tests.simulation.cloud import CANCELLED, COMPLETED, START, Call, Cloud, Message, Process
from tests.simulation.faults import FAULTS
from tests.simulation.functions import Ask, deliver, deployed, start
from tests.simulation.scheduler import Scheduler
from tests.simulation.shop import BATCH, TRIES, Caller, Endless
from tests.statemachine.machine import STARTS

TRIES_OF_BOTO = 3
TRIED_AGAIN = frozenset(
    {"InternalServerError", "ThrottlingException", "TransactionInProgressException"},
)
"""Errors after which boto3 sends a call again by itself."""
MOST_BEHIND = 1.0
"""Seconds by which a look may lag."""
MOST_CALLS_WHEN_QUIET = 800
FAULT_RATES = (0.0, 0.02, 0.1, 0.25)
POINTS: tuple[int | str, ...] = (1, 5, 20, "max")
CUSTOMERS = ("ann", "ben", "cid")
TIMEZONES = ("Europe/Berlin", "America/New_York", "Africa/Cairo", "UTC")
LEAD = (timedelta(0), timedelta(0), timedelta(microseconds=1), timedelta(milliseconds=40), timedelta(seconds=2))
"""How long before a midnight the clock stops."""
STRUCK = tuple(fault for fault in FAULTS if fault.name != "overtaken by a repeat")
"""Here others overtake by themselves."""


class Lost(AssertionError):
    """Something that was acknowledged is not there, or is there otherwise."""


@dataclass(frozen=True)
class Told:
    """A request and the answer that it got."""

    what: Ask
    answer: Answer
    begun: float
    ended: float
    """When it was sent for the first time, and when it was answered."""


@dataclass(eq=False)
class Shopper(Caller):
    """A caller beside others: while a function runs for it, the function can be killed."""

    scheduler: Scheduler | None = None

    def again[T](
        self, attempt: Callable[[Process], T], done: Callable[[T], bool] = lambda result: True, tries: int = TRIES
    ) -> T:
        def serve(process: Process) -> T:
            actor = self.scheduler.running if self.scheduler else None
            if actor is None:
                return attempt(process)
            actor.serving = True
            try:
                return attempt(process)
            finally:
                actor.serving = actor.killed = False

        return super().again(serve, done, tries)


@dataclass
class Simulation:
    """One seed's life. `run` fails where anything is lost; `trace` are the calls, in their order."""

    seed: int
    trace: list[str] = field(default_factory=list)
    calls: int = 0
    faults: int = 0

    def __post_init__(self) -> None:
        self._chance = chance = Random(self.seed)
        self._cloud = cloud = Cloud(now=chance.choice(STARTS))
        self._scheduler = Scheduler(cloud, chance)
        self._rate = chance.choice(FAULT_RATES)
        self._timezone = chance.choice(TIMEZONES)
        self._programs = ("shop",) if chance.random() < 0.8 else ("shop", "s")
        self._told: list[Told] = []
        self._working = 0
        cloud.table.wrote = stays
        cloud.wire = self._wire
        cloud.sleep = self._scheduler.pause
        cloud.jitter = chance.random
        cloud.digits = lambda count: f"{chance.randrange(10**count):0{count}}"
        cloud.late = lambda: chance.random() < 0.5
        cloud.table.page_bytes = chance.choice((400, 1_500, 1024 * 1024))
        lagging = chance.choice((0.0, 0.3, 0.8))
        cloud.table.behind = lambda: chance.random() * MOST_BEHIND if chance.random() < lagging else 0.0

    # --- the wire ---

    def _wire(self, call: Call) -> Any:
        """A call as boto3 makes it: sent again where that may help, a transaction with the same token."""
        for attempt in range(1, TRIES_OF_BOTO + 1):
            try:
                return self._send(call)
            except (ClientError, BotoCoreError) as error:
                code = error.response["Error"]["Code"] if isinstance(error, ClientError) else None
                if attempt == TRIES_OF_BOTO or not (code is None or code in TRIED_AGAIN):
                    raise
                self._scheduler.pause(self._chance.random() * attempt)
        raise AssertionError

    def _send(self, call: Call) -> Any:
        self._scheduler.pause()
        self.calls += 1
        actor = self._scheduler.running
        line = f"{self._cloud.now:%m-%dT%H:%M:%S.%f} {actor.name if actor else 'quiet'}: {call.operation}"
        struck = None
        if self._chance.random() < self._rate:
            struck = self._chance.choice([fault for fault in STRUCK if fault.hits(call)])
            self.faults += 1
            line += f" ({struck})"
        self.trace.append(line)
        try:
            answer = struck.strikes(call) if struck else call.apply()
        except ClientError as error:
            reasons = [one["Code"] for one in error.response.get("CancellationReasons", [])]
            self.trace[-1] += f" -> {error.response['Error']['Code']} {' '.join(reasons)}"
            raise
        self._scheduler.pause()
        return answer

    # --- who does what ---

    def run(self) -> None:
        self._cloud.wire, wire = lambda call: call.apply(), self._cloud.wire
        for program in self._programs:
            ops.carry_out(self._settings(program), self._caller())
            for customer in CUSTOMERS:
                ops.carry_out(ops.issue(f"start {customer}", 30, customer, program=program), self._caller())
        self._cloud.wire = wire
        chance, add = self._chance, self._scheduler.add
        for number in range(chance.randint(2, 3)):
            add(f"storefront {number}", self._actor(self._trade, chance.randint(4, 9)))
        for number in range(2):
            add(f"admin {number}", self._actor(self._administrate, chance.randint(1, 3)))
        add("events", self._actor(self._tell, chance.randint(2, 6)))
        for number in range(chance.randint(1, 2)):
            add(f"purge {number}", self._actor(self._purge, chance.randint(1, 3)))
        add("closing", self._actor(self._close, chance.randint(0, 2)))
        add("clock", self._actor(self._jump, chance.randint(1, 3)))
        for number in range(2):
            add(f"queue {number}", self._serve_queues)
        self._scheduler.run()
        self._settle()

    def _caller(self) -> Shopper:
        return Shopper(self._cloud, self._cloud.process(), lambda: self._rest(1.0), self._scheduler)

    def _rest(self, seconds: float) -> None:
        self._scheduler.pause(self._chance.random() * seconds)

    def _actor(self, does: Callable[[Shopper], None], times: int) -> Callable[[], None]:
        """Does it so often, with rests."""
        self._working += 1

        def act() -> None:
            caller = self._caller()
            for _ in range(times):
                self._rest(0.5)
                does(caller)
            self._working -= 1

        return act

    def _ask(self, caller: Shopper, what: Ask) -> Answer:
        begun = self._cloud.seconds()
        answer = caller.ask(what)
        self._told.append(Told(what, answer, begun, self._cloud.seconds()))
        if answer.status >= 500:
            raise Lost(f"{what} was answered with {answer.status}")
        return answer

    def _trade(self, caller: Shopper) -> None:
        program, order, customer = self._order()
        again = [told.what for told in self._told if told.what.route[:3] != "GET"]
        if again and self._chance.random() < 0.25:
            self._ask(caller, self._chance.choice(again))
            return
        does: Callable[[], Ask] = self._chance.choice(
            [
                lambda: self._completion(program, order, customer),
                lambda: self._completion(program, order, customer),
                lambda: ops.redeem(order, self._chance.choice(POINTS), customer, program),
                lambda: ops.redeem(order, self._chance.choice(POINTS), customer, program),
                lambda: ops.void(order, program),
                lambda: ops.cancel(order, program),
                lambda: ops.refund(order, self._chance.choice(["5.00", "12.50", "20.00"]), program),
                lambda: ops.sign_up(customer, program),
                lambda: ops.read(ops.CUSTOMER, customer, program=program),
                lambda: ops.read(f"{ops.CUSTOMER}/movements", customer, program=program),
                lambda: ops.read(ops.ORDER, order, program=program),
            ]
        )
        self._ask(caller, does())

    def _administrate(self, caller: Shopper) -> None:
        program, _, customer = self._order()
        if self._chance.random() < 0.3:
            self._ask(caller, self._settings(program))
            return
        if self._chance.random() < 0.6:
            self._ask(caller, self._by_hand(program, customer))
            return
        midnight = self._midnight(self._chance.randint(1, 2))
        expires = self._chance.choice([None, midnight, self._cloud.now + timedelta(seconds=self._chance.randint(1, 9))])
        key = f"gift {self._chance.randint(1, 4)} for {customer}"
        self._ask(caller, ops.issue(key, self._chance.choice([1, 10, 50]), customer, expires, program))

    def _by_hand(self, program: str, customer: str) -> Ask:
        """Something that administrators do besides: adjustments, cards, jobs. Few keys, so that they come twice."""
        chance = self._chance
        key = f"key {chance.randint(1, 3)} for {customer}"
        numbers = [
            number
            for told in self._told
            if told.what.route == "POST p/cards" and told.answer.status == 201 and told.what.ids[0] == program
            for number in (one["number"] for one in told.answer.body["cards"])
        ]
        choices: list[Callable[[], Ask]] = [
            lambda: ops.adjust(f"adjust {key}", chance.choice([5, -3, -50]), customer, program),
            lambda: ops.adjust(f"move {key}", 0, customer, program, expires_at=self._midnight(1).isoformat()),
            lambda: ops.cards(f"cards {key}", 2, program),
            lambda: ops.job("adjustments", f"job {key}", program, rows=ops.ROWS),
            lambda: ops.job("cards", f"card job {key}", program, count=2),
        ]
        if numbers:
            number = chance.choice(numbers)
            choices += [
                lambda: ops.card("assignment", f"assign {key}", number, program, customer_id=customer),
                lambda: ops.card("block", f"block {key}", number, program),
                lambda: ops.card("replacement", f"replace {key}", number, program),
            ]
        return chance.choice(choices)()

    def _tell(self, caller: Shopper) -> None:
        """EventBridge takes an event once or twice, and sometimes much later than what came after it."""
        program, order, customer = self._order()
        body = self._completion(program, order, customer).body
        queue, detail_type = COMPLETED, "Order Completed"
        if self._chance.random() < 0.3:
            queue, detail_type, body = CANCELLED, "Order Cancelled", {}
        text = fact(detail_type, {"program_id": program, "order_id": order, **body})
        for _ in range(self._chance.choice([1, 1, 2])):
            self._cloud.queues[queue].append(Message(text))

    def _purge(self, caller: Shopper) -> None:
        self._schedule(caller, "expiry_purge", self._chance.choice([{}, {}, {"as_of": "2036-01-01T00:00:00Z"}]))

    def _close(self, caller: Shopper) -> None:
        self._schedule(caller, "close_days", {})

    def _schedule(self, caller: Shopper, function: str, event: dict[str, Any]) -> None:
        """Where a schedule's function fails again and again, it is left to the next time."""
        with suppress(Endless):
            caller.again(lambda process: start(process, function, event), tries=3)
        self._rest(5.0)

    def _jump(self, caller: Shopper) -> None:
        self._rest(4.0)
        to = self._midnight(self._chance.choice([0, 0, 0, 1, 2])) - self._chance.choice(LEAD)
        if to <= self._cloud.now:
            to += timedelta(hours=self._chance.choice([1, 13, 30]))
        self._scheduler.jump(to - self._cloud.now)

    def _serve_queues(self) -> None:
        """Hands out messages, in any order and sometimes twice, until nobody sends any more."""
        caller = self._caller()
        while self._working or any(self._cloud.queues.values()):
            self._rest(1.0)
            name, queue = self._chance.choice(list(self._cloud.queues.items()))
            batch = self._chance.sample(queue, min(len(queue), self._chance.randint(1, BATCH)))
            if not batch:
                continue
            twice = self._chance.random() < 0.2
            if not twice:
                queue[:] = [message for message in queue if message not in batch]
            left = self._hand_out(caller, name, batch)
            queue[:] = [message for message in queue if message not in batch]
            queue.extend(left)

    def _hand_out(self, caller: Shopper, name: str, batch: list[Message]) -> list[Message]:
        """Which of them come back."""
        left: list[Message] = list(batch)

        def attempt(process: Process) -> None:
            nonlocal left
            failed = deliver(process, name, [message.body for message in batch])
            left = [batch[place] for place in failed]

        caller.again(attempt)
        for message in left:
            message.received += 1
            if message.received > 60:
                raise Endless("a message comes back for ever")
        return left

    # --- what things are made of ---

    def _order(self) -> tuple[str, str, str]:
        """A program, and an order and its customer."""
        number = self._chance.randint(1, 6)
        return self._chance.choice(self._programs), f"#{number}", CUSTOMERS[number % len(CUSTOMERS)]

    def _completion(self, program: str, order: str, customer: str) -> Ask:
        more: dict[str, Any] = {}
        if self._chance.random() < 0.3:
            more["referrer_id"] = self._chance.choice(CUSTOMERS)
        amount = self._chance.choice(["0.50", "12.00", "20.00", "100.00"])
        completed_at = self._cloud.now.isoformat()
        return ops.complete(order, customer, amount, program=program, completed_at=completed_at, **more)

    def _settings(self, program: str) -> Ask:
        chance = self._chance
        return ops.settings(
            program=program,
            timezone=self._timezone,
            expiry={"policy": "after_days", "days": chance.choice([1, 1, 2])},
            earn={"on_redeemed_order": chance.choice(["none", "cash_part", "full"])},
            cancel={"on_shortfall": chance.choice(["allow_negative", "clamp"]), "restore_grace_days": 1},
            refund={"policy": chance.choice(["manual", "proportional"])},
            tiers=chance.choice([[], [{"name": "gold", "min_orders": 2, "window_days": 1, "multiplier": "2"}]]),
        )

    def _midnight(self, days: int) -> Any:
        today = business_day(self._cloud.now, self._timezone)
        return start_of_day(today + timedelta(days=days + 1), self._timezone)

    # --- when all is quiet ---

    def _settle(self) -> None:
        """Nothing goes wrong any more: all that is left gets done, soon, and agrees."""
        check(self._cloud)
        self._rate, self._cloud.table.behind, before = 0.0, lambda: 0.0, self.calls
        caller = self._caller()
        caller.work_off()
        self._scheduler.jump(timedelta(days=4))
        for _ in range(2):
            ops.purge(caller)
            caller.work_off()
        ops.close_days(caller)
        if self.calls - before > MOST_CALLS_WHEN_QUIET:
            raise Endless(f"{self.calls - before} calls when all was quiet")
        check(self._cloud)
        self._nothing_is_lost()

    def _nothing_is_lost(self) -> None:
        stored = self._cloud.table.items()
        for (pk, sk), item in stored.items():
            if pk.endswith("#jobs") and item["status"]["S"] not in ("completed", "failed", "undone"):
                raise Lost(f"the job {sk} is {item['status']['S']}, and nobody works on it")
            if sk == keys.ACCOUNT_SK and not items.is_lock(dict(item)):
                account = items.account_from(dict(item))
                if account.lots.expired(self._cloud.now):
                    raise Lost(f"{account.account_id} holds points that two purges should have written off")
        stories: dict[tuple[str, str], list[Movement]] = {}
        for movement in sorted(movements_of(stored.values()), key=lambda m: m.position):
            stories.setdefault((movement.cause.program_id, movement.cause.reference), []).append(movement)
        for told in self._told:
            if told.answer.status < 300:
                _compare(told, stories)
        self._compare_repeats()
        self._compare_settings()
        self._compare_refusals()

    def _compare_repeats(self) -> None:
        """Once answered, answered the same for ever."""
        first: dict[Any, Told] = {}
        for told in self._told:
            subject = _settled(told)
            if subject is None:
                continue
            before = first.setdefault(subject, told)
            if before.answer.body != told.answer.body:
                raise Lost(f"{subject} was answered {before.answer.body} and {told.answer.body}")
        for subject in first:
            done = [told for told in self._told if _settled(told) == subject and not _replayed(told)]
            if len(done) > 1:
                raise Lost(f"{subject} was carried out {len(done)} times: {[told.answer.body for told in done]}")

    def _compare_settings(self) -> None:
        """Who has seen new settings acknowledged does not meet older ones."""
        for changed in self._told:
            if changed.what.route != "PUT p":
                continue
            program, version = changed.what.ids, changed.answer.body["version"]
            for told in self._told:
                later = told.begun >= changed.ended and told.what.ids[:1] == program
                if later and told.answer.status == 201 and told.answer.body.get("program_version", version) < version:
                    raise Lost(f"settings of version {version} were acknowledged, and then older ones used")

    def _compare_refusals(self) -> None:
        """Who is told that there are too few points had too few at some moment while they asked."""
        for told in self._told:
            if told.answer.status == 409 and told.answer.body["code"] == "insufficient_points":
                account_id = AccountId(told.what.ids[0], told.what.body["customer_id"])
                past = self._cloud.table.past((keys.account_pk(account_id), keys.ACCOUNT_SK), told.begun, told.ended)
                at = START + timedelta(seconds=told.ended)
                if all(items.account_from(dict(one)).available(at) >= told.what.body["points"] for one in past):
                    raise Lost(f"{told.what} was refused, although there always were enough points")


def _replayed(told: Told) -> bool:
    return "idempotent-replayed" in told.answer.headers


def _settled(told: Told) -> Any:
    """What an answer is about that must not change any more; None where it may."""
    route, ids, answer = told.what.route, told.what.ids, told.answer
    if answer.status >= 300:
        return None
    if route.endswith("/completed"):
        final = answer.body["status"] == "earned" or answer.body["reason"] in (
            "points_used_on_order",
            "below_min_order_total",
            "no_points",
        )
        return (route, ids) if final else None
    if route.endswith("/cancelled"):
        return route, ids
    if route.endswith(("/issues", "/adjustments", "/cards", "/assignment", "/block", "/replacement")):
        return route, ids[0], told.what.key
    if route.endswith("/sign-up"):
        return (route, ids) if answer.body["points_earned"] else None
    if route.endswith("/refunds"):
        return (route, ids, told.what.body["refunded_total"]) if answer.body["points_reversed"] else None
    return None


def _compare(told: Told, stories: dict[tuple[str, str], list[Movement]]) -> None:
    """What an answer says has been done is there."""
    route, ids, body = told.what.route, told.what.ids, told.answer.body
    reference = told.what.key or ids[-1]
    found = stories.get((ids[0], reference), [])

    def of(event: Event) -> list[int]:
        return [movement.points for movement in found if movement.event is event]

    match route.rpartition("/")[2]:
        case "completed":
            kept = not body["points_earned"] or of(Event.ORDER_COMPLETED) == [body["points_earned"]]
        case "cancelled":
            kept = sum(of(Event.ORDER_CANCELLED)) == body["points_reversed"] + body["points_restored"]
        case "adjustments":
            kept = [movement.kind.sign * movement.points for movement in found] == [body["points"]]
        case "issues":
            kept = of(Event.POINTS_ISSUED) == [body["points"]]
        case "sign-up":
            kept = not body["points_earned"] or of(Event.SIGNED_UP) == [body["points_earned"]]
        case "refunds":
            kept = not body["points_reversed"] or body["points_reversed"] in of(Event.ORDER_REFUNDED)
        case "redemption" if route.startswith("PUT"):
            kept = not body["points_redeemed"] or body["points_redeemed"] in of(Event.REDEMPTION_SET)
        case "redemption":
            kept = not body["points_restored"] or body["points_restored"] in of(Event.REDEMPTION_VOIDED)
        case _:
            kept = True
    if not kept:
        raise Lost(f"{route} {ids} was answered {body}, and that is not there: {found}")


# --- seeds -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ran:
    """What came of a seed: calls, faults and a digest of its trace; and of what failed, if it did, the error."""

    seed: int
    calls: int
    faults: int
    digest: str
    error: str | None = None


def run(seed: int) -> Ran:
    simulation = Simulation(seed)
    error = None
    try:
        simulation.run()
    except Exception as failure:  # noqa: BLE001 - told together with the seed
        cause = failure.__cause__
        error = f"{type(failure).__name__}: {failure}" + (f" from {type(cause).__name__}: {cause}" if cause else "")
    digest = hashlib.sha256("\n".join(simulation.trace).encode()).hexdigest()[:12]
    return Ran(seed, simulation.calls, simulation.faults, digest, error)


def run_some(seeds: range) -> list[Ran]:
    with deployed():
        return [run(seed) for seed in seeds]


def run_seeds(first: int, number: int, processes: int | None = None) -> Iterator[Ran]:
    """Runs so many seeds, on all processors."""
    size = 25
    parts = [range(at, min(at + size, first + number)) for at in range(first, first + number, size)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for part in pool.map(run_some, parts):
            yield from part


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.simulation")
    parser.add_argument("seeds", nargs="?", type=int, default=1_000, help="how many seeds")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--seed", type=int, help="one seed again, with all its calls")
    told = parser.parse_args(arguments)
    if told.seed is not None:
        simulation = Simulation(told.seed)
        try:
            with deployed():
                simulation.run()
        finally:
            print("\n".join(simulation.trace))
        return 0
    calls = faults = failed = 0
    for ran in run_seeds(told.first, told.seeds):
        calls, faults = calls + ran.calls, faults + ran.faults
        if ran.error:
            failed += 1
            print(f"seed {ran.seed}: {ran.error}\n    python -m tests.simulation.simulation --seed {ran.seed}")
    print(f"{told.seeds:,} seeds, {calls:,} calls, {faults:,} faults: {failed} seeds lost something")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
