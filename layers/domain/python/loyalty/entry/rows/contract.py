"""Rows of bulk jobs: what one line of a file, or one element of a request's list, says."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from loyalty.entry.contracts.fields import Contract, Id, Instant, SignedPoints, Text
from loyalty.entry.contracts.orders.completion import CompletedOrder
from loyalty.entry.contracts.orders.order import completed_in_future
from loyalty.entry.contracts.points.adjustment import adjustment_faults
from loyalty.entry.http.problems import Fault, Problem

MAX_ROWS = 1_000_000
"""Rows of one job; and cards, as one row may ask for several."""


class AdjustmentRow(Contract):
    """Points to give (above zero) or to take (below). Zero points move only the expiry of those there are."""

    customer_id: Id
    points: SignedPoints
    expires_at: Instant | None = None
    reason: Text
    guest: bool = False
    order_id: Id | None = None

    def faults(self, now: datetime) -> list[Fault]:
        """What is wrong with it at `now`, and what spans several fields."""
        if faults := adjustment_faults(self.points, self.expires_at):
            return faults
        if self.expires_at and self.expires_at <= now:
            return [Fault("/expires_at", "expires_in_the_past", "must be in the future")]
        return []

    @property
    def identity(self) -> str:
        """What no two rows of a job may share: all of it."""
        return self.model_dump_json()

    @property
    def repeated(self) -> str:
        """What to do about a row that is there twice."""
        return "if both are meant, make their reasons differ"

    @property
    def makes(self) -> int:
        """How many of the job's things it stands for."""
        return 1


class PastOrderRow(CompletedOrder):
    """An order that was completed before the program counted."""

    action: Literal["order"]
    order_id: Id

    def faults(self, now: datetime) -> list[Fault]:
        """What is wrong with it at `now`, and what spans several fields."""
        nobody = [Fault("/customer_id", "missing_field", "is needed")] if self.customer_id is None else []
        try:
            self.order(self.order_id, now)
        except Problem as problem:
            return [*nobody, *problem.faults]
        return nobody

    @property
    def identity(self) -> str:
        """An order is completed once."""
        return f"order {self.order_id}"

    @property
    def repeated(self) -> str:
        return "an order is completed once"

    @property
    def makes(self) -> int:
        return 1


class PastSignUpRow(Contract):
    """A customer who signed up before the program counted."""

    action: Literal["sign_up"]
    customer_id: Id
    completed_at: Instant
    guest: bool = False

    @field_validator("guest")
    @classmethod
    def _has_an_account(cls, guest: bool) -> bool:
        if guest:
            raise PydanticCustomError("not_allowed", "must be false: a guest has not signed up")
        return guest

    def faults(self, now: datetime) -> list[Fault]:
        """What is wrong with it at `now`."""
        return completed_in_future(self.completed_at, now)

    @property
    def identity(self) -> str:
        """A customer signs up once."""
        return f"sign_up {self.customer_id}"

    @property
    def repeated(self) -> str:
        return "a customer signs up once"

    @property
    def makes(self) -> int:
        return 1


class CardRow(Contract):
    """Cards for nobody yet."""

    count: Annotated[int, Field(ge=1, le=MAX_ROWS)]

    def faults(self, now: datetime) -> list[Fault]:
        """Nothing that depends on the time."""
        return []

    @property
    def identity(self) -> None:
        """Cards may be asked for in many rows."""
        return None

    @property
    def repeated(self) -> str:
        return ""

    @property
    def makes(self) -> int:
        return self.count


type PastAction = PastOrderRow | PastSignUpRow
