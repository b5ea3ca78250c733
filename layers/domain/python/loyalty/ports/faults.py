"""What may befall a use case when it reaches the world."""

from collections.abc import Sequence


class LostRace(Exception):
    """Somebody else wrote first, so nothing was written. Read again, decide again.

    `lost` are the positions, in what was to be written, of the transactions that ran into it;
    empty when that is not known.
    """

    def __init__(self, lost: Sequence[int] = ()) -> None:
        super().__init__(f"lost the race for {list(lost) or 'the write'}")
        self.lost = tuple(lost)


class Unavailable(Exception):
    """The store did not answer, or asked us to slow down. The same request may be sent again."""


class BeingErased(Unavailable):
    """The customer is being erased. In a moment nothing is known of them."""


class UnknownProgram(Exception):
    """No program has this id."""
