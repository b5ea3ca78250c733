"""A customer signs up."""

from datetime import datetime
from typing import Literal

from loyalty.entry.contracts.fields import Answer, Contract


class SignedUpCustomer(Contract):
    """A customer signs up; there is nothing else to say."""


class SignedUpAnswer(Answer):
    """What signing up earned, the first time. `skipped` recorded nothing: sent again later it may earn."""

    customer_id: str
    status: Literal["earned", "skipped"]
    reason: str | None
    points_earned: int
    expires_at: datetime | None
    balance: int
    program_version: int
