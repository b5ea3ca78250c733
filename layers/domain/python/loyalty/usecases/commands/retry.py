"""Attempts at a write that others may overtake: a bounded number of them, with a pause between."""

from collections.abc import Callable

from loyalty.ports.faults import LostRace, Unavailable
from loyalty.ports.world import CanWait

ATTEMPTS = 12
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.5
"""Seconds. The pause doubles from attempt to attempt; a random part of it is waited."""


class LookAgain(Exception):
    """What an attempt has read is too old to decide on. The next attempt starts at once."""


def retry[Done](ports: CanWait, what: str, attempt: Callable[[int], Done]) -> Done:
    """Call `attempt` with its number (0, 1, ...) until it has lost no race, and return what it returns.

    Raises whatever `attempt` raises but LostRace and LookAgain, and Unavailable after `ATTEMPTS` of them.
    """
    for number in range(ATTEMPTS):
        try:
            return attempt(number)
        except LookAgain:
            continue
        except LostRace:
            pause(ports, number)
    raise Unavailable(f"{ATTEMPTS} attempts at {what} were all overtaken")


def pause(ports: CanWait, number: int) -> None:
    """Wait a random while that grows with the number of the attempt, so that contenders spread out."""
    ports.sleep(min(LONGEST_PAUSE, FIRST_PAUSE * 2**number) * ports.jitter())
