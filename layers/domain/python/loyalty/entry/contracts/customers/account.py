"""A customer's points."""

from datetime import datetime
from typing import TYPE_CHECKING

from loyalty.domain.ledger.tiers import tier_of
from loyalty.entry.contracts.fields import Answer, MoneyAnswer, Query

if TYPE_CHECKING:
    from loyalty.usecases.customers.account import AccountView


class AccountQuery(Query):
    """Whose account: a member's, or a guest's of the same id."""

    guest: bool = False


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
