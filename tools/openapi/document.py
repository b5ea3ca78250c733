"""The description as a whole: paths and their operations, headers, security."""

import json
from http import HTTPStatus
from typing import Literal

from pydantic import BaseModel, TypeAdapter

from loyalty.domain.ledger.movement import MAX_POINTS
from loyalty.entry.contracts.books.journal import KINDS
from loyalty.entry.contracts.fields import MAX_ID_BYTES, CardNumber, Day, Id, ProgramId
from loyalty.entry.contracts.orders.order import MAX_ITEMS
from loyalty.entry.http.paths import AS_IT_IS
from loyalty.entry.http.problems import BY_CODE, MAX_FAULTS, RULES
from loyalty.entry.http.routes import ADMIN, FINANCE, STOREFRONT, Route
from loyalty.entry.http.serve import MAX_BODY_BYTES, RETRY_AFTER
from tools.openapi.examples import Json, examples
from tools.openapi.operations import OPERATIONS, codes_of, operation_id
from tools.openapi.schemas import query_parameters, reference, schemas

PROBLEM_JSON = "application/problem+json"

GATEWAY = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
"""What API Gateway answers by itself, before a function runs."""


def document() -> Json:
    """The whole description. Raises LookupError if OPERATIONS does not describe a route."""
    if undescribed := sorted(route.name for route in Route if route not in OPERATIONS):
        raise LookupError(f"OPERATIONS does not describe: {', '.join(undescribed)}")
    paths: dict[str, Json] = {}
    for route in Route:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "loyalty-ledger",
            "version": "1",
            "summary": "A loyalty-points ledger for online stores",
            "description": _description(),
        },
        "servers": [
            {
                "url": "{api_url}",
                "variables": {
                    "api_url": {"default": "https://api.example.com", "description": "The stack's output ApiUrl"}
                },
            }
        ],
        "tags": [{"name": name} for name in dict.fromkeys(map(_tag, Route))],
        "paths": {path: _path_parameters(path) | operations for path, operations in paths.items()},
        "components": {
            "schemas": schemas(),
            "headers": {
                "Idempotent-Replayed": {
                    "description": "There when this had been carried out before: the answer is the first one.",
                    "schema": {"type": "string", "const": "true"},
                },
                "ETag": {
                    "description": "Which version this is, for If-Match.",
                    "schema": {"type": "string", "examples": ['"3"']},
                },
                "Link": {
                    "description": "There when more follows: the next page (RFC 8288), relative to this request.",
                    "schema": {"type": "string", "examples": ['<?limit=100&cursor=WyI>; rel="next"']},
                },
                "Retry-After": {
                    "description": "After how many seconds to send the same request again.",
                    "required": True,
                    "schema": {"type": "string", "const": RETRY_AFTER},
                },
            },
            "securitySchemes": {
                "oauth2": {
                    "type": "oauth2",
                    "description": "A bearer token for a client of the store. tokenUrl is the stack's output TokenUrl.",
                    "flows": {
                        "clientCredentials": {
                            "tokenUrl": "https://auth.example.com/oauth2/token",
                            "scopes": {
                                STOREFRONT: "Send orders and redeem for customers",
                                ADMIN: "Manage programs and accounts",
                                FINANCE: "Read the journal",
                            },
                        }
                    },
                }
            },
        },
    }


def _description() -> str:
    table = "\n".join(f"| `{rule.code}` | {rule.status} | {rule.title} |" for rule in RULES)
    return f"""\
Points are whole numbers. Money is a decimal string with at most the decimals of its currency. Instants are RFC 3339
with an offset, of the years 1970 to 2999; answers are in UTC.

Ids of orders and customers are the store's own: any printable text of up to {MAX_ID_BYTES} bytes in UTF-8 without
white space around it. In a path, an id of `A-Z a-z 0-9 . _ - : @ + #` and space stands percent-encoded; any other id,
any that begins with `~`, and `.` and `..` stand as `~` and the base64url of their UTF-8 without padding. Unknown fields
and parameters are refused, and so is an object with a name that is there twice.

Limits: a body {MAX_BODY_BYTES} bytes, an order {MAX_ITEMS} items, one movement {MAX_POINTS} points.

An answer of 4xx or 5xx has changed nothing, or the same request sent again has the same effect. What an order does is
done once for its order id, a sign-up once for its customer; what has neither needs an `Idempotency-Key`.

Refusals are `application/problem+json` with a stable `code`, here in the order in which they are checked. Up to
{MAX_FAULTS} faults of fields are listed in `errors`; the problem is named after the first. API Gateway's own answers
(401, 403, 429, and 413, 500 or 503 when a function could not even be reached) are `application/json` with a `message`.

| code | status | meaning |
|---|---|---|
{table}
"""


def _tag(route: Route) -> str:
    subjects = ("orders", "customers", "cards", "jobs", "uploads")
    subject = next((part for part in reversed(route.path.split("/")) if part in subjects), None)
    if subject == "uploads":
        return "jobs"
    return subject or (route.function if route.function in ("journal", "liability") else "programs")


def _path_parameters(path: str) -> Json:
    types: dict[str, object] = {
        "program_id": ProgramId,
        "number": CardNumber,
        "business_day": Day,
        "kind": Literal[KINDS],
    }
    names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    return {
        "parameters": [
            {
                "name": name,
                "in": "path",
                "required": True,
                "schema": TypeAdapter(types[name]).json_schema() if name in types else ID_IN_A_PATH,
            }
            for name in names
        ]
    }


ID_IN_A_PATH: Json = {
    "type": "string",
    "minLength": 1,
    "pattern": f"^({AS_IT_IS}|~[A-Za-z0-9_-]+)$",
    "description": "An id as it is, or `~` and the base64url of its UTF-8 without padding; each id has one of the two.",
    "examples": ["#1001", "~Z2lkOi8vc2hvcC9PcmRlci8x"],
}
"""The schema of an id of an order, a customer or a job, before it is percent-encoded."""


def _operation(route: Route) -> Json:
    operation, name = OPERATIONS[route], operation_id(route)
    described: Json = {
        "operationId": name,
        "summary": operation.summary,
        "tags": [_tag(route)],
        "x-function": route.function,
        "security": [{"oauth2": [scope]} for scope in route.scopes],
    }
    parameters = query_parameters(operation.query) if operation.query else []
    if operation.needs_key:
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": True,
                "description": "The client's own id of this request.",
                "schema": TypeAdapter(Id).json_schema() | {"examples": ["goodwill-2026-01-31-17"]},
            }
        )
    if operation.versioned and operation.body:
        parameters.append(
            {
                "name": "If-Match",
                "in": "header",
                "required": False,
                "description": "The ETag of what is to be changed: 412 if somebody else changed it meanwhile.",
                "schema": {"type": "string", "examples": ['"3"']},
            }
        )
    if parameters:
        described["parameters"] = parameters
    if operation.body:
        described["requestBody"] = {
            "required": operation.body_required,
            "content": {"application/json": {"schema": reference(operation.body), **examples(name, None)}},
        }
    described["responses"] = {
        **{str(status): _answer(route, status, model) for status, model in operation.answers.items()},
        **{str(int(status)): _refusal(route, status) for status in _refusal_statuses(route)},
    }
    return described


def _answer(route: Route, status: int, model: type[BaseModel]) -> Json:
    operation = OPERATIONS[route]
    answer: Json = {
        "description": (model.__doc__ or "").split("\n")[0],
        "content": {"application/json": {"schema": reference(model), **examples(operation_id(route), status)}},
    }
    answer["content"] |= {media_type: {"schema": {"type": "string"}} for media_type in operation.texts}
    names = ["Idempotent-Replayed"] if operation.replays == status else []
    names += ["ETag"] if operation.versioned else []
    names += ["Link"] if operation.linked else []
    if names:
        answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    return answer


def _refusal_statuses(route: Route) -> list[HTTPStatus]:
    return sorted({*GATEWAY, *(BY_CODE[code].status for code in codes_of(route))})


def _refusal(route: Route, status: HTTPStatus) -> Json:
    codes = [code for code in codes_of(route) if BY_CODE[code].status == status]
    refusal: Json = {"description": status.phrase, "content": {}}
    if codes:
        narrowed = {"properties": {"status": {"const": int(status)}, "code": {"enum": codes}}}
        schema = {"allOf": [{"$ref": "#/components/schemas/Problem"}, narrowed]}
        refusal["content"][PROBLEM_JSON] = {"schema": schema, **examples(operation_id(route), int(status))}
    if status in (*GATEWAY, HTTPStatus.REQUEST_ENTITY_TOO_LARGE) or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        refusal["content"]["application/json"] = {"schema": {"$ref": "#/components/schemas/GatewayMessage"}}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        refusal["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    return refusal


def text() -> str:
    """docs/openapi.json as it should be."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"
