"""Bad order events: what is refused over HTTP is over EventBridge, with the same code, and changes nothing."""

from dataclasses import dataclass, field

import pytest

from loyalty.entry.http.problems import Fault
from tests.function.api.cases import BAD_IDS, CANCEL, CASES, COMPLETE, NOT_JSON, NOT_OBJECTS
from tests.function.api.cloud import Cloud, detail, fact, order

FUNCTIONS = {COMPLETE: ("order_completed", "Order Completed"), CANCEL: ("order_cancelled", "Order Cancelled")}


@dataclass(frozen=True, kw_only=True)
class Poison:
    """A message, and the reason that the log gives for its refusal: a code, and where a field is at fault."""

    name: str
    body: str
    code: str
    faults: list[tuple[str, str]] = field(default_factory=list)
    function: str = "order_completed"

    def __str__(self) -> str:
        return f"{self.function}: {self.name}"


RULES_OF_THE_DOMAIN = {"order_customer_mismatch", "currency_mismatch"}
SAME_AS_OVER_HTTP = [
    Poison(
        name=case.name,
        body=fact(FUNCTIONS[case.route][1], {"program_id": case.ids[0], "order_id": case.ids[1], **case.send["body"]}),
        code=case.code,
        # Where a rule of the domain refuses, its code says it all.
        faults=[]
        if case.code in RULES_OF_THE_DOMAIN
        else [(Fault(pointer, code, "").place, code) for pointer, code in case.faults],
        function=FUNCTIONS[case.route][0],
    )
    for case in CASES
    if case.route in FUNCTIONS and isinstance(case.send.get("body"), dict) and case.code != "unknown_program"
    if case.faults[:1] not in ([("/order_id", case.code)], [("/program_id", case.code)])
]
MESSAGES = [
    *(Poison(name=name, body=raw, code="malformed_json") for name, raw in NOT_JSON.items()),
    *(Poison(name=name, body=raw, code="not_an_object") for name, raw in NOT_OBJECTS.items()),
    *(
        Poison(name=f"detail is {name}", body=f'{{"detail": {raw}}}', code="not_an_object")
        for name, raw in NOT_OBJECTS.items()
    ),
    Poison(name="no detail", body="{}", code="not_an_object"),
    Poison(
        name="no order",
        body=fact("", {"program_id": "shop", **order()}),
        code="missing_field",
        faults=[("/order_id", "missing_field")],
    ),
    Poison(name="unknown program", body=fact("", detail(program_id="nowhere")), code="unknown_program"),
    *(
        Poison(
            name=f"program {program_id!r:.20}",
            body=fact("", detail(program_id=program_id)),
            code=code,
            faults=[("/program_id", code)],
        )
        for program_id, code in (
            *(("", "invalid_program_id"), ("a#b", "invalid_program_id"), ("p" * 3000, "invalid_program_id")),
            *(("\ud800", "invalid_program_id"), (7, "wrong_type"), (None, "wrong_type")),
        )
    ),
    *(
        Poison(
            name=f"order_id: {name}",
            body=fact("", detail(order_id=bad)),
            code=code,
            faults=[("/order_id", code)],
        )
        for name, (bad, code) in BAD_IDS.items()
    ),
    Poison(
        name="300 KB",
        body=fact("", {"program_id": "shop", "order_id": "#9", "reason": "x" * (300 * 1024)}),
        code="too_long",
        faults=[("/reason", "too_long")],
        function="order_cancelled",
    ),
]
POISONS = [*SAME_AS_OVER_HTTP, *MESSAGES]


@pytest.mark.parametrize("poison", POISONS, ids=str)
def test_a_bad_event_comes_back_with_its_reason_in_the_log_and_changes_nothing(
    standing_shop: Cloud, poison: Poison
) -> None:
    before = standing_shop.digest()
    standing_shop.forget_the_log()
    assert standing_shop.deliver(poison.function, poison.body) == ["m0"]
    faults = [{"pointer": pointer, "code": code} for pointer, code in poison.faults]
    assert standing_shop.reasons() == {"m0": {"code": poison.code, "faults": faults}}
    assert standing_shop.digest() == before
