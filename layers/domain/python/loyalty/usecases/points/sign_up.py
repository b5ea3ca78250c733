"""A customer signs up and earns points for it, once, ever."""

from dataclasses import dataclass
from datetime import datetime

from loyalty.domain.ledger.kinds import Event
from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.ledger.transaction import Sender
from loyalty.domain.points.sign_up import cause_of_sign_up, sign_up, why_not
from loyalty.usecases.commands.command import Command, CommandPorts, Outcome, carry_out


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedUp:
    """What the sign-up earned, the first time. If nothing was recorded, `reason` says why."""

    customer_id: str
    reason: str | None
    points_earned: int
    expires_at: datetime | None
    balance: int
    program_version: int
    outcome: Outcome

    @property
    def status(self) -> str:
        """`earned` or `skipped`, which recorded nothing."""
        return "skipped" if self.reason else "earned"


def sign_customer_up(ports: CommandPorts, account_id: AccountId, sender: Sender) -> SignedUp:
    """Give a customer what signing up earns. A repeat answers what the first one answered."""
    transaction = carry_out(ports, _command(account_id, sender))
    recorded = transaction.history.sign_up
    if recorded is None:
        return SignedUp(
            customer_id=account_id.customer_id,
            reason=why_not(transaction.program),
            points_earned=0,
            expires_at=None,
            balance=transaction.holder.balance(transaction.now),
            program_version=transaction.program.version,
            outcome=Outcome.SKIPPED,
        )
    return SignedUp(
        customer_id=account_id.customer_id,
        reason=None,
        points_earned=recorded.points,
        expires_at=recorded.expires_at,
        balance=recorded.balance_after,
        program_version=recorded.program_version,
        outcome=Outcome.of(transaction),
    )


def _command(account_id: AccountId, sender: Sender) -> Command[None]:
    return Command(
        cause=cause_of_sign_up(account_id.program_id, account_id.customer_id),
        account_id=account_id,
        sender=sender,
        decide=lambda begun, _: [sign_up(begun)],
        is_answered=lambda history: history.sign_up is not None and history.sign_up.event is Event.SIGNED_UP,
    )
