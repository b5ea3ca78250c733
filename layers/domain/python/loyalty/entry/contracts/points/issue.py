"""Points are given by hand."""

from datetime import datetime

from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.points.issue import Issue
from loyalty.entry.contracts.fields import Answer, Contract, Instant, Points, Source, Text


class IssuePoints(Contract):
    """Points to give. Without `expires_at` they live as long as the program's policy says."""

    points: Points
    expires_at: Instant | None = None
    reason: Text
    source: Source = "API"

    def issue(self, account_id: AccountId) -> Issue:
        return Issue(
            account_id=account_id,
            points=self.points,
            expires_at=self.expires_at,
            reason=self.reason,
        )


class PointsIssuedAnswer(Answer):
    """What was issued, the first time that the key was used."""

    movement_id: str
    points: int
    expires_at: datetime | None
    balance: int
