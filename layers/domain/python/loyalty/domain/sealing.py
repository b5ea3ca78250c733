"""Seals: each movement of an account carries a hash over itself and its predecessor's seal."""

import json
from dataclasses import asdict, replace
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

from loyalty.domain.movement import Movement

NO_SEAL = b""
"""What the first movement of an account is sealed to, and each record that moves no points."""


def sealed(movement: Movement, previous: bytes) -> Movement:
    """`movement` with its seal (SHA-256, 32 bytes), to follow the one sealed `previous`."""
    return replace(movement, seal=sha256(previous + _content(movement)).digest())


def is_sealed(movement: Movement, previous: bytes) -> bool:
    """Whether `movement` is what was sealed, behind the one sealed `previous`."""
    return sealed(movement, previous).seal == movement.seal


def _content(movement: Movement) -> bytes:
    """Everything about a movement but its seal, in one way of writing."""
    account, cause = movement.account, movement.cause
    content = [
        [cause.program_id, cause.kind, cause.reference, movement.position],
        [movement.event, movement.kind],
        [account.program_id, account.customer_id, account.guest] if account else None,
        movement.sequence,
        [movement.points, movement.debt, movement.expires_at],
        [[lot.expires_at, lot.points] for lot in movement.allocation],
        [movement.balance_after, movement.debt_after],
        [movement.program_version, movement.point_value, movement.currency],
        [movement.occurred_at, movement.recorded_at],
        [movement.source, movement.actor, movement.reason],
        dict(movement.detail),
    ]
    if movement.counted:
        content.append(asdict(movement.counted))
    if movement.card:
        content.append({"card": movement.card.number})
    return json.dumps(content, default=_plain, sort_keys=True, separators=(",", ":")).encode()


def _plain(value: object) -> str:
    match value:
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case _:
            raise TypeError(f"{type(value).__name__} is no part of a movement")
