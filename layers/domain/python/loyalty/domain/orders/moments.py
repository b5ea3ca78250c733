"""Which moment decides: the rules of an order are those of the version that was in force when it was completed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from loyalty.domain.orders.goods import Moment

LOOK_BACK = timedelta(days=90)
"""So far back an order that is delivered late earns by the rules of its own time."""

type Versions = Sequence[tuple[int, datetime]]
"""The versions of a program's settings, the first one first, and since when each was in force."""


def moment_of_completion(
    versions: Versions, completed_at: datetime, recorded_at: datetime, reserved_at: datetime | None = None
) -> Moment:
    """Under which rules an order earns that was completed at `completed_at` and is recorded at `recorded_at`.

    Those of the one version that was in force at `completed_at`; but of `reserved_at`, when the order reserved points,
    if that was later. Beyond 90 days, and before there was a version, those of today without promotions.
    """
    at = max(completed_at, reserved_at) if reserved_at else completed_at
    then = _in_force(versions, min(at, recorded_at))
    if then is None or at < recorded_at - LOOK_BACK:
        return Moment(_today(versions, recorded_at), at, promotions=False)
    return Moment(then, at)


def moment_of_edit(versions: Versions, recorded_at: datetime) -> Moment:
    """Under which rules goods earn that an edit adds: those of the moment at which it is recorded."""
    return Moment(_today(versions, recorded_at), recorded_at)


def _today(versions: Versions, recorded_at: datetime) -> int:
    return _in_force(versions, recorded_at) or versions[0][0]


def _in_force(versions: Versions, at: datetime) -> int | None:
    return next((number for number, since in reversed(versions) if since <= at), None)
