"""Domain objects as DynamoDB items and back."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from loyalty.adapters.dynamodb import keys
from loyalty.adapters.dynamodb.attributes import unwrapped, wrapped
from loyalty.adapters.dynamodb.lots import pack, unpack
from loyalty.adapters.dynamodb.standings import pack_counted, pack_standing, unpack_counted, unpack_standing
from loyalty.domain.books.journal import JournalEntry
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.facts import form_of
from loyalty.domain.ledger.kinds import CauseKind, Event, Kind
from loyalty.domain.ledger.lots import Lots
from loyalty.domain.ledger.movement import AccountId, CardHeld, Cause, Movement
from loyalty.domain.values.calendar import business_day
from loyalty.ports.ledger import Due, RecordPlace, WriteOff

type Item = dict[str, Any]
"""An item in DynamoDB's JSON: every value wrapped in its type."""


def wire(plain: Mapping[str, object]) -> Item:
    """Plain values as DynamoDB's JSON; attributes that are None are left out."""
    return {name: wrapped(value) for name, value in plain.items() if value is not None}


def plain(item: Item) -> dict[str, Any]:
    """DynamoDB's JSON as plain values."""
    return {name: unwrapped(value) for name, value in item.items()}


def account_item(account: Account) -> Item:
    pk = keys.account_pk(account.account_id)
    program_id = account.account_id.program_id
    due = account.purge_at
    return wire(
        {
            "pk": pk,
            "sk": keys.ACCOUNT_SK,
            "lots": pack(account.lots),
            "debt": account.debt,
            "earned": account.earned_total,
            "redeemed": account.redeemed_total,
            "expired": account.expired_total,
            "version": account.version,
            "standing": pack_standing(account.standing) or None,
            "tier": account.standing.tier,
            "card": account.card,
            "review": keys.instant(account.review_at) if account.review_at else None,
            "seal": account.seal,
            "salt": account.salt or None,
            "program_shard": keys.shard_key(program_id, keys.shard_of(pk, keys.EXPIRY_SHARDS)),
            "due": keys.instant(due) if due else None,
            "expiry_shard": keys.shard_key(program_id, keys.shard_of(pk, keys.EXPIRY_SHARDS)) if due else None,
        }
    )


def account_from(item: Item) -> Account:
    stored = plain(item)
    return Account(
        account_id=keys.account_id(stored["pk"]),
        lots=Lots(unpack(stored["lots"])),
        debt=stored["debt"],
        earned_total=stored["earned"],
        redeemed_total=stored["redeemed"],
        expired_total=stored["expired"],
        version=stored["version"],
        standing=unpack_standing(stored.get("standing", b""), stored.get("tier")),
        card=stored.get("card"),
        seal=stored["seal"],
        salt=stored.get("salt", b""),
        review_at=_instant(stored.get("review")),
        purge_at=_instant(stored.get("due")),
    )


def is_lock(item: Item) -> bool:
    return "pseudonym" in item


def aside_key(account_id: AccountId, place: RecordPlace) -> Item:
    """Where a record that moved nothing stands beside the statement of `account_id`."""
    return wire(
        {
            "pk": keys.cause_pk(place.cause),
            "sk": keys.position_sk(place.position),
            "account": keys.aside_pk(account_id),
            "sequence": keys.microseconds(place.recorded_at),
        }
    )


def movement_item(movement: Movement, timezone: str) -> Item:
    """A movement, with the keys of the indexes it belongs in: those of its day where it is booked.

    The first of a card is where the card is listed.

    The earning basis stands beside the other facts, where an index can hold it.
    """
    detail = form_of(movement.facts)
    item: dict[str, object] = {
        "pk": keys.cause_pk(movement.cause),
        "sk": keys.position_sk(movement.position),
        "event": movement.event.value,
        "kind": movement.kind.value,
        "points": movement.points,
        "lots": pack(movement.allocation) if movement.allocation else None,
        "debt": movement.debt or None,
        "expires": keys.instant(movement.expires_at) if movement.expires_at else None,
        "balance": movement.balance_after,
        "owed": movement.debt_after or None,
        "program_version": movement.program_version,
        "point_value": str(movement.point_value),
        "currency": movement.currency,
        "occurred": keys.instant(movement.occurred_at),
        "recorded": keys.instant(movement.recorded_at),
        "source": movement.source,
        "actor": movement.actor,
        "reason": movement.reason,
        "basis": detail.pop("basis", None),
        "detail": detail or None,
        "counted": pack_counted(movement.counted) if movement.counted else None,
        "card": movement.card.number or "" if movement.card else None,
        "seal": movement.seal,
        "redacted": movement.redacted or None,
        "address": movement.address,
        "audit": keys.audit_key(movement.cause.program_id, movement.recorded_at) if movement.address else None,
    }
    if movement.account and movement.sequence is not None:
        item["account"] = keys.account_pk(movement.account)
        item["sequence"] = movement.sequence
    elif movement.account:
        item["account"] = keys.aside_pk(movement.account)
        item["sequence"] = keys.microseconds(movement.recorded_at)
    if movement.is_booked:
        day = business_day(movement.recorded_at, timezone)
        shard = keys.shard_of(str(item["pk"]), keys.DAY_SHARDS)
        item["day"] = keys.day_key(movement.cause.program_id, day, shard)
    if movement.event is Event.CARD_CREATED:
        item["program_shard"] = keys.cards_key(movement.cause.program_id, keys.card_shard(movement.cause))
    return wire(item)


def movement_from(item: Item) -> Movement:
    stored = plain(item)
    program_id, kind, reference = stored["pk"].split("#", 2)
    owner = stored.get("account")
    event = Event(stored["event"])
    basis = {"basis": stored["basis"]} if "basis" in stored else {}
    return Movement(
        cause=Cause(program_id, CauseKind(kind), reference),
        position=int(stored["sk"]),
        event=event,
        kind=Kind(stored["kind"]),
        account=keys.account_id(owner) if owner else None,
        points=stored["points"],
        allocation=unpack(stored["lots"]) if "lots" in stored else (),
        debt=stored.get("debt", 0),
        expires_at=_instant(stored.get("expires")),
        sequence=None if owner is None or keys.is_aside(owner) else stored["sequence"],
        balance_after=stored["balance"],
        debt_after=stored.get("owed", 0),
        program_version=stored["program_version"],
        point_value=Decimal(stored["point_value"]),
        currency=stored["currency"],
        occurred_at=datetime.fromisoformat(stored["occurred"]),
        recorded_at=datetime.fromisoformat(stored["recorded"]),
        source=stored["source"],
        actor=stored["actor"],
        reason=stored.get("reason"),
        facts=event.facts_from({**basis, **stored.get("detail", {})}),
        counted=unpack_counted(stored["counted"]) if "counted" in stored else None,
        card=CardHeld(stored["card"] or None) if "card" in stored else None,
        seal=stored["seal"],
        address=stored.get("address"),
        redacted=stored.get("redacted", b""),
    )


def journal_entry_from(item: Item) -> JournalEntry:
    """The entry for a movement, from what the index of days holds of it."""
    stored = plain(item)
    program_id, day, _ = stored["day"].split("#")
    return JournalEntry(
        program_id=program_id,
        day=date.fromisoformat(day),
        kind=Kind(stored["kind"]),
        currency=stored["currency"],
        movements=1,
        points=stored["points"],
        amount=stored["points"] * Decimal(stored["point_value"]),
    )


def write_off_item(write_off: WriteOff, first: Movement) -> Item:
    """A purge's journal entry, named by its run and by the seal of the first of its movements."""
    entry = write_off.entry
    recorded = keys.instant(first.recorded_at)
    return wire(
        {
            "pk": keys.write_off_pk(entry.program_id, entry.day),
            "sk": f"{write_off.run_id}#{recorded}#{first.seal.hex()}",
            "recorded": recorded,
            "kind": entry.kind.value,
            "debit": entry.debit.value,
            "credit": entry.credit.value,
            "movements": entry.movements,
            "points": entry.points,
            "amount": str(entry.amount),
            "currency": entry.currency,
        }
    )


def write_off_from(item: Item) -> JournalEntry:
    stored = plain(item)
    program_id, _, day = stored["pk"].split("#")
    return JournalEntry(
        program_id=program_id,
        day=date.fromisoformat(day),
        kind=Kind(stored["kind"]),
        currency=stored["currency"],
        movements=stored["movements"],
        points=stored["points"],
        amount=Decimal(stored["amount"]),
    )


def due_key(due: Due, shard_key: str) -> Item:
    """Where `due` stands in the index of expiries."""
    return wire(
        {
            "pk": keys.account_pk(due.account_id),
            "sk": keys.ACCOUNT_SK,
            "expiry_shard": shard_key,
            "due": keys.instant(due.at),
        }
    )


def due_from(item: Item) -> Due:
    return Due(keys.account_id(item["pk"]["S"]), datetime.fromisoformat(item["due"]["S"]))


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
