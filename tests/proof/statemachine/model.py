"""The rules once more, as small and as naive as they can be said: what the ledger is compared with.

Shares no code with the ledger, nor its shapes. A customer's points are a flat list with an entry for every single
point, which is the instant at which that point is gone. Shares are fractions, days are found by looking. Nothing is
stored, sealed, retried or indexed. An answer is a plain dictionary, a refusal an exception with a code.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from math import ceil, floor
from typing import Any
from zoneinfo import ZoneInfo

NEVER = datetime.max.replace(tzinfo=UTC)
"""The expiry of points that do not expire."""
ONE_DAY = timedelta(days=1)

type Who = tuple[str, bool]
"""A customer's id, and whether it is a guest."""
type Answer = dict[str, Any]
type Rules = dict[str, Any]
"""A program's settings as a client sends them, every one of them."""


class No(Exception):
    """The rules refuse; `code` says why, `facts` what would work."""

    def __init__(self, code: str, **facts: int) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


# --- days ------------------------------------------------------------------------------------------------------------


def day_of(at: datetime, timezone: str) -> date:
    return at.astimezone(ZoneInfo(timezone)).date()


@cache
def first_instant(day: date, timezone: str) -> datetime:
    """The first quarter of an hour that is on `day`, found by looking at all that might be."""
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - ONE_DAY
    while day_of(at, timezone) < day:
        at += timedelta(minutes=15)
    return at


def end_of(day: date, timezone: str) -> datetime:
    return first_instant(day + ONE_DAY, timezone)


def months_later(day: date, months: int) -> date:
    """The same number in a later month; where that month has no such day, the last that it has."""
    year, month, number = day.year, day.month, day.day
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    while True:
        try:
            return date(year, month, number)
        except ValueError:
            number -= 1


def life_of_points(rules: Rules, awarded: datetime) -> datetime:
    """The instant at which points awarded at `awarded` are gone."""
    timezone, expiry = rules["timezone"], rules["expiry"]
    today = last = day_of(awarded, timezone)
    match expiry["policy"]:
        case "none":
            return NEVER
        case "after_days":
            last = today + expiry["days"] * ONE_DAY
        case "after_months":
            last = months_later(today, expiry["months"])
        case "end_of_month":
            while (last + ONE_DAY).month == today.month:
                last += ONE_DAY
        case "end_of_year":
            while (last + ONE_DAY).year == today.year:
                last += ONE_DAY
    return end_of(last, timezone)


# --- numbers ---------------------------------------------------------------------------------------------------------

ROUND: dict[str, Callable[[Fraction], int]] = {
    "floor": floor,
    "ceil": ceil,
    "half_up": lambda number: floor(number + Fraction(1, 2)),
}


def cents(money: Fraction) -> Fraction:
    """Whole cents, rounded down."""
    return Fraction(floor(money * 100), 100)


# --- what is remembered ----------------------------------------------------------------------------------------------


@dataclass
class Purse:
    """One customer's points."""

    points: list[datetime] = field(default_factory=list)
    debt: int = 0
    totals: Counter[str] = field(default_factory=Counter)
    lines: list[tuple[str, int, int, int]] = field(default_factory=list)
    """The statement: kind, points, balance and debt after."""

    def alive(self, now: datetime) -> list[datetime]:
        """The points that can be spent, soonest gone first."""
        return sorted(gone for gone in self.points if now < gone)

    def dead(self, now: datetime) -> list[datetime]:
        return [gone for gone in self.points if gone <= now]

    def balance(self, now: datetime) -> int:
        return len(self.alive(now)) - self.debt

    def take(self, points: Iterable[datetime]) -> None:
        for gone in points:
            self.points.remove(gone)

    def give(self, points: Iterable[datetime]) -> None:
        """Puts points in; each repays a point of debt instead as long as there is any, the soonest gone first."""
        for gone in sorted(points):
            if self.debt:
                self.debt -= 1
            else:
                self.points.append(gone)


@dataclass
class History:
    """What an order has been through."""

    owner: Who | None = None
    named: str | None = None
    """Whom a cancellation named that came before anybody was known."""
    uses: list[datetime] = field(default_factory=list)
    """The points that it uses."""
    asked: tuple[Any, ...] | None = None
    """What was asked for when those were taken."""
    discount: Fraction = Fraction(0)
    set_answer: Answer = field(default_factory=dict)
    void_answer: Answer | None = None
    completed: Answer | None = None
    cancelled: Answer | None = None
    earned: int = 0
    basis: Fraction = Fraction(0)
    gone: datetime = NEVER
    taken: int = 0
    let_go: int = 0
    restored: int = 0
    refunds: dict[Fraction, tuple[int | None, Answer]] = field(default_factory=dict)
    noted: Fraction = Fraction(0)
    """What was refunded before it was completed."""

    @property
    def whose(self) -> Who | None:
        """As far as anybody can know."""
        return self.owner or ((self.named, False) if self.named else None)

    @property
    def closed(self) -> bool:
        return bool(self.completed or self.cancelled)

    @property
    def left(self) -> int:
        """What it earned and has not been taken back, nor let go."""
        return self.earned - self.taken - self.let_go

    @property
    def status(self) -> str:
        if self.cancelled:
            return "cancelled"
        if self.completed:
            return "completed"
        return "open" if self.set_answer or self.noted else "unknown"


@dataclass
class Posting:
    """A line of the books."""

    day: date
    kind: str
    points: int
    money: Fraction


INTO = ("earn", "issue", "restore")
"""What adds to the liability; everything else takes from it."""
TOTAL_OF = {
    "earn": ("earned", 1),
    "issue": ("earned", 1),
    "reverse": ("earned", -1),
    "redeem": ("redeemed", 1),
    "restore": ("redeemed", -1),
    "expire": ("expired", 1),
}


class Model:
    """One program, all its customers and all its orders."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.version = 1
        self.purses: dict[Who, Purse] = {}
        self.orders: dict[str, History] = {}
        self.gifts: dict[str, tuple[tuple[Any, ...], Answer]] = {}
        self.postings: list[Posting] = []

    # --- commands ---

    def change(self, rules: Rules) -> Answer:
        if rules["currency"] != self.rules["currency"]:
            raise No("currency_fixed")
        self.rules = rules
        self.version += 1
        return {"version": self.version}

    def complete(
        self, order_id: str, who: Who | None, items: Fraction, discount: Fraction, total: Fraction, now: datetime
    ) -> Answer:
        history = self.history(order_id)
        if who and (history.owner not in (None, who) or history.named not in (None, who[0])):
            raise No("order_customer_mismatch")
        if history.completed:
            return history.completed
        skipped = {
            "customer": who[0] if who else None,
            "status": "skipped",
            "points": 0,
            "expires_at": None,
            "balance": self.balance(history.whose or who, now) if who in (None, history.whose or who) else None,
            "version": self.version,
        }
        if history.cancelled:
            return {**skipped, "status": "not_earned", "reason": "order_cancelled"}
        if who is None:
            return {**skipped, "reason": "no_customer"}
        if not self.rules["enabled"]:
            return {**skipped, "reason": "program_disabled"}
        if not self.rules["ways_to_earn"]["order"]["enabled"]:
            return {**skipped, "reason": "order_earning_disabled"}

        points, reason, basis = self._worth(history, items, discount, total)
        gone = life_of_points(self.rules, now) if points else NEVER
        purse = self.purse(who)
        purse.give([gone] * points)
        self._book(purse, "earn", points, now)
        history.owner, history.earned, history.basis, history.gone = who, points, basis, gone
        history.completed = {
            "customer": who[0],
            "status": "earned" if points else "not_earned",
            "reason": reason,
            "points": points,
            "expires_at": none_for_never(gone),
            "balance": purse.balance(now),
            "version": self.version,
        }
        if history.noted:
            self.refund(order_id, history.noted, None, now)
        return history.completed

    def _worth(
        self, history: History, items: Fraction, discount: Fraction, total: Fraction
    ) -> tuple[int, str | None, Fraction]:
        """The points that an order earns, why none, and the money that they are for."""
        earn = self.rules["earn"]
        basis = max(items - discount, Fraction(0)) if earn["basis"] == "items" else total
        if history.uses and earn["on_redeemed_order"] == "none":
            return 0, "points_used_on_order", basis
        if total < Fraction(earn["min_order_total"]):
            return 0, "below_min_order_total", basis
        if history.uses and earn["on_redeemed_order"] == "cash_part":
            basis = max(basis - history.discount, Fraction(0))
        points = ROUND[earn["rounding"]](basis * Fraction(earn["points_per_unit"]))
        if earn["max_points_per_order"] is not None:
            points = min(points, earn["max_points_per_order"])
        return points, None if points else "no_points", basis

    def redeem(self, order_id: str, who: Who, total: Fraction, currency: str, ask: int | str, now: datetime) -> Answer:
        history, rules = self.history(order_id), self.rules["redeem"]
        if history.owner not in (None, who) or history.named not in (None, who[0]):
            raise No("order_customer_mismatch")
        if currency != self.rules["currency"]:
            raise No("currency_mismatch")
        if history.uses and history.asked == (ask, total):
            return history.set_answer
        if history.closed:
            raise No("order_closed")
        if not self.rules["enabled"]:
            raise No("program_disabled")

        # What it uses already counts as given back.
        back = self._as_given_back(history.uses, now)
        debt = self.purse(who).debt
        alive = sorted([*self.purse(who).alive(now), *sorted(back)[debt:]])
        points = self._usable(ask, len(alive), total, rules)
        if back:
            self._give_back(history, now)
        purse = self.purse(who)
        if not points:
            return {"points": 0, "discount": Fraction(0), "balance": purse.balance(now)}
        history.owner, history.asked, history.uses = who, (ask, total), alive[:points]
        history.discount = cents(points * Fraction(rules["point_value"]))
        history.void_answer = None
        purse.take(history.uses)
        self._book(purse, "redeem", points, now)
        history.set_answer = {"points": points, "discount": history.discount, "balance": purse.balance(now)}
        return history.set_answer

    def _usable(self, ask: int | str, available: int, total: Fraction, rules: Rules) -> int:
        most = self.most_usable(available, total)
        if ask == "max":
            return most
        facts = {"points_usable": most, "points_available": available}
        wanted = int(ask)
        if rules["overspend"] == "clamp":
            while wanted % rules["block_size"]:
                wanted -= 1
            wanted = min(wanted, most)
            if wanted == 0 or wanted < rules["min_points"] or not self.worth(wanted):
                raise No("below_min_points", **facts)
            return wanted
        if wanted > available:
            raise No("insufficient_points", **facts)
        if wanted < rules["min_points"]:
            raise No("below_min_points", **facts)
        if wanted % rules["block_size"]:
            raise No("not_whole_blocks", **facts)
        if not self.worth(wanted):
            raise No("below_min_points", **facts)
        if wanted > most:
            raise No("exceeds_order_limit", **facts)
        return wanted

    def worth(self, points: int) -> Fraction:
        return cents(points * Fraction(self.rules["redeem"]["point_value"]))

    def most_usable(self, available: int, total: Fraction) -> int:
        """The largest number of points that all limits allow, found by trying."""
        rules = self.rules["redeem"]
        for points in range(available, 0, -1):
            affordable = points * Fraction(rules["point_value"]) <= total * Fraction(rules["max_order_share"])
            if affordable and points % rules["block_size"] == 0 and points >= rules["min_points"]:
                return points if self.worth(points) else 0
        return 0

    def void(self, order_id: str, now: datetime) -> Answer:
        history = self.history(order_id)
        if history.closed:
            raise No("order_closed")
        if history.uses:
            return self._give_back(history, now)
        return history.void_answer or {"restored": 0, "balance": None}

    def cancel(self, order_id: str, customer_id: str | None, now: datetime) -> Answer:
        history = self.history(order_id)
        known = history.owner[0] if history.owner else history.named
        if customer_id and known not in (None, customer_id):
            raise No("order_customer_mismatch")
        if history.cancelled:
            return history.cancelled
        restored = self._give_back(history, now)["restored"] if history.uses else 0
        reversed_, short = self._take_back(history, history.left, now)
        if history.owner is None:
            history.named = customer_id
        who = history.whose
        history.cancelled = {
            "reversed": reversed_,
            "restored": restored,
            "shortfall": short,
            "debt": self.purse(who).debt if who else None,
            "balance": self.balance(who, now),
        }
        return history.cancelled

    def refund(self, order_id: str, refunded: Fraction, points: int | None, now: datetime) -> Answer:
        history = self.history(order_id)
        if refunded in history.refunds:
            asked, answer = history.refunds[refunded]
            if points not in (None, asked):
                raise No("refund_decided", points_reversed=answer["reversed"])
            return answer
        share = 0
        if history.completed and not history.cancelled:
            due = history.earned if refunded >= history.basis else floor(history.earned * refunded / history.basis)
            share = max(due - history.taken - history.let_go, 0)
        wanted = points
        if wanted is None:
            proportional = self.rules["refund"]["policy"] == "proportional"
            wanted = share if proportional else 0
            if proportional and not history.closed:
                history.noted = max(history.noted, refunded)
        if wanted > history.left:
            raise No("exceeds_earned", points_reversible=history.left)
        taken, short = self._take_back(history, wanted, now)
        answer = {"reversed": taken, "suggested": share, "balance": self.balance(history.whose, now)}
        if taken or short:
            history.refunds[refunded] = (points, answer)
        return answer

    def issue(self, key: str, who: Who, points: int, expires_at: datetime | None, reason: str, now: datetime) -> Answer:
        request = (who, points, expires_at, reason)
        if key in self.gifts:
            first, answer = self.gifts[key]
            if first != request:
                raise No("idempotency_key_reused")
            return answer
        if expires_at and expires_at <= now:
            raise No("expires_in_the_past")
        gone = expires_at or life_of_points(self.rules, now)
        purse = self.purse(who)
        purse.give([gone] * points)
        self._book(purse, "issue", points, now)
        answer = {"points": points, "expires_at": none_for_never(gone), "balance": purse.balance(now)}
        self.gifts[key] = (request, answer)
        return answer

    def purge(self, as_of: datetime | None, now: datetime) -> Answer:
        lost = Counter({who: len(purse.dead(min(as_of or now, now))) for who, purse in self.purses.items()})
        for who, points in lost.items():
            purse = self.purses[who]
            purse.take(purse.dead(min(as_of or now, now)))
            self._book(purse, "expire", points, now)
        return {"accounts": len(+lost), "points": lost.total(), "left": 0}

    # --- what commands share ---

    def _as_given_back(self, points: list[datetime], now: datetime) -> list[datetime]:
        """`points` with the expiries that they have once they are given back: those that are gone live on a while."""
        timezone, grace = self.rules["timezone"], self.rules["cancel"]["restore_grace_days"]
        later = end_of(day_of(now, timezone) + grace * ONE_DAY, timezone)
        return [gone if now < gone else later for gone in points]

    def _give_back(self, history: History, now: datetime) -> Answer:
        """Gives back what the order uses."""
        assert history.owner
        purse, points = self.purse(history.owner), len(history.uses)
        purse.give(self._as_given_back(history.uses, now))
        self._book(purse, "restore", points, now)
        history.restored += points
        history.uses, history.asked, history.discount = [], None, Fraction(0)
        history.void_answer = {"restored": points, "balance": purse.balance(now)}
        return history.void_answer

    def _take_back(self, history: History, points: int, now: datetime) -> tuple[int, int]:
        """Takes back what the order earned: (how much, how much was spent and let go)."""
        if not points or history.gone <= now:
            return 0, 0
        assert history.owner
        purse = self.purse(history.owner)
        own_first = sorted(purse.alive(now), key=lambda gone: gone != history.gone)
        there = own_first[:points]
        missing = points - len(there)
        purse.take(there)
        if self.rules["cancel"]["on_shortfall"] == "allow_negative":
            purse.debt += missing
            missing = 0
        self._book(purse, "reverse", points - missing, now)
        history.taken += points - missing
        history.let_go += missing
        return points - missing, missing

    def _book(self, purse: Purse, kind: str, points: int, now: datetime) -> None:
        if not points:
            return
        total, sign = TOTAL_OF[kind]
        purse.totals[total] += sign * points
        purse.lines.append((kind, points, purse.balance(now), purse.debt))
        money = points * Fraction(self.rules["redeem"]["point_value"])
        self.postings.append(Posting(day_of(now, self.rules["timezone"]), kind, points, money))

    # --- what can be looked at ---

    def history(self, order_id: str) -> History:
        return self.orders.setdefault(order_id, History())

    def purse(self, who: Who) -> Purse:
        return self.purses.setdefault(who, Purse())

    def balance(self, who: Who | None, now: datetime) -> int | None:
        return self.purse(who).balance(now) if who else None

    def outstanding(self) -> int:
        return sum(len(purse.points) - purse.debt for purse in self.purses.values())

    def liability(self) -> int:
        """What the postings leave owed."""
        return sum(posting.points if posting.kind in INTO else -posting.points for posting in self.postings)


def none_for_never(gone: datetime) -> datetime | None:
    return None if gone == NEVER else gone
