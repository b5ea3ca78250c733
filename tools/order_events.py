"""The other way into the ledger: facts about orders, put on the event bus."""

import json
import time
from collections.abc import Iterable, Sequence
from itertools import batched
from typing import TYPE_CHECKING

from loyalty_cli.client import Json
from tools.deployment import client as boto3_client
from tools.local_cloud import Stack

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

EVENTS_AT_ONCE = 10
"""What EventBridge takes in one call."""
EVENT_TRIES = 5


class OrderEvents:
    """Sends facts about orders to an event bus."""

    def __init__(self, events: "EventBridgeClient", bus_name: str) -> None:
        self._events = events
        self._bus_name = bus_name

    @classmethod
    def of(cls, stack: Stack) -> "OrderEvents":
        """The event bus of a local stack."""
        return cls(boto3_client(stack.endpoint_url, "events"), stack.event_bus_name)

    def send(self, facts: Iterable[tuple[str, Json]]) -> None:
        """Sends facts: ("Order Completed" or "Order Cancelled", its detail). Raises RuntimeError if not all got there.

        EventBridge may take some of a call and leave others, which are then sent again.
        """
        for some in batched(facts, EVENTS_AT_ONCE, strict=False):
            left: Sequence[PutEventsRequestEntryTypeDef] = [
                {
                    "EventBusName": self._bus_name,
                    "Source": "storefront",
                    "DetailType": detail_type,
                    "Detail": json.dumps(detail),
                }
                for detail_type, detail in some
            ]
            for attempt in range(EVENT_TRIES):
                results = self._events.put_events(Entries=left)["Entries"]
                left = [entry for entry, result in zip(left, results, strict=True) if "ErrorCode" in result]
                if not left:
                    break
                time.sleep(0.2 * 2**attempt)
            else:
                raise RuntimeError(f"EventBridge did not take {len(left)} events")
