"""Seals: each movement of an account carries a hash over itself and its predecessor's seal.

What is personal about a movement is under the seal as a digest, salted with a secret of its account. So the salt and
the personal part can be thrown away, when a customer is erased: the digest stays, with it the seal still proves all
the rest, and nobody can try out whose movement it was.
"""

import json
from dataclasses import asdict, replace
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

from loyalty.domain.ledger.facts import Completed, Facts, form_of
from loyalty.domain.ledger.kinds import Event, Naming
from loyalty.domain.ledger.movement import Movement

NO_SEAL = b""
"""What the first movement of an account is sealed to, and each record that moves no points."""


def sealed(movement: Movement, previous: bytes, salt: bytes) -> Movement:
    """`movement` with its seal (SHA-256, 32 bytes), to follow the one sealed `previous`, in an account with `salt`."""
    return replace(movement, seal=sha256(previous + _content(movement, salt)).digest())


def is_sealed(movement: Movement, previous: bytes, salt: bytes) -> bool:
    """Whether `movement` is what was sealed, behind the one sealed `previous`, in an account with `salt`."""
    return sealed(movement, previous, salt).seal == movement.seal


def personal_digest(movement: Movement, salt: bytes) -> bytes:
    """What stands for the personal part of a movement under its seal: whose it is, its name, texts."""
    account, cause = movement.account, movement.cause
    content = [
        [account.customer_id, account.guest] if account else None,
        cause.reference if cause.kind.naming is Naming.PERSONAL else None,
        movement.reason if has_free_text(movement) else None,
    ]
    return movement.redacted or sha256(salt + _plain_json(content)).digest()


def personal_name(name: str, salt: bytes) -> str:
    """What stands for a name that nobody is to find out."""
    return sha256(salt + name.encode()).hexdigest()[:32]


def has_free_text(movement: Movement) -> bool:
    """Whether its reason is a text that somebody wrote, and not a code of ours."""
    return movement.event is not Event.ORDER_COMPLETED


def _content(movement: Movement, salt: bytes) -> bytes:
    """Everything about a movement but its seal, in one way of writing.

    Not from where an administrator called, which is a trace of a person too and can be removed alone; nor who
    referred a customer, which the referral says itself, under the seal of the referrer's movement.
    """
    account, cause = movement.account, movement.cause
    content = [
        [cause.program_id, cause.kind, movement.position],
        cause.reference if cause.kind.naming is Naming.LASTING else None,
        [movement.event, movement.kind],
        account.program_id if account else None,
        movement.sequence,
        [movement.points, movement.debt, movement.expires_at],
        [[lot.expires_at, lot.points] for lot in movement.allocation],
        [movement.balance_after, movement.debt_after],
        [movement.program_version, movement.point_value, movement.currency],
        [movement.occurred_at, movement.recorded_at],
        [movement.source, movement.actor, None if has_free_text(movement) else movement.reason],
        form_of(_without_referrer(movement.facts)),
        personal_digest(movement, salt).hex(),
    ]
    if movement.counted:
        content.append(asdict(movement.counted))
    if movement.card:
        content.append({"card": movement.card.number})
    return _plain_json(content)


def _without_referrer(facts: Facts | None) -> Facts | None:
    return replace(facts, referrer=None) if isinstance(facts, Completed) and facts.referrer is not None else facts


def _plain_json(content: object) -> bytes:
    return json.dumps(content, default=_plain, sort_keys=True, separators=(",", ":")).encode()


def _plain(value: object) -> str:
    match value:
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case _:
            raise TypeError(f"{type(value).__name__} is no part of a movement")
