"""The time that Lambda leaves an invocation."""

from collections.abc import Callable
from typing import Any


def out_of_time(context: Any, spare_seconds: float) -> Callable[[], bool]:
    """A check that long work asks between its steps: True once Lambda leaves less than `spare_seconds`."""
    return lambda: bool(context.get_remaining_time_in_millis() < spare_seconds * 1000)
