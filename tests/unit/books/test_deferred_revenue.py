"""Deferred revenue, as the standards work it.

Source: IFRS 15 Revenue from Contracts with Customers, Illustrative Examples, Example 52 - Customer loyalty
programme, paragraphs IE267 to IE270 (IASB); the same numbers are in ASC 606-10-55-353 to 55-356 (FASB).
Its CU has no decimals, as the yen.
"""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.books.deferred_revenue import Position, Sales, position
from loyalty.domain.books.sums import Worth

YEAR_1 = Sales(price=Decimal(100_000), earned=Worth(10_000, Decimal(10_000)), redeemed=4_500)
YEAR_2 = Sales(price=Decimal(100_000), earned=Worth(10_000, Decimal(10_000)), redeemed=8_500)
SHARES = st.decimals("0.000001", 1, places=6)


def at(sales: Sales, allocation_share: str, share: str, currency: str = "JPY") -> Position:
    return position(sales, currency, allocation_share=Decimal(allocation_share), share=Decimal(share))


def money(*amounts: int) -> list[Decimal]:
    return [Decimal(amount) for amount in amounts]


def test_example_52_of_ifrs_15() -> None:
    first, second = at(YEAR_1, "0.95", "0.95"), at(YEAR_2, "0.95", "0.97")
    assert [first.goods, first.allocated, first.recognised, first.deferred] == money(91_324, 8_676, 4_110, 4_566)
    assert [second.goods, second.allocated, second.deferred] == money(91_324, 8_676, 1_073)
    assert second.recognised - first.recognised == 3_493


def test_what_an_estimate_was_too_low_by_is_not_recognised_twice() -> None:
    over = at(YEAR_2, "0.5", "0.5")
    assert [over.recognised, over.deferred] == [over.allocated, Decimal(0)]


def test_orders_that_were_taken_back_are_out_at_the_average_price_of_a_point() -> None:
    half = Sales(price=Decimal(200), earned=Worth(100, Decimal(1)), reversed=Worth(50, Decimal("0.50")))
    same = Sales(price=Decimal(100), earned=Worth(50, Decimal("0.50")))
    assert half.kept_price == same.kept_price
    assert at(half, "1", "1", "EUR").allocated == at(same, "1", "1", "EUR").allocated == Decimal("0.50")


def test_redemptions_count_for_orders_by_their_share_in_all_points() -> None:
    sales = Sales(price=Decimal(1000), earned=Worth(300, Decimal(3)), given=100, redeemed=200)
    assert sales.redeemed_of_orders == 150


def test_without_sales_there_is_nothing_to_defer() -> None:
    for sales in (
        Sales(),
        Sales(given=100, redeemed=50),
        Sales(price=Decimal(0), earned=Worth(10, Decimal(1))),
        Sales(price=Decimal(10), earned=Worth(10, Decimal(1)), reversed=Worth(10, Decimal(1)), redeemed=10),
    ):
        nothing = at(sales, "1", "1", "EUR")
        assert [nothing.allocated, nothing.recognised, nothing.deferred] == money(0, 0, 0)


@given(
    price=st.decimals(0, 10**9, places=2),
    points=st.integers(0, 10**9),
    back=st.integers(0, 10**9),
    given_=st.integers(0, 10**9),
    redeemed=st.integers(0, 10**9),
    shares=st.tuples(SHARES, SHARES),
)
def test_parts_are_never_negative_and_make_the_whole(
    price: Decimal, points: int, back: int, given_: int, redeemed: int, shares: tuple[Decimal, Decimal]
) -> None:
    value = Decimal("0.01")
    back = min(back, points)
    sales = Sales(
        price=price,
        earned=Worth(points, points * value),
        reversed=Worth(back, back * value),
        given=given_,
        redeemed=redeemed,
    )
    where = position(sales, "EUR", allocation_share=shares[0], share=shares[1])
    assert where.price == where.goods + where.recognised + where.deferred
    assert min(where.goods, where.allocated, where.recognised, where.deferred) >= 0
