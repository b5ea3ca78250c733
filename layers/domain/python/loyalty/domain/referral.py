"""A referral, as the order of the referred customer knows it."""

from dataclasses import dataclass

from loyalty.domain.movement import AccountId


@dataclass(frozen=True, slots=True)
class Referral:
    """Who referred the customer of an order, and what that gives the customer."""

    referrer: AccountId
    referee_points: int
