"""Facts of an order come back as they were stored, in as few bytes as a record has."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from string import ascii_uppercase, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.adapters.dynamodb.items import movement_item
from loyalty.adapters.dynamodb.order_facts import pack_fact, pack_steps, unpack_fact, unpack_steps
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.standing import Standing
from loyalty.domain.orders.accrual import Customer
from loyalty.domain.orders.completion import complete
from loyalty.domain.orders.facts import (
    Adjustment,
    Cancellation,
    Completion,
    Decision,
    Edit,
    Fact,
    Refund,
    Reopening,
    ReturnedItem,
    Undoing,
    Used,
    Yielding,
)
from loyalty.domain.orders.goods import Moment
from loyalty.domain.orders.holding import hold, recorded
from loyalty.domain.orders.order import Item, Stated, Tender
from loyalty.domain.orders.steps import Rule, Step
from tests.support.builders import NOW, begin, member, order, order_history, program
from tests.support.facts import window
from tests.support.meter import size

MICROSECOND = timedelta(microseconds=1)
amounts = st.decimals(0, 10**12, places=3) | st.integers(0, 10**6).map(lambda cents: Decimal(cents).scaleb(-2))
maybe = st.none() | amounts
texts = st.text(min_size=1, max_size=20)
counts = st.integers(0, 10**9)
instants = st.integers(0, 32_000_000_000_000_000).map(lambda us: datetime(1970, 1, 1, tzinfo=UTC) + us * MICROSECOND)
moments = st.builds(Moment, st.integers(1, 10**6), instants, st.booleans())
cuts = st.integers(0, 10**9)
item_lists = st.lists(
    st.builds(
        Item,
        sku=texts,
        quantity=st.integers(1, 10**6),
        amount=amounts,
        category=st.none() | texts,
        line=st.none() | texts,
    ),
    max_size=5,
).map(tuple)
statements = st.builds(
    Stated,
    currency=st.sampled_from(["EUR", "JPY"]),
    items=item_lists,
    discount=amounts,
    shipping=amounts,
    tax=amounts,
    total=maybe,
    items_tax=maybe,
    points_discount=maybe,
    tenders=st.lists(st.builds(Tender, texts, amounts), max_size=3).map(tuple),
)
used = st.just(Used()) | st.builds(Used, st.integers(1, 10**9), amounts, maybe)
chosen = st.lists(st.integers(0, 49), max_size=5).map(tuple)
days = st.dates(date(1970, 1, 1))
customers = st.builds(Customer, tier=st.none() | texts, first_order=st.booleans(), referee_points=counts) | st.builds(
    Customer,
    tier=st.none() | texts,
    standing=st.builds(Standing, orders=counts, spend=counts, tier=st.none() | texts),
    day=days,
)
returned = st.builds(
    ReturnedItem,
    line=st.none() | texts,
    sku=st.none() | texts,
    quantity=st.none() | counts,
    amount=amounts,
)
facts = st.one_of(
    st.builds(Completion, stated=statements, moment=moments, customer=customers, used=used, chosen=chosen, cut=cuts),
    st.builds(
        Edit,
        revision=counts,
        stated=statements,
        moment=moments,
        asked=st.none() | counts,
        used=used,
        chosen=chosen,
        cut=cuts,
    ),
    st.builds(
        Refund,
        refund_id=texts,
        items=st.lists(returned, max_size=4).map(tuple),
        shipping=amounts,
        tax=maybe,
        other=amounts,
        points_discount=amounts,
        total=maybe,
        money=amounts,
        points=st.none() | counts,
        restore=st.none() | counts,
        counts=st.booleans(),
        restores=st.booleans(),
        cut=cuts,
    ),
    st.builds(Decision, texts, counts, st.none() | counts, cuts),
    st.builds(Adjustment, texts, counts),
    st.builds(Cancellation, instants),
    st.builds(Reopening, cuts),
    st.builds(Undoing, st.none() | texts, st.none() | texts, cuts),
    st.builds(Yielding, st.booleans(), st.booleans()),
)
steps = st.lists(
    st.builds(
        Step,
        st.sampled_from(Rule),
        st.integers(-(10**9), 10**9),
        st.integers(1, 10**6),
        st.integers(0, 49),
        st.decimals(0, 10**15, places=6),
    )
)


@given(facts)
def test_a_fact_comes_back_as_it_was(fact: Fact) -> None:
    assert unpack_fact(pack_fact(fact)) == fact


@given(steps)
def test_steps_come_back_as_they_were(told: list[Step]) -> None:
    assert unpack_steps(pack_steps(told)) == tuple(told)


def test_a_kind_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="no fact of an order is of kind 99"):
        unpack_fact(bytes([99 << 1]))


TIERS = [{"name": "gold", "min_orders": 1, "multiplier": "1.2"}]


def completion(lines: int, *, alike: bool = False) -> tuple[bytes, bytes]:
    """A completion of so many lines, its SKUs of 20 characters and its ids of 8, and its steps, as bytes."""
    random = Random(lines)

    def name(length: int) -> str:
        return "".join(random.choices(ascii_uppercase + digits, k=length))

    items = tuple(
        Item(
            sku=f"SHIRT-{number:06}-BLUE-XL" if alike else name(20),
            line=f"{10_000_000 + number}" if alike else name(8),
            quantity=random.randint(1, 3),
            amount=Decimal(random.randint(100, 20_000)).scaleb(-2),
            category=random.choice(["shoes", "shirts"]),
        )
        for number in range(lines)
    )
    total = sum((item.amount for item in items), Decimal(0)) + Decimal("14.90")
    stated = Stated(
        currency="EUR", items=items, shipping=Decimal("4.90"), tax=Decimal("10.00"), discount=Decimal("0"), total=total
    )
    shop = program(
        earn={"rates": [{"categories": ["shoes"], "points_per_unit": "2"}]},
        promotions=[{"id": f"p{number}", **window(), "multiplier": "1.5"} for number in range(3)],
        tiers=TIERS,
    )
    customer = Customer(tier="gold", first_order=True, referee_points=50)
    asked = Completion(
        stated=stated, moment=Moment(1, NOW), customer=customer, used=Used(500, Decimal("5.00"), Decimal("0.01"))
    )
    holding = recorded(hold([], {1: shop}), asked)
    return pack_fact(holding.facts[-1]), pack_steps(holding.accrual.steps)


def test_a_completion_of_twelve_lines_that_used_points_fits_into_a_record_of_a_kilobyte() -> None:
    shop = program("my-shop-program", expiry={"policy": "after_months", "months": 12}, tiers=TIERS)
    customer = member("customer-0123456789-0123456789", "my-shop-program")
    history = order_history("order-0123456789-0123456789", program=shop)
    done = complete(
        begin(shop, Account(account_id=customer), history=history),
        order(history.cause.reference, customer.customer_id),
    )
    movement = replace(done.movements[0], actor="BblxCOCz1Nx9yRqK34asyHl9B5")
    record = {name: value for name, value in movement_item(movement, "UTC").items() if name != "detail"}
    fact, told = completion(12)
    assert size({**record, "fact": {"B": fact}, "steps": {"B": told}}) <= 1_024 - 64  # room for two postings more


@pytest.mark.parametrize(
    ("lines", "random", "alike"), [(1, 91, 87), (12, 406, 198), (100, 2_451, 888), (1_000, 22_586, 7_961)]
)
def test_more_lines_cost_what_their_bytes_cost(lines: int, random: int, alike: int) -> None:
    assert len(completion(lines)[0]) == random
    assert len(completion(lines, alike=True)[0]) == alike
