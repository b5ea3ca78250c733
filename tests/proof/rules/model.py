"""The rules once more, plain and slow: a shop with one program, all its customers and all its orders.

Written from the rules alone. Shares no code with the ledger, nor its shapes. Numbers of points are whole, money and
shares are fractions, days are those of UTC. An answer is a plain dictionary, a refusal an exception with a code.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil, floor
from typing import Any

from tests.proof.rules.account import (
    DAY,
    GONE_UNRELEASED,
    NEVER,
    Account,
    Credit,
    Lot,
    Pending,
    Reservation,
    Returned,
    Taken,
    end_of_day,
    life,
    soonest,
)
from tests.proof.rules.goods import (
    ZERO,
    Customer,
    Part,
    Rules,
    counts,
    earned,
    spent,
)
from tests.proof.rules.order import (
    Fact,
    Order,
    State,
    lines_of,
    rates_differ,
    read_order,
    rules_of,
)

type Answer = dict[str, Any]
type Who = tuple[str, bool]
"""A customer's id, and whether it is a guest."""

LATE = 90 * DAY
"""How far back the settings of an order's own moment count."""
DEFAULTS: Rules = {
    "earn": {
        "points_per_unit": "1",
        "basis": "items",
        "rounding": "floor",
        "on_redeemed_order": "none",
        "min_order_total": "0",
        "max_points_per_order": None,
        "max_points_per_customer": None,
        "excluded": {"skus": [], "categories": []},
        "rates": [],
        "pending_days": None,
        "release": None,
    },
    "promotions": [],
    "tiers": [],
    "ways_to_earn": {"sign_up": {"points": 0}, "referral": {"points": 0, "referee_points": 0}},
    "redeem": {
        "point_value": "0.01",
        "min_points": 0,
        "max_order_share": "1",
        "block_size": 1,
        "overspend": "reject",
        "hold_minutes": 60,
        "max_hold_days": 90,
    },
    "expiry": {"policy": "none"},
    "cancel": {"on_shortfall": "allow_negative", "restore_grace_days": 30, "reopens": False},
    "refund": {"policy": "manual", "redeemed": None},
}
MAX_RESERVATIONS, MAX_REFUNDS, MAX_EDITS = 20, 200, 50


class No(Exception):
    """The rules refuse; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Promise:
    """A discount that a redemption gave: what it took, and by which settings."""

    asked: tuple[Any, ...]
    points: int
    discount: Fraction
    rules: Rules
    since: datetime
    placed: bool
    lapsed: bool = False


@dataclass
class Record:
    """An order, and what became of its points."""

    order: Order
    who: Who | None = None
    first_reserved: datetime | None = None
    promise: Promise | None = None
    credits: list[Credit] = field(default_factory=list)
    taken: list[tuple[int, Taken]] = field(default_factory=list)
    """What was taken of it and did not come back, by the fact that took it."""
    spent: list[tuple[Lot | None, int]] = field(default_factory=list)
    """The used points that have not come back, by the lot they were spent of; None: those that were missing."""
    returned: list[tuple[int, Returned]] = field(default_factory=list)
    answer: Answer | None = None
    stated: dict[str, Any] | None = None
    noted: list[Fact] = field(default_factory=list)
    """Facts that came before the completion."""
    revisions: dict[int, tuple[Any, Answer]] = field(default_factory=dict)
    tombs: set[str] = field(default_factory=set)
    """Refunds that were undone before they were known."""
    cancelled_at: datetime | None = None
    paid_first: bool = False
    referrer: Who | None = None
    referral_points: int = 0
    referral_credits: list[Credit] = field(default_factory=list)
    referral_taken: list[Taken] = field(default_factory=list)

    @property
    def paid_referral(self) -> bool:
        return self.referrer is not None


def merged(settings: Rules, patch: Rules) -> Rules:
    """RFC 7396."""
    found = dict(settings)
    for name, value in patch.items():
        mine = found.get(name)
        found[name] = merged(mine, value) if isinstance(mine, dict) and isinstance(value, dict) else deepcopy(value)
    return found


def period_of(period: str, at: datetime) -> str:
    if period == "week":
        return (at - at.weekday() * DAY).date().isoformat()
    return at.date().isoformat()[: {"day": 10, "month": 7, "year": 4, "ever": 0}[period]]


class Shop:
    """One program. `now` is the clock, which the caller moves."""

    def __init__(self, settings: Rules, now: datetime) -> None:
        self.now = now
        self.versions: list[tuple[datetime, Rules]] = [(now, merged(DEFAULTS, settings))]
        self.accounts: dict[Who, Account] = {}
        self.records: dict[str, Record] = {}
        self.keys: int = 0
        self.signed_up: set[str] = set()

    @property
    def settings(self) -> Rules:
        return self.versions[-1][1]

    @property
    def clamp(self) -> bool:
        return bool(self.settings["cancel"]["on_shortfall"] == "clamp")

    def change(self, patch: Rules) -> Answer:
        self.versions.append((self.now, merged(self.settings, patch)))
        return {"version": len(self.versions)}

    def account(self, who: Who) -> Account:
        account = self.accounts.setdefault(who, Account())
        account.pass_time(self.now)
        for record in self.records.values():
            if record.who == who and record.promise and record.order.order_id not in account.reserved:
                record.promise.lapsed = True
        return account

    def record(self, order_id: str) -> Record:
        return self.records.setdefault(order_id, Record(Order(order_id)))

    # --- points by hand ---

    def issue(self, who: Who, points: int, end: datetime | None = None) -> Answer:
        account = self.account(who)
        account.give(Lot(end or life(self.settings["expiry"], self.now)), points)
        return {"points": points, "balance": account.balance(self.now)}

    def sign_up(self, customer: str) -> Answer:
        points = self.settings["ways_to_earn"]["sign_up"]["points"]
        if customer in self.signed_up:
            points = 0
        self.signed_up.add(customer)
        return self.issue((customer, False), points)

    def adjust(self, who: Who, points: int, order_id: str | None = None) -> Answer:
        """Points above 0 are goodwill; below 0 they are taken, of the order that is named as far as it holds them."""
        if points >= 0:
            return self.issue(who, points)
        account = self.account(who)
        record = self.records.get(order_id) if order_id else None
        if record is None or record.order.completion is None:
            taken = account.take(-points, self.now, (), self.clamp)
            let_go = sum(piece.points for piece in taken if piece.where == "let_go")
            return {"points": points, "let_go": let_go, "balance": account.balance(self.now)}
        if record.who != who:
            raise No("order_customer_mismatch")
        before = record.order.fold()
        fact = record.order.add("adjustment", self.now, points=-points)
        return self._moved(record, before, fact)

    def move_expiry(self, who: Who, end: datetime) -> Answer:
        account = self.account(who)
        for lot in account.alive(self.now):
            points = account.lots.pop(lot)
            account.lots[Lot(end, lot.marked)] += points
        account.moves.append((self.now, end))
        return {"balance": account.balance(self.now)}

    def bring(self, customer: str, points: int, orders: int, spent_before: int) -> Answer:
        """A customer of an older system, with what they had there."""
        account = self.account((customer, False))
        account.orders_before += orders
        account.spent_before += spent_before
        self._lift(account, (customer, False))
        return self.issue((customer, False), points)

    def purge(self) -> Answer:
        points = 0
        for who in list(self.accounts):
            account = self.account(who)
            points += account.purge(self.now)
            tier = self._tier(who)
            account.tier = tier["name"] if tier else None
        return {"points": points}

    def erase(self, customer: str) -> Answer:
        who = (customer, False)
        account = self.account(who)
        points = account.outstanding
        for lots in (account.lots,):
            lots.clear()
        account.reserved.clear()
        account.pending.clear()
        account.debt = account.soft = 0
        account.erased = True
        return {"points": points}

    # --- points on orders ---

    def redeem(
        self,
        order_id: str,
        customer: str,
        order_total: str,
        points: int | str,
        hold_minutes: int | str | None = "default",
        placed: bool = False,
        recalculate: bool = False,
    ) -> Answer:
        who = (customer, False)
        account, record = self.account(who), self.record(order_id)
        self._refuse_other(record, who)
        asked, rules = (points, order_total), self.settings["redeem"]
        live = account.reserved.get(order_id)
        if live and record.promise and record.promise.asked == asked and not recalculate:
            if placed and not record.promise.placed:
                return self.confirm(order_id)
            return self._redeemed(record, account)
        if record.order.completion or record.order.cancellation:
            raise No("order_closed")
        if not live and len(account.reserved) >= MAX_RESERVATIONS:
            raise No("too_many_reservations")
        # What the order reserves meets what is owed first; the rest it can use again, also past its end.
        back = max(live.points - account.debt, 0) if live else 0
        number = self._usable(points, account.available(self.now) + back, Fraction(order_total), rules)
        own_past: dict[Lot, int] = {}
        if live:
            del account.reserved[order_id]
            for lot in sorted(live.lots, key=soonest):
                left = live.lots[lot] - account.repay(live.lots[lot])
                if lot.end <= self.now:
                    own_past[lot] = left
                else:
                    account.lots[lot] += left
        placed = placed or bool(live and record.promise and record.promise.placed)
        first = record.first_reserved or self.now
        lots: dict[Lot, int] = {}
        left = number
        for lot in sorted(own_past, key=soonest):
            lots[lot] = min(left, own_past[lot])
            left -= lots[lot]
            account.lots[lot] += own_past[lot] - lots[lot]
        for lot in account.alive(self.now):
            some = min(left, account.lots[lot])
            lots[lot] = lots.get(lot, 0) + some
            account.lots[lot] -= some
            left -= some
        record.promise = None
        if number:
            last = first + rules["max_hold_days"] * DAY
            minutes = rules["hold_minutes"] if hold_minutes == "default" else hold_minutes
            until = last
            if minutes is not None and not placed:
                until = min(last, self.now + timedelta(minutes=int(minutes)))
            record.who, record.first_reserved = who, first
            account.reserved[order_id] = Reservation({lot: n for lot, n in lots.items() if n}, until)
            discount = cents(number * Fraction(rules["point_value"]))
            record.promise = Promise(asked, number, discount, deepcopy(rules), self.now, placed)
            account.pass_time(self.now)
        return self._redeemed(record, account)

    def _usable(self, points: int | str, available: int, order_total: Fraction, rules: Rules) -> int:
        """How many points a redemption takes: the fewest that give its discount, in whole blocks."""
        value, block = Fraction(rules["point_value"]), rules["block_size"]
        most = min(available, floor(order_total * Fraction(rules["max_order_share"]) / value))
        most -= most % block
        if most < rules["min_points"] or not cents(most * value):
            most = 0
        if points == "max":
            number = most
        else:
            number = int(points)
            if rules["overspend"] == "clamp":
                number = min(number - number % block, most)
            elif number > available:
                raise No("insufficient_points")
            if number < max(rules["min_points"], 1) or not cents(number * value):
                raise No("below_min_points")
            if number % block:
                raise No("not_whole_blocks")
            if number > most:
                raise No("exceeds_order_limit")
        fewest = ceil(cents(number * value) / value)
        fewest += -fewest % block
        return max(fewest, rules["min_points"] + -rules["min_points"] % block) if number else 0

    def _redeemed(self, record: Record, account: Account) -> Answer:
        promise, live = record.promise, account.reserved.get(record.order.order_id)
        return {
            "points": live.points if live else 0,
            "discount": promise.discount if promise and live else ZERO,
            "placed": bool(promise and promise.placed),
            "held_until": live.held_until if live else None,
            "balance": account.balance(self.now),
            "reserved": account.reserved_points,
        }

    def confirm(self, order_id: str) -> Answer:
        record = self.record(order_id)
        if record.who is None or record.promise is None:
            raise No("no_redemption")
        account = self.account(record.who)
        live = account.reserved.get(order_id)
        if record.order.completion or record.order.cancellation:
            raise No("order_closed")
        if live is None:
            raise No("hold_lapsed")
        assert record.first_reserved
        record.promise.placed = True
        live.held_until = record.first_reserved + self.settings["redeem"]["max_hold_days"] * DAY
        return self._redeemed(record, account)

    def void(self, order_id: str) -> Answer:
        record = self.record(order_id)
        if record.order.completion or record.order.cancellation:
            raise No("order_closed")
        if record.who is None:
            return {"points": 0, "balance": None}
        account = self.account(record.who)
        live = account.reserved.pop(order_id, None)
        if live:
            account.release(live.lots)
        record.promise = None
        return {"points": live.points if live else 0, "balance": account.balance(self.now)}

    # --- completion ---

    def quote(self, who: Who, stated: dict[str, Any], use_points: int | str | None = None) -> Answer:
        """The completion, decided on a copy."""
        shop = deepcopy(self)
        if use_points is not None:
            total = str(stated["total"] if stated.get("total") is not None else read_order(stated, ZERO).total)
            shop.redeem("quoted", who[0], total, use_points)
        answer = shop.complete("quoted", who, stated)
        return {"earned": answer["earned"]}

    def complete(
        self,
        order_id: str,
        who: Who,
        stated: dict[str, Any],
        completed_at: datetime | None = None,
        referrer: str | None = None,
    ) -> Answer:
        record = self.record(order_id)
        self._refuse_other(record, who)
        at = completed_at or self.now
        facts = {"who": who, "stated": stated, "at": at, "referrer": referrer}
        cancellation = record.order.cancellation
        if record.answer is not None and not (cancellation and self._reopens(record, at)):
            return {**record.answer, "repeat": True, "facts_differ": facts != record.stated}
        if record.order.completion is not None:
            assert cancellation
            return self._reopen(record, cancellation)
        if cancellation:
            if not self._reopens(record, at):
                return {"status": "not_earned", "earned": 0, "holds": 0}
            cancellation.counts = False
            record.order.facts.remove(cancellation)
        account, warnings = self.account(who), []
        record.who, record.stated = who, facts
        edits = [fact for fact in record.noted if fact.kind == "edit"]
        if edits:
            best = max(edits, key=lambda fact: fact.what["revision"])
            stated = best.what["stated"]
        used, discount, missing, spend_warnings = self._spend(record, account, stated)
        warnings += spend_warnings
        rules, moment = self._rules_at(record, at)
        tier = self._tier_named(account.tier, rules)
        customer = Customer(tier)
        fact = record.order.add(
            "completion",
            self.now,
            stated=stated,
            used=used,
            discount=discount,
            rules=rules,
            moment=moment,
            customer=customer,
        )
        bare = deepcopy(record.order).fold()
        if read_order(stated, discount).total_read_as is None:
            warnings.append("total_does_not_add_up")
        if counts(bare.layers, bare.money):
            # A guest's orders count for the member of the same id too, and the other way round.
            same = [self.account((who[0], guest)) for guest in (False, True)]
            customer.first = not any(each.first_order or each.orders_before for each in same)
            if customer.first:
                account.first_order = order_id
            self._refer(record, account, customer, referrer, rules)
        fact.what.pop("allowed", None)
        after = record.order.fold()
        fact.what["cut"] = self._cut(account, who, after.kept)
        after = record.order.fold()
        self._earn(record, after.holds, after, fact)
        self._after_goods_changed(record, after)
        earned_points = after.holds
        for noted in [fact for fact in record.noted if fact.kind == "refund"]:
            before = record.order.fold()
            noted.number = len(record.order.facts) + 1
            if noted.what["refund_id"] in record.tombs:
                noted.what["undone"] = True
                record.order.facts.append(noted)
                continue
            self._resolve(record, noted)
            decided = self._decided(noted)
            noted.counts = decided
            record.order.facts.append(noted)
            if decided:
                self._moved(record, before, noted)
        record.noted = []
        self._pay_referral(record)
        self._lift(account, who)
        state = record.order.fold()
        record.answer = {
            "status": "earned" if earned_points else "not_earned",
            "earned": earned_points,
            "spent": used,
            "missing": missing,
            "discount": discount,
            "read_as": read_order(stated, discount).total_read_as,
            "warnings": warnings,
        }
        return {**record.answer, **self._state(record, state)}

    def _spend(self, record: Record, account: Account, stated: dict[str, Any]) -> tuple[int, Fraction, int, list[str]]:
        """Spends what the order reserved: as little as gives its discount, and no more than the order is worth."""
        promise = record.promise
        if promise is None:
            return 0, ZERO, 0, []
        order_id, value = record.order.order_id, Fraction(promise.rules["point_value"])
        read = read_order(stated, promise.discount)
        discount = promise.discount
        if read.total_read_as is not None:
            discount = min(discount, read.total)
        number = min(ceil(discount / value), promise.points) if read.total_read_as else promise.points
        live = account.reserved.pop(order_id, None)
        missing, warnings = 0, []
        if live:
            left = number
            for lot in sorted(live.lots, key=soonest):
                some = min(left, live.lots[lot])
                left -= some
                live.lots[lot] -= some
                if some:
                    record.spent.append((lot, some))
            account.release(live.lots)
            if self.clamp:
                self._settle(account)
        else:
            warnings.append("hold_lapsed")
            left = number
            for lot in account.alive(self.now):
                some = min(left, account.lots[lot])
                if some:
                    account.lots[lot] -= some
                    record.spent.append((lot, some))
                    left -= some
            missing = left
            if missing:
                record.spent.append((None, missing))
                if not account.erased:
                    account.debt += missing
        return number, discount, missing, warnings

    def _settle(self, account: Account) -> None:
        """Lets go what is owed beyond what is still reserved; the rewards that it was of are used up by it."""
        left = account.settle()
        for record in self.records.values():
            if record.who is None or self.accounts.get(record.who) is not account or not record.order.completion:
                continue
            for number, piece in list(record.taken):
                some = min(left, piece.points) if piece.where == "owed" else 0
                if some:
                    piece.points -= some
                    left -= some
                    record.taken.append((number, Taken(**{**vars(piece), "points": some, "where": "let_go"})))
                    customer: Customer = record.order.completion.what["customer"]
                    if customer.first and account.first_order is None:
                        account.first_order = record.order.order_id
                    if customer.referred and account.referral is None:
                        account.referral = record.order.order_id
            record.taken = [(number, piece) for number, piece in record.taken if piece.points]

    def _rules_at(self, record: Record, completed_at: datetime) -> tuple[Rules, datetime]:
        """The version in force at the moment of the facts, and that moment."""
        moment = completed_at
        if record.first_reserved:
            moment = max(moment, record.first_reserved)
        if moment < self.now - LATE or moment < self.versions[0][0]:
            return rules_of(self.settings, promotions=False), self.now
        return rules_of([rules for since, rules in self.versions if since <= moment][-1]), moment

    def _reopens(self, record: Record, completed_at: datetime) -> bool:
        return bool(
            self.settings["cancel"]["reopens"]
            and record.cancelled_at is not None
            and completed_at > record.cancelled_at
        )

    def _reopen(self, record: Record, cancellation: Fact) -> Answer:
        before = record.order.fold()
        record.order.facts.remove(cancellation)
        record.order.facts.append(cancellation)
        cancellation.counts = False
        answer = self._moved(record, before, cancellation, back=True)
        return {**answer, "status": "reopened", "earned": answer["holds"]}

    # --- facts after the completion ---

    def refund(self, order_id: str, refund_id: str | None = None, **what: Any) -> Answer:
        """By lines (`items`, `shipping`, `tax`, `other`) or by amount (`refunded_total`), decided by hand or not."""
        record = self.record(order_id)
        by_amount = what.get("refunded_total") is not None
        fact_what: dict[str, Any] = {
            "refund_id": refund_id,
            "points": what.get("points"),
            "restore": what.get("restore"),
        }
        if by_amount:
            total = Fraction(what["refunded_total"])
            known = [fact for fact in self._refunds(record) if fact.what.get("total") == total]
            fact_what |= {"total": total, "refund_id": f"amount-{total}"}
            fact_what["asked"] = total
        else:
            known = [fact for fact in self._refunds(record) if fact.what["refund_id"] == refund_id]
            items = [{**item, "amount": Fraction(item["amount"])} for item in what.get("items", [])]
            fact_what |= {"items": items, "refunded": None}
            fact_what |= {name: Fraction(what[name]) for name in ("shipping", "tax", "other") if what.get(name)}
            fact_what["points_discount"] = Fraction(what.get("points_discount", "0"))
            fact_what["asked"] = {
                **{name: what.get(name) for name in ("shipping", "tax", "other", "points_discount")},
                "items": what.get("items", []),
            }
        if known:
            if known[0].what["asked"] != fact_what["asked"]:
                raise No("refund_id_reused")
            if what.get("points") is not None and known[0].what["points"] != what["points"]:
                return self.decide(order_id, known[0].what["refund_id"], what["points"], what.get("restore"))
            return self._repeated(record, known[0])
        forms = {fact.what.get("total") is not None for fact in self._refunds(record) if not fact.what.get("undone")}
        if forms and forms != {by_amount}:
            raise No("refund_form_mixed")
        if len(self._refunds(record)) >= MAX_REFUNDS:
            raise No("too_many_facts")
        if record.order.completion is None:
            fact = Fact("refund", 0, self.now, fact_what, counts=False)
            record.noted.append(fact)
            return {"status": "noted", "refund_id": fact_what["refund_id"], "reversed": 0, "restored": 0}
        fact = Fact("refund", len(record.order.facts) + 1, self.now, fact_what)
        before = record.order.fold()
        self._resolve(record, fact)
        self._validate(before, record, fact)
        if by_amount and fact_what["refunded"] <= 0:
            return {"status": "late_repeat", "reversed": 0, "restored": 0, **self._state(record, before)}
        if not by_amount and refund_id in record.tombs:
            fact.counts = False
            fact.what["undone"] = True
            record.order.facts.append(fact)
            return {"status": "undone", "reversed": 0, "restored": 0, **self._state(record, before)}
        fact.counts = self._decided(fact)
        if fact.what["points"] is not None and fact.what["points"] > self._most(record, before):
            raise No("exceeds_earned")
        record.order.facts.append(fact)
        answer = {"refund_id": fact_what["refund_id"], **self._suggested(record, fact)}
        if not fact.counts:
            return {**answer, "status": "undecided", "reversed": 0, "restored": 0, **self._state(record, before)}
        return {**answer, **self._moved(record, before, fact), "status": "decided"}

    def decide(self, order_id: str, refund_id: str, points: int, restore: int | None = None) -> Answer:
        """An administrator's number for a refund that is on record."""
        record = self.record(order_id)
        fact = next((each for each in self._refunds(record) if each.what["refund_id"] == refund_id), None)
        if fact is None:
            raise No("refund_not_found")
        if record.order.completion is None:
            fact.what["points"], fact.what["restore"] = points, restore
            return {"status": "noted", "reversed": 0, "restored": 0}
        if fact.what.get("undone"):
            raise No("refund_undone")
        if fact.what["points"] is not None:
            if fact.what["points"] != points:
                raise No("refund_decided")
            return self._repeated(record, fact)
        before = record.order.fold()
        if not fact.counts:
            suggested = self._suggested(record, fact)
            if points > self._most(record, before):
                raise No("exceeds_earned")
            fact.what["points"], fact.what["restore"] = points, restore
            record.order.counted_last(fact)
            return {**suggested, **self._moved(record, before, fact), "status": "decided"}
        fact.what["points"] = points
        if restore is not None:
            fact.what["restore"] = restore
        return {**self._suggested(record, fact), **self._moved(record, before, fact, back=True), "status": "decided"}

    def undo(self, order_id: str, refund_id: str) -> Answer:
        record = self.record(order_id)
        fact = next((each for each in self._refunds(record) if each.what["refund_id"] == refund_id), None)
        if fact is None or record.order.completion is None:
            record.tombs.add(refund_id)
            return {"status": "noted", "reversed": 0, "restored": 0}
        before = record.order.fold()
        stood = fact.counts
        fact.counts = False
        fact.what["undone"] = True
        if not stood:
            return {"status": "undone", "reversed": 0, "restored": 0, **self._state(record, before)}
        return {**self._moved(record, before, fact, back=True), "status": "undone"}

    def edit(
        self,
        order_id: str,
        revision: int,
        who: Who,
        stated: dict[str, Any],
        use_points: int | None = None,
    ) -> Answer:
        record = self.record(order_id)
        self._refuse_other(record, who)
        asked = (stated, use_points)
        if revision in record.revisions:
            if record.revisions[revision][0] != asked:
                raise No("revision_reused")
            return {**record.revisions[revision][1], "repeat": True}
        completed = record.order.completion is not None
        latest = max([*record.revisions, 1 if completed else 0])
        if revision <= latest:
            return {"status": "superseded", "earned": 0, "reversed": 0}
        if len(record.revisions) >= MAX_EDITS:
            raise No("too_many_facts")
        if not completed:
            record.who = record.who or who
            record.noted.append(Fact("edit", 0, self.now, {"stated": stated, "revision": revision}))
            answer: Answer = {"status": "noted"}
            if use_points is not None:
                answer["warnings"] = ["redemption_ignored"]
            record.revisions[revision] = (asked, answer)
            return answer
        account = self.account(who)
        before = record.order.fold()
        read = read_order(stated, before.discount)
        for line, back in before.back.items():
            goods = read.lines.get(line)
            if back.money and (goods is None or goods.money < back.money or goods.pieces < back.pieces):
                raise No("edit_below_refunds")
        used, discount, more = self._new_use(record, account, before, read.total, use_points)
        fact = record.order.add(
            "edit",
            self.now,
            stated=stated,
            used=used,
            discount=discount,
            rules=rules_of(self.settings),
            revision=revision,
        )
        if before.cancelled:
            pass  # it counts at a reopening
        elif more > 0:
            left = more
            for lot in account.alive(self.now):
                some = min(left, account.lots[lot])
                if some:
                    account.lots[lot] -= some
                    record.spent.append((lot, some))
                    left -= some
        elif more < 0:
            self._give_back_used(record, account, -more, fact, grace=False)
        after = record.order.fold()
        if after.kept > before.kept:
            fact.what["cut"] = self._cut(account, who, after.kept - before.kept)
        answer = {**self._moved(record, before, fact), "status": "edited", "spent": used}
        record.revisions[revision] = (asked, answer)
        return answer

    def _new_use(
        self, record: Record, account: Account, before: State, total: Fraction, use_points: int | None
    ) -> tuple[int, Fraction, int]:
        """Used points after an edit, what they take off, and how many more (or fewer) than before."""
        promise = record.promise
        rules = promise.rules if promise and before.used else self.settings["redeem"]
        value = Fraction(rules["point_value"])
        used, discount = before.used, before.discount
        if use_points is not None:
            wanted = min(cents(use_points * value), total)
            wanted_points = ceil(wanted / value)
        elif discount > total:
            wanted, wanted_points = total, ceil(total / value)
        else:
            return used, discount, 0
        wanted_points = max(wanted_points, before.used_back)
        if wanted_points > used and not before.cancelled:
            own = sum(min(credit.holds, account.available(self.now)) for credit in record.credits if not credit.pending)
            if wanted_points - used > max(account.available(self.now) - own, 0):
                raise No("insufficient_points")
        if wanted_points == used:
            return used, discount, 0
        return wanted_points, wanted, wanted_points - used

    def cancel(self, order_id: str, cancelled_at: datetime | None = None) -> Answer:
        record = self.record(order_id)
        known = record.order.cancellation
        if known:
            return {"status": "cancelled", "repeat": True, "facts_differ": False}
        record.cancelled_at = cancelled_at or self.now
        if record.who is None:
            record.order.add("cancellation", self.now)
            return {"status": "cancelled", "reversed": 0, "restored": 0}
        account = self.account(record.who)
        if record.order.completion is None:
            live = account.reserved.pop(order_id, None)
            if live:
                account.release(live.lots)
            record.promise = None
            record.order.add("cancellation", self.now)
            return {"status": "cancelled", "reversed": 0, "restored": 0, "balance": account.balance(self.now)}
        before = record.order.fold()
        fact = record.order.add("cancellation", self.now)
        return {**self._moved(record, before, fact), "status": "cancelled"}

    def release(self, order_id: str) -> Answer:
        record = self.record(order_id)
        assert record.who
        account = self.account(record.who)
        for entry in account.pending:
            if entry.credit in record.credits:
                entry.release_at = self.now
        account.pass_time(self.now)
        return {"balance": account.balance(self.now)}

    # --- what facts share ---

    def _refunds(self, record: Record) -> list[Fact]:
        return [fact for fact in [*record.order.facts, *record.noted] if fact.kind == "refund"]

    def _decided(self, fact: Fact) -> bool:
        """Whether a refund counts, and what it does with used points, by the policy of its time."""
        rules = self.settings["refund"]
        proportional = rules["policy"] == "proportional"
        redeemed = rules["redeemed"] or ("return" if proportional else "keep")
        fact.what["gives_back"] = redeemed == "return"
        return proportional or fact.what["points"] is not None

    def _most(self, record: Record, state: State) -> int:
        """The most that a decision may take: what the order holds, or would if it were not cancelled."""
        cancellation = record.order.cancellation
        if cancellation is None:
            return state.holds
        cancellation.counts = False
        most = record.order.fold().holds
        cancellation.counts = True
        return most

    def _suggested(self, record: Record, fact: Fact) -> Answer:
        """What a refund alone would take and give back, if it were not decided by hand."""
        fact = Fact(fact.kind, fact.number, fact.at, {**fact.what, "points": None, "restore": None}, True)
        others = deepcopy(record.order)
        others.facts = [each for each in others.facts if each.number != fact.number or each.kind != "refund"]
        state = others.with_fact(fact)
        return {"suggested": state.suggested, "restore_suggested": state.restore_suggested}

    def _resolve(self, record: Record, fact: Fact) -> None:
        """What an amount adds to the refunds that stand; what of a refund by lines points had paid is added back."""
        if "total" in fact.what:
            standing = (
                each.what["refunded"]
                for each in record.order.facts
                if each.kind == "refund" and each is not fact and not each.what.get("undone")
            )
            fact.what["refunded"] = max(fact.what["total"] - sum(standing, ZERO), ZERO)
        elif fact.what["points_discount"]:
            stated = sum((item["amount"] for item in fact.what["items"]), ZERO)
            for item in fact.what["items"]:
                item["amount"] += fact.what["points_discount"] * item["amount"] / stated

    def _validate(self, state: State, record: Record, fact: Fact) -> None:
        """Refuses what the order does not have."""
        what = fact.what
        if "total" in what:
            if not state.paid:
                raise No("refund_form_needs_lines")
            return
        counted: dict[Any, int] = {}
        for each in record.order.facts:
            if each.kind == "refund" and not each.what.get("undone"):
                for item in each.what.get("items", []):
                    if item["amount"] and item.get("quantity"):
                        for line in lines_of(state, item):
                            counted[line] = counted.get(line, 0) + item["quantity"]
        for item in what["items"]:
            lines = lines_of(state, item)
            if not lines:
                raise No("unknown_line")
            if item.get("line") is None and rates_differ(state, lines):
                raise No("line_needed")
            if item["amount"] > sum((state.left(line).money for line in lines), ZERO):
                raise No("refund_exceeds_line")
            had = sum((state.stated[line].pieces for line in lines), ZERO)
            if item["amount"] and item.get("quantity", 0) > had - sum(counted.get(line, 0) for line in lines):
                raise No("refund_exceeds_line")
        money = state.money
        if what.get("shipping", ZERO) > money.shipping - money.shipping_back:
            raise No("refund_exceeds_order")
        if what.get("tax", ZERO) > money.tax - money.tax_back:
            raise No("refund_exceeds_order")
        if what.get("other", ZERO) > max(state.paid - state.money_back, ZERO):
            raise No("refund_exceeds_order")

    def _repeated(self, record: Record, fact: Fact) -> Answer:
        return {**fact.what.get("answer", {}), "repeat": True}

    def _refuse_other(self, record: Record, who: Who) -> None:
        if record.who not in (None, who):
            raise No("order_customer_mismatch")

    def _state(self, record: Record, state: State) -> Answer:
        assert record.who
        account = self.account(record.who)
        return {
            "kept": state.kept,
            "holds": state.holds,
            "balance": account.balance(self.now),
            "reserved": account.reserved_points,
            "pending": account.pending_points,
        }

    def _moved(self, record: Record, before: State, fact: Fact, back: bool = False) -> Answer:
        """Moves what a fact makes of the order: points earned, taken back, given back. `back`: it undoes a fact."""
        assert record.who
        account, clamp = self.account(record.who), self.clamp
        let_go = account.let_go
        # Giving back comes first, so that those points can cover what is taken; undone it is the other way round.
        restored = 0 if back else self._move_used(record, account, fact)
        after = self._hold_rewards(record, account)
        if back:
            after = self._cap_what_comes_back(record, account, before, after, fact)
        change = after.on_account - before.on_account
        if change < 0:
            self._take(record, account, -change, after, fact, clamp)
        elif change > 0 and (back or fact.kind != "edit"):
            pieces = self._pieces(record, change, fact)
            account.undo(pieces, self.now, self.settings["expiry"])
            new = change - sum(piece.points for piece in pieces)
            if new:  # an edit of the order while it was cancelled
                self._earn(record, new, after, fact)
        elif change > 0:
            self._earn(record, change, after, fact)
        if back:
            restored = self._move_used(record, account, fact)
        self._square(record, after)
        self._after_goods_changed(record, after)
        self._pay_referral(record)
        lower = change < 0 or back
        self._lift(account, record.who, fall=lower)
        answer = {
            "reversed": before.holds - after.holds if not (change > 0 and not back) else 0,
            "earned": after.holds - before.holds if change > 0 and not back else 0,
            "restored": restored,
            "let_go": max(account.let_go - let_go, 0),
            **self._state(record, after),
        }
        fact.what["answer"] = answer
        return answer

    # --- the order's points ---

    def _earn(self, record: Record, points: int, after: State, fact: Fact) -> None:
        """Credits what the order came to hold: by parts, what a cap cut off taken of promotions' own lots first."""
        assert record.who
        account = self.account(record.who)
        held: dict[Part, int] = {}
        for credit in record.credits:
            held[credit.part] = held.get(credit.part, 0) + credit.holds
        wants = {part: max(floor(exact) - held.get(part, 0), 0) for part, exact in after.earned.parts.items()}
        apart = [part for part in wants if self._promotion_of(part, after) is not None]
        cut = fact.what.get("cut", 0)
        plain = max(points + cut - sum(wants[part] for part in apart), 0)
        plain = min(plain, points)
        shares: list[tuple[Part, int]] = []
        left = plain
        for part in [part for part in wants if part not in apart and part != ("goods", fact.number)]:
            some = min(wants[part], left)
            shares.append((part, some))
            left -= some
        shares.append((("goods", fact.number), left))
        left = points - plain
        for part in apart:
            some = min(wants[part], left)
            shares.append((part, some))
            left -= some
        if left:
            shares.append((("goods", fact.number), left))
        for part, some in sorted(shares, key=lambda share: self._life_of(share[0], after)):
            if some:
                record.credits.append(self._credit(account, part, some, self._promotion_of(part, after)))

    def _promotion_of(self, part: Part, state: State) -> Rules | None:
        """The promotion whose own life or release a part has."""
        if part[0] not in ("extra", "bonus"):
            return None
        found = (layer.promotion(part[-1]) for layer in state.layers)
        promotion = next((each for each in found if each is not None), None)
        if promotion and (promotion.get("expiry") is not None or promotion.get("pending_days") is not None):
            return promotion
        return None

    def _life_of(self, part: Part, state: State) -> datetime:
        promotion = self._promotion_of(part, state) or {}
        return life(promotion.get("expiry") or self.settings["expiry"], self.now)

    def _credit(
        self, account: Account, part: Part, points: int, promotion: Rules | None, plain: bool = False
    ) -> Credit:
        """Points come into the account, now or later. They repay what is owed."""
        promotion, earn = promotion or {}, self.settings["earn"]
        expiry = promotion.get("expiry") or self.settings["expiry"]
        days = promotion.get("pending_days", earn["pending_days"])
        on_release = earn["release"] == "order_released" and promotion.get("pending_days") is None
        credit = Credit(part, life(expiry, self.now), self.now, points, len(account.moves), bool(promotion))
        if plain or not (days or on_release):
            account.give(Lot(credit.end), points)
            return credit
        left = points - account.repay(points)
        at = None if on_release else end_of_day(self.now, days)
        credit.pending = Pending(credit, left, at, self.now + GONE_UNRELEASED, expiry)
        account.pending.append(credit.pending)
        return credit

    def _take(self, record: Record, account: Account, points: int, after: State, fact: Fact, clamp: bool) -> None:
        """Takes points back, each from the credit that holds more than the goods that are left would give."""
        own = record.credits
        from_credits = min(points, max(sum(credit.holds for credit in own) - after.holds, 0))
        for credit, some in self._shares(record, account, from_credits, after):
            for piece in account.take_from(credit, some, own, self.now, clamp):
                record.taken.append((fact.number, piece))
        if points > from_credits:
            account.take(points - from_credits, self.now, own, clamp)

    def _shares(self, record: Record, account: Account, points: int, after: State) -> list[tuple[Credit, int]]:
        """How many points go of each credit: what exceeds the goods that are left first, then the soonest end."""
        left, shares = points, {id(credit): 0 for credit in record.credits}
        target = {part: ceil(exact) for part, exact in after.earned.parts.items()}
        for credit in reversed(record.credits):
            of_part = sum(each.holds - shares[id(each)] for each in record.credits if each.part == credit.part)
            some = min(left, credit.holds, max(of_part - target.get(credit.part, 0), 0))
            shares[id(credit)] += some
            left -= some
        for credit in sorted(record.credits, key=lambda each: (each.pending is None, account.end_of(each))):
            some = min(left, credit.holds - shares[id(credit)])
            shares[id(credit)] += some
            left -= some
        return [(credit, shares[id(credit)]) for credit in record.credits if shares[id(credit)]]

    def _pieces(self, record: Record, points: int, fact: Fact) -> list[Taken]:
        """What comes back of what was taken: by this fact first, else the latest."""
        order = sorted(
            range(len(record.taken)), key=lambda index: (record.taken[index][0] == fact.number, index), reverse=True
        )
        found: list[Taken] = []
        for index in order:
            piece = record.taken[index][1]
            some = min(points, piece.points)
            if some:
                found.append(Taken(**{**vars(piece), "points": some}))
                piece.points -= some
                points -= some
        record.taken = [(number, piece) for number, piece in record.taken if piece.points]
        return found

    def _square(self, record: Record, after: State) -> None:
        """What adjustments took beside the order counts once the order holds it: no points move."""
        excess = sum(credit.holds for credit in record.credits) - after.holds
        for credit in sorted(record.credits, key=lambda each: each.end):
            some = min(max(excess, 0), credit.holds)
            credit.holds -= some
            excess -= some

    # --- caps ---

    def _room(self, who: Who) -> int | None:
        """What is left of the cap of this period."""
        cap = self.settings["earn"]["max_points_per_customer"]
        if cap is None:
            return None
        now = period_of(cap["period"], self.now)
        had = sum(
            credit.holds
            for record in self.records.values()
            if record.who == who
            for credit in record.credits
            if period_of(cap["period"], credit.recorded_at) == now
        )
        return max(int(cap["points"]) - had, 0)

    def _cut(self, account: Account, who: Who, points: int) -> int:
        room = self._room(who)
        return 0 if room is None else max(points - room, 0)

    def _cap_what_comes_back(self, record: Record, account: Account, before: State, after: State, fact: Fact) -> State:
        assert record.who
        change, room = after.on_account - before.on_account, self._room(record.who)
        if change <= 0 or room is None:
            return after
        cap = self.settings["earn"]["max_points_per_customer"]
        now, copy = period_of(cap["period"], self.now), deepcopy(record)
        coming = self._pieces(copy, change, fact)
        same = change - sum(
            piece.points
            for piece in coming
            if piece.credit and period_of(cap["period"], piece.credit.recorded_at) != now
        )
        if same > room:
            record.order.add("cut", self.now, points=same - room)
            return record.order.fold()
        return after

    # --- used points ---

    def _move_used(self, record: Record, account: Account, fact: Fact) -> int:
        """Used points come back, or are taken again, until those that are out are what the order's facts say.

        Nothing moves of an edit: what it changes was moved before.
        """
        if fact.kind == "edit":
            return 0
        state = record.order.fold()
        out = sum(points for _, points in record.spent)
        wanted = 0 if state.cancelled else state.used - state.used_back
        if wanted < out:
            self._give_back_used(record, account, out - wanted, fact, grace=True)
        elif wanted > out:
            latest = sorted(
                range(len(record.returned)),
                key=lambda index: (record.returned[index][0] == fact.number, index),
                reverse=True,
            )
            left, again = wanted - out, []
            for index in latest:
                piece = record.returned[index][1]
                some = min(left, piece.points)
                if some:
                    again.append(Returned(**{**vars(piece), "points": some}))
                    record.spent.append((piece.used, some))
                    piece.points -= some
                    left -= some
            record.returned = [(number, piece) for number, piece in record.returned if piece.points]
            account.take_used_again(again, self.now)
            if left:
                record.spent.append((None, left))
                account.owe(left, self.now)
        return out - wanted

    def _give_back_used(self, record: Record, account: Account, points: int, fact: Fact, grace: bool) -> None:
        """The other way round: longest life first, of what was missing before all."""
        back: list[tuple[Lot | None, int]] = []
        for lot, spent_points in sorted(record.spent, key=lambda each: each[0] or Lot(NEVER), reverse=True):
            some = min(points, spent_points)
            if some:
                back.append((lot, some))
                record.spent.remove((lot, spent_points))
                if spent_points > some:
                    record.spent.append((lot, spent_points - some))
                points -= some
        days = self.settings["cancel"]["restore_grace_days"] if grace else None
        found = account.take_back_used(back, self.now, days)
        if fact.kind != "edit":
            record.returned += [(fact.number, piece) for piece in found]

    # --- first orders, referrals, tiers ---

    def _used_up(self, record: Record, state: State) -> bool:
        """Whether points of a reward were let go, so that it stays used up."""
        return state.let_go > 0 or any(piece.where == "let_go" for _, piece in record.taken)

    def _first_rests(self, record: Record, state: State) -> bool:
        """Whether the order still has what makes it a first order, and the bonus that rests on it, if it had one."""
        if state.cancelled or not counts(state.layers, state.money):
            return False
        return not record.paid_first or self._first_bonus(record, state) > 0

    def _first_bonus(self, record: Record, state: State) -> int:
        customer = record.order.customer()
        with_it = Customer(customer.tier, True, customer.referred)
        without = Customer(customer.tier, False, customer.referred)
        return (
            earned(state.layers, state.money, state.used, with_it).points
            - earned(state.layers, state.money, state.used, without).points
        )

    def _hold_rewards(self, record: Record, account: Account) -> State:
        """What comes back while another order holds the first order, or the referral, is without it from then on."""
        state, order_id = record.order.fold(), record.order.order_id
        known: Customer = record.order.completion.what["customer"] if record.order.completion else Customer()
        if known.first and not record.order.without_first and self._first_rests(record, state):
            if account.first_order is None:
                account.first_order = order_id
            elif account.first_order != order_id:
                record.order.without_first = True
        if known.referred and not record.order.without_referral and self._referral_rests(record, state):
            if account.referral is None:
                account.referral = order_id
            elif account.referral != order_id:
                record.order.without_referral = True
        return record.order.fold()

    def _referral_rests(self, record: Record, state: State) -> bool:
        return not state.cancelled and counts(state.layers, state.money)

    def _after_goods_changed(self, record: Record, state: State) -> None:
        """A return that takes a reward back frees it for the next order, unless points of it were let go."""
        assert record.who
        account, order_id = self.account(record.who), record.order.order_id
        known: Customer = record.order.completion.what["customer"] if record.order.completion else Customer()
        if known.first and self._first_bonus(record, state) > 0 and not record.order.without_first:
            record.paid_first = True
        if self._used_up(record, state):
            return
        if account.first_order == order_id and not self._first_rests(record, state):
            account.first_order = None
        of_referrer = any(piece.where == "let_go" for piece in record.referral_taken)
        if account.referral == order_id and not of_referrer and not self._referral_rests(record, state):
            account.referral = None

    def _refer(self, record: Record, account: Account, customer: Customer, referrer: str | None, rules: Rules) -> None:
        referral = self.settings["ways_to_earn"]["referral"]
        assert record.who
        if referrer is None or record.who[1] or not customer.first or account.referral or referrer == record.who[0]:
            return
        if not referral["points"] and not referral.get("referee_points"):
            return
        other = self.account((referrer, False))
        theirs = self.records.get(other.referral) if other.referral else None
        if theirs and theirs.referrer == (record.who[0], False):
            return
        customer.referred = True
        account.referral = record.order.order_id
        record.referrer, record.referral_points = (referrer, False), referral["points"]

    def _pay_referral(self, record: Record) -> None:
        """The referrer has the points of the referral as long as the order holds it."""
        if record.referrer is None:
            return
        account, state = self.account(record.referrer), record.order.fold()
        rests = self._referral_rests(record, state) and not record.order.without_referral
        has = sum(credit.holds for credit in record.referral_credits)
        wanted = record.referral_points if rests else 0
        if wanted > has and not record.referral_credits:
            record.referral_credits.append(self._credit(account, ("referral",), wanted, None, plain=True))
        elif wanted > has:
            account.undo(record.referral_taken, self.now, self.settings["expiry"])
            record.referral_taken = []
        elif wanted < has:
            for credit in record.referral_credits:
                taken = account.take_from(credit, credit.holds, record.referral_credits, self.now, self.clamp)
                record.referral_taken += taken
            self._after_goods_changed(record, state)

    def _tier_named(self, name: str | None, rules: Rules) -> Rules | None:
        return next((tier for tier in rules["tiers"] if tier["name"] == name), None)

    def _tier(self, who: Who) -> Rules | None:
        """The highest tier whose conditions the customer meets now."""
        account = self.accounts[who]
        met = []
        for tier in self.settings["tiers"]:
            since = self.now - tier["window_days"] * DAY if tier.get("window_days") else None
            orders, money = (account.orders_before, Fraction(account.spent_before)) if since is None else (0, ZERO)
            for record in self.records.values():
                completion = record.order.completion
                if record.who != who or completion is None or (since and completion.at < since):
                    continue
                state = record.order.fold()
                if not state.cancelled and counts(state.layers, state.money):
                    orders += 1
                    money += spent(state.layers)
            if orders >= (tier.get("min_orders") or 0) and money >= Fraction(tier.get("min_spend") or 0):
                met.append(tier)
        return max(met, key=lambda tier: Fraction(tier.get("multiplier", "1")), default=None)

    def _lift(self, account: Account, who: Who, fall: bool = False) -> None:
        """Up at once; a tier that rests on a return falls at once too."""
        tier, now = self._tier(who), self._tier_named(account.tier, self.settings)
        rank = Fraction(tier.get("multiplier", "1")) if tier else Fraction(-1)
        had = Fraction(now.get("multiplier", "1")) if now else Fraction(-1)
        if rank > had or fall:
            account.tier = tier["name"] if tier else None

    # --- what can be looked at ---

    def look(self, who: Who) -> Answer:
        account = self.account(who)
        return {
            "balance": account.balance(self.now),
            "available": account.available(self.now),
            "reserved": account.reserved_points,
            "pending": account.pending_points,
            "debt": account.debt,
            "let_go": account.let_go,
            "outstanding": account.outstanding,
            "tier": account.tier,
            "lots": [(None if lot.end == NEVER else lot.end, account.lots[lot]) for lot in account.alive(self.now)],
        }

    def look_at_order(self, order_id: str) -> Answer:
        record = self.record(order_id)
        state = record.order.fold()
        live = self.account(record.who).reserved.get(order_id) if record.who else None
        undecided = [
            {"refund_id": fact.what["refund_id"], **self._suggested(record, fact)}
            for fact in record.order.facts
            if fact.kind == "refund" and not fact.counts and not fact.what.get("undone")
        ]
        return {
            "kept": state.kept,
            "holds": state.holds,
            "used": state.used,
            "used_back": state.used if state.cancelled else state.used_back,
            "discount": state.discount,
            "reserved": live.points if live else 0,
            "undecided": undecided,
        }


def cents(money: Fraction) -> Fraction:
    """Whole cents, rounded down."""
    return Fraction(floor(money * 100), 100)
