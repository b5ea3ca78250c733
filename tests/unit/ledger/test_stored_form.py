"""What is stored and sealed keeps its form, byte for byte: what was written before is read, and proves itself, after.

`stored_form.json` was written by the code before facts had types. Nothing may ever be changed in it; what is new is
added.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from loyalty.adapters.dynamodb.items import movement_from, movement_item
from loyalty.domain.customers.cards import assign, block, cause_of_card, create
from loyalty.domain.customers.cards import replace as replace_card
from loyalty.domain.customers.erasure import erase, with_other_referrer, without_person, without_reason
from loyalty.domain.jobs.past_actions import PastSignUp, reward_order, reward_sign_up
from loyalty.domain.jobs.undo import undo
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.facts import CardAsked, CardRequested, CardsAsked, CardsRequested, ReplacementAsked
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.idempotency import cause_of_request
from loyalty.domain.ledger.kinds import CauseKind, Event
from loyalty.domain.ledger.movement import AccountId, Cause, Movement
from loyalty.domain.ledger.seal import NO_SEAL, is_sealed
from loyalty.domain.ledger.transaction import Origin, Sender, Transaction
from loyalty.domain.orders.cancellation import cancel
from loyalty.domain.orders.completion import complete
from loyalty.domain.orders.order import cause_of_order
from loyalty.domain.orders.redemption import RedemptionRequest, redeem, void
from loyalty.domain.orders.referral import Referral, cause_of_referral, pay, take_back_payment
from loyalty.domain.orders.refund import Return, take_back, take_back_noted
from loyalty.domain.points.adjustment import Adjustment, adjust, note_in_order
from loyalty.domain.points.expiry import expire, expiry_history
from loyalty.domain.points.issue import Issue, issue
from loyalty.domain.points.sign_up import cause_of_sign_up, sign_up
from loyalty.domain.program.settings import Program
from tests.support.builders import DAY, NOW, member, order, origin, program

STORED = Path(__file__).with_name("stored_form.json")
SALT = b"sixteen bytes :-"
ADA, BEN = member("ada"), member("ben")
PSEUDONYM = member("erased-00000000000000000000000000000001")
OLD, NEW = "9912345678901235", "9900000000000002"
PAYS = {"referral": {"points": 50, "referee_points": 20}, "sign_up": {"points": 30}}
SOON = {"policy": "after_days", "days": 3}
SALE = {
    "id": "sale",
    "starts_at": "2026-01-01T00:00:00Z",
    "ends_at": "2026-03-01T00:00:00Z",
    "bonus_points": 7,
    "expiry": SOON,
}
TIERS = [{"name": "silver", "min_orders": 1, "multiplier": "1.5", "window_days": 30}]


class Shop:
    """A program, and everything that was written in it, in order. Accounts by their names."""

    def __init__(self, **settings: Any) -> None:
        self.program: Program = program(**settings)
        self.accounts = {one: Account(account_id=one, salt=SALT) for one in (ADA, BEN)}
        self.histories: dict[Cause, History] = {}
        self.written: list[tuple[bytes | None, Movement]] = []
        """Each with the seal that it is behind; None where an erasure changed what is sealed."""
        self.at = NOW

    def begin(self, cause: Cause, account_id: AccountId | None = ADA, source: str = "TEST") -> Transaction:
        history = self.histories.get(cause, History(cause))
        account = self.accounts[account_id] if account_id else None
        sender = Sender("test", source, address="192.0.2.1" if source == "TEST" else None)
        return Transaction.begin(self.program, Origin(sender, self.at), history, account)

    def write(self, *transactions: Transaction) -> list[Movement]:
        for transaction in transactions:
            before = transaction.read.seal if transaction.read else NO_SEAL
            for movement in transaction.movements:
                self.written.append((NO_SEAL if movement.sequence is None else before, movement))
                before = before if movement.sequence is None else movement.seal
            self.histories[transaction.history.cause] = transaction.history
            if transaction.account:
                self.accounts[transaction.account.account_id] = transaction.account
        return [movement for transaction in transactions for movement in transaction.movements]

    def order(self, order_id: str, account_id: AccountId | None = ADA) -> Transaction:
        return self.begin(cause_of_order("shop", order_id), account_id)

    def request(self, key: str, account_id: AccountId | None = ADA) -> Transaction:
        return self.begin(cause_of_request("shop", key), account_id)


def asking(points: int | str, total: str) -> RedemptionRequest:
    return RedemptionRequest(account_id=ADA, order_total=Decimal(total), currency="EUR", points=points)  # type: ignore[arg-type]


def orders() -> Shop:
    """Completed with a bonus that expires sooner, redeemed, refunded before and after, cancelled; nothing earned."""
    shop = Shop(promotions=[SALE], refund={"policy": "proportional"}, earn={"min_order_total": "5"}, tiers=TIERS)
    shop.write(issue(shop.request("seed"), Issue(account_id=ADA, points=300, expires_at=None, reason="seed")))
    shop.write(redeem(shop.order("#1"), asking(100, "100.00")))
    shop.write(redeem(shop.order("#1"), asking("max", "120.5")))
    shop.write(void(shop.order("#1")))
    shop.write(take_back(shop.order("#1"), Return(refunded_total=Decimal("20"))))
    shop.write(take_back_noted(complete(shop.order("#1"), order("#1", "ada", "100.00"))))
    shop.write(take_back(shop.order("#1"), Return(refunded_total=Decimal("30.00"), points=4)))
    shop.write(redeem(shop.order("#2"), asking(10, "50")))
    shop.write(complete(shop.order("#2"), order("#2", "ada", "50.00")))
    shop.write(cancel(shop.order("#2"), "came back"))
    shop.write(complete(shop.order("#3"), order("#3", "ada", "4.99")))
    shop.write(cancel(shop.order("#4", None), None))
    shop.program = replace(shop.program, refund=program().refund)
    shop.write(complete(shop.order("#5"), order("#5", "ada", "10.00")))
    shop.write(take_back(shop.order("#5"), Return(refunded_total=Decimal("5"))))
    return shop


def spent() -> Shop:
    """What was spent already is let go, or becomes a debt."""
    shop = Shop(cancel={"on_shortfall": "clamp"})
    for number, back in (("#1", cancel), ("#2", None)):
        shop.write(complete(shop.order(number), order(number, "ada", "40.00")))
        shop.write(redeem(shop.order(f"{number}b"), asking("max", "100")))
        if back:
            shop.write(back(shop.order(number), None))
        else:
            shop.write(take_back(shop.order(number), Return(refunded_total=Decimal("25"), points=25)))
    shop.write(adjust(shop.request("a"), Adjustment(account_id=ADA, points=-3, reason="lost")))
    shop.program = program(version=2)
    shop.write(adjust(shop.request("b"), Adjustment(account_id=ADA, points=-3, reason="lost")))
    return shop


def by_hand() -> Shop:
    """Issued and adjusted: with an end, on account of an order, of the end alone."""
    shop, later = Shop(expiry=SOON), NOW + 9 * DAY
    shop.write(issue(shop.request("a"), Issue(account_id=ADA, points=5, expires_at=later, reason="gift")))
    shop.write(adjust(shop.request("b"), Adjustment(account_id=ADA, points=6, expires_at=later, reason="gift")))
    on_account = adjust(shop.request("c"), Adjustment(account_id=ADA, points=-2, order_id="#1", reason="returned"))
    [done] = shop.write(on_account)
    shop.write(note_in_order(shop.order("#1", None), done))
    shop.write(adjust(shop.request("d"), Adjustment(account_id=ADA, points=0, expires_at=later + DAY, reason="moved")))
    return shop


def referred() -> Shop:
    """A customer who was referred: paid, and taken back after it was spent."""
    shop = Shop(ways_to_earn=PAYS, cancel={"on_shortfall": "clamp"})
    shop.write(sign_up(shop.begin(cause_of_sign_up("shop", "ada"))))
    shop.write(complete(shop.order("#1"), order("#1", "ada", referrer_id="ben"), Referral(BEN, 20)))
    shop.write(pay(shop.begin(cause_of_referral("shop", "ada"), BEN), "#1"))
    shop.write(issue(shop.request("less", BEN), Issue(account_id=BEN, points=1, expires_at=None, reason="gift")))
    shop.write(adjust(shop.request("spent", BEN), Adjustment(account_id=BEN, points=-31, reason="spent")))
    shop.write(cancel(shop.order("#1"), None))
    shop.write(take_back_payment(shop.begin(cause_of_referral("shop", "ada"), BEN)))
    return shop


def time() -> Shop:
    """Points expire, a tier is left: together, and alone."""
    shop = Shop(tiers=TIERS, expiry=SOON)
    for account_id, days in ((ADA, 31), (BEN, 3)):
        shop.at = NOW
        name = account_id.customer_id
        shop.write(complete(shop.order(f"#{name}", account_id), order(f"#{name}", name)))
        for wait in (days, 31):
            shop.at = NOW + timedelta(days=wait + 1)
            due = shop.begin(expiry_history(shop.accounts[account_id]).cause, account_id)
            shop.write(expire(due, shop.at))
    return shop


def jobs() -> Shop:
    """Past actions and adjustments of a job, undone after something was spent."""
    shop = Shop(ways_to_earn=PAYS, cancel={"on_shortfall": "clamp"})
    job, rows = "JOB/1", [Cause("shop", CauseKind.JOB, f"1/{number}") for number in range(3)]
    later = NOW + 40 * DAY
    past_order, past_sign_up = cause_of_order("shop", "#9"), cause_of_sign_up("shop", "ada")
    shop.write(reward_order(shop.begin(past_order, ADA, job), order("#9", "ada")))
    shop.write(reward_sign_up(shop.begin(past_sign_up, ADA, job), PastSignUp(account_id=ADA, signed_up_at=NOW)))
    for cause, points, end in zip(rows, (60, 0, -20), (None, later, None), strict=True):
        wanted = Adjustment(account_id=ADA, points=points, expires_at=end, reason="file")
        shop.write(adjust(shop.begin(cause, ADA, job), wanted))
    shop.write(redeem(shop.order("#10"), asking("max", "1.50")))
    for cause in (rows[2], rows[1], rows[0], past_order, past_sign_up):
        shop.write(undo(shop.begin(cause, ADA, job)))
    return shop


def card_request(begun: Transaction, event: Event, number: str, card: str, reason: str | None = None) -> Transaction:
    replaced = ReplacementAsked(number=number, by=None if card == NEW else card)
    asked = CardAsked(number=number) if card == number else replaced
    return begun.note(event, facts=CardRequested(asked=asked, card=card), reason=reason)


def batch_request(begun: Transaction, *numbers: str) -> Transaction:
    return begun.note(Event.CARDS_CREATED, facts=CardsRequested(asked=CardsAsked(count=len(numbers)), cards=numbers))


def cards() -> Shop:
    """Created, assigned, given to somebody else, replaced, blocked: the requests and the cards' own histories."""
    shop, other = Shop(), "9900000000000010"
    old, new, third = (cause_of_card("shop", number) for number in (OLD, NEW, other))
    shop.write(batch_request(shop.request("a", None), OLD, other))
    shop.write(create(shop.begin(old, None)), create(shop.begin(third, None)))
    shop.write(card_request(shop.request("b"), Event.CARD_ASSIGNED, OLD, OLD))
    shop.write(*assign(shop.begin(old), None))
    shop.write(*assign(shop.begin(old, BEN), shop.accounts[ADA]))
    shop.write(card_request(shop.request("c", BEN), Event.CARD_REPLACED, OLD, NEW, "lost"))
    shop.write(*replace_card(shop.begin(old, BEN), create(shop.begin(new, None)), "lost"))
    shop.write(card_request(shop.request("d", BEN), Event.CARD_REPLACED, NEW, other))
    shop.write(*replace_card(shop.begin(new, BEN), shop.begin(third, None), None))
    shop.write(card_request(shop.request("e", BEN), Event.CARD_BLOCKED, other, other, "stolen"))
    shop.write(*block(shop.begin(third, BEN), "stolen"))
    return shop


def erased() -> Shop:
    """A customer who referred somebody, was adjusted for an order and owes points: written, then rewritten."""
    shop = Shop(ways_to_earn=PAYS)
    shop.write(complete(shop.order("#1", BEN), order("#1", "ben", referrer_id="ada"), Referral(ADA, 20)))
    shop.write(pay(shop.begin(cause_of_referral("shop", "ben")), "#1"))
    taken = adjust(shop.request("ada's"), Adjustment(account_id=ADA, points=-80, order_id="#2", reason="a text"))
    [adjusted] = shop.write(taken)
    [noted] = shop.write(note_in_order(shop.order("#2", None), adjusted))
    new_salt = SALT[::-1]
    shop.write(*erase(shop.program, origin(NOW + DAY), shop.accounts[ADA], PSEUDONYM, new_salt))
    rewritten = without_person(adjusted, ADA, PSEUDONYM, SALT)
    completion = shop.histories[cause_of_order("shop", "#1")].movements[0]
    before = {movement.movement_id: seal for seal, movement in shop.written}
    shop.written.append((before[adjusted.movement_id], rewritten))
    shop.written.append((None, without_reason(noted, rewritten)))
    shop.written.append((before[completion.movement_id], with_other_referrer(completion, ADA, PSEUDONYM)))
    return shop


SCENES = {scene.__name__: scene for scene in (orders, spent, by_hand, referred, time, jobs, cards, erased)}


def as_json(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """DynamoDB's items with their bytes as text, as JSON holds them."""
    return [
        {name: {"b64": b64encode(value["B"]).decode()} if "B" in value else value for name, value in item.items()}
        for item in items
    ]


def from_json(item: dict[str, Any]) -> dict[str, Any]:
    return {name: {"B": b64decode(value["b64"])} if "b64" in value else value for name, value in item.items()}


def stored() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each item that was ever written by a scene."""
    for scene, items in json.loads(STORED.read_text()).items():
        for item in items:
            yield scene, from_json(item)


@pytest.mark.parametrize("scene", SCENES)
def test_what_is_written_now_is_what_was_written_before(scene: str) -> None:
    before = [item for name, item in stored() if name == scene]
    now = [movement_item(movement, "UTC") for _, movement in SCENES[scene]().written]
    assert now == before


def test_what_was_stored_is_read_and_stored_again_as_it_was() -> None:
    for _, item in stored():
        assert movement_item(movement_from(item), "UTC") == item


@pytest.mark.parametrize("scene", SCENES)
def test_what_was_stored_proves_itself(scene: str) -> None:
    before = [movement_from(item) for name, item in stored() if name == scene]
    for movement, (seal, now) in zip(before, SCENES[scene]().written, strict=True):
        salt = SALT[::-1] if movement.cause.kind is CauseKind.ERASURE else SALT if movement.account else b""
        assert movement == now
        assert seal is None or is_sealed(movement, seal, salt), movement.movement_id


def test_every_event_is_among_what_was_stored() -> None:
    told = {movement_from(item).event for _, item in stored()}
    assert set(Event) - told == {Event.CUSTOMER_EXPORTED}
