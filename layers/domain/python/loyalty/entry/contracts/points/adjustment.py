"""Points are adjusted by hand."""

from datetime import datetime

from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.points.adjustment import Adjustment
from loyalty.entry.contracts.fields import Answer, Contract, Id, Instant, SignedPoints, Source, Text, refuse
from loyalty.entry.http.problems import Fault


class AdjustPoints(Contract):
    """Points to give (above 0) or take (below); 0 with `expires_at` moves only when the customer's points expire.

    `order_id` is the order that it is on account of, whose view then shows it.
    """

    points: SignedPoints
    expires_at: Instant | None = None
    reason: Text
    source: Source = "API"
    order_id: Id | None = None

    def adjustment(self, account_id: AccountId) -> Adjustment:
        """The adjustment, once what spans several fields is right too."""
        if faults := adjustment_faults(self.points, self.expires_at):
            refuse(faults)
        return Adjustment(
            account_id=account_id,
            points=self.points,
            expires_at=self.expires_at,
            reason=self.reason,
            order_id=self.order_id,
        )


def adjustment_faults(points: int, expires_at: datetime | None) -> list[Fault]:
    """What is wrong with an adjustment where its fields do not go together."""
    if points == 0 and expires_at is None:
        return [Fault("/points", "not_allowed", "must not be 0 without expires_at")]
    if points < 0 and expires_at:
        return [Fault("/expires_at", "not_allowed", "is not for points that are taken")]
    return []


class PointsAdjustedAnswer(Answer):
    """What the adjustment did, the first time; `points` is signed.

    `points_shortfall` is what it should have taken and was not there, where the program lets that go.
    """

    movement_id: str
    points: int
    points_shortfall: int
    expires_at: datetime | None
    balance: int
    debt: int
