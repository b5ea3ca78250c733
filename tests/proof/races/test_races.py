"""Whatever happens at once, points move as if it had happened one after the other."""

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from decimal import Decimal
from functools import partial

from loyalty.domain.customers.cards import CardStatus
from loyalty.domain.ledger.idempotency import cause_of_request
from loyalty.domain.ledger.kinds import Kind
from loyalty.domain.ledger.lots import Lot
from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.ledger.transaction import Sender
from loyalty.domain.orders.redemption import RedemptionRequest
from loyalty.domain.points.issue import Issue
from loyalty.domain.program.settings import Program
from loyalty.domain.values.refusal import Refused
from loyalty.usecases.books.verify import verify_program
from loyalty.usecases.commands.command import Outcome
from loyalty.usecases.customers.change_card import CardChanged, assign_card, block_card, replace_card
from loyalty.usecases.customers.create_cards import CardsWithdrawn, create_cards, withdraw_cards
from loyalty.usecases.customers.view_cards import view_card
from loyalty.usecases.orders.cancel import OrderCancelled, cancel_order
from loyalty.usecases.orders.complete import OrderCompleted, complete_order
from loyalty.usecases.orders.redeem import PointsRedeemed, redeem_points, void_redemption
from loyalty.usecases.orders.view import view_order
from loyalty.usecases.points.issue import issue_points
from loyalty.usecases.points.sign_up import sign_customer_up
from loyalty.usecases.programs.change import change_program
from tests.proof.races.conftest import THREADS, Functions
from tests.support.builders import DAY, NOW, SENDER, issuing, member, order, program
from tests.support.replay import audit, statement
from tests.support.worlds import Purged, World, purge

type Make = Callable[[Program], Functions]

CLERK = Sender("test", "API")


def complete(order_id: str, customer_id: str = "ann", amount: str = "100.00") -> Callable[[World], OrderCompleted]:
    return lambda world: complete_order(world, "shop", order(order_id, customer_id, amount), SENDER)


def redeem(order_id: str, points: int, customer_id: str = "ann") -> Callable[[World], PointsRedeemed]:
    request = RedemptionRequest(
        account_id=member(customer_id), order_total=Decimal(1_000), currency="EUR", points=points
    )
    return lambda world: redeem_points(world, "shop", order_id, request, SENDER)


def cancel(order_id: str, customer_id: str | None = "ann") -> Callable[[World], OrderCancelled]:
    return lambda world: cancel_order(world, "shop", order_id, customer_id, None, SENDER)


def purging(world: World) -> Purged:
    return purge(world, "shop")


def give(functions: Functions, account_id: AccountId, *lots: Lot) -> None:
    ledger = functions.world.ledger
    ledger.write([issuing(ledger.account(account_id, consistent=True), *lots)])


def refusals(answers: Sequence[object]) -> list[str]:
    return [answer.code for answer in answers if isinstance(answer, Refused)]


def done[Result](answers: Sequence[Result | Refused]) -> list[Result]:
    return [answer for answer in answers if not isinstance(answer, Refused)]


def same(answer: OrderCompleted | OrderCancelled) -> dict[str, object]:
    """An answer without what says which call recorded it."""
    return {name: fact for name, fact in asdict(answer).items() if name != "outcome"}


def test_an_order_completed_50_times_at_once_accrues_once_and_all_get_the_same_answer(functions: Make) -> None:
    shop = functions(program(expiry={"policy": "after_days", "days": 30}))
    answers = done(shop.at_once([complete("#1001")] * 50))
    assert len(answers) == 50
    assert all(same(answer) == same(answers[0]) for answer in answers)
    assert (answers[0].status, answers[0].points_earned, answers[0].balance) == ("earned", 100, 100)
    assert [answer.outcome for answer in answers].count(Outcome.RECORDED) == 1
    assert Outcome.SKIPPED not in [answer.outcome for answer in answers]
    account = audit(shop.world.ledger, member())
    assert (account.outstanding, account.version) == (100, 1)


def test_an_order_completed_at_once_with_other_amounts_accrues_one_of_them(functions: Make) -> None:
    shop = functions(program())
    answers = done(shop.at_once([complete("#1001", amount=f"{n}.00") for n in range(1, 33)]))
    assert len({answer.points_earned for answer in answers}) == 1
    assert audit(shop.world.ledger, member()).outstanding == answers[0].points_earned


def test_two_redemptions_racing_for_one_balance_never_overspend(functions: Make) -> None:
    shop = functions(program())
    for number in range(40):
        account_id = member(f"c{number}")
        give(shop, account_id, Lot(None, 100))
        racing = [redeem(f"#{number}-{which}", 60, account_id.customer_id) for which in "ab"]
        answers = shop.at_once(racing)
        assert refusals(answers) == ["insufficient_points"]
        assert [answer.balance for answer in done(answers)] == [40]
        assert audit(shop.world.ledger, account_id).outstanding == 40


def test_many_redemptions_racing_for_one_balance_spend_all_of_it_and_no_more(functions: Make) -> None:
    shop = functions(program())
    give(shop, member(), Lot(NOW + DAY, 50), Lot(None, 55))
    answers = shop.at_once([redeem(f"#{number}", 10) for number in range(24)])
    assert len(done(answers)) == 10
    assert set(refusals(answers)) == {"insufficient_points"}
    assert audit(shop.world.ledger, member()).outstanding == 5


def test_one_customer_from_eight_threads_ends_in_the_sum_of_what_was_acknowledged(functions: Make) -> None:
    shop = functions(program(earn={"on_redeemed_order": "full"}))

    def trade(seed: int) -> Callable[[World], list[int]]:
        """A thread's own orders, at random but the same each time; each acknowledged change of the balance."""
        changes, step = list[int](), 0

        def go_on(world: World) -> list[int]:
            # After a 503 the same step is sent again, as a client would.
            nonlocal step
            while step < 15:
                order_id = f"#{seed}-{step // 3}"
                changes.append(act(world, order_id, random.Random(f"{seed}/{step}")))
                step += 1
            return changes

        def act(world: World, order_id: str, chance: random.Random) -> int:
            match chance.choice(["complete", "redeem", "cancel", "void"]):
                case "complete":
                    earned = complete(order_id, amount=f"{chance.randint(1, 99)}.00")(world)
                    return earned.points_earned if earned.outcome is Outcome.RECORDED else 0
                case "redeem":
                    try:
                        redeemed = redeem(order_id, chance.randint(1, 20))(world)
                    except Refused:
                        return 0
                    return redeemed_change(world, order_id) if redeemed.outcome is Outcome.RECORDED else 0
                case "void":
                    try:
                        voided = void_redemption(world, "shop", order_id, SENDER)
                    except Refused:
                        return 0
                    return voided.points_restored if voided.outcome is Outcome.RECORDED else 0
                case _:
                    cancelled = cancel(order_id)(world)
                    return (
                        cancelled.points_restored - cancelled.points_reversed
                        if cancelled.outcome is Outcome.RECORDED
                        else 0
                    )

        def redeemed_change(world: World, order_id: str) -> int:
            """What the latest redemption took, less what it gave back of the one that it replaced."""
            *before, live = view_order(world, "shop", order_id).history
            replaced = before[-1].points if before and before[-1].reason == "replaced" else 0
            return replaced - live.points

        return go_on

    changes = done(shop.at_once([trade(seed) for seed in range(THREADS)]))
    assert sum(map(len, changes)) == THREADS * 15
    acknowledged = sum(map(sum, changes))
    account = audit(shop.world.ledger, member())
    assert account.outstanding == acknowledged
    assert account.version > THREADS
    assert shop.overtaken > 0, "nothing raced"


def test_an_order_never_both_uses_points_and_earns_where_that_is_forbidden(functions: Make) -> None:
    shop = functions(program(earn={"on_redeemed_order": "none"}))
    for number in range(30):
        account_id = member(f"c{number}")
        give(shop, account_id, Lot(None, 100))
        order_id = f"#{number}"
        redeemed, completed = shop.at_once(
            [redeem(order_id, 40, account_id.customer_id), complete(order_id, account_id.customer_id)][
                :: (-1) ** number
            ]
        )[:: (-1) ** number]
        assert isinstance(completed, OrderCompleted)
        if isinstance(redeemed, Refused):
            assert (redeemed.code, completed.points_earned) == ("order_closed", 100)
        else:
            assert (completed.points_earned, completed.reason) == (0, "points_used_on_order")
        account = audit(shop.world.ledger, account_id)
        assert account.outstanding == (200 if isinstance(redeemed, Refused) else 60)


def test_an_order_cancelled_20_times_at_once_is_reversed_once(functions: Make) -> None:
    shop = functions(program(earn={"on_redeemed_order": "full"}))
    give(shop, member(), Lot(NOW + DAY, 100))
    shop.at_once([redeem("#1001", 30)])
    shop.at_once([complete("#1001")])
    answers = done(shop.at_once([cancel("#1001", "ann" if number % 2 else None) for number in range(20)]))
    assert all(same(answer) == same(answers[0]) for answer in answers)
    assert (answers[0].points_reversed, answers[0].points_restored, answers[0].balance) == (100, 30, 100)
    assert [answer.outcome for answer in answers].count(Outcome.RECORDED) == 1
    account = audit(shop.world.ledger, member())
    assert (account.outstanding, account.version) == (100, 5)


def test_completion_and_cancellation_racing_leave_nothing_earned(functions: Make) -> None:
    shop = functions(program())
    for number in range(20):
        order_id, customer_id = f"#{number}", f"c{number}"
        shop.at_once([complete(order_id, customer_id), cancel(order_id, customer_id)])
        assert audit(shop.world.ledger, member(customer_id)).outstanding == 0


def test_of_two_customers_racing_on_one_order_one_wins(functions: Make) -> None:
    shop = functions(program())
    for number in range(20):
        names = [f"a{number}", f"b{number}"]
        answers = shop.at_once([complete(f"#{number}", name) for name in names])
        assert refusals(answers) == ["order_customer_mismatch"]
        [winner] = done(answers)
        for name in names:
            earned = 100 if name == winner.customer_id else 0
            assert audit(shop.world.ledger, member(name)).outstanding == earned


def test_two_purges_and_redemptions_at_once_write_nothing_off_twice(functions: Make) -> None:
    shop = functions(program())
    names = [f"c{number}" for number in range(120)]
    for name in names:
        give(shop, member(name), Lot(NOW + DAY, 7), Lot(NOW + 9 * DAY, 11), Lot(None, 50))
    shop.clock.now = NOW + DAY
    spending = [redeem(f"#{name}-{n}", 5, name) for name in names[::3] for n in range(2)]
    answers = shop.at_once([purging, purging, *spending])
    assert not refusals(answers)
    purged = [answer for answer in answers if isinstance(answer, Purged)]
    # What a purge had to leave to others, the next one finds.
    purged += [answer for answer in done(shop.at_once([purging])) if isinstance(answer, Purged)]
    day = (NOW + DAY).date()
    written = list(shop.world.ledger.write_offs("shop", day))
    accounts = [audit(shop.world.ledger, member(name)) for name in names]
    assert [account.expired_total for account in accounts] == [7] * len(names)
    assert sum(entry.points for entry in written) == sum(report.points for report in purged) == 7 * len(names)
    assert sum(entry.movements for entry in written) == sum(report.accounts for report in purged) == len(names)
    expired = [entry for entry in shop.world.ledger.journal("shop", day) if entry.kind is Kind.EXPIRE]
    assert sum(entry.points for entry in expired) == 7 * len(names)
    assert purged[-1].left == 0
    assert purging(shop.world).accounts == 0


def test_a_purge_and_accruals_on_the_accounts_it_expires_lose_nothing(functions: Make) -> None:
    shop = functions(program(expiry={"policy": "after_days", "days": 30}))
    names = [f"c{number}" for number in range(10)]
    for name in names:
        give(shop, member(name), Lot(NOW + DAY, 7))
    shop.clock.now = NOW + DAY
    earning = [complete(f"#{name}-{n}", name, "10.00") for n in range(4) for name in names]
    shop.at_once([purging, *earning, purging])
    shop.at_once([purging])
    for name in names:
        account = audit(shop.world.ledger, member(name))
        assert (account.earned_total, account.expired_total, account.outstanding) == (47, 7, 40)
    assert sum(entry.points for entry in shop.world.ledger.write_offs("shop", (NOW + DAY).date())) == 70


def test_eight_threads_create_one_account(functions: Make) -> None:
    shop = functions(program())
    for number in range(10):
        name = f"c{number}"
        answers = done(shop.at_once([complete(f"#{name}-{n}", name, "10.00") for n in range(THREADS)]))
        assert sorted(answer.balance or 0 for answer in answers) == [10 * n for n in range(1, THREADS + 1)]
        assert audit(shop.world.ledger, member(name)).outstanding == 10 * THREADS


def test_an_idempotency_key_used_at_once_issues_once(functions: Make) -> None:
    shop = functions(program())
    request = Issue(account_id=member(), points=25, expires_at=NOW + timedelta(hours=1), reason="a gift")
    answers = done(shop.at_once([lambda world: issue_points(world, "shop", "key", request, SENDER)] * (3 * THREADS)))
    assert {(answer.movement_id, answer.points, answer.balance) for answer in answers} == {("request/key/1", 25, 25)}
    assert [answer.outcome for answer in answers].count(Outcome.RECORDED) == 1
    assert len(statement(shop.world.ledger, member())) == 1


def test_settings_changed_at_once_are_versions_without_a_gap(functions: Make) -> None:
    shop = functions(program())

    def change(number: int) -> Callable[[World], int]:
        def settings(version: int) -> Program:
            return program(version=version, name=f"by {number}")

        def put(world: World) -> int:
            quick = replace(world, sleep=lambda seconds: None)
            return change_program(quick, "shop", settings, Sender("test", "API")).program.version

        return put

    assert sorted(done(shop.at_once([change(number) for number in range(THREADS)]))) == list(range(2, THREADS + 2))


def test_customers_who_refer_each_other_at_once_are_paid_for_once_and_not_by_each_other(functions: Make) -> None:
    shop = functions(program(ways_to_earn={"referral": {"points": 50, "referee_points": 20}}))

    def first(number: int, customer_id: str, referrer_id: str) -> Callable[[World], OrderCompleted]:
        one = order(f"#{number}", customer_id, referrer_id=referrer_id)
        return lambda world: complete_order(world, "shop", one, SENDER)

    for pair in range(6):
        ann, ben = f"ann{pair}", f"ben{pair}"
        racing = [first(100 * pair + n, *who) for n, who in enumerate([(ann, ben), (ben, ann)] * 4)]
        answers = done(shop.at_once(racing))
        assert len(answers) == 8
        assert sorted(answer.points_earned for answer in answers) == [100] * 7 + [120]
        balances = sorted(audit(shop.world.ledger, member(name)).outstanding for name in (ann, ben))
        assert balances == [420, 450]


def test_a_customer_who_signs_up_many_times_at_once_earns_once(functions: Make) -> None:
    shop = functions(program(ways_to_earn={"sign_up": {"points": 50}}))
    answers = done(shop.at_once([lambda world: sign_customer_up(world, member(), SENDER)] * (3 * THREADS)))
    assert {(answer.points_earned, answer.balance) for answer in answers} == {(50, 50)}
    assert [answer.outcome for answer in answers].count(Outcome.RECORDED) == 1
    assert audit(shop.world.ledger, member()).outstanding == 50


def card(shop: Functions, key: str) -> str:
    """The number of a new card."""
    [number] = create_cards(shop.world, cause_of_request("shop", key), 1, CLERK).numbers
    return number


def assigning(number: str, customer_id: str, key: str) -> Callable[[World], CardChanged]:
    return lambda world: assign_card(world, "shop", key, number, customer_id, CLERK)


def holders(shop: Functions, number: str, names: Sequence[str]) -> list[str]:
    """Who has the card by their account, which is audited, and by the card."""
    held = [name for name in names if audit(shop.world.ledger, member(name)).card == number]
    found = view_card(shop.world, "shop", number).card
    assert held == ([found.holder.customer_id] if found.status is CardStatus.ACTIVE and found.holder else [])
    return held


def test_a_card_given_to_two_customers_at_once_is_one_customers_and_points_stay(functions: Make) -> None:
    shop = functions(program())
    for number in range(10):
        names = [f"{name}{number}" for name in ("ann", "bob", "eve")]
        for points, name in enumerate(names, start=1):
            give(shop, member(name), Lot(None, points))
        one = card(shop, f"card {number}")
        answers = shop.at_once([assigning(one, name, f"{name} {n}") for n in range(2) for name in names])
        assert [answer.customer_id for answer in done(answers)] == names * 2
        assert len(holders(shop, one, names)) == 1
        assert [audit(shop.world.ledger, member(name)).outstanding for name in names] == [1, 2, 3]
    assert verify_program(shop.world, "shop").found == []


def test_of_many_cards_given_to_a_customer_at_once_one_is_theirs(functions: Make) -> None:
    shop = functions(program())
    for number in range(10):
        cards = create_cards(shop.world, cause_of_request("shop", f"cards {number}"), 6, CLERK).numbers
        name = f"ann{number}"
        answers = shop.at_once([assigning(one, name, f"{name} {one}") for one in cards])
        assert refusals(answers) == ["customer_has_card"] * 5
        assert [one for one in cards if holders(shop, one, [name])] == [answer.number for answer in done(answers)]


def test_assignment_against_block_leaves_a_blocked_card_with_nobody(functions: Make) -> None:
    shop = functions(program())
    for number in range(10):
        one, name = card(shop, f"card {number}"), f"ann{number}"
        give(shop, member(name), Lot(None, 5))
        blocking: Callable[[World], CardChanged] = partial(
            block_card, program_id="shop", idempotency_key=f"block {number}", number=one, reason="lost", sender=CLERK
        )
        answers = shop.at_once([assigning(one, name, f"assign {number}"), blocking][:: (-1) ** number])
        assert refusals(answers) in ([], ["card_blocked"])
        assert holders(shop, one, [name]) == []
        assert audit(shop.world.ledger, member(name)).outstanding == 5
        assert view_card(shop.world, "shop", one).card.status is CardStatus.BLOCKED


def test_a_card_replaced_many_times_at_once_is_replaced_once(functions: Make) -> None:
    shop = functions(program())
    one = card(shop, "card")
    shop.at_once([assigning(one, "ann", "assign")])
    replacing: list[Callable[[World], CardChanged]] = [
        partial(replace_card, program_id="shop", idempotency_key=key, number=one, by=None, reason=None, sender=CLERK)
        for key in ("a", "b", "c") * 4
    ]
    answers = shop.at_once(replacing)
    assert refusals(answers) == ["customer_has_card"] * 8
    [new] = {answer.number for answer in done(answers)}
    assert holders(shop, new, ["ann"]) == ["ann"]
    assert [answer.outcome for answer in done(answers)].count(Outcome.RECORDED) == 1
    assert sorted(shop.world.ledger.cards_of("shop", 100)) == sorted([one, new])


def test_a_batch_of_cards_asked_for_many_times_at_once_is_created_once(functions: Make) -> None:
    shop = functions(program())
    cause = cause_of_request("shop", "batch")
    answers = done(shop.at_once([lambda world: create_cards(world, cause, 50, CLERK)] * (2 * THREADS)))
    assert len({answer.numbers for answer in answers}) == 1
    assert [answer.outcome for answer in answers].count(Outcome.RECORDED) == 1
    assert sorted(shop.world.ledger.cards_of("shop", 100)) == sorted(answers[0].numbers)


def test_a_batch_taken_back_while_its_cards_are_assigned_leaves_each_card_one_or_the_other(functions: Make) -> None:
    shop = functions(program())
    cause = cause_of_request("shop", "batch")
    cards = create_cards(shop.world, cause, 12, CLERK).numbers
    withdrawing: Callable[[World], CardsWithdrawn] = lambda world: withdraw_cards(world, cause, "undone", CLERK)  # noqa: E731
    calls: list[Callable[[World], object]] = [assigning(one, f"c{n}", f"assign {n}") for n, one in enumerate(cards)]
    answers = shop.at_once([*calls[:6], withdrawing, *calls[6:]])
    [withdrawn] = [answer for answer in answers if isinstance(answer, CardsWithdrawn)]
    assigned = tuple(answer.number for answer in answers if isinstance(answer, CardChanged))
    # One that was blocked first was refused; one that was assigned first stays.
    assert sorted(withdrawn.assigned) == sorted(assigned)
    assert sorted((*withdrawn.blocked, *assigned)) == sorted(cards)
    assert len(refusals(answers)) == len(withdrawn.blocked)
    assert [len(holders(shop, one, [f"c{n}"])) for n, one in enumerate(cards)] == [one in assigned for one in cards]
