"""What the rules are tried with."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from loyalty.domain.ledger.account import Account
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
