"""Domain objects as DynamoDB items and back."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from loyalty.adapters.dynamodb import keys
from loyalty.adapters.dynamodb.attributes import unwrapped, wrapped
from loyalty.adapters.dynamodb.lots import pack, unpack
from loyalty.adapters.dynamodb.standings import pack_counted, pack_standing, unpack_counted, unpack_standing
from loyalty.domain.account import Account
from loyalty.domain.books import JournalEntry
from loyalty.domain.calendar import business_day
from loyalty.domain.day_sums import Booked, KindSum, ShardSums, Worth
from loyalty.domain.lots import Lots
from loyalty.domain.movement import AccountId, CardHeld, Cause, CauseKind, Event, Kind, Movement
from loyalty.domain.program import AccountNames
from loyalty.ports import Act, Due, Erasure, Place, WriteOff

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


def lock_item(erasure: Erasure) -> Item:
    """What stands in the place of an account while its customer is being erased. It is no account, and is due never."""
    pk = keys.account_pk(erasure.account_id)
    return wire(
        {
            "pk": pk,
            "sk": keys.ACCOUNT_SK,
            "pseudonym": erasure.pseudonym.customer_id,
            "salt": erasure.salt,
            "movements": erasure.movements,
            "program_shard": keys.shard_key(erasure.account_id.program_id, keys.shard_of(pk, keys.EXPIRY_SHARDS)),
        }
    )


def is_lock(item: Item) -> bool:
    return "pseudonym" in item


def erasure_from(item: Item) -> Erasure:
    stored = plain(item)
    account_id = keys.account_id(stored["pk"])
    return Erasure(
        account_id=account_id,
        pseudonym=replace(account_id, customer_id=stored["pseudonym"]),
        salt=stored["salt"],
        movements=stored["movements"],
    )


def aside_key(account_id: AccountId, place: Place) -> Item:
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

    The earning basis stands beside the other details, where an index can hold it.
    """
    detail = dict(movement.detail)
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


def rewritten(item: Item, movement: Movement) -> Item:
    """The item of a movement that was rewritten: it stays booked where it was."""
    made = movement_item(movement, "UTC")
    made.pop("day", None)
    return made | {"day": item["day"]} if "day" in item else made


def movement_from(item: Item) -> Movement:
    stored = plain(item)
    program_id, kind, reference = stored["pk"].split("#", 2)
    owner = stored.get("account")
    basis = {"basis": stored["basis"]} if "basis" in stored else {}
    return Movement(
        cause=Cause(program_id, CauseKind(kind), reference),
        position=int(stored["sk"]),
        event=Event(stored["event"]),
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
        detail={**basis, **stored.get("detail", {})},
        counted=unpack_counted(stored["counted"]) if "counted" in stored else None,
        card=CardHeld(stored["card"] or None) if "card" in stored else None,
        seal=stored["seal"],
        address=stored.get("address"),
        redacted=stored.get("redacted", b""),
    )


def booked_from(item: Item) -> Booked:
    """A movement, from what the index of days holds of it.

    Read as it is: a day has millions, and to unwrap every value of each costs three times as much.
    """
    program_id, kind, reference = item["pk"]["S"].split("#", 2)
    return Booked(
        cause=Cause(program_id, CauseKind(kind), reference),
        position=int(item["sk"]["S"]),
        day=date.fromisoformat(item["day"]["S"].split("#")[1]),
        kind=Kind(item["kind"]["S"]),
        account=keys.account_id(item["account"]["S"]),
        points=int(item["points"]["N"]),
        point_value=Decimal(item["point_value"]["S"]),
        currency=item["currency"]["S"],
        allocation=unpack(item["lots"]["B"]) if "lots" in item else (),
        debt=int(item["debt"]["N"]) if "debt" in item else 0,
        basis=Decimal(item["basis"]["S"]) if "basis" in item else Decimal(0),
        recorded_at=datetime.fromisoformat(item["recorded"]["S"]),
    )


def closed_item(sums: ShardSums, at: datetime) -> Item:
    """The sums of a shard of a day, closed at `at`; as JSON, since nothing looks inside but we."""
    content = [
        [
            one.kind.value,
            one.currency,
            one.movements,
            str(one.basis),
            {month: [worth.points, str(worth.amount)] for month, worth in one.by_expiry.items()},
        ]
        for one in sums.sums
    ]
    return wire(
        {
            "pk": keys.closed_pk(sums.program_id),
            "sk": keys.closed_sk(sums.day, sums.shard),
            "accounts": asdict(sums.accounts),
            "sums": json.dumps(content, separators=(",", ":")),
            "closed": keys.instant(at),
        }
    )


def closed_from(item: Item) -> ShardSums:
    stored = plain(item)
    program_id, _ = stored["pk"].split("#")
    day, shard = stored["sk"].split("#")
    return ShardSums(
        program_id=program_id,
        day=date.fromisoformat(day),
        shard=int(shard),
        accounts=AccountNames(**stored["accounts"]),
        sums=tuple(
            KindSum(
                kind=Kind(kind),
                currency=currency,
                movements=movements,
                basis=Decimal(basis),
                by_expiry={month: Worth(points, Decimal(amount)) for month, (points, amount) in by_expiry.items()},
            )
            for kind, currency, movements, basis, by_expiry in json.loads(stored["sums"])
        ),
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
            "debit": entry.sides.debit.value,
            "credit": entry.sides.credit.value,
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


def act_marks(program_id: str, act: Act) -> dict[str, object]:
    """Attributes that put an item into the audit: that of a movement or a version has them of its own."""
    return {
        "audit": keys.audit_key(program_id, act.at),
        "recorded": keys.instant(act.at),
        "event": act.action,
        "actor": act.actor,
        "address": act.address,
        "source": act.source,
        "job_id": act.job_id,
    }


def act_from(item: Item) -> Act:
    """An act, from what the index of the audit holds of it."""
    stored = plain(item)
    at, address = datetime.fromisoformat(stored["recorded"]), stored["address"]
    if "by" in stored:
        version = int(stored["sk"])
        return Act(
            at=at,
            actor=stored["by"],
            action="program_changed",
            source="API",
            address=address,
            program_version=version,
        )
    act = Act(at=at, actor=stored["actor"], action=stored["event"], source=stored["source"], address=address)
    if "job_id" in stored:
        return replace(act, job_id=stored["job_id"])
    program_id, kind, reference = stored["pk"].split("#", 2)
    account = stored.get("account")
    return replace(
        act,
        program_version=stored["program_version"],
        cause=Cause(program_id, CauseKind(kind), reference),
        position=int(stored["sk"]),
        account=keys.account_id(account) if account else None,
        points=Kind(stored["kind"]).sign * stored["points"],
        reason=stored.get("reason"),
        card=stored.get("detail", {}).get("card"),
    )


def act_place(program_id: str, key: Item) -> str:
    """Where an act stands in the index of the audit, as text."""
    return json.dumps([key["recorded"]["S"], key["sk"]["S"], key["pk"]["S"].removeprefix(f"{program_id}#")])


def act_key(program_id: str, place: str) -> Item:
    """What `act_place` told. Raises ValueError for anything else."""
    match json.loads(place):
        case [str(recorded), str(sk), str(name)] if sk and recorded == keys.instant(datetime.fromisoformat(recorded)):
            at = datetime.fromisoformat(recorded)
            key = {"pk": f"{program_id}#{name}", "sk": sk, "audit": keys.audit_key(program_id, at)}
            return wire({**key, "recorded": recorded})
        case _:
            raise ValueError("no place in the audit")


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
