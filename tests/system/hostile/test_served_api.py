"""schemathesis calls the served API as docs/openapi.json describes it, and as it does not, with every token and none.

No answer is a 5xx, each is one that is described, and what is refused has changed nothing.
"""

import os
from typing import Any
from urllib.parse import unquote

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from loyalty.entry.http.routes import Route
from loyalty_cli.client import segment
from tests.function.api.cases import valid
from tests.support.gateway import chosen
from tests.system.hostile.target import ANN, BEN, BOUGHT, EVE, REASON, RESERVED, Target, personal
from tests.system.stack.api import DESCRIPTION
from tests.system.stack.test_access import SCOPES

EXAMPLES = int(os.environ.get("HOSTILE_EXAMPLES", "16"))
"""Requests of each operation."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(DESCRIPTION)
REACHED: set[Route] = set()
"""Routes on which something went well."""
HTTP = requests.Session()
HTTP.trust_env = False


def known(target: Target, route: Route) -> dict[str, list[Any]]:
    """What is there, or would do, by the name of its field: without it, few requests would get beyond the door."""
    # Settings are changed where nobody shops: a program that is off refuses everything.
    programs = ["settings"] if route.method == "PUT" and route.function == "program" else ["shop", "shop", "other"]
    return {
        "program_id": programs,
        "customer_id": [ANN, BEN, EVE],
        "referrer_id": [ANN, BEN],
        "order_id": [BOUGHT, RESERVED, "#1", "a/b"],
        "number": [*target.cards, *target.other_cards],
        "job_id": [target.job, target.other_job],
        "upload_id": [target.upload, target.other_upload],
        "business_day": ["2026-01-31"],
        "cursor": [target.cursor],
        "reason": [REASON],
        "currency": ["EUR"],
        "completed_at": ["2026-01-31T09:30:00Z"],
        "count": [1, 2],
        "from": ["2026-01-01"],
        "to": ["2026-01-31"],
        "Idempotency-Key": ["a", "b", "box", "import"],
    }


def aimed(draw: st.DrawFn, document: Any, there: dict[str, list[Any]]) -> Any:
    """`document` with most of what is named in `there` taken from there; a count always, as it may be a large one."""
    match document:
        case dict():
            return {
                name: draw(st.sampled_from(there[name]))
                if name in there and (name == "count" or draw(st.integers(0, 7)))
                else aimed(draw, value, there)
                for name, value in document.items()
            }
        case list():
            return [aimed(draw, value, there) for value in document]
        case _:
            return document


@st.composite
def cases(draw: st.DrawFn, route: Route, target: Target) -> tuple[Case[Any], str | None]:
    """A request, and whose token comes with it."""
    usual = valid(route.key.replace("/v1/programs/{program_id}", "p")).get("body")
    mode = draw(st.sampled_from([None, GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
    operation = SCHEMA[route.path][route.method]
    case: Case[Any] = draw(operation.as_strategy(generation_mode=mode or GenerationMode.POSITIVE))
    if mode is None and usual is not None:
        case.body = usual
    there = known(target, route)
    encoded = {name: [segment(text) for text in texts] for name, texts in there.items() if name in route.path}
    case.path_parameters = aimed(draw, case.path_parameters, encoded)
    case.query = aimed(draw, case.query, there)
    case.headers = aimed(draw, dict(case.headers), there)
    case.body = aimed(draw, case.body, there)
    may = [name for name, scope in SCOPES.items() if scope in route.scopes]
    token = draw(st.sampled_from(may) if draw(st.integers(0, 5)) else st.sampled_from([*SCOPES, None]))
    return case, token


@pytest.mark.parametrize("route", Route, ids=lambda route: route.key)
def test_every_answer_is_described_none_is_a_5xx_and_what_is_refused_changes_nothing(
    route: Route, target: Target
) -> None:
    digest = target.digest()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize="HOSTILE_EXAMPLES" not in os.environ,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(made=cases(route, target))
    def attack(made: tuple[Case[Any], str | None]) -> None:
        nonlocal digest
        case, token = made
        headers = {"Authorization": f"Bearer {target.api.token(token)}"} if token else {}
        response = case.call(base_url=target.api.stack.api_url, headers=headers, session=HTTP)
        if response.status_code < 300:
            REACHED.add(route)
        before, digest = digest, settled(target, response)
        # A path that leads nowhere is answered by API Gateway, in its own words.
        if chosen(route.method, unquote(case.formatted_path)) is not None:
            case.validate_response(response, checks=CHECKS)
        else:
            assert response.status_code in (401, 404)
        if token is None:
            assert response.status_code == 401
        elif SCOPES[token] not in route.scopes:
            assert response.status_code == 403
        if response.status_code >= 400:
            assert digest == before, "a refused request changed the table"
            assert not personal(response.text)

    attack()


def test_most_of_it_got_beyond_the_door() -> None:
    """Where all is refused at once, nothing was shown."""
    assert len(REACHED) > 0.8 * len(Route), {route.key for route in Route} - {route.key for route in REACHED}


def settled(target: Target, response: Any) -> str:
    """The table's digest, once nothing goes on behind an answer."""
    if response.status_code == 202:
        target.settle()
    return target.digest()
