"""Does an account equal what its movements say, replayed from nothing?"""

from collections.abc import Iterator, Sequence

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.kinds import CauseKind
from loyalty.domain.ledger.movement import Movement
from loyalty.domain.ledger.seal import NO_SEAL, is_sealed


def differences(stored: Account, movements: Sequence[Movement]) -> Iterator[str]:
    """Everything that is wrong with `stored`, whose movements are `movements` in their sequence."""
    replayed = Account(account_id=stored.account_id)
    seal = NO_SEAL
    for movement in movements:
        expected = replayed.version + 1
        if movement.sequence != expected:
            yield f"movement {expected} is missing: {movement.sequence} follows {replayed.version}"
            return
        yield from _faults(movement, replayed, seal, stored.salt)
        try:
            replayed = replayed.apply(movement)
        except ValueError as error:
            yield f"movement {expected} cannot follow what was before it: {error}"
            return
        if movement.balance_after != replayed.balance(movement.recorded_at):
            yield f"movement {expected} states the balance {movement.balance_after} after it"
        if movement.debt_after != replayed.debt:
            yield f"movement {expected} states the debt {movement.debt_after} after it"
        seal = movement.seal
    if replayed.version < stored.version:
        yield f"movement {replayed.version + 1} is missing: the account is at {stored.version}"
        return
    totals = ("earned_total", "redeemed_total", "expired_total")
    for name in ("lots", "debt", *totals, "standing", "card", "version", "seal"):
        if getattr(replayed, name) != getattr(stored, name):
            yield f"{name} is stored as {_text(getattr(stored, name))}, movements say {_text(getattr(replayed, name))}"
    total = replayed.earned_total - replayed.redeemed_total - replayed.expired_total
    if replayed.outstanding != total:
        yield f"movements say {replayed.outstanding} points outstanding, earned less redeemed less expired {total}"
    due = min((at for at in (stored.lots.next_expiry, stored.review_at) if at), default=None)
    if due and (stored.purge_at is None or stored.purge_at > due):
        yield f"the purge would look at it at {stored.purge_at}, too late for {due}"


def _faults(movement: Movement, before: Account, seal: bytes, salt: bytes) -> Iterator[str]:
    number = movement.sequence
    if not is_sealed(movement, seal, salt):
        yield f"movement {number} is not what was sealed behind {before.version}"
    if movement.redacted and not (before.account_id.is_erased or movement.cause.kind is CauseKind.REFERRAL):
        yield f"movement {number} is redacted, and nobody was erased"
    if movement.kind.sign * movement.points != sum(lot.points for lot in movement.allocation) - movement.debt:
        yield f"movement {number} moves {movement.points} points, its lots and debt another number"
    if movement.debt > 0 and not (movement.kind.effect and movement.kind.effect.may_owe):
        yield f"movement {number} makes a debt, which {movement.kind} may not"
    if movement.account != before.account_id:
        yield f"movement {number} belongs to another account"


def _text(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
