"""What the rules are tried with."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.facts import (
    Adjusted,
    AdjustmentAsked,
    AdjustmentNoted,
    CardAsked,
    CardReplaced,
    CardRequested,
    CardsAsked,
    CardsRequested,
    Completed,
    Facts,
    IssueAsked,
    Issued,
    Redeemed,
    Referred,
    Refunded,
    RefundNoted,
    ReplacementAsked,
    Reversed,
    Step,
    TierReviewed,
)
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.kinds import CauseKind, Event, Kind
from loyalty.domain.ledger.lots import Lot, Lots
from loyalty.domain.ledger.movement import Cause, Movement
from loyalty.domain.ledger.transaction import Transaction
from tests.support.builders import NOW, begin, member, program

FAR = datetime(2999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
instants = st.integers(-(10**13), 10**14).map(lambda n: NOW + timedelta(microseconds=n))
hours = st.integers(-50, 2_000).map(lambda n: NOW.replace(minute=0, second=0, microsecond=0) + timedelta(hours=n))
expiries = st.none() | instants | hours
points = st.integers(1, 10_000)
held = st.lists(st.builds(Lot, expiries, points), max_size=8).map(Lots)
"""Lots of an account: some have expired, some never will."""

cents = st.integers(0, 10**9).map(lambda n: Decimal(n).scaleb(-2))
rates = st.integers(0, 10**7).map(lambda n: Decimal(n).scaleb(-4))

steps = st.lists(
    st.tuples(
        st.sampled_from(["issue", "spend", "take back", "give back", "expire", "wait"]),
        st.integers(1, 300),
        st.none() | st.integers(1, 400),
    ),
    min_size=1,
    max_size=25,
)
"""A history of an account: what happens, how many points, how many hours they live (or pass)."""


def history(steps: list[tuple[str, int, int | None]]) -> list[tuple[Account, Movement, Account]]:
    """Each movement of the history with the account before and after it, the clock moving on."""
    account, now = Account(account_id=member()), NOW
    told: list[tuple[Account, Movement, Account]] = []
    for number, (what, points, length) in enumerate(steps):
        now += timedelta(minutes=7)
        expires_at = now + timedelta(hours=length) if length else None
        history = History(Cause("shop", CauseKind.REQUEST, str(number)))
        moved = _act(what, begin(program(), account, at=now, history=history), points, expires_at)
        if what == "wait":
            now += timedelta(hours=length or 0)
        if moved and moved.movements[0].points:
            told.append((account, moved.movements[0], moved.holder))
            account = moved.holder
    return told


def _act(what: str, begun: Transaction, points: int, expires_at: datetime | None) -> Transaction | None:
    held, now = begun.holder.lots, begun.now
    match what:
        case "issue":
            return begun.credit(Kind.ISSUE, Event.POINTS_ISSUED, Lots([Lot(expires_at, points)]))
        case "give back":
            lots = Lots([Lot(expires_at, points), Lot(None, 1)])
            return begun.credit(Kind.RESTORE, Event.REDEMPTION_VOIDED, lots)
        case "spend":
            return begun.debit(Kind.REDEEM, Event.REDEMPTION_SET, held.spendable(now).soonest(points))
        case "take back":
            taken = held.spendable(now).soonest(points)
            return begun.debit(Kind.REVERSE, Event.ORDER_CANCELLED, taken, debt=points - taken.total)
        case "expire" if held.expired(now):
            return begun.debit(Kind.EXPIRE, Event.POINTS_EXPIRED, held.expired(now))
    return None


_texts = st.text(max_size=8)
_numbers = st.integers(-(10**15), 10**15)
_instants = st.none() | instants
_steps = st.lists(st.builds(Step, _texts, _numbers, _texts), max_size=3).map(tuple)
_lots = st.lists(st.builds(Lot, _instants, _numbers), max_size=3).map(tuple)
_adjustments = st.builds(AdjustmentAsked, points=_numbers, expires_at=_instants, order_id=st.none() | _texts)
_cards = st.builds(CardAsked, number=_texts) | st.builds(ReplacementAsked, number=_texts, by=st.none() | _texts)
_requests = st.builds(CardRequested, asked=_cards, card=_texts)
_shortfalls = st.builds(Reversed, shortfall=points)
_reviews = st.builds(TierReviewed, tier=st.none() | st.text(min_size=1, max_size=8))
_completions = st.builds(Completed, basis=cents, steps=_steps, lots=_lots, referrer=st.none() | _texts)
_adjusted = st.builds(Adjusted, asked=_adjustments, shortfall=st.just(0) | points)
FACTS: Mapping[Event, st.SearchStrategy[Facts]] = {
    Event.ORDER_COMPLETED: _completions,
    Event.PAST_ORDER_REWARDED: _completions,
    Event.ORDER_CANCELLED: _shortfalls,
    Event.REFERRAL_CANCELLED: _shortfalls,
    Event.JOB_UNDONE: _shortfalls,
    Event.ORDER_REFUNDED: st.builds(
        Refunded,
        refunded_total=cents,
        requested=st.none() | _numbers,
        suggested=_numbers,
        shortfall=st.just(0) | points,
    ),
    Event.REDEMPTION_SET: st.builds(Redeemed, requested=points | st.just("max"), order_total=cents, discount=cents),
    Event.REFUND_NOTED: st.builds(RefundNoted, refunded_total=cents),
    Event.CUSTOMER_REFERRED: st.builds(Referred, order_id=_texts),
    Event.TIER_REVIEWED: _reviews,
    Event.POINTS_EXPIRED: _reviews,
    Event.POINTS_ISSUED: st.builds(Issued, asked=st.builds(IssueAsked, points=_numbers, expires_at=_instants)),
    Event.POINTS_ADJUSTED: _adjusted,
    Event.EXPIRY_MOVED: _adjusted,
    Event.ORDER_ADJUSTED: st.builds(AdjustmentNoted, movement_id=_texts, points=_numbers, reason=st.none() | _texts),
    Event.CARDS_CREATED: st.builds(
        CardsRequested, asked=st.builds(CardsAsked, count=_numbers), cards=st.lists(_texts, max_size=3).map(tuple)
    ),
    Event.CARD_ASSIGNED: _requests,
    Event.CARD_BLOCKED: _requests,
    Event.CARD_REPLACED: _requests | st.builds(CardReplaced, replaced_by=_texts),
}
"""Facts of each event that records any."""
recorded = st.sampled_from(sorted(FACTS)).flatmap(lambda event: st.tuples(st.just(event), FACTS[event]))
"""An event, and facts of it."""
