"""Settings, as JSON and back."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.program.settings import (
    EarningBasis,
    OnRedeemedOrder,
    OnShortfall,
    Overspend,
    Period,
    Program,
    RefundPolicy,
)
from loyalty.domain.values.calendar import ExpiryPolicy
from loyalty.domain.values.money import Rounding
from tests.support.builders import NOW, program

decimals = st.decimals(0, 10**6, places=6).map(str)
points = st.integers(0, 10**9)
settings = st.fixed_dictionaries(
    {},
    optional={
        "enabled": st.booleans(),
        "timezone": st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo"]),
        "label": st.text(min_size=1, max_size=9),
        "earn": st.fixed_dictionaries(
            {},
            optional={
                "points_per_unit": decimals,
                "basis": st.sampled_from(EarningBasis).map(str),
                "rounding": st.sampled_from(Rounding).map(str),
                "on_redeemed_order": st.sampled_from(OnRedeemedOrder).map(str),
                "min_order_total": decimals,
                "max_points_per_order": st.none() | points,
            },
        ),
        "ways_to_earn": st.fixed_dictionaries({"order": st.fixed_dictionaries({"enabled": st.booleans()})}),
        "redeem": st.fixed_dictionaries(
            {},
            optional={
                "point_value": decimals,
                "min_points": points,
                "max_order_share": decimals,
                "block_size": points,
                "overspend": st.sampled_from(Overspend).map(str),
            },
        ),
        "expiry": st.fixed_dictionaries(
            {"policy": st.sampled_from(ExpiryPolicy).map(str)},
            optional={"days": st.none() | points, "months": st.none() | points},
        ),
        "cancel": st.fixed_dictionaries(
            {}, optional={"on_shortfall": st.sampled_from(OnShortfall).map(str), "restore_grace_days": points}
        ),
        "refund": st.fixed_dictionaries({"policy": st.sampled_from(RefundPolicy).map(str)}),
    },
)


@given(settings)
def test_a_program_is_the_same_after_a_round_trip_through_json(settings: dict[str, Any]) -> None:
    before = program(**settings)
    after = Program.of(json.loads(json.dumps(before.settings())))
    assert after == before
    assert after.settings() == before.settings()


@given(settings)
def test_settings_say_what_they_were_given(settings: dict[str, Any]) -> None:
    told = program(**settings).settings()
    for name, value in settings.items():
        if isinstance(value, dict):
            assert {key: told[name][key] for key in value} == value
        else:
            assert told[name] == value


def test_settings_that_are_not_there_are_refused() -> None:
    with pytest.raises((KeyError, TypeError)):
        program(surprise=1)
    with pytest.raises(ValueError, match="surprise"):
        program(expiry={"policy": "surprise"})


@pytest.mark.parametrize(
    ("expiry", "expires"),
    [
        ({"policy": "none"}, None),
        ({"policy": "after_days", "days": 1}, "2026-02-02"),
        ({"policy": "after_months", "months": 1}, "2026-03-01"),
    ],
)
def test_a_policy_counts_what_it_is_told_to(expiry: dict[str, Any], expires: str | None) -> None:
    expires_at = program(expiry=expiry).expires_at(NOW)
    assert (expires_at and expires_at.date().isoformat()) == expires


OPEN: dict[str, Any] = {
    "earn": {"per": "10.00", "min_points_per_order": 5, "excluded": {"skus": [], "tenders": ["gift_card"]}},
    "cancel": {"reopens": True},
    "refund": {"redeemed": "keep"},
    "tiers_apply": "this_order",
    "promotions": [
        {"id": "p", "starts_at": "2026-01-01T00:00:00+00:00", "ends_at": "2026-02-01T00:00:00+00:00", "min_spend": "9"}
    ],
}
"""Settings that the API does not offer yet."""


def test_a_setting_that_the_api_does_not_offer_yet_is_told_only_where_it_is_set() -> None:
    plain, told = program().settings(), program(**OPEN).settings()
    for group in ("earn", "cancel", "refund"):
        assert not OPEN[group].keys() & plain[group].keys() - {"excluded"}
    assert "tenders" not in plain["earn"]["excluded"]
    assert "tiers_apply" not in plain
    assert told["earn"]["excluded"]["tenders"] == ["gift_card"]
    assert told["promotions"][0]["min_spend"] == "9"
    assert Program.of(json.loads(json.dumps(told))) == program(**OPEN)


@pytest.mark.parametrize(
    ("policy", "redeemed", "restores"),
    [
        ("manual", None, False),
        ("proportional", None, True),
        ("manual", "return", True),
        ("proportional", "keep", False),
    ],
)
def test_used_points_come_back_as_redeemed_says_or_under_proportional(
    policy: str, redeemed: str | None, restores: bool
) -> None:
    assert program(refund={"policy": policy, "redeemed": redeemed}).refund.restores is restores


def test_a_cap_for_ever_counts_in_one_period() -> None:
    assert {Period.EVER.first_day(day) for day in (date(1999, 1, 1), date(2026, 11, 28))} == {date(1970, 1, 1)}
