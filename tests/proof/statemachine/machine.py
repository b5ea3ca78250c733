"""The machine: draws a history of commands, gives each to the ledger and to the model, and compares."""

import sys
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.proof.statemachine.model import INTO, NEVER, Answer, History, Model, No, Rules, Who, day_of, first_instant
from tests.proof.statemachine.till import Till

# --- what histories are made of --------------------------------------------------------------------------------------

INSTANT = timedelta(microseconds=1)
STARTS = [
    datetime(2026, 3, 7, 22, 15, 0, 1, tzinfo=UTC),  # before summer time starts in New York
    datetime(2026, 3, 28, 22, 59, 59, 999_999, tzinfo=UTC),  # before midnight of the day on which it starts in Berlin
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # in the first of two hours from two to three in Berlin
    datetime(2026, 11, 1, 4, 30, tzinfo=UTC),  # the night on which it ends in New York
    datetime(2027, 12, 31, 12, tzinfo=UTC),
    datetime(2028, 1, 31, 9, 30, tzinfo=UTC),  # a month before 29 February
    datetime(2026, 4, 23, 21, 30, tzinfo=UTC),  # an hour before the day that starts at one o'clock in Cairo
]
JUMPS = [
    INSTANT,
    timedelta(seconds=1),
    timedelta(minutes=61),
    timedelta(hours=7),
    timedelta(days=1),
    timedelta(days=8),
    timedelta(days=31),
    timedelta(days=100),
    timedelta(days=370),
]
CUSTOMERS: list[Who] = [("ann", False), ("ben", False), ("ann", True), ("dee", False), ("zoé", False)]
"""In memory, the first and the fourth share a shard of the purge, and so do the second and the fifth."""
ODD_IDS = ["gid://shop/Order/1", "ø-7", "#1"]
AMOUNTS = [Fraction(text) for text in ("0.00", "0.99", "7.50", "10.01", "19.99", "33.34", "60.00", "100.00")]
SETTINGS: dict[str, list[Any]] = {
    "timezone": ["Europe/Berlin", "America/New_York", "Africa/Cairo", "UTC"],
    "enabled": [True, True, False],
    "ways_to_earn.order": [{"enabled": True}, {"enabled": True}, {"enabled": False}],
    "earn.points_per_unit": ["1", "0.75", "10", "0.1", "0"],
    "earn.basis": ["items", "total"],
    "earn.rounding": ["floor", "half_up", "ceil"],
    "earn.on_redeemed_order": ["none", "cash_part", "full"],
    "earn.min_order_total": ["0", "8.00"],
    "earn.max_points_per_order": [None, None, 25],
    "redeem.point_value": ["0.01", "0.005", "0.333", "1"],
    "redeem.min_points": [0, 0, 12],
    "redeem.max_order_share": ["1", "1", "0.3"],
    "redeem.block_size": [1, 1, 5],
    "redeem.overspend": ["reject", "clamp"],
    "expiry": [
        {"policy": "after_days", "days": 30, "months": None},
        {"policy": "after_days", "days": 1, "months": None},
        {"policy": "none", "days": None, "months": None},
        {"policy": "after_months", "days": None, "months": 1},
        {"policy": "end_of_month", "days": None, "months": None},
        {"policy": "end_of_year", "days": None, "months": None},
    ],
    "cancel.on_shortfall": ["allow_negative", "clamp"],
    "cancel.restore_grace_days": [30, 0],
    "refund.policy": ["manual", "proportional"],
}
AT_FIRST = (
    "timezone",
    "earn.on_redeemed_order",
    "redeem.point_value",
    "redeem.min_points",
    "redeem.block_size",
    "redeem.overspend",
    "expiry",
    "cancel.on_shortfall",
    "refund.policy",
)
"""What each history draws before it starts; all else starts out as DEFAULTS, and may change."""
DEFAULTS: Rules = {
    "name": "Shop",
    "currency": "EUR",
    "enabled": True,
    "timezone": "Europe/Berlin",
    "label": "points",
    "earn": {
        "points_per_unit": "1",
        "basis": "items",
        "rounding": "floor",
        "on_redeemed_order": "none",
        "min_order_total": "0",
        "max_points_per_order": None,
    },
    "ways_to_earn": {"order": {"enabled": True}},
    "redeem": {
        "point_value": "0.01",
        "min_points": 0,
        "max_order_share": "1",
        "block_size": 1,
        "overspend": "reject",
    },
    "expiry": {"policy": "after_days", "days": 30, "months": None},
    "cancel": {"on_shortfall": "allow_negative", "restore_grace_days": 30},
    "refund": {"policy": "manual"},
}

LIVES = [None, INSTANT, timedelta(hours=1), timedelta(days=1), timedelta(days=20), timedelta(days=400), -INSTANT]
"""How long issued points live; None is as long as the program says."""

a_program = st.sampled_from(["shop"] * 7 + ["twin"])
a_pick = st.integers(0, 19)
"""Chooses among what there is."""
a_customer = st.sampled_from([*CUSTOMERS, *CUSTOMERS[:3]])
an_amount = st.sampled_from(AMOUNTS)
some_points = st.sampled_from([1, 3, 10, 12, 15, 25, 40, 100])
a_setting = st.one_of(
    st.sampled_from([(name, value) for name, values in SETTINGS.items() for value in values]),
    st.sampled_from([("enabled", True), ("enabled", True), ("enabled", True), ("currency", "USD")]),
)


def changed(rules: Rules, *settings: tuple[str, Any]) -> Rules:
    """`rules` with some of them set anew."""
    rules = deepcopy(rules)
    for name, value in settings:
        *group, last = name.split(".")
        (rules[group[0]] if group else rules)[last] = value
    return rules


@dataclass
class Remembered:
    """A command that was answered, and what."""

    program_id: str
    name: str
    arguments: tuple[Any, ...]
    answer: Answer


@dataclass
class Stage:
    """Where a history plays: an empty store, its clock, and tills in it."""

    set_clock: Callable[[datetime], None]
    till: Callable[[str], Till]
    every_step: bool = True
    """Whether everything is looked at after each step, or only what the step was about."""


class Machine(RuleBasedStateMachine):
    """Histories of one store with two programs. `stage` is called once for each history."""

    def __init__(self, make_stage: Callable[[], Stage]) -> None:
        super().__init__()
        self.on = make_stage()
        self.now = STARTS[0]
        self.tills: dict[str, Till] = {}
        self.models: dict[str, Model] = {}
        self.remembered: list[Remembered] = []
        self.liability: dict[tuple[str, date], int] = {}

    # --- how a history starts ---

    @initialize(
        start=st.sampled_from(STARTS),
        settings=st.tuples(*(st.sampled_from(SETTINGS[name]) for name in AT_FIRST)),
        others=st.lists(a_setting, max_size=2),
        gift=st.sampled_from([0, 0, 40]),
    )
    def open_shop(self, start: datetime, settings: tuple[Any, ...], others: list[tuple[str, Any]], gift: int) -> None:
        self._set_clock(start)
        drawn = zip(AT_FIRST, settings, strict=True)
        rules = changed(DEFAULTS, *drawn, *(other for other in others if other[0] in SETTINGS))
        for program_id in ("shop", "twin"):
            self.models[program_id], self.tills[program_id] = Model(rules), self.on.till(program_id)
            assert self.tills[program_id].change(rules) == {"version": 1}
        if gift:
            for who in CUSTOMERS:
                self._both("shop", "issue", f"welcome {who}", who, gift, None, "welcome", self.now)

    # --- commands ---

    @rule(
        program_id=a_program,
        pick=a_pick,
        who=st.sampled_from([*CUSTOMERS, *CUSTOMERS[:3], None]),
        items=an_amount,
        discount=st.sampled_from([Fraction(0), Fraction(0), Fraction("2.50")]),
        shipping=st.sampled_from([Fraction(0), Fraction("4.90")]),
    )
    def complete(
        self, program_id: str, pick: int, who: Who | None, items: Fraction, discount: Fraction, shipping: Fraction
    ) -> None:
        order_id = self._order(program_id, pick, lambda history: not history.closed) or self._new(program_id)
        owner = self.models[program_id].history(order_id).owner
        if owner and pick % 4:
            who = owner
        items = max(items, Fraction("0.01"))
        total = max(items - discount, Fraction(0)) + shipping
        self._both(program_id, "complete", order_id, who, items, discount, total, self.now)

    @rule(
        program_id=a_program,
        pick=a_pick,
        who=a_customer,
        total=an_amount,
        currency=st.sampled_from(["EUR"] * 15 + ["USD"]),
        ask=st.one_of(some_points, st.just("max")),
    )
    def redeem(self, program_id: str, pick: int, who: Who, total: Fraction, currency: str, ask: int | str) -> None:
        """Of somebody who has points, mostly."""
        order_id = self._order(program_id, pick, lambda history: not history.closed) or self._new(program_id)
        model = self.models[program_id]
        rich = [someone for someone in CUSTOMERS if model.purse(someone).alive(self.now)]
        owner = model.history(order_id).owner
        if pick % 4 and (owner or who not in rich):
            who = owner or (rich[0] if rich else who)
        self._both(program_id, "redeem", order_id, who, total, currency, ask, self.now)

    @rule()
    def use_everything(self) -> None:
        """So that what earned them, once it is taken back, finds none."""
        self._use("shop")

    @rule(pick=a_pick, ask=st.one_of(st.none(), st.none(), some_points, st.just("max")))
    def redeem_again(self, pick: int, ask: int | str | None) -> None:
        """The same request once more, also after the order's completion; or one that only asks for another number."""
        order_id = self._order("shop", pick, lambda history: bool(history.uses)) or self._use("shop")
        history = self.models["shop"].history(order_id)
        if history.owner and history.asked:
            self._both(
                "shop", "redeem", order_id, history.owner, history.asked[1], "EUR", ask or history.asked[0], self.now
            )

    @rule(program_id=a_program, pick=a_pick)
    def void(self, program_id: str, pick: int) -> None:
        wanted = self._order(program_id, pick, lambda history: bool(history.uses) and not history.closed)
        order_id = wanted or self._use(program_id)
        self._both(program_id, "void", order_id, self.now)

    @rule(program_id=a_program, pick=a_pick, customer_id=st.sampled_from([None, None, "ann", "ben"]))
    def cancel(self, program_id: str, pick: int, customer_id: str | None) -> None:
        wanted = self._order(program_id, pick, lambda history: history.left > 0 or bool(history.uses and pick % 2))
        order_id = wanted or self._earn(program_id)
        owner = self.models[program_id].history(order_id).owner
        if owner and customer_id and pick % 4:
            customer_id = owner[0]
        self._both(program_id, "cancel", order_id, customer_id, self.now)

    @rule(
        program_id=a_program,
        pick=a_pick,
        refunded=an_amount,
        points=st.one_of(st.none(), st.sampled_from([0, 1, 7, 25, 100])),
    )
    def refund(self, program_id: str, pick: int, refunded: Fraction, points: int | None) -> None:
        order_id = self._order(program_id, pick, lambda history: history.left > 0) or self._earn(program_id)
        self._both(program_id, "refund", order_id, refunded, points, self.now)

    @rule(pick=a_pick, thirds=st.sampled_from([1, 2, 3, 4]))
    def refund_part(self, pick: int, thirds: int) -> None:
        """A third of what the order earned on, two, all of it, or more than that."""
        order_id = self._order("shop", pick, lambda history: history.left > 0) or self._earn("shop")
        refunded = Fraction(int(self.models["shop"].history(order_id).basis * 100 * thirds / 3), 100)
        self._both("shop", "refund", order_id, refunded, None, self.now)

    @rule(
        program_id=a_program,
        who=a_customer,
        points=some_points,
        life=st.sampled_from(LIVES),
        old=st.integers(0, 7),
    )
    def issue(self, program_id: str, who: Who, points: int, life: timedelta | None, old: int) -> None:
        """Mostly under a key of its own, sometimes under one that was used."""
        keys = list(self.models[program_id].gifts)
        key = keys[points % len(keys)] if keys and not old else f"key {len(self.remembered)}"
        expires_at = None if life is None else self.now + life
        self._both(program_id, "issue", key, who, points, expires_at, "a gift", self.now)

    @rule(program_id=a_program, back=st.sampled_from([None, None, timedelta(hours=1), timedelta(days=3), -JUMPS[-1]]))
    def purge(self, program_id: str, back: timedelta | None) -> None:
        """As of now, of some time ago, or of a time that is yet to come."""
        self._both(program_id, "purge", None if back is None else self.now - back, self.now)

    @rule(program_id=a_program, setting=a_setting, other=st.one_of(st.none(), a_setting))
    def change(self, program_id: str, setting: tuple[str, Any], other: tuple[str, Any] | None) -> None:
        settings = [setting] if other is None else [setting, other]
        self._both(program_id, "change", changed(self.models[program_id].rules, *settings))

    @precondition(lambda self: self.remembered)
    @rule(number=st.integers(0, 10_000))
    def repeat(self, number: int) -> None:
        """A command of some time ago, again: it is answered as it was."""
        past = self.remembered[number % len(self.remembered)]
        till, model = self.tills[past.program_id], self.models[past.program_id]
        before = self._seen(past.program_id)
        answer = getattr(till, past.name)(*past.arguments)
        assert answer == past.answer, f"{past.name} was answered {past.answer}, and is now answered {answer}"
        assert not till.first, f"{past.name} did something a second time"
        assert self._seen(past.program_id) == before
        assert getattr(model, past.name)(*past.arguments) == past.answer

    # --- time ---

    @rule(jump=st.sampled_from(JUMPS))
    def wait(self, jump: timedelta) -> None:
        self._set_clock(self.now + jump)

    @rule(early=st.sampled_from([timedelta(0), timedelta(0), INSTANT]), midnight=st.sampled_from([False, False, True]))
    def wait_for_expiry(self, early: timedelta, midnight: bool) -> None:
        """Until the next points are gone, or until midnight; to the instant, or the last one before."""
        model = self.models["shop"]
        moments = {gone for purse in model.purses.values() for gone in purse.points}
        moments |= {gone for history in model.orders.values() for gone in history.uses}
        if midnight:
            timezone = model.rules["timezone"]
            moments = {first_instant(day_of(self.now, timezone) + timedelta(days=1), timezone)}
        coming = min((at for at in moments if self.now < at - early < NEVER - early), default=None)
        if coming:
            self._set_clock(coming - early)

    # --- what must be so ---

    @invariant()
    def nothing_is_owed_and_held_at_once(self) -> None:
        for model in self.models.values():
            assert model.liability() == model.outstanding()
            for purse in model.purses.values():
                assert not (purse.debt and purse.alive(self.now))

    def teardown(self) -> None:
        """Every history ends in a look at everything, unless something was found wrong already."""
        if sys.exception():
            return
        for program_id, model in self.models.items():
            for who in CUSTOMERS:
                self._compare_account(program_id, who)
                assert self.tills[program_id].statement(who) == model.purse(who).lines
            for order_id in model.orders:
                self._compare_order(program_id, order_id)
            for day in sorted({posting.day for posting in model.postings}):
                self._compare_journal(program_id, day)
            self._verify(program_id)

    # --- how it is done ---

    def _order(self, program_id: str, pick: int, wanted: Callable[[History], bool]) -> str | None:
        """An order that a command is about: mostly one that is `wanted`, if there is one; else any, or a new one."""
        orders = self.models[program_id].orders
        if pick == 19:
            return self._new(program_id)
        found = [order_id for order_id, history in orders.items() if wanted(history) or pick > 15]
        return found[(5 * pick + 3) % len(found)] if found else None

    def _new(self, program_id: str) -> str:
        orders = len(self.models[program_id].orders)
        return ODD_IDS[orders] if orders < len(ODD_IDS) else f"#{orders}"

    def _earn(self, program_id: str) -> str:
        """An order that has just earned, if orders earn."""
        order_id, amount = self._new(program_id), AMOUNTS[-1]
        self._both(program_id, "complete", order_id, CUSTOMERS[0], amount, Fraction(0), amount, self.now)
        return order_id

    def _use(self, program_id: str) -> str:
        """An order that uses points now, if anybody has some to use."""
        order_id, amount = self._new(program_id), Fraction(1_000)
        rich = [who for who in CUSTOMERS if self.models[program_id].purse(who).alive(self.now)]
        self._both(program_id, "redeem", order_id, (rich or CUSTOMERS)[0], amount, "EUR", "max", self.now)
        return order_id

    def _both(self, program_id: str, name: str, *arguments: Any) -> None:
        """Gives a command to the model and to the ledger, and compares answers and what there is after it."""
        model, till = self.models[program_id], self.tills[program_id]
        till.first = False
        expected = outcome(getattr(model, name), arguments)
        actual = outcome(getattr(till, name), arguments)
        assert actual == expected, f"{name}: answers {actual}, the rules say {expected}"
        if till.first and name in ("complete", "cancel", "refund", "issue"):
            self.remembered.append(Remembered(program_id, name, arguments, expected))
        whom = CUSTOMERS if self.on.every_step or name == "purge" else self._about(model, arguments)
        for who in whom:
            self._compare_account(program_id, who)
        if name in ("complete", "redeem", "void", "cancel", "refund"):
            self._compare_order(program_id, arguments[0])
        if self.on.every_step:
            self._compare_journal(program_id, day_of(self.now, model.rules["timezone"]))

    def _about(self, model: Model, arguments: tuple[Any, ...]) -> list[Who]:
        owners = [history.owner for order_id, history in model.orders.items() if order_id in arguments]
        return [who for who in CUSTOMERS if who in arguments or who in owners]

    def _compare_account(self, program_id: str, who: Who) -> None:
        purse = self.models[program_id].purse(who)
        expected = {
            "points": Counter(purse.points),
            "balance": purse.balance(self.now),
            "available": len(purse.alive(self.now)),
            "outstanding": len(purse.points) - purse.debt,
            "debt": purse.debt,
            "earned": purse.totals["earned"],
            "redeemed": purse.totals["redeemed"],
            "expired": purse.totals["expired"],
            "movements": len(purse.lines),
        }
        stored = self.tills[program_id].account(who, self.now)
        assert stored == expected, f"{who}: holds {stored}, the rules say {expected}"

    def _compare_order(self, program_id: str, order_id: str) -> None:
        model = self.models[program_id]
        history = model.history(order_id)
        expected = {
            "status": history.status,
            "earned": history.earned,
            "reversed": history.taken,
            "uses": len(history.uses),
            "restored": history.restored,
            "usable": self._usable(model, history),
            "discount": history.discount,
        }
        stored = self.tills[program_id].order(order_id)
        assert stored == expected, f"{order_id}: is {stored}, the rules say {expected}"

    def _usable(self, model: Model, history: History) -> int | None:
        if history.closed:
            return 0
        if not (history.owner and history.asked):
            return None
        if not model.rules["enabled"]:
            return 0
        purse = model.purse(history.owner)
        given_back = max(len(history.uses) - purse.debt, 0)
        return model.most_usable(len(purse.alive(self.now)) + given_back, history.asked[1])

    def _compare_journal(self, program_id: str, day: date) -> None:
        """The books of a day; and what all days together say is owed is what the accounts hold."""
        model, till = self.models[program_id], self.tills[program_id]
        points: Counter[str] = Counter()
        amounts: dict[str, Fraction] = {}
        for posting in model.postings:
            if posting.day == day:
                points[posting.kind] += posting.points
                amounts[posting.kind] = amounts.get(posting.kind, Fraction(0)) + posting.money
        stored = till.journal(day)
        assert stored == (points, amounts), f"the journal of {day} is {stored}, the rules say {(points, amounts)}"
        assert till.written_off(day) == points["expire"]
        self.liability[program_id, day] = sum(n if kind in INTO else -n for kind, n in stored[0].items())
        days = {posting.day for posting in model.postings}
        if all((program_id, day) in self.liability for day in days):
            assert sum(self.liability[program_id, day] for day in days) == model.outstanding()

    def _verify(self, program_id: str) -> None:
        model = self.models[program_id]
        assert self.tills[program_id].verify() == {
            "found": [],
            "movements": len(model.postings),
            "outstanding": model.outstanding(),
            "liability": model.outstanding(),
        }

    def _seen(self, program_id: str) -> list[Answer]:
        return [self.tills[program_id].account(who, self.now) for who in CUSTOMERS]

    def _set_clock(self, now: datetime) -> None:
        self.now = now
        self.on.set_clock(now)


def outcome(command: Callable[..., Answer], arguments: tuple[Any, ...]) -> Answer:
    """What a command is answered, a refusal included."""
    try:
        return command(*arguments)
    except No as no:
        return {"refused": no.code, **no.facts}
