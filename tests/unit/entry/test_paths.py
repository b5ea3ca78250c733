"""An id that stands in a path reaches the function as itself or not at all, whatever API Gateway does to the path."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.entry.http.paths import identifier, ids_of
from loyalty.entry.http.problems import Problem
from loyalty.entry.http.routes import Route
from loyalty_cli.client import segment
from tests.support.gateway import CAPTURED, chosen, on_aws, parameters, variables
from tests.support.ids import AS_THEY_ARE, ENCODED, IDS, OTHERS
from tools.openapi.document import ID_IN_A_PATH

ROOT = Path(__file__).resolve().parents[3]

CUSTOMER, EXPORT = Route.GET_ACCOUNT, Route.EXPORT_CUSTOMER


def refused(given: str) -> str:
    """With which code a segment of a path is refused."""
    with pytest.raises(Problem) as caught:
        identifier("customer_id", given)
    [fault] = caught.value.faults
    assert fault.pointer == "/customer_id"
    return fault.code


def event(raw_path: str, **path_parameters: str) -> dict[str, Any]:
    return {"rawPath": raw_path, "pathParameters": path_parameters}


def read(route: Route, request: dict[str, Any]) -> Mapping[str, str] | str:
    """The ids in a path, or with which code they are refused."""
    try:
        return ids_of(route, request)
    except Problem as problem:
        return problem.rule.code


# ---- one id, one form ----


@pytest.mark.parametrize("text", IDS)
def test_an_id_is_read_from_the_form_in_which_a_client_writes_it(text: str) -> None:
    assert identifier("customer_id", unquote(segment(text))) == text


@pytest.mark.parametrize(("text", "form"), ENCODED.items())
def test_what_a_gateway_could_change_stands_as_tilde_and_base64url(text: str, form: str) -> None:
    assert segment(text) == form
    assert urlsafe_b64decode(form[1:] + "==").decode() == text


@pytest.mark.parametrize("text", AS_THEY_ARE)
def test_what_no_gateway_changes_stands_as_it_is(text: str) -> None:
    assert unquote(segment(text)) == text


def test_the_manual_says_how_a_client_does_it() -> None:
    [told] = re.findall(r"```python\n(.*?)```", (ROOT / "docs/using/ids.md").read_text(), re.DOTALL)
    manual: dict[str, Any] = {}
    exec(told, manual)
    assert [manual["segment"](text) for text in IDS] == [segment(text) for text in IDS]


@pytest.mark.parametrize("text", IDS)
def test_the_api_description_takes_an_id_in_its_form_alone(text: str) -> None:
    pattern = re.compile(ID_IN_A_PATH["pattern"])
    assert pattern.search(unquote(segment(text)))
    assert bool(pattern.search(text)) == (unquote(segment(text)) == text or text == "~YQ")


@given(st.text(min_size=1))
def test_no_id_has_two_forms(given: str) -> None:
    """Whatever segment is read as an id, it is the one in which a client writes that id."""
    for form in (given, f"~{given}", unquote(segment(given))):
        try:
            found = identifier("order_id", form)
        except Problem:
            continue
        assert unquote(segment(found)) == form


@pytest.mark.parametrize(
    ("form", "code"),
    {
        "": "empty_id", "~": "empty_id",
        " a": "id_not_trimmed", "a ": "id_not_trimmed", "~IGE": "id_not_trimmed", "~YSA": "id_not_trimmed",
        "a\nb": "id_not_printable", "~YQBi": "id_not_printable", "\ufffd": "id_not_printable",
        "x" * 129: "id_too_long", "ø" * 65: "id_too_long", unquote(segment("ø" * 65)): "id_too_long",
        **{text: "id_not_path_safe" for text in (*ENCODED, *OTHERS) if not text.startswith("~")},
    }.items(),
)  # fmt: skip
def test_what_is_no_form_of_an_id_is_refused(form: str, code: str) -> None:
    assert refused(form) == code


@pytest.mark.parametrize(
    "form",
    {
        "no base64url": "~!", "too short": "~Y", "padded": "~YS8=", "of the other alphabet": "~8J+OgQ",
        "bits that say nothing": "~YS9", "a line's end": "~YT9i\n", "no ASCII": "~ø", "a tilde more": "~~YT9i",
        "no UTF-8": "~_w", "a surrogate in UTF-8": "~7aCA", "percent-encoded": "~YT9i%3D",
        "`a`, which needs none": "~YQ", "`#1001`, which needs none": "~IzEwMDE", "`a..b`, which needs none": "~YS4uYg",
    }.items(),
    ids=lambda form: form[0],
)  # fmt: skip
def test_what_begins_with_a_tilde_and_is_not_the_form_of_an_id_is_refused(form: tuple[str, str]) -> None:
    assert refused(form[1]) == "id_not_path_safe"


@pytest.mark.parametrize(
    ("form", "advice"),
    [
        ("a?b", "as `~` and the base64url"),
        ("..", "as `~`"),
        ("~YQ", "as it is"),
        ("~?", "is not `~` and the base64url"),
    ],
)
def test_a_refusal_says_what_to_do_and_not_of_whom(form: str, advice: str) -> None:
    with pytest.raises(Problem, match=advice) as caught:
        identifier("customer_id", form)
    assert "a?b" not in caught.value.detail


# ---- whatever API Gateway does to the path ----


@pytest.mark.parametrize(("sent", "arrived"), CAPTURED.items())
def test_a_path_arrives_as_it_did_on_aws(sent: str, arrived: str | None) -> None:
    assert on_aws(sent) == arrived


ODD = st.text(st.sampled_from("ab~?%/.#+ 2F5ø&=") | st.characters(), min_size=1, max_size=40) | st.sampled_from(IDS)


@given(route=st.sampled_from([route for route in Route if "_id}" in route.path.replace("{program_id}", "")]), given=ODD)
def test_an_id_reaches_its_route_as_itself_or_is_refused(route: Route, given: str) -> None:
    """API Gateway may choose the route before it decodes the path, after, or in between: it is the same one."""
    sent = route.path.format(**{name: "shop" if name == "program_id" else segment(given) for name in variables(route)})
    arrived = on_aws(sent)
    assert arrived is not None
    for path in (sent, unquote(sent), arrived):
        assert chosen(route.method, path) == route
    found = read(route, {"rawPath": arrived, "pathParameters": parameters(route, arrived)})
    if isinstance(found, str):
        assert found in ("id_not_trimmed", "id_not_printable", "id_too_long")
        return
    assert found == {name: "shop" if name == "program_id" else given for name in variables(route)}


@given(given=ODD)
def test_an_id_that_is_only_percent_encoded_is_refused_unless_it_stands_as_it_is(given: str) -> None:
    """If API Gateway chooses the route and reads its variables before it decodes and cuts the path."""
    sent = CUSTOMER.path.format(program_id="shop", customer_id=quote(given, safe=""))
    arrived = on_aws(sent)
    if arrived is None:
        return
    found = read(CUSTOMER, event(arrived, program_id="shop", customer_id=given))
    if isinstance(found, str):
        return
    # To begin with a tilde is a promise that the rest is base64url. Who doesn't know that must not begin ids with one.
    assert found["customer_id"] == given or (given.startswith("~") and segment(found["customer_id"]) == given)


@pytest.mark.parametrize(
    ("route", "raw_path"),
    [
        (CUSTOMER, "/v1/programs/shop/customers/c/export"),
        (CUSTOMER, "/v1/programs/shop/customers/c-1/issues/mistake"),
        (CUSTOMER, "/v1/programs/shop/customers/c/"),
        (CUSTOMER, "/v1/programs/shop/customers"),
        (CUSTOMER, "/v1/programs/shop/orders/c"),
        (CUSTOMER, "/v2/programs/shop/customers/c"),
        (CUSTOMER, "/programs/shop/customers/c"),
        (CUSTOMER, "/v1/v1/programs/shop/customers/c"),
        (CUSTOMER, "/v1/programs/a/customers/v1/programs/shop/customers/c"),
        (EXPORT, "/v1/programs/shop/customers/c"),
        (EXPORT, "/v1/programs/shop/customers/a/c/export"),
        (EXPORT, "/v1/programs/shop/customers/c/movements"),
        (EXPORT, "/v1/programs/shop/customers/c/Export"),
        (CUSTOMER, ""),
        (CUSTOMER, "/"),
    ],
)
def test_a_path_with_other_segments_than_its_route_is_404(route: Route, raw_path: str) -> None:
    with pytest.raises(Problem) as caught:
        ids_of(route, event(raw_path))
    assert caught.value.rule.code == "not_found"


@pytest.mark.parametrize("before", ["", "/", "/points", "/shops/points", "/$default"])
def test_what_stands_before_v1_shifts_no_id(before: str) -> None:
    found = ids_of(CUSTOMER, event(f"{before}/v1/programs/shop/customers/c"))
    assert found == {"program_id": "shop", "customer_id": "c"}


@pytest.mark.parametrize("customer_id", ["a?b", "a%3Fb", "a?guest=true", "%61", "b"])
def test_ids_that_api_gateway_reads_otherwise_are_refused(customer_id: str) -> None:
    with pytest.raises(Problem) as caught:
        ids_of(CUSTOMER, event("/v1/programs/shop/customers/a", program_id="shop", customer_id=customer_id))
    assert [(fault.pointer, fault.code) for fault in caught.value.faults] == [("/customer_id", "id_not_path_safe")]


def test_the_number_of_a_card_is_read_without_what_stands_between_its_digits() -> None:
    assert ids_of(Route.GET_CARD, event("/v1/programs/shop/cards/9900 0000-0000 0002"))["number"] == "9900000000000002"
