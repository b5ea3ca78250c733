"""Days for properties: whatever a program's ledger can have booked on them."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from loyalty.domain.books.sums import Booked, DaySums, sum_up_movements
from loyalty.domain.ledger.kinds import CauseKind, Kind
from loyalty.domain.ledger.lots import Lot
from loyalty.domain.ledger.movement import Cause
from loyalty.domain.program.settings import AccountNames
from tests.support.builders import NOW, member

FIRST = date(2026, 1, 1)
EXPIRIES = st.none() | st.just(NOW) | st.timedeltas(timedelta(0), timedelta(days=500)).map(lambda ahead: NOW + ahead)


@st.composite
def _booked(draw: st.DrawFn) -> Booked:
    kind = draw(st.sampled_from(sorted(Kind.of_points())))
    lots = draw(st.dictionaries(EXPIRIES, st.integers(1, 1_000), max_size=3))
    debt = draw(st.integers(0, 50)) if kind in (Kind.EARN, Kind.ISSUE, Kind.REVERSE, Kind.RESTORE) else 0
    if not lots and not debt:
        lots = {None: 1}
    return Booked(
        cause=Cause("shop", CauseKind.ORDER, draw(st.sampled_from(["#1", "#2", "#3"]))),
        position=draw(st.integers(1, 99)),
        day=FIRST,
        kind=kind,
        account=member(),
        points=sum(lots.values()) + debt,
        point_value=draw(st.sampled_from([Decimal("0.01"), Decimal("0.005"), Decimal(1)])),
        currency="EUR",
        allocation=tuple(Lot(expires_at, kind.sign * points) for expires_at, points in lots.items()),
        debt=-kind.sign * debt,
        basis=draw(st.decimals(0, 10_000, places=2)) if kind is Kind.EARN else Decimal(0),
        recorded_at=NOW,
    )


BOOKED = _booked()
"""A movement of any kind."""


def day_of(offset: int, movements: Sequence[Booked], *, closed: bool = True) -> DaySums:
    """A day `offset` days after FIRST."""
    return DaySums(
        program_id="shop",
        day=FIRST + timedelta(days=offset),
        closed=closed,
        accounts=AccountNames(),
        sums=sum_up_movements(movements),
    )


DAYS = st.lists(st.lists(BOOKED, max_size=5), max_size=40).map(
    lambda days: [day_of(3 * number, movements) for number, movements in enumerate(days)]
)
"""Some months of days, oldest first, with gaps."""
