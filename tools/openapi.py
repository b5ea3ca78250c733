"""Writes docs/openapi.json from the code: `python -m tools.openapi`, or, with `--check`, says whether it is up to date.

Routes and scopes come from entry/routes.py, schemas from the contracts, codes and statuses from entry/problems.py. What
only this description needs is in OPERATIONS. The examples (docs/api-examples.json) are a history that a test plays.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core import core_schema

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "layers/domain/python"))

from loyalty.domain.ledger.movement import MAX_POINTS  # noqa: E402
from loyalty.entry.contracts.audit import AuditAnswer, AuditQuery  # noqa: E402
from loyalty.entry.contracts.balances import BalancesAnswer, BalancesQuery  # noqa: E402
from loyalty.entry.contracts.cards import (  # noqa: E402
    AssignCard,
    BlockCard,
    CardAnswer,
    CardChangedAnswer,
    CardsAnswer,
    CardsCreatedAnswer,
    CardsQuery,
    CreateCards,
    ReplaceCard,
)
from loyalty.entry.contracts.customers import (  # noqa: E402
    AccountAnswer,
    AccountQuery,
    AdjustPoints,
    IssuePoints,
    PointsAdjustedAnswer,
    PointsIssuedAnswer,
    SignedUpAnswer,
    SignUp,
    StatementAnswer,
    StatementQuery,
)
from loyalty.entry.contracts.fields import MAX_ID_BYTES, CardNumber, Day, Id, ProgramId  # noqa: E402
from loyalty.entry.contracts.jobs import (  # noqa: E402
    JobAnswer,
    JobFilesAnswer,
    JobsAnswer,
    JobsQuery,
    StartJob,
    StartUpload,
    UploadAnswer,
)
from loyalty.entry.contracts.journal import (  # noqa: E402
    KINDS,
    EntryMovementsAnswer,
    EntryQuery,
    JournalAnswer,
    JournalQuery,
)
from loyalty.entry.contracts.liability import (  # noqa: E402
    CohortsAnswer,
    CohortsQuery,
    DeferredRevenueAnswer,
    DeferredRevenueQuery,
    LiabilityAnswer,
    RangeQuery,
)
from loyalty.entry.contracts.orders import (  # noqa: E402
    MAX_ITEMS,
    CancelledOrder,
    CompletedOrder,
    OrderAnswer,
    OrderCancelledAnswer,
    OrderCompletedAnswer,
    OrderRefundedAnswer,
    Redemption,
    RedemptionAnswer,
    RedemptionVoidedAnswer,
    RefundedOrder,
)
from loyalty.entry.contracts.privacy import CustomerErasedAnswer, CustomerExportAnswer, ExportQuery  # noqa: E402
from loyalty.entry.contracts.programs import ProgramAnswer, ProgramQuery, ProgramSettings  # noqa: E402
from loyalty.entry.contracts.purge import PurgesAnswer, PurgesQuery  # noqa: E402
from loyalty.entry.contracts.quotes import QuoteAnswer, QuoteRequest  # noqa: E402
from loyalty.entry.http.problems import BY_CODE, MAX_FAULTS, RULES  # noqa: E402
from loyalty.entry.http.routes import ADMIN, FINANCE, ROUTES, STOREFRONT, Route  # noqa: E402
from loyalty.entry.http.serve import MAX_BODY_BYTES, RETRY_AFTER  # noqa: E402
from loyalty.entry.texts.beancount import BEANCOUNT  # noqa: E402
from loyalty.entry.texts.csv import CSV  # noqa: E402

DOCUMENT = ROOT / "docs/openapi.json"
EXAMPLES = ROOT / "docs/api-examples.json"
PROBLEM_JSON = "application/problem+json"

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What a route takes and answers. `refusals` are the codes of the domain's rules that it can meet."""

    name: str
    summary: str
    answers: Mapping[int, type[BaseModel]]
    body: type[BaseModel] | None = None
    body_required: bool = True
    query: type[BaseModel] | None = None
    needs_key: bool = False
    """Whether it needs an Idempotency-Key."""
    replays: int | None = None
    """The status of an answer that may have the header Idempotent-Replayed."""
    refusals: tuple[str, ...] = ()
    versioned: bool = False
    """Whether its answer has an ETag; where it has a body, If-Match guards what it changes."""
    texts: tuple[str, ...] = ()
    """Other media types than JSON that it answers in, as Accept says."""
    linked: bool = False
    """Whether an answer that is not the last page has a Link to the next one."""


OPERATIONS = {
    "PUT /v1/programs/{program_id}": Operation(
        name="putProgram",
        summary="Set a program's settings: a new program, or a new version of it",
        body=ProgramSettings,
        answers={200: ProgramAnswer, 201: ProgramAnswer},
        versioned=True,
        refusals=("precondition_failed", "currency_fixed"),
    ),
    "GET /v1/programs/{program_id}": Operation(
        name="getProgram",
        summary="A program's settings: the current ones, or one of their versions",
        query=ProgramQuery,
        answers={200: ProgramAnswer},
        versioned=True,
        refusals=("unknown_program", "unknown_version"),
    ),
    "POST /v1/programs/{program_id}/orders/{order_id}/completed": Operation(
        name="completeOrder",
        summary="An order was completed: it earns points, once, ever",
        body=CompletedOrder,
        answers={200: OrderCompletedAnswer, 201: OrderCompletedAnswer},
        replays=200,
        refusals=("unknown_program", "order_customer_mismatch", "currency_mismatch"),
    ),
    "POST /v1/programs/{program_id}/orders/{order_id}/cancelled": Operation(
        name="cancelOrder",
        summary="An order was cancelled: what it earned is taken back, what it used is given back",
        body=CancelledOrder,
        body_required=False,
        answers={200: OrderCancelledAnswer},
        replays=200,
        refusals=("unknown_program", "order_customer_mismatch"),
    ),
    "PUT /v1/programs/{program_id}/orders/{order_id}/redemption": Operation(
        name="redeemPoints",
        summary="Use points on an open order; replaces what it used before",
        body=Redemption,
        answers={200: RedemptionAnswer},
        refusals=(
            "unknown_program",
            "order_customer_mismatch",
            "currency_mismatch",
            "order_closed",
            "program_disabled",
            "insufficient_points",
            "below_min_points",
            "not_whole_blocks",
            "exceeds_order_limit",
        ),
    ),
    "DELETE /v1/programs/{program_id}/orders/{order_id}/redemption": Operation(
        name="voidRedemption",
        summary="Give back the points that an open order uses",
        answers={200: RedemptionVoidedAnswer},
        refusals=("unknown_program", "order_closed"),
    ),
    "POST /v1/programs/{program_id}/orders/{order_id}/refunds": Operation(
        name="refundOrder",
        summary="An order was refunded, in part or in whole: take points back, or suggest a number",
        body=RefundedOrder,
        answers={200: OrderRefundedAnswer},
        replays=200,
        refusals=("unknown_program", "refund_decided", "exceeds_earned"),
    ),
    "GET /v1/programs/{program_id}/orders/{order_id}": Operation(
        name="getOrder",
        summary="Everything that an order has done to points",
        answers={200: OrderAnswer},
        refusals=("unknown_program",),
    ),
    "GET /v1/programs/{program_id}/customers/{customer_id}": Operation(
        name="getAccount",
        summary="A customer's points; an unknown customer has none",
        query=AccountQuery,
        answers={200: AccountAnswer},
        refusals=("unknown_program",),
    ),
    "GET /v1/programs/{program_id}/customers/{customer_id}/movements": Operation(
        name="getStatement",
        summary="A customer's movements, newest first",
        query=StatementQuery,
        answers={200: StatementAnswer},
        refusals=("unknown_program",),
    ),
    "POST /v1/programs/{program_id}/customers/{customer_id}/issues": Operation(
        name="issuePoints",
        summary="Give points by hand, once per idempotency key",
        body=IssuePoints,
        answers={201: PointsIssuedAnswer},
        needs_key=True,
        replays=201,
        refusals=("unknown_program", "idempotency_key_reused", "expires_in_the_past", "too_many_lots"),
    ),
    "POST /v1/programs/{program_id}/customers/{customer_id}/adjustments": Operation(
        name="adjustPoints",
        summary="Adjust points by a signed number, or move only when they expire, once per idempotency key",
        query=AccountQuery,
        body=AdjustPoints,
        answers={201: PointsAdjustedAnswer},
        needs_key=True,
        replays=201,
        refusals=(
            "unknown_program",
            "idempotency_key_reused",
            "order_customer_mismatch",
            "expires_in_the_past",
            "too_many_lots",
        ),
    ),
    "POST /v1/programs/{program_id}/jobs": Operation(
        name="startJob",
        summary="Have many rows carried out in the background: adjustments, cards, rewards of past actions",
        body=StartJob,
        answers={202: JobAnswer},
        needs_key=True,
        replays=202,
        refusals=(
            "unknown_program",
            "idempotency_key_reused",
            "unknown_upload",
            "upload_too_large",
            "past_actions_rewarded",
            "expires_in_the_past",
        ),
    ),
    "GET /v1/programs/{program_id}/jobs": Operation(
        name="getJobs",
        summary="The latest jobs",
        query=JobsQuery,
        answers={200: JobsAnswer},
        refusals=("unknown_program",),
    ),
    "GET /v1/programs/{program_id}/jobs/{job_id}": Operation(
        name="getJob",
        summary="A job, and how far it is",
        answers={200: JobAnswer},
        refusals=("unknown_program", "unknown_job"),
    ),
    "GET /v1/programs/{program_id}/jobs/{job_id}/files": Operation(
        name="getJobFiles",
        summary="Where a job's report and results can be downloaded",
        answers={200: JobFilesAnswer},
        refusals=("unknown_program", "unknown_job"),
    ),
    "POST /v1/programs/{program_id}/jobs/{job_id}/undo": Operation(
        name="undoJob",
        summary="Take back what a job did, as far as it is still there; asked again it goes on",
        answers={202: JobAnswer},
        refusals=("unknown_program", "unknown_job", "job_not_undoable"),
    ),
    "POST /v1/programs/{program_id}/uploads": Operation(
        name="startUpload",
        summary="Where to PUT the file of a job to come",
        body=StartUpload,
        body_required=False,
        answers={201: UploadAnswer},
        refusals=("unknown_program",),
    ),
    "POST /v1/programs/{program_id}/cards": Operation(
        name="createCards",
        summary="Create cards that are nobody's yet, once per idempotency key",
        body=CreateCards,
        body_required=False,
        answers={201: CardsCreatedAnswer},
        needs_key=True,
        replays=201,
        refusals=("unknown_program", "idempotency_key_reused"),
    ),
    "GET /v1/programs/{program_id}/cards": Operation(
        name="listCards",
        summary="The numbers of all cards of a program, a page at a time",
        query=CardsQuery,
        answers={200: CardsAnswer},
        texts=(CSV,),
        linked=True,
        refusals=("unknown_program",),
    ),
    "GET /v1/programs/{program_id}/cards/{number}": Operation(
        name="getCard",
        summary="Look up a card: whose it is, what they can spend, and what happened last",
        answers={200: CardAnswer},
        refusals=("unknown_program", "unknown_card"),
    ),
    "POST /v1/programs/{program_id}/cards/{number}/assignment": Operation(
        name="assignCard",
        summary="Give a card to a customer, also where another one has it; points stay where they are",
        body=AssignCard,
        answers={200: CardChangedAnswer},
        needs_key=True,
        replays=200,
        refusals=("unknown_program", "idempotency_key_reused", "unknown_card", "card_blocked", "customer_has_card"),
    ),
    "POST /v1/programs/{program_id}/cards/{number}/block": Operation(
        name="blockCard",
        summary="Block a card for good; its customer keeps the points",
        body=BlockCard,
        body_required=False,
        answers={200: CardChangedAnswer},
        needs_key=True,
        replays=200,
        refusals=("unknown_program", "idempotency_key_reused", "unknown_card"),
    ),
    "POST /v1/programs/{program_id}/cards/{number}/replacement": Operation(
        name="replaceCard",
        summary="Block a card and give its customer another, a new one or the one that is named",
        body=ReplaceCard,
        body_required=False,
        answers={200: CardChangedAnswer},
        needs_key=True,
        replays=200,
        refusals=(
            "unknown_program",
            "idempotency_key_reused",
            "unknown_card",
            "card_unassigned",
            "card_blocked",
            "card_assigned",
            "customer_has_card",
        ),
    ),
    "POST /v1/programs/{program_id}/quotes": Operation(
        name="quoteOrder",
        summary="What a cart or an order would earn, and what it may use; writes nothing",
        body=QuoteRequest,
        answers={200: QuoteAnswer},
        refusals=(
            "unknown_program",
            "order_customer_mismatch",
            "currency_mismatch",
            "order_closed",
            "program_disabled",
            "members_only",
            "insufficient_points",
            "below_min_points",
            "not_whole_blocks",
            "exceeds_order_limit",
        ),
    ),
    "POST /v1/programs/{program_id}/customers/{customer_id}/sign-up": Operation(
        name="signUp",
        summary="A customer signed up: they earn points, once, ever; no idempotency key is needed",
        body=SignUp,
        body_required=False,
        answers={200: SignedUpAnswer, 201: SignedUpAnswer},
        replays=200,
        refusals=("unknown_program",),
    ),
    "GET /v1/programs/{program_id}/customers": Operation(
        name="listBalances",
        summary="Outstanding balances: all customers of a program, a page at a time",
        query=BalancesQuery,
        answers={200: BalancesAnswer},
        texts=(CSV,),
        linked=True,
        refusals=("unknown_program", "unknown_tier", "too_many_to_sort"),
    ),
    "DELETE /v1/programs/{program_id}/customers/{customer_id}": Operation(
        name="eraseCustomer",
        summary="Erase a customer: the person goes, the books stay; 202 is to be sent again until it is 200",
        query=AccountQuery,
        answers={200: CustomerErasedAnswer, 202: CustomerErasedAnswer},
        refusals=("unknown_program", "day_being_closed"),
    ),
    "GET /v1/programs/{program_id}/customers/{customer_id}/export": Operation(
        name="exportCustomer",
        summary="All that is held about a customer",
        query=ExportQuery,
        answers={200: CustomerExportAnswer},
        refusals=("unknown_program",),
    ),
    "GET /v1/programs/{program_id}/audit": Operation(
        name="getAudit",
        summary="What administrators did, when, from where and why",
        query=AuditQuery,
        answers={200: AuditAnswer},
        texts=(CSV,),
        linked=True,
        refusals=("unknown_program",),
    ),
    "GET /v1/programs/{program_id}/purges": Operation(
        name="getPurges",
        summary="The latest runs of the purge that found something due",
        query=PurgesQuery,
        answers={200: PurgesAnswer},
        refusals=("unknown_program",),
    ),
    "GET /v1/programs/{program_id}/journal-entries": Operation(
        name="getJournal",
        summary="What finance books: an entry for each business day and kind of movement",
        query=JournalQuery,
        answers={200: JournalAnswer},
        texts=(CSV, BEANCOUNT),
        refusals=("unknown_program", "open_days_too_large"),
    ),
    "GET /v1/programs/{program_id}/journal-entries/{business_day}/{kind}": Operation(
        name="getEntryMovements",
        summary="The movements that a journal entry sums",
        query=EntryQuery,
        answers={200: EntryMovementsAnswer},
        refusals=("unknown_program",),
    ),
    "GET /v1/programs/{program_id}/liability": Operation(
        name="getLiability",
        summary="What the store owes in points: opening, what moved it, closing, and what accounts hold now",
        query=RangeQuery,
        answers={200: LiabilityAnswer},
        refusals=("unknown_program", "open_days_too_large"),
    ),
    "GET /v1/programs/{program_id}/liability/cohorts": Operation(
        name="getCohorts",
        summary="The liability by issue month and expiry month, with what is expected to lapse",
        query=CohortsQuery,
        answers={200: CohortsAnswer},
        refusals=("unknown_program", "open_days_too_large"),
    ),
    "GET /v1/programs/{program_id}/liability/deferred-revenue": Operation(
        name="getDeferredRevenue",
        summary="Deferred revenue as IFRS 15 and ASC 606 have it",
        query=DeferredRevenueQuery,
        answers={200: DeferredRevenueAnswer},
        refusals=("unknown_program", "open_days_too_large"),
    ),
}

GATEWAY = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
"""What API Gateway answers by itself, before a function runs."""
FIELDS = tuple(
    rule.code
    for rule in RULES
    if rule.status == HTTPStatus.UNPROCESSABLE_ENTITY
    and not any(rule.code in operation.refusals for operation in OPERATIONS.values())
)
"""The codes of faults of single fields."""


def codes_of(operation: Operation) -> tuple[str, ...]:
    """Every code that the functions answer `operation` with, in the order in which they are checked."""
    codes = {*FIELDS, *operation.refusals, "busy", "internal_error"}
    if operation.body:
        codes |= {"body_too_large", "malformed_json", "not_an_object"}
    if operation.needs_key:
        codes.add("missing_header")
    if operation.texts:
        codes.add("not_acceptable")
    return tuple(rule.code for rule in RULES if rule.code in codes)


def document() -> Json:
    """The whole description. Raises LookupError where a route and OPERATIONS do not fit together."""
    if set(OPERATIONS) != {route.key for route in ROUTES}:
        odd = sorted(set(OPERATIONS) ^ {route.key for route in ROUTES})
        raise LookupError(f"in only one of ROUTES and OPERATIONS: {', '.join(odd)}")
    paths: dict[str, Json] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, OPERATIONS[route.key])
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
        "tags": [{"name": name} for name in dict.fromkeys(map(_tag, ROUTES))],
        "paths": {path: _path_parameters(path) | operations for path, operations in paths.items()},
        "components": {
            "schemas": _schemas(),
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

Ids of orders and customers are the store's own: any printable text of up to {MAX_ID_BYTES} bytes in UTF-8,
percent-encoded in a path, also its slashes. Unknown fields and parameters are refused, and so is an object with a name
that is there twice.

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
    schemas = {
        "program_id": ProgramId,
        "order_id": Id,
        "customer_id": Id,
        "job_id": str,
        "number": CardNumber,
        "business_day": Day,
        "kind": Literal[KINDS],
    }
    names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    return {
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": TypeAdapter(schemas[name]).json_schema()}
            for name in names
        ]
    }


def _operation(route: Route, operation: Operation) -> Json:
    described: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [_tag(route)],
        "x-function": route.function,
        "security": [{"oauth2": [scope]} for scope in route.scopes],
    }
    parameters = _query_parameters(operation.query) if operation.query else []
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
            "content": {
                "application/json": {"schema": _ref(operation.body), **_examples(operation.name, None)},
            },
        }
    described["responses"] = {
        **{str(status): _answer(operation, status, model) for status, model in operation.answers.items()},
        **{str(int(status)): _refusal(operation, status) for status in _refusal_statuses(operation)},
    }
    return described


def _query_parameters(query: type[BaseModel]) -> list[Json]:
    schema = query.model_json_schema()
    parameters = []
    for name, field in schema["properties"].items():
        field.pop("title", None)
        # A parameter that is left out is null to its model; nobody can send one.
        one = next((branch for branch in field.get("anyOf", []) if branch.get("type") != "null"), field)
        if one is not field:
            field.pop("default", None)
        required = name in schema.get("required", [])
        parameters.append({"name": name, "in": "query", "required": required, "schema": one})
    return parameters


def _answer(operation: Operation, status: int, model: type[BaseModel]) -> Json:
    answer: Json = {
        "description": (model.__doc__ or "").split("\n")[0],
        "content": {"application/json": {"schema": _ref(model), **_examples(operation.name, status)}},
    }
    answer["content"] |= {media_type: {"schema": {"type": "string"}} for media_type in operation.texts}
    names = ["Idempotent-Replayed"] if operation.replays == status else []
    names += ["ETag"] if operation.versioned else []
    names += ["Link"] if operation.linked else []
    if names:
        answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    return answer


def _refusal_statuses(operation: Operation) -> list[HTTPStatus]:
    return sorted({*GATEWAY, *(BY_CODE[code].status for code in codes_of(operation))})


def _refusal(operation: Operation, status: HTTPStatus) -> Json:
    codes = [code for code in codes_of(operation) if BY_CODE[code].status == status]
    # The function that forwards ids with a slash checks scopes too, and answers as functions do.
    if status == HTTPStatus.FORBIDDEN:
        codes = ["forbidden"]
    refusal: Json = {"description": status.phrase, "content": {}}
    if codes:
        narrowed = {"properties": {"status": {"const": int(status)}, "code": {"enum": codes}}}
        schema = {"allOf": [{"$ref": "#/components/schemas/Problem"}, narrowed]}
        refusal["content"][PROBLEM_JSON] = {"schema": schema, **_examples(operation.name, int(status))}
    if status in (*GATEWAY, HTTPStatus.REQUEST_ENTITY_TOO_LARGE) or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        refusal["content"]["application/json"] = {"schema": {"$ref": "#/components/schemas/GatewayMessage"}}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        reference = {"$ref": "#/components/headers/Retry-After"}
        refusal["headers"] = {"Retry-After": reference}
    return refusal


def _ref(model: type[BaseModel]) -> Json:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


class _Schemas(GenerateJsonSchema):
    """Pydantic's schemas, but what answers have is always there, and a name says itself what it is called."""

    def field_is_required(
        self,
        field: core_schema.ModelField | core_schema.DataclassField | core_schema.TypedDictField,
        total: bool,
    ) -> bool:
        return self.mode == "serialization" or super().field_is_required(field, total)

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _schemas() -> Json:
    taken: list[tuple[type[BaseModel], Literal["validation", "serialization"]]] = []
    for operation in OPERATIONS.values():
        taken += [(operation.body, "validation")] if operation.body else []
        taken += [(model, "serialization") for model in operation.answers.values()]
    _, schema = models_json_schema(
        list(dict.fromkeys(taken)), ref_template="#/components/schemas/{model}", schema_generator=_Schemas
    )
    return {**schema["$defs"], "Problem": _problem(), "GatewayMessage": _gateway_message()}


def _problem() -> Json:
    pointer = {"type": "string", "description": "A JSON pointer into the body, or /name of a parameter or header."}
    code = {"type": "string", "enum": [rule.code for rule in RULES]}
    fault = {
        "type": "object",
        "required": ["pointer", "code", "message"],
        "properties": {"pointer": pointer, "code": code, "message": {"type": "string"}},
    }
    facts = {
        "points_usable": "How many points this order can use.",
        "points_available": "How many points the customer can spend.",
        "points_reversible": "How many points can be taken back from this order.",
        "points_reversed": "How many points this refund took back.",
        "version": "At which version the settings are; 0 where there are none.",
    }
    names = {
        "job_id": "The job that has rewarded the program's past actions.",
        "job_status": "How far the job is.",
        "card_number": "The card that the customer has.",
    }
    return {
        "type": "object",
        "description": "Why a request was refused (RFC 9457).",
        "required": ["type", "title", "status", "detail", "code", "errors"],
        "properties": {
            "type": {"type": "string", "format": "uri", "examples": ["urn:loyalty-ledger:problem:missing_field"]},
            "title": {"type": "string"},
            "status": {"type": "integer", "enum": sorted({int(rule.status) for rule in RULES})},
            "detail": {"type": "string"},
            "code": code,
            "errors": {"type": "array", "maxItems": MAX_FAULTS, "items": fault},
            **{name: {"type": "integer", "description": text} for name, text in facts.items()},
            **{name: {"type": "string", "description": text} for name, text in names.items()},
        },
    }


def _gateway_message() -> Json:
    return {
        "type": "object",
        "description": "What API Gateway answers by itself.",
        "required": ["message"],
        "properties": {"message": {"type": ["string", "null"]}},
    }


@cache
def history() -> tuple[Json, ...]:
    """Requests and what they are answered, in the order in which they were made."""
    return tuple(json.loads(EXAMPLES.read_text()))


def settled(answer: Json) -> Json:
    """An answer without what is another one each time: links, and what they are for."""
    return {name: value for name, value in answer.items() if name not in ("url", "upload_id")}


def _examples(name: str, status: int | None) -> Json:
    """The examples of an operation's request (`status` None), or of its answer with a status."""
    key = "body" if status is None else "answer"
    found = {
        scene["title"]: {"value": scene[key]}
        for scene in _scenes(name)
        if key in scene and status in (None, scene["status"])
    }
    return {"examples": found} if found else {}


def _scenes(name: str) -> Iterable[Json]:
    return (scene for scene in history() if scene["operation"] == name)


def text() -> str:
    """docs/openapi.json as it should be."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        if not DOCUMENT.is_file() or DOCUMENT.read_text() != text():
            print("docs/openapi.json is not what the code says: run `python -m tools.openapi`", file=sys.stderr)
            return 1
        return 0
    DOCUMENT.write_text(text())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
