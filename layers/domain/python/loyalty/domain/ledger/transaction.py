"""A transaction: what a command read, and the movements it decided on, to be written all or none."""

from dataclasses import dataclass, replace
from datetime import datetime

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.facts import Facts
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.kinds import Event, Kind
from loyalty.domain.ledger.lots import FOREVER, Lot, Lots
from loyalty.domain.ledger.movement import CardHeld, Movement
from loyalty.domain.ledger.seal import NO_SEAL, sealed
from loyalty.domain.ledger.standing import Counted
from loyalty.domain.ledger.tiers import review_at
from loyalty.domain.program.settings import Program


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a command (the client `actor`) and through which door (`source`).

    `occurred_at` is when the sender says that the thing happened, None where it does not say. `address` is the network
    address of an administrator, None for anybody else: whatever is written with an address is in the audit.
    """

    actor: str
    source: str
    occurred_at: datetime | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a transaction comes from: its sender, and the ledger's own time."""

    sender: Sender
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Posting:
    """Points that move: of which kind, how many, which lots they change (signed), and by how much the debt (signed)."""

    kind: Kind
    points: int = 0
    allocation: tuple[Lot, ...] = ()
    debt: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """Grows by movements; knows the account and the history as they will be once it is written.

    The write is conditional on both still being what was read: nobody has written the history's next
    position, and the account is still at the version of `read`.
    """

    program: Program
    origin: Origin
    history: History
    read: Account | None
    account: Account | None
    movements: tuple[Movement, ...] = ()

    @classmethod
    def begin(cls, program: Program, origin: Origin, history: History, account: Account | None) -> "Transaction":
        """Nothing decided yet, on what was read of `history` and `account`."""
        return cls(program=program, origin=origin, history=history, read=account, account=account)

    @property
    def now(self) -> datetime:
        """The instant at which everything in this transaction happens."""
        return self.origin.recorded_at

    @property
    def decided(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.movements) or self.account != self.read

    @property
    def holder(self) -> Account:
        """The account in which points move, which there must be one of."""
        if self.account is None:
            raise ValueError("points move only in somebody's account")
        return self.account

    def credit(
        self,
        kind: Kind,
        event: Event,
        lots: Lots,
        *,
        expires_at: datetime | None = None,
        reason: str | None = None,
        facts: Facts | None = None,
        counted: Counted | None = None,
    ) -> "Transaction":
        """Put `lots` into the account: its debt first."""
        allocation, debt = self.holder.credit(lots)
        posting = Posting(kind, lots.total, allocation, debt)
        return self._record(event, posting, expires_at=expires_at, reason=reason, facts=facts, counted=counted)

    def debit(
        self,
        kind: Kind,
        event: Event,
        lots: Lots,
        *,
        debt: int = 0,
        reason: str | None = None,
        facts: Facts | None = None,
        counted: Counted | None = None,
    ) -> "Transaction":
        """Take `lots` out of the account, and `debt` points more than it holds."""
        posting = Posting(kind, lots.total + debt, lots.as_taken, debt)
        return self._record(event, posting, reason=reason, facts=facts, counted=counted)

    def shift(
        self,
        event: Event,
        lots: Lots,
        to: Lots,
        *,
        expires_at: datetime | None = None,
        reason: str | None = None,
        facts: Facts | None = None,
    ) -> "Transaction":
        """Have the points of `lots`, which are in the account, expire as those in `to`, which are as many."""
        changes = {lot.expires_at: lot.points for lot in to}
        for lot in lots.as_taken:
            changes[lot.expires_at] = changes.get(lot.expires_at, 0) + lot.points
        soonest_first = sorted(changes.items(), key=lambda change: change[0] or FOREVER)
        allocation = tuple(Lot(at, points) for at, points in soonest_first if points)
        posting = Posting(Kind.ADJUST_UP, 0, allocation)
        return self._record(event, posting, expires_at=expires_at, reason=reason, facts=facts)

    def note(
        self,
        event: Event,
        counted: Counted | None = None,
        facts: Facts | None = None,
        *,
        card: CardHeld | None = None,
        reason: str | None = None,
    ) -> "Transaction":
        """Record something that moves no points: a change of the customer's standing or card, or a fact."""
        return self._record(event, Posting(Kind.NOTE), reason=reason, facts=facts, counted=counted, card=card)

    def of(self, history: History, account: Account | None) -> "Transaction":
        """Nothing decided yet on another history and account, for what is to be written together with this.

        It is the same act, which is in the audit once: as this one.
        """
        origin = replace(self.origin, sender=replace(self.origin.sender, address=None))
        return Transaction.begin(self.program, origin, history, account)

    def _record(
        self,
        event: Event,
        posting: Posting,
        *,
        expires_at: datetime | None = None,
        reason: str | None = None,
        facts: Facts | None = None,
        counted: Counted | None = None,
        card: CardHeld | None = None,
    ) -> "Transaction":
        """With one movement more, sealed and numbered, and the account as it leaves it."""
        movement = Movement(
            cause=self.history.cause,
            position=self.history.next_position,
            event=event,
            kind=posting.kind,
            account=self.account.account_id if self.account else None,
            points=posting.points,
            allocation=posting.allocation,
            debt=posting.debt,
            expires_at=expires_at,
            balance_after=self.account.balance(self.now) if self.account else 0,
            debt_after=self.account.debt if self.account else 0,
            program_version=self.program.version,
            point_value=self.program.redeem.point_value,
            currency=self.program.currency,
            occurred_at=self.origin.sender.occurred_at or self.now,
            recorded_at=self.now,
            source=self.origin.sender.source,
            actor=self.origin.sender.actor,
            reason=reason,
            facts=facts,
            counted=counted,
            card=card,
            address=self.origin.sender.address,
        )
        account = self.account
        if movement.is_of_account:
            movement = replace(movement, sequence=self.holder.version + 1)
            account = self.holder.apply(movement)
            movement = replace(movement, balance_after=account.balance(self.now), debt_after=account.debt)
            movement = sealed(movement, self.holder.seal, self.holder.salt)
            account = replace(account, seal=movement.seal)
            if self.program.tiers or account.review_at:
                account = account.reviewed_at(review_at(self.program, account.standing, self.now))
        else:
            movement = sealed(movement, NO_SEAL, self.account.salt if self.account else b"")
        return replace(
            self,
            account=account,
            history=replace(self.history, movements=(*self.history.movements, movement)),
            movements=(*self.movements, movement),
        )
