"""What both designs reckon alike: whole points of an order, and which lots a redemption takes."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

type Item = dict[str, Any]

MOVEMENTS_BY_ACCOUNT = {
    "IndexName": "by_account",
    "KeySchema": [{"AttributeName": "account", "KeyType": "HASH"}, {"AttributeName": "recorded", "KeyType": "RANGE"}],
    "Projection": {"ProjectionType": "ALL"},
}
MOVEMENTS_BY_DAY = {
    "IndexName": "by_day",
    "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}, {"AttributeName": "recorded", "KeyType": "RANGE"}],
    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["kind", "points", "account"]},
}
KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]


def texts(*names: str) -> list[Item]:
    return [{"AttributeName": name, "AttributeType": "S"} for name in names]


def earned(order: Mapping[str, Any]) -> int:
    return int(Decimal(order["total"]))


def expiry(now: datetime) -> str:
    """The midnight a year and a day after: points of one day share a lot."""
    return (now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=366)).isoformat()


def taken(lots: Mapping[str, int], points: int) -> dict[str, int]:
    """What a redemption takes, soonest-expiring first. Raises ValueError when there is not enough."""
    found: dict[str, int] = {}
    for expires in sorted(lots):
        if points:
            found[expires] = min(lots[expires], points)
            points -= found[expires]
    if points:
        raise ValueError("not enough points")
    return found


def movement(order_id: str, customer_id: str, kind: str, points: int, lots: Mapping[str, int]) -> Item:
    now = datetime.now(UTC)
    return {
        "pk": {"S": f"order#{order_id}"},
        "sk": {"S": kind},
        "account": {"S": f"customer#{customer_id}"},
        "recorded": {"S": now.isoformat()},
        "day": {"S": now.date().isoformat()},
        "kind": {"S": kind},
        "points": {"N": str(points)},
        "lots": {"M": {expires: {"N": str(number)} for expires, number in lots.items()}},
        "source": {"S": "API"},
    }


def lots_in(moved: Item) -> dict[str, int]:
    return {expires: int(number["N"]) for expires, number in moved["lots"]["M"].items()}
