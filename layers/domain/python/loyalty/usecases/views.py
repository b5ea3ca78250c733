"""What can be looked at: an account, its statement, an order. Nothing here writes."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from loyalty.domain.account import Account
from loyalty.domain.earning import breakdown_of
from loyalty.domain.money import exact
from loyalty.domain.movement import AccountId, Kind, Movement
from loyalty.domain.order import cause_of_order
from loyalty.domain.program import Program
from loyalty.domain.reckoning import Step
from loyalty.domain.redemption import discount, usable
from loyalty.domain.refusal import Refused
from loyalty.domain.story import Story
from loyalty.ports.faults import UnknownProgram
from loyalty.ports.programs import Edition
from loyalty.ports.world import World


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as it is at `at`, under the settings of `program`."""

    account: Account
    program: Program
    at: datetime

    @property
    def balance(self) -> int:
        """Points spendable now less debt."""
        return self.account.balance(self.at)

    @property
    def value(self) -> Decimal:
        """The balance in money, unrounded."""
        return exact(self.program.value_of(self.balance), self.program.currency)


def view_program(world: World, program_id: str, version: int | None) -> Edition:
    """A program's settings, in one of their versions or as they are now. Raises UnknownProgram and Refused."""
    try:
        return world.programs.edition(program_id, version)
    except UnknownProgram:
        if version is None or world.programs.latest(program_id) is None:
            raise
        raise Refused("unknown_version", f"There is no version {version}.", pointer="/version") from None


def view_account(world: World, account_id: AccountId) -> AccountView:
    """A customer's account. An unknown customer has an empty one."""
    program = world.programs.get(account_id.program_id)
    account = world.ledger.account(account_id, consistent=False)
    return AccountView(account, program, world.clock())


def view_statement(world: World, account_id: AccountId, limit: int, before: int | None) -> list[Movement]:
    """Up to `limit` movements of an account, newest first, older than the one numbered `before`."""
    world.programs.get(account_id.program_id)
    return world.ledger.statement(account_id, limit, before)


@dataclass(frozen=True, slots=True)
class OrderView:
    """Everything that an order has done to points."""

    order_id: str
    story: Story
    account: Account | None
    program: Program
    at: datetime

    @property
    def status(self) -> str:
        """`unknown` to the ledger, `open`, then `completed`; `cancelled` once it is that."""
        if not self.story.movements:
            return "unknown"
        if self.story.cancellation:
            return "cancelled"
        return "completed" if self.story.completion else "open"

    @property
    def breakdown(self) -> tuple[Step, ...]:
        """How the points that it earned came about."""
        completion = self.story.completion
        return breakdown_of(completion) if completion else ()

    @property
    def earnable(self) -> int | None:
        """What it earned; before it is completed nobody has said what is in it, so None."""
        if self.story.cancellation:
            return 0
        return self.story.earned if self.story.completion else None

    @property
    def usable(self) -> int | None:
        """The most points that it can use, those it uses included; None while its worth is unknown."""
        live = self.story.live_redemption
        if self.story.closed:
            return 0
        if live is None or self.account is None:
            return None
        # Given back, they would repay the debt first; who is in debt has nothing else to spend.
        available = max(0, self.account.balance(self.at) + live.points)
        return usable(self.program, available, Decimal(str(live.detail["order_total"])))

    @property
    def restored(self) -> int:
        """Points that it used and gave back."""
        return sum(m.points for m in self.story if m.kind is Kind.RESTORE)

    @property
    def discount(self) -> Decimal:
        """What the points it uses took off, in money."""
        live = self.story.live_redemption
        if live is None:
            return discount(self.program, 0)
        return Decimal(str(live.detail["discount"]))


def view_order(world: World, program_id: str, order_id: str) -> OrderView:
    """The loyalty story of an order; an empty one where the ledger has never seen it."""
    program = world.programs.get(program_id)
    story, _ = world.ledger.read(cause_of_order(program_id, order_id), None, consistent=True)
    owner = story.account_id
    account = world.ledger.account(owner, consistent=True) if owner and story.live_redemption else None
    return OrderView(order_id, story, account, program, world.clock())
