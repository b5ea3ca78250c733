"""An account reckoned a second time, from its movements alone and with none of the domain's arithmetic."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.movement import AccountId, Movement
from loyalty.ports.ledger import Ledger

GIVES = frozenset({"earn", "sign_up", "referral", "issue", "adjust_up", "backfill"})
TAKES_BACK = frozenset({"reverse", "adjust_down"})
ADDS = GIVES | {"restore"}
FOREVER = datetime.max.replace(tzinfo=UTC)


def statement(ledger: Ledger, account_id: AccountId) -> list[Movement]:
    """All movements of the account, oldest first."""
    movements: list[Movement] = []
    before: int | None = None
    while page := ledger.statement(account_id, 100, before):
        movements += page
        before = page[-1].sequence
    return movements[::-1]


def audit(ledger: Ledger, account_id: AccountId) -> Account:
    """The stored account. Fails unless it is what its movements say, and they are what they should be."""
    account = ledger.account(account_id, consistent=True)
    compare(account, statement(ledger, account_id))
    return account


def compare(account: Account, movements: Iterable[Movement]) -> None:
    """Fails unless `account` is the sum of all its `movements`, given oldest first."""
    lots: Counter[datetime | None] = Counter()
    debt = version = 0
    card = None
    totals: Counter[str] = Counter()
    causes = set()
    for movement in movements:
        assert movement.account == account.account_id
        assert movement.sequence == version + 1, f"sequence {movement.sequence} follows {version}"
        assert movement.points > 0 or movement.allocation or movement.counted or movement.card
        assert (movement.cause, movement.position) not in causes
        causes.add((movement.cause, movement.position))
        version += 1
        sign = 1 if movement.kind in ADDS else -1
        assert sign * movement.points == sum(lot.points for lot in movement.allocation) - movement.debt
        for lot in movement.allocation:
            lots[lot.expires_at] += lot.points
        debt += movement.debt
        card = movement.card.number if movement.card else card
        totals[movement.kind] += movement.points
        assert min(lots.values(), default=0) >= 0, f"a lot below nothing after {version}"
        assert debt >= 0, f"a debt below nothing after {version}"
        assert movement.debt_after == debt
        spendable = sum(points for at, points in lots.items() if at is None or at > movement.recorded_at)
        assert movement.balance_after == spendable - debt
    kept = sorted(((at, points) for at, points in lots.items() if points), key=lambda lot: lot[0] or FOREVER)
    assert [(lot.expires_at, lot.points) for lot in account.lots] == kept
    assert account.debt == debt
    assert account.version == version
    assert account.card == card
    given = sum(totals[kind] for kind in GIVES)
    assert account.earned_total == given - sum(totals[kind] for kind in TAKES_BACK)
    assert account.redeemed_total == totals["redeem"] - totals["restore"]
    assert account.expired_total == totals["expire"]
    assert account.outstanding == sum(lots.values()) - debt
    assert account.outstanding == account.earned_total - account.redeemed_total - account.expired_total
    expiries = [at for at, points in lots.items() if at and points]
    assert not expiries or (account.purge_at and account.purge_at <= min(expiries)), "the purge would come late"
