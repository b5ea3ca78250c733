"""The liability over a range of days: what it opened with, what moved it, what it closed with.

Points and money are those of the movements, at the point value of each one's moment: a change of
the point value alone books nothing. So the closing amount is what the books hold, not the closing
points at today's value.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from loyalty.domain.books.sums import NOTHING, DaySums, KindSum, Worth
from loyalty.domain.ledger.kinds import Flow


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
            flow = one.kind.booked.flow
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
