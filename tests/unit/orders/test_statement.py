"""Money is stated once: every amount counts once, whatever a store's total holds."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.orders.goods import Line, Part, Pot
from loyalty.domain.orders.statement import Reading, discounts, read
from tests.support.facts import stated

amounts = st.integers(0, 10**6).map(lambda number: Decimal(number).scaleb(-2))


@pytest.mark.parametrize(
    ("money", "points_off", "read_as", "total"),
    [
        ({"total": "119.00"}, "0", Reading.BEFORE_POINTS, 119),
        ({"total": "100.00"}, "0", Reading.BEFORE_POINTS_TAX_INSIDE, 100),
        ({"total": "119.00"}, "50.00", Reading.BEFORE_POINTS, 119),
        ({"total": "100.00"}, "50.00", Reading.BEFORE_POINTS_TAX_INSIDE, 100),
        ({"total": "69.00"}, "50.00", Reading.AFTER_POINTS, 119),
        ({"total": "50.00"}, "50.00", Reading.AFTER_POINTS_TAX_INSIDE, 100),
        ({"total": "77.00"}, "50.00", Reading.UNCLEAR, 127),
        ({"total": None}, "50.00", Reading.NOT_STATED, 119),
        ({"total": "69.00", "points_discount": "50.00"}, "50.00", Reading.AFTER_POINTS, 119),
        ({"total": "119.00", "points_discount": "50.00"}, "50.00", Reading.AFTER_POINTS, 169),
        ({"total": "50.00", "points_discount": "50.00"}, "50.00", Reading.AFTER_POINTS_TAX_INSIDE, 100),
        ({"total": "100.00", "points_discount": "50.00"}, "50.00", Reading.AFTER_POINTS_TAX_INSIDE, 150),
        ({"total": "77.00", "points_discount": "50.00"}, "50.00", Reading.UNCLEAR, 127),
    ],
)
def test_the_first_reading_of_the_total_that_adds_up_counts(
    money: dict[str, Any], points_off: str, read_as: Reading, total: int
) -> None:
    found = read(stated("A=100.00", tax="19.00", **money), Decimal(points_off))
    assert (found.read_as, found.total) == (read_as, Fraction(total))
    # Where lines were stated after points, what points took off is added back to them.
    added_back = "points_discount" in money and money["total"] not in ("69.00", "50.00")
    assert found.worth == (150 if added_back else 100)
    assert [one.code for one in found.warnings] == ["total_does_not_add_up"] * (read_as is Reading.UNCLEAR)


def test_points_that_were_taken_off_the_lines_are_added_back_to_them() -> None:
    found = read(stated("A=30.00", "B=10.00", total="40.00", points_discount="10.00"), Decimal("10.00"))
    assert {line.sku: part.money for line, part in found.content.items() if isinstance(line, Line)} == {
        "A": Fraction("37.5"),
        "B": Fraction("12.5"),
    }
    assert found.paid == 40


def test_lines_that_points_paid_wholly_get_their_worth_back_by_pieces() -> None:
    found = read(stated("A*3=0.00", "B*1=0.00", total="0.00", points_discount="10.00"), Decimal("10.00"))
    assert [part.money for part in found.content.values()] == [Fraction("7.5"), Fraction("2.5")]


def test_what_a_discount_takes_beyond_the_goods_it_takes_of_shipping_then_of_tax() -> None:
    found = read(stated("A=100.00", discount="112.00", shipping="10.00", tax="19.00", total="17.00"))
    assert found.worth == 0
    assert [found.pot(pot) for pot in Pot] == [0, 17, 0, 0]
    assert found.read_as is Reading.BEFORE_POINTS


def test_tax_on_shipping_stands_apart_where_the_store_knows_it() -> None:
    found = read(stated("A=100.00", shipping="10.00", tax="20.90", items_tax="19.00"))
    assert found.pot(Pot.ITEMS_TAX) == 19
    assert found.pot(Pot.OTHER_TAX) == Fraction("1.9")


def test_what_a_total_holds_beyond_its_parts_are_fees_and_what_it_lacks_a_discount_that_was_not_stated() -> None:
    assert read(stated("A=100.00", total="103.00")).pot(Pot.FEES) == 3
    assert read(stated("A=100.00", total="60.00")).unstated == 40


def test_a_discount_as_large_as_what_points_take_off_is_pointed_out() -> None:
    found = read(stated("A=100.00", discount="10.00"), Decimal("10.00"))
    assert [one.code for one in found.warnings] == ["discount_may_hold_points"]


def test_lines_that_nothing_tells_apart_are_one() -> None:
    found = read(stated("A/x*1=10.00", "A/x*2=20.00", "A/y=5.00", "1:A/x=1.00"))
    assert found.content == {
        Line("", "A", "x"): Part(Fraction(30), Fraction(3)),
        Line("", "A", "y"): Part(Fraction(5), Fraction(1)),
        Line("1", "A", "x"): Part(Fraction(1), Fraction(1)),
    }


def test_an_edit_that_leaves_the_total_out_has_fees_and_tax_as_before() -> None:
    inside = read(stated("A=100.00", tax="19.00", total="100.00"))
    assert read(stated("A=50.00", tax="9.50", total=None), before=inside).total == 50
    fees = read(stated("A=100.00", tax="19.00", total="124.00"))
    assert read(stated("A=50.00", tax="9.50", total=None), before=fees).total == Fraction("64.50")
    short = read(stated("A=100.00", total="60.00"))
    assert read(stated("A=50.00", total=None), before=short).unstated == 20


@given(st.lists(amounts, min_size=1, max_size=9), amounts, amounts)
def test_a_discount_per_line_sums_to_the_discount_and_takes_no_more_than_a_line_is_worth(
    lines: list[Decimal], taken: Decimal, discount: Decimal
) -> None:
    one = stated(*(f"A{number}={amount}" for number, amount in enumerate(lines)), discount=taken)
    shares = discounts(one, discount)
    goods = max(sum(lines) - taken, Decimal(0))
    assert sum(shares) == min(discount, goods)
    assert all(share >= 0 for share in shares)
    exact = [Fraction(min(discount, goods)) * Fraction(amount) / Fraction(sum(lines)) for amount in lines if sum(lines)]
    assert all(abs(Fraction(share) - one) < Fraction("0.01") for share, one in zip(shares, exact, strict=False))


def test_the_largest_remainders_get_the_coins_that_are_over() -> None:
    assert discounts(stated("A=1.00", "B=1.00", "C=1.00"), Decimal("1.00")) == [
        Decimal("0.34"),
        Decimal("0.33"),
        Decimal("0.33"),
    ]
