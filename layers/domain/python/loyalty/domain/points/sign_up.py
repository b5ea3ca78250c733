"""Signing up earns, once per customer, ever."""

from loyalty.domain.ledger.kinds import CauseKind, Event, Kind
from loyalty.domain.ledger.lots import Lots
from loyalty.domain.ledger.movement import Cause
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.program.settings import Program


def cause_of_sign_up(program_id: str, customer_id: str) -> Cause:
    """A sign-up is its own cause, named by the customer: so it needs no idempotency key."""
    return Cause(program_id, CauseKind.SIGN_UP, customer_id)


def why_not(program: Program) -> str | None:
    """Why a sign-up earns nothing now. Nothing is recorded then, so that one sent again may earn."""
    return why_signing_up_earns_nothing(program) if program.enabled else "program_disabled"


def why_signing_up_earns_nothing(program: Program) -> str | None:
    """Why signing up earns nothing, whether or not the program is switched on; None where it earns."""
    if not program.ways_to_earn.sign_up.enabled:
        return "sign_up_earning_disabled"
    return None if program.ways_to_earn.sign_up.points else "no_points"


def sign_up(transaction: Transaction) -> Transaction:
    """Give the customer what signing up earns, unless they had it."""
    program = transaction.program
    if transaction.history.sign_up or why_not(program):
        return transaction
    expires_at = program.expires_at(transaction.now)
    lots = Lots.single(expires_at, program.ways_to_earn.sign_up.points)
    return transaction.credit(Kind.SIGN_UP, Event.SIGNED_UP, lots, expires_at=expires_at)
