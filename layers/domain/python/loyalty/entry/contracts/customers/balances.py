"""Outstanding balances: a list of customers, a page at a time."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import Field

from loyalty.domain.customers.balances import Balance, Place, Sort, Wanted
from loyalty.domain.ledger.movement import AccountId
from loyalty.entry.contracts.customers.account import LotAnswer
from loyalty.entry.contracts.fields import MAX_ID_BYTES, Answer, DateOrInstant, MoneyAnswer, Query, Text
from loyalty.entry.http.problems import Fault, Problem
from loyalty.usecases.customers.balances import MAX_PAGE, Page

MAX_BALANCE = 10**15
"""Points; nobody has more."""

MAX_CURSOR = 500
"""Characters; a longer one is not ours."""


class BalancesQuery(Query):
    """Which customers, in which order, and which part of them."""

    min_balance: (
        Annotated[
            int,
            Field(
                ge=0,
                le=MAX_BALANCE,
                description="Customers with so many points or more. Without it: with anything outstanding, or a debt.",
            ),
        ]
        | None
    ) = None
    tier: Text | None = None
    expiring_before: (
        Annotated[
            DateOrInstant,
            Field(
                description="Customers with points that expire by then, not yet; a date is the midnight it starts at."
            ),
        ]
        | None
    ) = None
    sort: (
        Annotated[
            Literal["customer_id", "balance", "-balance", "next_expiry"],
            Field(description="customer_id, or next_expiry with `expiring_before`, unless it says so."),
        ]
        | None
    ) = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 100
    cursor: Annotated[str, Field(json_schema_extra={"maxLength": MAX_CURSOR})] | None = None

    @property
    def wanted(self) -> Wanted:
        return Wanted(min_balance=self.min_balance, tier=self.tier, expiring_before=self.expiring_before)

    @property
    def order(self) -> Sort:
        """In which order: without `sort`, customers whose points expire are listed by when."""
        if self.sort:
            return Sort(self.sort)
        return Sort.CUSTOMER if self.expiring_before is None else Sort.NEXT_EXPIRY

    def after(self, program_id: str) -> Place | None:
        """Where the cursor stands. Raises Problem for one of another list, or that was tampered with."""
        if self.cursor is None:
            return None
        place = _read_cursor(self.cursor, program_id, self.order) if len(self.cursor) <= MAX_CURSOR else None
        if place is None or self.cursor_at(place) != self.cursor:
            raise Problem.of(
                [Fault("/cursor", "invalid_cursor", "must come from this list, filtered and sorted alike")]
            )
        return place

    def cursor_at(self, place: Place) -> str:
        """A cursor of this list. It grants nothing; its check finds mix-ups and tampering."""
        rank = place.rank.isoformat() if isinstance(place.rank, datetime) else place.rank
        where = [place.account_id.guest, place.account_id.customer_id, rank]
        check = sha256(repr((place, self.wanted, self.order)).encode()).hexdigest()[:16]
        return urlsafe_b64encode(json.dumps([check, *where], ensure_ascii=False).encode()).decode()


def _read_cursor(cursor: str, program_id: str, sort: Sort) -> Place | None:
    """Where a cursor says that it stands, if it says anything at all that could be."""
    try:
        _, guest, customer_id, rank = json.loads(urlsafe_b64decode(cursor.encode()))
        if sort is Sort.NEXT_EXPIRY and rank is not None:
            rank = datetime.fromisoformat(rank)
    except (ValueError, TypeError, RecursionError):
        return None
    match sort:
        case Sort.CUSTOMER:
            ranked = rank is None
        case Sort.NEXT_EXPIRY:
            ranked = rank is None or rank.tzinfo is UTC
        case _:
            ranked = type(rank) is int and abs(rank) <= MAX_BALANCE
    named = isinstance(customer_id, str) and customer_id.isprintable() and 0 < len(customer_id) <= MAX_ID_BYTES
    if not ranked or not named or not isinstance(guest, bool):
        return None
    return Place(AccountId(program_id, customer_id, guest), rank)


class CustomerBalanceAnswer(Answer):
    """A customer's points at this moment. `outstanding` also counts expired points that await the purge."""

    customer_id: str
    guest: bool
    card_number: str | None
    balance: int
    outstanding: int
    debt: int
    value: MoneyAnswer
    next_expiry: LotAnswer | None
    tier: str | None

    @classmethod
    def of(cls, one: Balance, currency: str) -> "CustomerBalanceAnswer":
        lot = one.next_expiry
        return cls(
            customer_id=one.account_id.customer_id,
            guest=one.account_id.guest,
            card_number=one.card,
            balance=one.balance,
            outstanding=one.outstanding,
            debt=one.debt,
            value=MoneyAnswer(amount=str(one.value), currency=currency),
            next_expiry=LotAnswer.model_validate(lot) if lot else None,
            tier=one.tier,
        )


class BalancesAnswer(Answer):
    """Customers, and where the list goes on: `cursor` leads to more, null is the end.

    A page may have fewer than `limit`, or none, although more follow.
    """

    customers: list[CustomerBalanceAnswer]
    cursor: str | None

    @classmethod
    def of(cls, query: BalancesQuery, page: Page) -> "BalancesAnswer":
        return cls(
            customers=[CustomerBalanceAnswer.of(one, page.program.currency) for one in page.customers],
            cursor=query.cursor_at(page.after) if page.after else None,
        )
