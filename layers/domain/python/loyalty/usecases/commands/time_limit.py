"""How long a use case may work: it asks a function, from time to time, whether its time is over."""

from collections.abc import Callable

type TimeLimit = Callable[[], bool]
"""True once there is just enough time left to stop in order."""
NEVER_OUT_OF_TIME: TimeLimit = lambda: False  # noqa: E731


class OutOfTime(Exception):
    """The time was over before the work was done."""
