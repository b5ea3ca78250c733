"""The world as a function meets it: the real table, clock and chance."""

import random
import time
from datetime import UTC, datetime
from functools import cache

from loyalty.adapters.dynamodb.client import connect
from loyalty.adapters.dynamodb.ledger import DynamoDBLedger
from loyalty.adapters.dynamodb.programs import DynamoDBPrograms
from loyalty.entry.settings import Settings
from loyalty.ports import World


@cache
def world() -> World:
    """Made once in the life of a function, and kept from request to request."""
    table = Settings.from_environment().table_name
    client = connect()
    return World(
        ledger=DynamoDBLedger(client, table),
        programs=DynamoDBPrograms(client, table),
        clock=lambda: datetime.now(UTC),
        sleep=time.sleep,
        jitter=random.random,
    )
