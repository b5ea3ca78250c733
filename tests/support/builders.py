"""What tests start from: a program, an order, an account with points in it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.kinds import CauseKind, Event, Kind
from loyalty.domain.ledger.lots import Lot, Lots
from loyalty.domain.ledger.movement import AccountId, Cause
from loyalty.domain.ledger.transaction import Origin, Sender, Transaction
from loyalty.domain.orders.order import Item, Order, cause_of_order
from loyalty.domain.program.settings import Program

NOW = datetime(2026, 1, 31, 9, 30, 0, 123456, tzinfo=UTC)
DAY = timedelta(days=1)
SENDER = Sender("test", "API")


def program(program_id: str = "shop", version: int = 1, **settings: Any) -> Program:
    """A program in euros in which one point is earned for each and worth a cent; groups as in JSON."""
    named = {"program_id": program_id, "version": version, "name": "Shop", "currency": "EUR"}
    return Program.of({**named, **settings})


def member(customer_id: str = "ann", program_id: str = "shop") -> AccountId:
    return AccountId(program_id, customer_id)


def order(order_id: str = "#1001", customer_id: str | None = "ann", amount: str = "100.00", **facts: Any) -> Order:
    """A completed order of one item that costs `amount`."""
    stated: dict[str, Any] = {
        "order_id": order_id,
        "customer_id": customer_id,
        "currency": "EUR",
        "completed_at": NOW,
        "items": (Item(sku="A", quantity=1, amount=Decimal(amount)),),
        "total": Decimal(amount),
    }
    return Order(**{**stated, **facts})


def origin(at: datetime = NOW) -> Origin:
    return Origin(Sender("test", "TEST"), at)


def begin(
    program: Program, account: Account | None, *, at: datetime = NOW, history: History | None = None
) -> Transaction:
    """A transaction on an order's history, nothing decided yet."""
    return Transaction.begin(program, origin(at), history or order_history(program=program), account)


def order_history(order_id: str = "#1001", *, program: Program) -> History:
    return History(cause_of_order(program.program_id, order_id))


def again(transaction: Transaction, at: datetime | None = None) -> Transaction:
    """What the next command on the same history and account starts from, once `transaction` is written."""
    origin_ = origin(at or transaction.now)
    return Transaction.begin(transaction.program, origin_, transaction.history, transaction.account)


def holding(*lots: Lot, account_id: AccountId | None = None, at: datetime = NOW) -> Account:
    """An account that was issued `lots`, one movement each."""
    return issued(Account(account_id=account_id or member()), lots, at=at)


def issued(account: Account, lots: Iterable[Lot], *, at: datetime = NOW) -> Account:
    for lot in lots:
        transaction = issuing(account, lot, at=at)
        account = transaction.holder
    return account


def issuing(account: Account, *lots: Lot, at: datetime = NOW, using: Program | None = None) -> Transaction:
    """A transaction that issues `lots` to `account`, in a history of its own."""
    account_id = account.account_id
    reference = f"{account_id.customer_id}/{account_id.guest}/{account.version + 1}"
    history = History(Cause(account_id.program_id, CauseKind.REQUEST, reference))
    begun = begin(using or program(account_id.program_id), account, at=at, history=history)
    return begun.credit(Kind.ISSUE, Event.POINTS_ISSUED, Lots(lots), expires_at=lots[0].expires_at, reason="a gift")
