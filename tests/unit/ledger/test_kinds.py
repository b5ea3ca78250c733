"""Every kind says all that follows from it, and says it once: in its row."""

import re
from pathlib import Path

import pytest

from loyalty.domain.ledger.kinds import BookAccount, CauseKind, Event, Flow, Kind, Naming, Total

RULES = Path(__file__).resolve().parents[3] / "docs/concepts/domain.md"
ACCOUNTS = {
    BookAccount.LIABILITY: "liability",
    BookAccount.DISTRIBUTED_EXPENSE: "expense",
    BookAccount.REDEEMED: "redeemed",
}
LINES = {
    (BookAccount.DISTRIBUTED_EXPENSE, BookAccount.LIABILITY): {Flow.ISSUED},
    (BookAccount.LIABILITY, BookAccount.DISTRIBUTED_EXPENSE): {Flow.REVERSED, Flow.EXPIRED},
    (BookAccount.LIABILITY, BookAccount.REDEEMED): {Flow.REDEEMED},
    (BookAccount.REDEEMED, BookAccount.LIABILITY): {Flow.RESTORED},
}
"""The lines of the liability that points can count in, by what they debit and credit."""
TOTALS = {
    Flow.ISSUED: Total.EARNED,
    Flow.REVERSED: Total.EARNED,
    Flow.REDEEMED: Total.REDEEMED,
    Flow.RESTORED: Total.REDEEMED,
    Flow.EXPIRED: Total.EXPIRED,
}


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_balanced_or_off_the_books(kind: Kind) -> None:
    if kind.effect is None:
        assert (kind.sign, kind.flow) == (0, None)
        with pytest.raises(ValueError, match="moves no points"):
            _ = kind.booked
        return
    assert kind.effect.debit != kind.effect.credit
    assert BookAccount.LIABILITY in (kind.effect.debit, kind.effect.credit)
    assert kind.sign == (1 if kind.effect.credit is BookAccount.LIABILITY else -1)


@pytest.mark.parametrize("kind", Kind.of_points())
def test_the_line_of_the_liability_follows_from_debit_and_credit_and_the_total_from_the_line(kind: Kind) -> None:
    effect = kind.booked
    assert effect.flow in LINES[effect.debit, effect.credit]
    assert effect.flow.sign == kind.sign
    assert effect.total is TOTALS[effect.flow]
    assert (effect.flow is Flow.EXPIRED) == (kind is Kind.EXPIRE)


@pytest.mark.parametrize("kind", Kind.of_points())
def test_only_what_takes_points_back_can_leave_somebody_owing_them(kind: Kind) -> None:
    assert kind.booked.may_owe == (kind.booked.flow is Flow.REVERSED)


def test_what_orders_earned_and_what_is_taken_back_carries_a_price() -> None:
    assert {kind for kind in Kind.of_points() if kind.booked.priced} == {Kind.EARN, Kind.REVERSE}


def test_one_kind_moves_no_points() -> None:
    assert set(Kind) - set(Kind.of_points()) == {Kind.NOTE}


def test_the_rules_document_every_kind_as_it_is() -> None:
    assert documented() == [
        (
            kind.value,
            kind.label,
            *(
                (ACCOUNTS[kind.effect.debit], ACCOUNTS[kind.effect.credit], kind.effect.flow, kind.effect.total)
                if kind.effect
                else ("", "", "", "")
            ),
        )
        for kind in Kind
    ]


def documented() -> list[tuple[str, ...]]:
    """The rows of the table of kinds: kind, type, debit, credit, line of the liability, total."""
    lines = RULES.read_text().split("| kind | type |")[1].splitlines()[2:]
    table = lines[: next(number for number, line in enumerate(lines) if not line.startswith("|"))]
    return [tuple(re.sub("`", "", cell).strip() for cell in line.strip("|").split("|")) for line in table]


@pytest.mark.parametrize("one", [*Kind, *Event, *CauseKind])
def test_a_row_is_found_by_its_name(one: Kind | Event | CauseKind) -> None:
    assert type(one)(one.value) is one
    assert f"{one}" == one.value


def test_every_kind_has_a_label_and_labels_of_events_are_apart_from_them() -> None:
    assert all(kind.label.isupper() for kind in Kind)
    labels = {event.label for event in Event if event.label}
    assert labels == {"CREATION", "ASSIGN", "RELEASE", "BLOCK", "REPLACE"}
    assert not labels & {kind.label for kind in Kind}


def test_what_awards_points_can_be_taken_back_by_what_its_history_says() -> None:
    assert {event.value for event in Event if event.awards} == {
        *("order_completed", "customer_referred", "signed_up", "points_adjusted"),
        *("past_order_rewarded", "past_sign_up_rewarded"),
    }


def test_causes_that_say_nothing_about_a_customer_keep_their_names() -> None:
    lasting = {kind.value for kind in CauseKind if kind.naming is Naming.LASTING}
    assert lasting == {"order", "job", "expiry", "erasure"}
