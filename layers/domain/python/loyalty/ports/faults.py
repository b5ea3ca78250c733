"""Errors that ports raise."""

from collections.abc import Sequence


class LostRace(Exception):
    """Another write came first, so nothing was written. Read again, decide again.

    `lost` are the indexes of the transactions that ran into it, in the sequence that was to be written; empty when
    they are not known.
    """

    def __init__(self, lost: Sequence[int] = ()) -> None:
        super().__init__(f"lost the race for {list(lost) or 'the write'}")
        self.lost = tuple(lost)


class Unavailable(Exception):
    """The store did not answer, or asked us to slow down. The same request may be sent again."""


class BeingErased(Unavailable):
    """An erasure of the customer is in progress. Retry shortly: then nothing is known of the customer."""


class UnknownProgram(Exception):
    """No program has this id."""


class UnknownJob(Exception):
    """No job of the program has this id."""
