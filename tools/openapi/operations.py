"""What each route takes and answers, and the codes that it can refuse a request with."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from pydantic import BaseModel

from loyalty.entry.contracts.books.journal import EntryMovementsAnswer, EntryQuery, JournalAnswer, JournalQuery
from loyalty.entry.contracts.books.liability import (
    CohortsAnswer,
    CohortsQuery,
    DeferredRevenueAnswer,
    DeferredRevenueQuery,
    LiabilityAnswer,
    RangeQuery,
)
from loyalty.entry.contracts.customers.account import AccountAnswer, AccountQuery
from loyalty.entry.contracts.customers.balances import BalancesAnswer, BalancesQuery
from loyalty.entry.contracts.customers.cards import (
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
from loyalty.entry.contracts.customers.erasure import CustomerErasedAnswer
from loyalty.entry.contracts.customers.export import CustomerExportAnswer, ExportQuery
from loyalty.entry.contracts.customers.statement import StatementAnswer, StatementQuery
from loyalty.entry.contracts.jobs import (
    JobAnswer,
    JobFilesAnswer,
    JobsAnswer,
    JobsQuery,
    StartJob,
    StartUpload,
    UploadAnswer,
)
from loyalty.entry.contracts.orders.cancellation import CancelledOrder, OrderCancelledAnswer
from loyalty.entry.contracts.orders.completion import CompletedOrder, OrderCompletedAnswer
from loyalty.entry.contracts.orders.quote import QuoteAnswer, QuoteRequest
from loyalty.entry.contracts.orders.redemption import Redemption, RedemptionAnswer, RedemptionVoidedAnswer
from loyalty.entry.contracts.orders.refund import OrderRefundedAnswer, RefundedOrder
from loyalty.entry.contracts.orders.view import OrderAnswer
from loyalty.entry.contracts.points.adjustment import AdjustPoints, PointsAdjustedAnswer
from loyalty.entry.contracts.points.issue import IssuePoints, PointsIssuedAnswer
from loyalty.entry.contracts.points.purge import PurgesAnswer, PurgesQuery
from loyalty.entry.contracts.points.sign_up import SignedUpAnswer, SignedUpCustomer
from loyalty.entry.contracts.programs.audit import AuditAnswer, AuditQuery
from loyalty.entry.contracts.programs.settings import ProgramAnswer, ProgramQuery, ProgramSettings
from loyalty.entry.http.problems import RULES
from loyalty.entry.http.routes import Route
from loyalty.entry.texts.beancount import BEANCOUNT
from loyalty.entry.texts.csv import CSV


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What a route takes and answers.

    `refusals` are the codes of the domain's rules that it can meet, beyond those that `codes_of` adds by itself.
    """

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


OPERATIONS: Mapping[Route, Operation] = {
    Route.PUT_PROGRAM: Operation(
        summary="Set a program's settings: a new program, or a new version of it",
        body=ProgramSettings,
        answers={200: ProgramAnswer, 201: ProgramAnswer},
        versioned=True,
        refusals=("precondition_failed", "currency_fixed"),
    ),
    Route.GET_PROGRAM: Operation(
        summary="A program's settings: the current ones, or one of their versions",
        query=ProgramQuery,
        answers={200: ProgramAnswer},
        versioned=True,
        refusals=("unknown_version",),
    ),
    Route.COMPLETE_ORDER: Operation(
        summary="An order was completed: it earns points, once, ever",
        body=CompletedOrder,
        answers={200: OrderCompletedAnswer, 201: OrderCompletedAnswer},
        replays=200,
        refusals=("order_customer_mismatch", "currency_mismatch"),
    ),
    Route.CANCEL_ORDER: Operation(
        summary="An order was cancelled: what it earned is taken back, what it used is given back",
        body=CancelledOrder,
        body_required=False,
        answers={200: OrderCancelledAnswer},
        replays=200,
        refusals=("order_customer_mismatch",),
    ),
    Route.REDEEM_POINTS: Operation(
        summary="Use points on an open order; replaces what it used before",
        body=Redemption,
        answers={200: RedemptionAnswer},
        refusals=(
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
    Route.VOID_REDEMPTION: Operation(
        summary="Give back the points that an open order uses",
        answers={200: RedemptionVoidedAnswer},
        refusals=("order_closed",),
    ),
    Route.REFUND_ORDER: Operation(
        summary="An order was refunded, in part or in whole: take points back, or suggest a number",
        body=RefundedOrder,
        answers={200: OrderRefundedAnswer},
        replays=200,
        refusals=("refund_decided", "exceeds_earned"),
    ),
    Route.GET_ORDER: Operation(
        summary="Everything that an order has done to points",
        answers={200: OrderAnswer},
    ),
    Route.GET_ACCOUNT: Operation(
        summary="A customer's points; an unknown customer has none",
        query=AccountQuery,
        answers={200: AccountAnswer},
    ),
    Route.GET_STATEMENT: Operation(
        summary="A customer's movements, newest first",
        query=StatementQuery,
        answers={200: StatementAnswer},
    ),
    Route.ISSUE_POINTS: Operation(
        summary="Give points by hand, once per idempotency key",
        body=IssuePoints,
        answers={201: PointsIssuedAnswer},
        needs_key=True,
        replays=201,
        refusals=("expires_in_the_past", "too_many_lots"),
    ),
    Route.ADJUST_POINTS: Operation(
        summary="Adjust points by a signed number, or move only when they expire, once per idempotency key",
        query=AccountQuery,
        body=AdjustPoints,
        answers={201: PointsAdjustedAnswer},
        needs_key=True,
        replays=201,
        refusals=(
            "order_customer_mismatch",
            "expires_in_the_past",
            "too_many_lots",
        ),
    ),
    Route.START_JOB: Operation(
        summary="Have many rows carried out in the background: adjustments, cards, rewards of past actions",
        body=StartJob,
        answers={202: JobAnswer},
        needs_key=True,
        replays=202,
        refusals=(
            "unknown_upload",
            "upload_too_large",
            "past_actions_rewarded",
            "expires_in_the_past",
        ),
    ),
    Route.GET_JOBS: Operation(
        summary="The latest jobs",
        query=JobsQuery,
        answers={200: JobsAnswer},
    ),
    Route.GET_JOB: Operation(
        summary="A job, and how far it is",
        answers={200: JobAnswer},
        refusals=("unknown_job",),
    ),
    Route.GET_JOB_FILES: Operation(
        summary="Where a job's report and results can be downloaded",
        answers={200: JobFilesAnswer},
        refusals=("unknown_job",),
    ),
    Route.UNDO_JOB: Operation(
        summary="Take back what a job did, as far as it is still there; asked again it goes on",
        answers={202: JobAnswer},
        refusals=("unknown_job", "job_not_undoable"),
    ),
    Route.START_UPLOAD: Operation(
        summary="Where to PUT the file of a job to come",
        body=StartUpload,
        body_required=False,
        answers={201: UploadAnswer},
    ),
    Route.CREATE_CARDS: Operation(
        summary="Create cards that are nobody's yet, once per idempotency key",
        body=CreateCards,
        body_required=False,
        answers={201: CardsCreatedAnswer},
        needs_key=True,
        replays=201,
    ),
    Route.LIST_CARDS: Operation(
        summary="The numbers of all cards of a program, a page at a time",
        query=CardsQuery,
        answers={200: CardsAnswer},
        texts=(CSV,),
        linked=True,
    ),
    Route.GET_CARD: Operation(
        summary="Look up a card: whose it is, what they can spend, and what happened last",
        answers={200: CardAnswer},
        refusals=("unknown_card",),
    ),
    Route.ASSIGN_CARD: Operation(
        summary="Give a card to a customer, also where another one has it; points stay where they are",
        body=AssignCard,
        answers={200: CardChangedAnswer},
        needs_key=True,
        replays=200,
        refusals=("unknown_card", "card_blocked", "customer_has_card"),
    ),
    Route.BLOCK_CARD: Operation(
        summary="Block a card for good; its customer keeps the points",
        body=BlockCard,
        body_required=False,
        answers={200: CardChangedAnswer},
        needs_key=True,
        replays=200,
        refusals=("unknown_card",),
    ),
    Route.REPLACE_CARD: Operation(
        summary="Block a card and give its customer another, a new one or the one that is named",
        body=ReplaceCard,
        body_required=False,
        answers={200: CardChangedAnswer},
        needs_key=True,
        replays=200,
        refusals=(
            "unknown_card",
            "card_unassigned",
            "card_blocked",
            "card_assigned",
            "customer_has_card",
        ),
    ),
    Route.QUOTE_ORDER: Operation(
        summary="What a cart or an order would earn, and what it may use; writes nothing",
        body=QuoteRequest,
        answers={200: QuoteAnswer},
        refusals=(
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
    Route.SIGN_UP: Operation(
        summary="A customer signed up: they earn points, once, ever; no idempotency key is needed",
        body=SignedUpCustomer,
        body_required=False,
        answers={200: SignedUpAnswer, 201: SignedUpAnswer},
        replays=200,
    ),
    Route.LIST_BALANCES: Operation(
        summary="Outstanding balances: all customers of a program, a page at a time",
        query=BalancesQuery,
        answers={200: BalancesAnswer},
        texts=(CSV,),
        linked=True,
        refusals=("unknown_tier", "too_many_to_sort"),
    ),
    Route.ERASE_CUSTOMER: Operation(
        summary="Erase a customer: the person goes, the books stay; 202 is to be sent again until it is 200",
        query=AccountQuery,
        answers={200: CustomerErasedAnswer, 202: CustomerErasedAnswer},
        refusals=("day_being_closed",),
    ),
    Route.EXPORT_CUSTOMER: Operation(
        summary="All that is held about a customer",
        query=ExportQuery,
        answers={200: CustomerExportAnswer},
    ),
    Route.GET_AUDIT: Operation(
        summary="What administrators did, when, from where and why",
        query=AuditQuery,
        answers={200: AuditAnswer},
        texts=(CSV,),
        linked=True,
    ),
    Route.GET_PURGES: Operation(
        summary="The latest runs of the purge that found something due",
        query=PurgesQuery,
        answers={200: PurgesAnswer},
    ),
    Route.GET_JOURNAL: Operation(
        summary="What finance books: an entry for each business day and kind of movement",
        query=JournalQuery,
        answers={200: JournalAnswer},
        texts=(CSV, BEANCOUNT),
        refusals=("open_days_too_large",),
    ),
    Route.GET_ENTRY_MOVEMENTS: Operation(
        summary="The movements that a journal entry sums",
        query=EntryQuery,
        answers={200: EntryMovementsAnswer},
    ),
    Route.GET_LIABILITY: Operation(
        summary="What the store owes in points: opening, what moved it, closing, and what accounts hold now",
        query=RangeQuery,
        answers={200: LiabilityAnswer},
        refusals=("open_days_too_large",),
    ),
    Route.GET_COHORTS: Operation(
        summary="The liability by issue month and expiry month, with what is expected to lapse",
        query=CohortsQuery,
        answers={200: CohortsAnswer},
        refusals=("open_days_too_large",),
    ),
    Route.GET_DEFERRED_REVENUE: Operation(
        summary="Deferred revenue as IFRS 15 and ASC 606 have it",
        query=DeferredRevenueQuery,
        answers={200: DeferredRevenueAnswer},
        refusals=("open_days_too_large",),
    ),
}


def operation_id(route: Route) -> str:
    """The name that clients know a route by: `completeOrder` for COMPLETE_ORDER."""
    first, *others = route.name.lower().split("_")
    return first + "".join(map(str.capitalize, others))


FIELDS = tuple(
    rule.code
    for rule in RULES
    if rule.status == HTTPStatus.UNPROCESSABLE_ENTITY
    and rule.code != "idempotency_key_reused"
    and not any(rule.code in operation.refusals for operation in OPERATIONS.values())
)
"""The codes of faults of single fields."""


def codes_of(route: Route) -> tuple[str, ...]:
    """Every code that the function behind `route` refuses a request with, in the order in which they are checked."""
    operation = OPERATIONS[route]
    codes = {"not_found", *FIELDS, *operation.refusals, "busy", "internal_error"}
    if route is not Route.PUT_PROGRAM:
        codes.add("unknown_program")
    if operation.body:
        codes |= {"body_too_large", "malformed_json", "not_an_object"}
    if operation.needs_key:
        codes |= {"missing_header", "idempotency_key_reused"}
    if operation.texts:
        codes.add("not_acceptable")
    return tuple(rule.code for rule in RULES if rule.code in codes)
