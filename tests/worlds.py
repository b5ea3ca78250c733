"""The world that use cases reach, with a clock that tests set."""

import random
import time
from datetime import datetime, timedelta
from typing import Any

from loyalty.adapters.dynamodb.ledger import DynamoDBLedger
from loyalty.adapters.dynamodb.programs import DynamoDBPrograms
from loyalty.domain.program import Program
from loyalty.ports import Ledger, Programs, World
from tests.fakes.memory import MemoryLedger, MemoryPrograms
from tests.given import NOW


class Clock:
    """Stands still until it is set."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def let_pass(self, time: timedelta) -> None:
        self.now += time


def world(ledger: Ledger, programs: Programs, clock: Clock | None = None) -> World:
    """A world in which waiting takes its time, so that threads get out of each other's way."""
    return World(ledger=ledger, programs=programs, clock=clock or Clock(), sleep=time.sleep, jitter=random.random)


def world_in_memory(*programs: Program, clock: Clock | None = None) -> World:
    keeper = MemoryPrograms()
    for program in programs:
        keeper.save(program)
    return world(MemoryLedger(), keeper, clock)


def world_in_dynamodb(client: Any, table: str, *programs: Program, clock: Clock | None = None) -> World:
    """The real adapters. Settings, once read, stay in memory: time stands still for them."""
    keeper = DynamoDBPrograms(client, table, seconds=lambda: 0.0)
    for program in programs:
        keeper.save(program)
        keeper.get(program.program_id)
    return world(DynamoDBLedger(client, table), keeper, clock)
