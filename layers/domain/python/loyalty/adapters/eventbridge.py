"""Events that the ledger itself publishes on its bus."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.session import get_session

from loyalty.adapters.dynamodb.client import answering
from loyalty.ports.faults import Unavailable

SOURCE = "loyalty-ledger"


def connect() -> Any:
    """A low-level client for the region and credentials that the function runs with."""
    return get_session().create_client("events")


def publish(client: Any, bus: str | None, kind: str, detail: Mapping[str, object]) -> None:
    """Put an event on the bus. Raises Unavailable unless EventBridge took it."""
    entry = {"EventBusName": bus, "Source": SOURCE, "DetailType": kind, "Detail": json.dumps(detail)}
    with answering():
        answer = client.put_events(Entries=[entry])
    if answer.get("FailedEntryCount"):
        raise Unavailable(f"{kind} was not taken")
