"""Money is exact, in the units that its currency has."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.values.money import (
    CURRENCIES,
    Rounding,
    decimals_of,
    exact,
    minor_digits,
    round_down_to_minor,
    times,
)

amounts = st.integers(0, 10**18 - 1).map(lambda n: Decimal(n).scaleb(-6))
"""Up to twelve digits before the point and six after it."""
currencies = st.sampled_from(["JPY", "EUR", "KWD"])


@pytest.mark.parametrize(("currency", "digits"), [("JPY", 0), ("EUR", 2), ("USD", 2), ("KWD", 3), ("ISK", 0)])
def test_a_currency_has_its_own_minor_unit(currency: str, digits: int) -> None:
    assert minor_digits(currency) == digits
    assert currency in CURRENCIES


def test_currencies_are_codes_of_three_letters_with_none_three_or_two_digits() -> None:
    assert all(len(code) == 3 and code.isupper() for code in CURRENCIES)
    assert {minor_digits(code) for code in CURRENCIES} == {0, 2, 3}


@given(amount=amounts, currency=currencies)
def test_rounding_down_keeps_less_than_one_minor_unit_back(amount: Decimal, currency: str) -> None:
    rounded = round_down_to_minor(amount, currency)
    assert rounded.as_tuple().exponent == -minor_digits(currency)
    assert 0 <= Fraction(amount) - Fraction(rounded) < Fraction(1, 10 ** minor_digits(currency))


@given(amount=amounts, currency=currencies)
def test_an_exact_amount_is_the_same_amount_with_all_minor_digits(amount: Decimal, currency: str) -> None:
    shown = exact(amount, currency)
    assert shown == amount
    assert shown.as_tuple().exponent == -max(minor_digits(currency), decimals_of(amount))


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [("5", "EUR", "5.00"), ("5", "JPY", "5"), ("0.005", "EUR", "0.005"), ("1E+2", "KWD", "100.000"), ("0", "JPY", "0")],
)
def test_exact_amounts_by_example(amount: str, currency: str, shown: str) -> None:
    assert str(exact(Decimal(amount), currency)) == shown


@pytest.mark.parametrize(("amount", "digits"), [("1.25", 2), ("1.50", 1), ("100", 0), ("1E+3", 0), ("0.000", 0)])
def test_only_decimals_that_say_something_count(amount: str, digits: int) -> None:
    assert decimals_of(Decimal(amount)) == digits


@given(amount=amounts, factor=amounts)
def test_a_product_has_all_its_digits(amount: Decimal, factor: Decimal) -> None:
    assert Fraction(times(amount, factor)) == Fraction(amount) * Fraction(factor)


@given(amounts)
def test_roundings_are_less_than_one_point_apart(amount: Decimal) -> None:
    floor, half_up, ceil = (rounding.points(amount) for rounding in (Rounding.FLOOR, Rounding.HALF_UP, Rounding.CEIL))
    assert floor <= amount <= ceil
    assert ceil - floor == (floor != amount)
    assert half_up == (ceil if amount - floor >= Decimal("0.5") else floor)
    assert all(type(points) is int for points in (floor, half_up, ceil))
