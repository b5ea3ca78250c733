"""Customers: their accounts, statements, and points given by hand."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal
from zlib import crc32

from pydantic import Field

from loyalty.domain.ledger.movement import AccountId, Movement
from loyalty.domain.ledger.tiers import tier_of
from loyalty.domain.points.adjustment import Adjustment
from loyalty.domain.points.issue import Issue
from loyalty.entry.contracts.fields import (
    Amount,
    Answer,
    Contract,
    Id,
    Instant,
    Points,
    Query,
    SignedPoints,
    Text,
    refuse,
)
from loyalty.entry.contracts.orders import MovementAnswer
from loyalty.entry.http.problems import Fault, Problem

if TYPE_CHECKING:
    from loyalty.usecases.customers.account import AccountView

MAX_CURSOR = 32
"""Characters; a longer one is not ours."""


type Source = Literal["API", "DASHBOARD", "POS"]
"""The door through which an administrator gives points."""


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


class SignUp(Contract):
    """A customer signs up; there is nothing else to say."""


class SignedUpAnswer(Answer):
    """What signing up earned, the first time. `skipped` recorded nothing: sent again later it may earn."""

    customer_id: str
    status: Literal["earned", "skipped"]
    reason: str | None
    points_earned: int
    expires_at: datetime | None
    balance: int
    program_version: int


class PointsIssuedAnswer(Answer):
    """What was issued, the first time that the key was used."""

    movement_id: str
    points: int
    expires_at: datetime | None
    balance: int


class MoneyAnswer(Answer):
    """An amount of money."""

    amount: Amount
    currency: str


class LotAnswer(Answer):
    """Points that share one expiry instant; null is never."""

    points: int
    expires_at: datetime | None


class AccountAnswer(Answer):
    """A customer's points. `outstanding` also counts expired points that await the purge."""

    customer_id: str
    guest: bool
    program_id: str
    label: str
    card_number: str | None
    balance: int
    outstanding: int
    debt: int
    value: MoneyAnswer
    earned_total: int
    redeemed_total: int
    expired_total: int
    lots: list[LotAnswer]
    next_expiry: LotAnswer | None
    tier: str | None

    @classmethod
    def of(cls, view: "AccountView") -> "AccountAnswer":
        account, program = view.account, view.program
        lots = [LotAnswer.model_validate(lot) for lot in account.lots.spendable(view.at)]
        return cls(
            customer_id=account.account_id.customer_id,
            guest=account.account_id.guest,
            program_id=program.program_id,
            label=program.label,
            card_number=account.card,
            balance=view.balance,
            outstanding=account.outstanding,
            debt=account.debt,
            value=MoneyAnswer(amount=str(view.value), currency=program.currency),
            earned_total=account.earned_total,
            redeemed_total=account.redeemed_total,
            expired_total=account.expired_total,
            lots=lots,
            next_expiry=lots[0] if lots and lots[0].expires_at else None,
            tier=tier.name if (tier := tier_of(program, account.standing)) else None,
        )


class AccountQuery(Query):
    """Whose account: a member's, or a guest's of the same id."""

    guest: bool = False


class StatementQuery(AccountQuery):
    """Which part of the statement."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: Annotated[str, Field(json_schema_extra={"maxLength": MAX_CURSOR})] | None = None

    def before(self, account_id: AccountId) -> int | None:
        """The sequence that the cursor stands at. Raises Problem for one of another statement."""
        if self.cursor is None:
            return None
        sequence, _, _ = self.cursor.partition("-")
        known = len(self.cursor) <= MAX_CURSOR and sequence.isdecimal()
        if known and self.cursor == cursor_at(account_id, int(sequence)):
            return int(sequence)
        raise Problem.of([Fault("/cursor", "invalid_cursor", "must come from this statement")])


def cursor_at(account_id: AccountId, sequence: int) -> str:
    """A cursor of the account's statement. It grants nothing; its check finds mix-ups."""
    return f"{sequence}-{crc32(repr((account_id, sequence)).encode()):08x}"


class StatementAnswer(Answer):
    """Movements, newest first. `cursor` leads to older ones; null is the end."""

    movements: list[MovementAnswer]
    cursor: str | None

    @classmethod
    def of(cls, account_id: AccountId, movements: Sequence[Movement], limit: int) -> "StatementAnswer":
        last = movements[-1].sequence if len(movements) == limit else None
        return cls(
            movements=[MovementAnswer.of(movement) for movement in movements],
            cursor=cursor_at(account_id, last) if last and last > 1 else None,
        )
