"""How long a use case may work: from time to time it calls a function that says whether the time is over."""

from collections.abc import Callable

type TimeLimit = Callable[[], bool]
"""Returns True once there is just enough time left to stop in an orderly way."""
NEVER_OUT_OF_TIME: TimeLimit = lambda: False  # noqa: E731


class OutOfTime(Exception):
    """The time was over before the work was done."""
