"""Random programs and orders that meet their rules now and then."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from loyalty.domain.ledger.standing import Standing
from loyalty.domain.orders.order import Item, Order
from loyalty.domain.program.settings import EarningBasis, OnRedeemedOrder, Program
from loyalty.domain.values.money import Rounding
from tests.support.builders import DAY, NOW, order, program

SKUS, CATEGORIES = ("A", "B", "C"), ("x", "y")
DIGITS = {"JPY": 0, "EUR": 2, "KWD": 3}

goods = st.fixed_dictionaries(
    {},
    optional={
        name: st.lists(st.sampled_from(of), max_size=2) for name, of in (("skus", SKUS), ("categories", CATEGORIES))
    },
)
rates = st.decimals(0, 20, places=4).map(str)
expiries = st.sampled_from(
    [{"policy": "none"}, {"policy": "after_days", "days": 10}, {"policy": "after_months", "months": 12}]
)


def either(one: dict[str, st.SearchStrategy[Any]], other: dict[str, st.SearchStrategy[Any]]) -> Any:
    return st.fixed_dictionaries(one) | st.fixed_dictionaries(other)


caps = st.fixed_dictionaries(
    {"points": st.integers(1, 800), "period": st.sampled_from(["day", "week", "month", "year"])}
)
TIERS = [
    {"name": "silver", "min_orders": 1, "window_days": 3, "multiplier": "1.5"},
    {"name": "gold", "min_orders": 2, "min_spend": "100", "multiplier": "2"},
]


@st.composite
def promotions(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = []
    for number in range(draw(st.integers(0, 4))):
        starts_at = NOW + draw(st.integers(-3, 1)) * DAY
        kind = either({"multiplier": st.decimals(1, 5, places=3).map(str)}, {"bonus_points": st.integers(1, 500)})
        found.append(
            {
                "id": f"p{number}",
                "starts_at": starts_at.isoformat(),
                "ends_at": (starts_at + draw(st.integers(1, 5)) * DAY).isoformat(),
                "first_order": draw(st.integers(0, 3)) == 0,
                "tiers": draw(st.sampled_from([[], [], ["silver"], ["gold"]])),
                "stackable": draw(st.integers(0, 3)) > 0,
                "priority": draw(st.integers(-1, 1)),
                "expiry": draw(st.none() | expiries),
                **draw(goods),
                **draw(kind),
            }
        )
    return found


@st.composite
def programs(draw: st.DrawFn, /, **fixed: Any) -> Program:
    """Any program that is switched on. `fixed` are parts of `earn`."""
    rate = either({"points_per_unit": rates}, {"points_per_item": st.integers(1, 50)})
    earn = {
        "points_per_unit": draw(rates),
        "basis": str(draw(st.sampled_from(EarningBasis))),
        "rounding": str(draw(st.sampled_from(Rounding))),
        "on_redeemed_order": str(draw(st.sampled_from(OnRedeemedOrder))),
        "min_order_total": draw(st.sampled_from(["0", "0", "50"])),
        "max_points_per_order": draw(st.none() | st.integers(1, 500)),
        "max_points_per_customer": draw(st.none() | caps),
        "excluded": draw(goods),
        "rates": [{**draw(goods), **draw(rate)} for _ in range(draw(st.integers(0, 2)))],
        **fixed,
    }
    return program(
        currency=draw(st.sampled_from(sorted(DIGITS))),
        earn=earn,
        expiry=draw(expiries),
        promotions=draw(promotions()),
        tiers=draw(st.just([]) | st.just(TIERS)),
        ways_to_earn={"referral": {"points": 5, "referee_points": draw(st.integers(0, 9))}},
    )


def amounts(currency: str, most: int = 10**5) -> st.SearchStrategy[Decimal]:
    return st.integers(0, most).map(lambda number: Decimal(number).scaleb(-DIGITS[currency]))


@st.composite
def orders(draw: st.DrawFn, currency: str, customer_id: str = "ann") -> Order:
    """An order, whose total is what it says that it is made of, or something else."""
    some = amounts(currency)
    items = tuple(
        Item(
            sku=draw(st.sampled_from(SKUS)),
            category=draw(st.none() | st.sampled_from(CATEGORIES)),
            quantity=draw(st.integers(1, 5)),
            amount=draw(some),
        )
        for _ in range(draw(st.integers(1, 5)))
    )
    discount, shipping, tax = (draw(st.just(Decimal(0)) | some) for _ in range(3))
    made = order(customer_id=customer_id, currency=currency, items=items, discount=discount, shipping=shipping, tax=tax)
    total = draw(st.just(made.items_net + shipping + tax) | some)
    return replace(made, total=total, completed_at=NOW - draw(st.integers(0, 2)) * timedelta(hours=30))


@st.composite
def shops(draw: st.DrawFn, /, **fixed: Any) -> tuple[Program, Order]:
    shop = draw(programs(**fixed))
    return shop, draw(orders(shop.currency))


@st.composite
def busy_shops(draw: st.DrawFn) -> tuple[Program, list[Order]]:
    """A program, and the orders of one customer, one after the other."""
    shop = draw(programs(min_order_total="0"))
    found = draw(st.lists(orders(shop.currency), min_size=1, max_size=6))
    return shop, [replace(one, order_id=f"#{number}", referrer_id="ben") for number, one in enumerate(found)]


standings = st.builds(
    Standing,
    orders=st.integers(0, 3),
    period=st.just(NOW.date().replace(month=1, day=1)),
    points=st.integers(0, 900),
    tier=st.sampled_from([None, "silver", "gold"]),
)
