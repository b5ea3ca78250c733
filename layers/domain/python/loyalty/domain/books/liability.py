"""The liability over a range of days: what it opened with, what moved it, what it closed with.

Points and money are those of the movements, at the point value of each one's moment: a change of
the point value alone books nothing. So the closing amount is what the books hold, not the closing
points at today's value.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from loyalty.domain.books.journal import SIDES, BookAccount
from loyalty.domain.books.sums import NOTHING, DaySums, KindSum, Worth
from loyalty.domain.ledger.movement import Kind


class Flow(StrEnum):
    """A line of the roll-forward."""

    ISSUED = "issued"
    REVERSED = "reversed"
    REDEEMED = "redeemed"
    RESTORED = "restored"
    EXPIRED = "expired"

    @property
    def sign(self) -> int:
        """+1 for what adds to the liability, -1 for what takes from it."""
        return 1 if self in (Flow.ISSUED, Flow.RESTORED) else -1


def flow_of(kind: Kind) -> Flow:
    """The line that movements of `kind` belong in: it follows from what they debit and credit."""
    sides = SIDES[kind]
    if kind is Kind.EXPIRE:
        return Flow.EXPIRED
    if sides.credit is BookAccount.LIABILITY:
        return Flow.RESTORED if sides.debit is BookAccount.REDEEMED else Flow.ISSUED
    return Flow.REDEEMED if sides.credit is BookAccount.REDEEMED else Flow.REVERSED


@dataclass(frozen=True, slots=True)
class RollForward:
    """opening + issued - reversed - redeemed + restored - expired = closing."""

    opening: Worth = NOTHING
    flows: Mapping[Flow, Worth] = field(default_factory=lambda: dict.fromkeys(Flow, NOTHING))

    @property
    def closing(self) -> Worth:
        closing = self.opening
        for flow, worth in self.flows.items():
            closing = closing.plus(worth) if flow.sign > 0 else closing.minus(worth)
        return closing

    def then(self, sums: Iterable[KindSum]) -> "RollForward":
        """With the movements of one more day."""
        flows = dict(self.flows)
        for one in sums:
            flow = flow_of(one.kind)
            flows[flow] = flows[flow].plus(one.worth)
        return RollForward(self.opening, flows)


def roll_forward(days: Iterable[DaySums], first: date) -> RollForward:
    """The roll-forward from `first` on; `days` are all days of the program so far, oldest first."""
    rolled, opened = RollForward(), False
    for day in days:
        if not opened and day.day >= first:
            rolled, opened = RollForward(opening=rolled.closing), True
        rolled = rolled.then(day.sums)
    return rolled if opened else RollForward(opening=rolled.closing)
