"""Money is an exact `Decimal` in one currency; points are integers. Never a float.

Sources: ISO 4217 (active currency codes and their minor units, list one of 2026).
"""

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor

_CODES = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF
CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ
GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP
LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR
PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC
SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF
XPF YER ZAR ZMW ZWG
"""
_WITHOUT_MINOR_UNIT = """
BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF
"""
_WITH_THOUSANDTHS = """
BHD IQD JOD KWD LYD OMR TND
"""

CURRENCIES = frozenset(_CODES.split())
"""Active ISO 4217 codes of currencies that a store can charge in."""


def minor_digits(currency: str) -> int:
    """How many decimals an amount in `currency` may have: 0 (JPY), 2 (EUR) or 3 (KWD)."""
    if currency in _WITHOUT_MINOR_UNIT.split():
        return 0
    return 3 if currency in _WITH_THOUSANDTHS.split() else 2


def decimals_of(amount: Decimal) -> int:
    """How many decimals `amount` really uses: 2 for 1.25, 1 for 1.50, 0 for 100."""
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def round_down_to_minor(amount: Decimal, currency: str) -> Decimal:
    """`amount` in whole minor units of `currency`, rounded down and written with all of them."""
    return amount.quantize(Decimal(1).scaleb(-minor_digits(currency)), rounding=ROUND_FLOOR, context=_EXACT)


def round_half_up_to_minor(amount: Decimal, currency: str) -> Decimal:
    """`amount` in whole minor units of `currency`, half a unit up."""
    return amount.quantize(Decimal(1).scaleb(-minor_digits(currency)), rounding=ROUND_HALF_UP, context=_EXACT)


def exact(amount: Decimal, currency: str) -> Decimal:
    """`amount` unrounded, with at least the decimals of `currency`: 5 EUR is 5.00, 0.005 stays."""
    digits = max(minor_digits(currency), decimals_of(amount))
    return amount.quantize(Decimal(1).scaleb(-digits), context=_EXACT)


def times(amount: Decimal, factor: Decimal) -> Decimal:
    """The product with all its digits: Python's own context keeps 28 of up to 36."""
    return _EXACT.multiply(amount, factor)


def ratio(part: Decimal, whole: Decimal) -> Decimal:
    """How much of `whole`, which is not 0, `part` is: to 60 digits, so that no later rounding notices."""
    return _EXACT.divide(part, whole)


_EXACT = Context(prec=60)


class Rounding(StrEnum):
    """How a fraction of a point becomes a whole number of points."""

    FLOOR = "floor"
    HALF_UP = "half_up"
    CEIL = "ceil"

    def points(self, amount: Decimal | Fraction) -> int:
        """`amount` of points (not negative) as whole points."""
        match self:
            case Rounding.FLOOR:
                return floor(amount)
            case Rounding.HALF_UP:
                return floor(Fraction(amount) + Fraction(1, 2))
            case Rounding.CEIL:
                return ceil(amount)
