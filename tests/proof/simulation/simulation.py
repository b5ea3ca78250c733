"""A few days of a ledger's life, made up from a seed: everybody at once, and everything that may go wrong.

    python -m tests.proof.simulation.simulation 10000         # so many seeds
    python -m tests.proof.simulation.simulation --seed 4711   # this one again, exactly, with all its calls

Storefronts, administrators, queues, purges and closings of days go on side by side; who goes on is drawn at each call
that leaves a function. Calls are dropped, answered by nobody, throttled and cancelled; processes die; reads and
indexes are behind; messages come twice, late and in any order; the clock jumps over midnights and clock changes. Then
all is quiet, and within a bounded number of calls everything has to be complete, agreed and accounted for.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing import get_context
from random import Random
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from loyalty.adapters.dynamodb import keys
from loyalty.domain.books.closing import closes_at, last_to_close
from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.orders.order import cause_of_order
from loyalty.domain.values.calendar import business_day, start_of_day
from tests.function.api.cloud import Answer, fact
from tests.proof.simulation import operations as ops
from tests.proof.simulation.audit import check, movements_of, stays
from tests.proof.simulation.cloud import CANCELLED, COMPLETED, Call, Cloud, Killed, Message, Process
from tests.proof.simulation.dynamodb import Item, Rejected, Steps, at_once
from tests.proof.simulation.faults import FAULTS
from tests.proof.simulation.functions import Ask, deliver, deployed, start
from tests.proof.simulation.scheduler import Scheduler
from tests.proof.simulation.shop import BATCH, TRIES, Caller, Endless, waits
from tests.proof.simulation.told import Accounting, Erasures, Lost, Told, exported, names_somebody, nobody_is_named
from tests.proof.statemachine.machine import STARTS

TRIES_OF_BOTO = 3
TRIED_AGAIN = frozenset(
    {"InternalServerError", "ThrottlingException", "TransactionInProgressException"},
)
"""Errors after which boto3 sends a call again by itself."""
MOST_BEHIND = 1.0
"""Seconds by which a look may lag."""
MOST_CALLS_WHEN_QUIET = 800
TRIES_TO_UNDO = 4
PATIENCE = 10
"""After so many tries of the same nothing goes wrong with it any more: an erasure has too many calls otherwise."""
MOST_RECEIVED = 60
FAULT_RATES = (0.0, 0.02, 0.1, 0.25)
POINTS: tuple[int | str, ...] = (1, 5, 20, "max")
CUSTOMERS = ("ann@shop", "ben@shop", "cid@shop")
"""Names that stand nowhere by chance."""
TIMEZONES = ("Europe/Berlin", "America/New_York", "Africa/Cairo", "UTC")
LEAD = (timedelta(0), timedelta(0), timedelta(microseconds=1), timedelta(milliseconds=40), timedelta(seconds=2))
"""How long before a midnight the clock stops."""
BY_THEMSELVES = ("overtaken by a repeat", "in progress", "conflict on the first item", "conflict on the last item")
STRUCK = tuple(fault for fault in FAULTS if fault.name not in BY_THEMSELVES)
"""Here others overtake, and transactions overlap, by themselves."""
STEP_SECONDS = (0.0, 0.0, 0.05, 0.4)
"""How long, at the most, a step of a transaction takes."""


@dataclass(eq=False)
class Shopper(Caller):
    """A caller beside others: while a function runs for it, the function can be killed."""

    scheduler: Scheduler | None = None

    def again[T](
        self, attempt: Callable[[Process], T], done: Callable[[T], bool] = lambda result: True, tries: int = 3 * TRIES
    ) -> T:
        tried = 0

        def serve(process: Process) -> T:
            nonlocal tried
            actor = self.scheduler.running if self.scheduler else None
            if actor is None:
                return attempt(process)
            tried += 1
            actor.serving, actor.spared = True, tried > PATIENCE
            try:
                return attempt(process)
            finally:
                actor.serving = actor.killed = actor.spared = False

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
        self._under_way: list[Steps] = []
        self._sent: dict[str, list[Call]] = {}
        """The transactions that each actor sent since it last asked for something."""
        self._erasures = Erasures(cloud.seconds)
        cloud.table.wrote = self._wrote
        cloud.wire = self._wire
        cloud.transact = self._transact
        cloud.sleep = self._scheduler.pause
        cloud.jitter = chance.random
        cloud.digits = lambda count: f"{chance.randrange(10**count):0{count}}"
        cloud.token = lambda: f"{chance.getrandbits(128):032x}"
        cloud.late = lambda: chance.random() < 0.5
        cloud.table.page_bytes = chance.choice((400, 1_500, 1024 * 1024))
        lagging = chance.choice((0.0, 0.3, 0.8))
        cloud.table.behind = lambda: chance.random() * MOST_BEHIND if chance.random() < lagging else 0.0
        self._overlapping = chance.choice((0.0, 0.3, 1.0))
        cloud.table.ordered = lambda places: chance.sample(places, len(places))

    def _wrote(self, old: Item | None, new: Item | None) -> None:
        stays(old, new)
        self._erasures.watch(old, new)

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
        if self._chance.random() < self._rate and not (actor and actor.spared):
            struck = self._chance.choice([fault for fault in STRUCK if fault.hits(call)])
            self.faults += 1
            line += f" ({struck})"
        self.trace.append(line)
        mine = len(self.trace) - 1
        if actor and call.transaction and actor.name in self._sent:
            self._sent[actor.name].append(call)
        try:
            answer = struck.strikes(call) if struck else call.apply()
        except ClientError as error:
            reasons = [one["Code"] for one in error.response.get("CancellationReasons", [])]
            self.trace[mine] += f" -> {error.response['Error']['Code']} {' '.join(reasons)}"
            raise
        self._scheduler.pause()
        return answer

    def _transact(self, steps: Steps) -> Any:
        """A transaction takes its time, beside all else, and goes on where nobody waits for it any more."""
        actor = self._scheduler.running
        if actor is None or self._chance.random() >= self._overlapping:
            return at_once(steps)
        longest = self._chance.choice(STEP_SECONDS)
        self._under_way.append(steps)
        try:
            while True:
                next(steps)
                if self._chance.random() < self._rate and not actor.spared:
                    self.faults += 1
                    self.trace.append("a transaction is still under way, and nobody hears of it")
                    raise ReadTimeoutError(endpoint_url="nowhere")
                self._rest(longest)
        except StopIteration as end:
            return end.value
        except (Killed, ReadTimeoutError):
            self._scheduler.add("transaction", lambda: self._go_on(steps, longest))
            raise

    def _go_on(self, steps: Steps, longest: float) -> None:
        with suppress(Rejected):
            for _ in steps:
                self._rest(longest)

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
        begun, actor = self._cloud.seconds(), self._scheduler.running
        sent = self._sent[actor.name if actor else ""] = []
        answer = self._answered(caller, what)
        self._told.append(Told(what, answer, begun, self._cloud.seconds()))
        if answer.status >= 500:
            raise Lost(f"{what} was answered with {answer.status}")
        if answer.status >= 400 and any(map(self._is_latest, sent)):
            raise Lost(f"{what} was answered with {answer.body}, but it was carried out")
        return answer

    def _answered(self, caller: Shopper, what: Ask) -> Answer:
        """Asks again once days are closed, where that has to be waited for: the schedule does it each hour."""
        for attempt in range(TRIES):
            answer = caller.ask(what)
            if not waits(answer):
                return answer
            if attempt:  # It is not over yet.
                self._pass(timedelta(hours=1))
            self._schedule(caller, "close_days", {})
        raise Endless(f"{what} waits for ever for a day to be closed")

    def _is_latest(self, call: Call) -> bool:
        """Whether a transaction has written what is the latest in a history now."""
        puts = [change["Put"]["Item"] for change in call.request["TransactItems"] if "Put" in change]
        return any(self._is_last(item) for item in puts if "event" in item and "seal" in item)

    def _is_last(self, item: Item) -> bool:
        pk, position = item["pk"]["S"], int(item["sk"]["S"])
        now = self._cloud.table.now
        return now((pk, item["sk"]["S"])) == item and now((pk, keys.position_sk(position + 1))) is None

    def _trade(self, caller: Shopper) -> None:
        program, order, customer = self._order()
        again = [told.what for told in self._told if not told.route.startswith(("GET", "DELETE p/customers"))]
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
                lambda: self._cancellation(program, order, customer),
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
        does: Callable[[], None] = self._chance.choices(
            [
                lambda: self._told_of(caller, self._settings(program)),
                lambda: self._told_of(caller, self._by_hand(program, customer)),
                lambda: self._told_of(caller, self._gift(program, customer)),
                lambda: self._run_job(caller, program),
                lambda: self._erase(caller, program, customer),
                lambda: self._export(caller, program, customer),
            ],
            [25, 25, 25, 12, 7, 6],
        )[0]
        does()

    def _told_of(self, caller: Shopper, what: Ask) -> None:
        self._ask(caller, what)

    def _gift(self, program: str, customer: str) -> Ask:
        midnight = self._midnight(self._chance.randint(1, 2))
        expires = self._chance.choice([None, midnight, self._cloud.now + timedelta(seconds=self._chance.randint(1, 9))])
        key = f"gift {self._chance.randint(1, 4)} for {customer}"
        return ops.issue(key, self._chance.choice([1, 10, 50]), customer, expires, program)

    def _by_hand(self, program: str, customer: str) -> Ask:
        """Something that administrators do besides: adjustments and cards. Few keys, so that they come twice."""
        chance = self._chance
        key = f"key {chance.randint(1, 3)}"
        mine, reason = f"{key} for {customer}", f"{customer} asked"
        numbers = [
            number
            for told in self._told
            if told.route == "POST p/cards" and told.answer.status == 201 and told.what.ids[0] == program
            for number in (one["number"] for one in told.answer.body["cards"])
        ]
        choices: list[Callable[[], Ask]] = [
            lambda: ops.adjust(f"adjust {mine}", chance.choice([5, -3, -50]), customer, program, reason=reason),
            lambda: ops.adjust(f"move {mine}", 0, customer, program, expires_at=self._midnight(1).isoformat()),
            lambda: ops.cards(f"cards {key}", 2, program),
        ]
        if numbers:
            number = chance.choice(numbers)
            choices += [
                lambda: ops.card("assignment", f"assign {mine}", number, program, customer_id=customer),
                lambda: ops.card("block", f"block {key}", number, program),
                lambda: ops.card("replacement", f"replace {key}", number, program),
            ]
        return chance.choice(choices)()

    def _run_job(self, caller: Shopper, program: str) -> None:
        """Start a job, and perhaps have second thoughts: as long as it is not done it cannot be undone."""
        chance = self._chance
        key = f"job {chance.randint(1, 3)}"
        rows: list[dict[str, Any]] = [
            {"customer_id": who, "points": chance.choice([5, 5, -3, -50]), "reason": f"{who} moved here"}
            for who in chance.sample(CUSTOMERS, 2)
        ]
        orders = [(f"#{number}", CUSTOMERS[number % len(CUSTOMERS)]) for number in chance.sample(range(1, 9), 2)]
        past = [{"action": "order", "order_id": order, **ops.facts(who)} for order, who in orders]
        what = chance.choices(
            [
                ops.job("adjustments", f"adjusting {key}", program, rows=rows),
                ops.job("reward_past_actions", f"past {key}", program, rows=past),
                ops.job("cards", f"card {key}", program, count=2),
            ],
            [3, 2, 1],
        )[0]
        answer = self._ask(caller, what)
        if answer.status == 202 and chance.random() < 0.6:
            for _ in range(TRIES_TO_UNDO):
                self._rest(4.0)
                if self._ask(caller, ops.undo(answer.body["job_id"], program)).status != 409:
                    break

    def _erase(self, caller: Shopper, program: str, customer: str) -> None:
        """Until it is done; now and then also somebody who was erased before."""
        pseudonyms = [one.pseudonym for one in self._erasures.all if one.pseudonym.program_id == program]
        if pseudonyms and self._chance.random() < 0.2:
            customer = self._chance.choice(pseudonyms).customer_id
        for _ in range(TRIES):
            if self._ask(caller, ops.erase(customer, program)).body["status"] == "erased":
                return
        raise Endless(f"{customer} is being erased for ever")

    def _export(self, caller: Shopper, program: str, customer: str) -> None:
        """All pages of it."""
        begun, query = self._cloud.seconds(), dict[str, str]()
        pages: list[dict[str, Any]] = []
        while not pages or query:
            answer = self._ask(caller, ops.export(customer, program, **query))
            pages.append(answer.body)
            query = {"cursor": answer.body["cursor"]} if answer.body["cursor"] else {}
        account_id = AccountId(program, customer)
        if not any(one.account_id == account_id and one.ended >= begun for one in self._erasures.all):
            exported(self._cloud.table, account_id, pages, begun - MOST_BEHIND)

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
        """Now and then at the first moment at which a day can be closed, and then somebody is erased, perhaps twice."""
        if self._chance.random() < 0.4:
            self._pass(closes_at(last_to_close(self._cloud.now) + timedelta(days=1)) - self._cloud.now)
            program, _, customer = self._order()
            for number in range(self._chance.choice([1, 1, 2])):
                erase = self._actor(lambda other: self._erase(other, program, customer), 1)
                self._scheduler.add(f"data protection {number}", erase)
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
        self._pass(to - self._cloud.now)

    def _pass(self, time: timedelta) -> None:
        for steps in self._under_way:  # No transaction lives that long either.
            with suppress(Rejected):
                list(steps)
        self._under_way.clear()
        self._scheduler.jump(time)

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
            if message.received > MOST_RECEIVED:
                raise Endless("a message comes back for ever")
        return [message for message in left if not self._is_refused(name, message)]

    def _is_refused(self, name: str, message: Message) -> bool:
        """Whether it completes an order of somebody who is erased: it would come back until it is set aside."""
        if name != COMPLETED:
            return False
        detail = json.loads(message.body)["detail"]
        pk = keys.cause_pk(cause_of_order(detail["program_id"], detail["order_id"]))
        history = movements_of(item for (of, _), item in self._cloud.table.items().items() if of == pk)
        return any(movement.account and movement.account.is_erased for movement in history)

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

    def _cancellation(self, program: str, order: str, customer: str) -> Ask:
        if self._chance.random() < 0.5:
            return ops.cancel(order, program)
        return ops.cancel(order, program, customer_id=customer, reason=f"{customer} called")

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
        caller, erased = self._caller(), {one.account_id for one in self._erasures.all}
        caller.work_off()
        names_somebody(self._cloud.table, self._erasures)
        for one in sorted(erased, key=lambda account_id: (account_id.program_id, account_id.customer_id)):
            self._erase_again(caller, one)
        nobody_is_named(self._cloud.table, self._erasures)
        self._scheduler.jump(timedelta(days=4))
        for _ in range(2):
            ops.purge(caller)
            caller.work_off()
        ops.close_days(caller)
        if self.calls - before > MOST_CALLS_WHEN_QUIET:
            raise Endless(f"{self.calls - before} calls when all was quiet")
        check(self._cloud)
        Accounting(self._cloud, self._told, self._erasures).agrees()

    def _erase_again(self, caller: Shopper, account_id: AccountId) -> None:
        """As who answers for data protection does, for what was on its way when it was done the first time."""
        while True:
            answer = self._answered(caller, ops.erase(account_id.customer_id, account_id.program_id))
            if answer.body["status"] == "erased":
                return


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
    parser = argparse.ArgumentParser(prog="python -m tests.proof.simulation.simulation")
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
            print(f"seed {ran.seed}: {ran.error}\n    python -m tests.proof.simulation.simulation --seed {ran.seed}")
    print(f"{told.seeds:,} seeds, {calls:,} calls, {faults:,} faults: {failed} seeds lost something")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
