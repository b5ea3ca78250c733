"""The routes of the API: which function answers what, for whom."""

from enum import Enum

STOREFRONT, ADMIN, FINANCE = "loyalty/storefront", "loyalty/admin", "loyalty/finance"

_PROGRAM = "/v1/programs/{program_id}"
_ORDER = f"{_PROGRAM}/orders/{{order_id}}"
_CUSTOMER = f"{_PROGRAM}/customers/{{customer_id}}"
_CARD = f"{_PROGRAM}/cards/{{number}}"


class Route(Enum):
    """A method and path, the folder of the function that answers it, and the scopes that may call it.

    Handlers and the API description name a route by its constant; tests check the template against all of them.
    """

    PUT_PROGRAM = "PUT", _PROGRAM, "program", ADMIN
    GET_PROGRAM = "GET", _PROGRAM, "program", ADMIN
    COMPLETE_ORDER = "POST", f"{_ORDER}/completed", "order_completed", STOREFRONT
    CANCEL_ORDER = "POST", f"{_ORDER}/cancelled", "order_cancelled", STOREFRONT
    REDEEM_POINTS = "PUT", f"{_ORDER}/redemption", "redeem", STOREFRONT
    VOID_REDEMPTION = "DELETE", f"{_ORDER}/redemption", "redeem", STOREFRONT
    REFUND_ORDER = "POST", f"{_ORDER}/refunds", "refund", STOREFRONT, ADMIN
    GET_ORDER = "GET", _ORDER, "order", STOREFRONT, ADMIN
    GET_STATEMENT = "GET", f"{_CUSTOMER}/movements", "account", STOREFRONT, ADMIN
    ISSUE_POINTS = "POST", f"{_CUSTOMER}/issues", "issue", ADMIN
    ADJUST_POINTS = "POST", f"{_CUSTOMER}/adjustments", "adjust", ADMIN
    SIGN_UP = "POST", f"{_CUSTOMER}/sign-up", "sign_up", STOREFRONT
    EXPORT_CUSTOMER = "GET", f"{_CUSTOMER}/export", "export_customer", ADMIN
    GET_ACCOUNT = "GET", _CUSTOMER, "account", STOREFRONT, ADMIN
    ERASE_CUSTOMER = "DELETE", _CUSTOMER, "erase_customer", ADMIN
    GET_AUDIT = "GET", f"{_PROGRAM}/audit", "audit", ADMIN, FINANCE
    ASSIGN_CARD = "POST", f"{_CARD}/assignment", "cards", ADMIN
    BLOCK_CARD = "POST", f"{_CARD}/block", "cards", ADMIN
    REPLACE_CARD = "POST", f"{_CARD}/replacement", "cards", ADMIN
    GET_CARD = "GET", _CARD, "cards", ADMIN
    CREATE_CARDS = "POST", f"{_PROGRAM}/cards", "cards", ADMIN
    LIST_CARDS = "GET", f"{_PROGRAM}/cards", "cards", ADMIN
    LIST_BALANCES = "GET", f"{_PROGRAM}/customers", "balances", ADMIN, FINANCE
    QUOTE_ORDER = "POST", f"{_PROGRAM}/quotes", "quote", STOREFRONT
    START_UPLOAD = "POST", f"{_PROGRAM}/uploads", "jobs", ADMIN
    UNDO_JOB = "POST", f"{_PROGRAM}/jobs/{{job_id}}/undo", "jobs", ADMIN
    GET_JOB_FILES = "GET", f"{_PROGRAM}/jobs/{{job_id}}/files", "jobs", ADMIN
    GET_JOB = "GET", f"{_PROGRAM}/jobs/{{job_id}}", "jobs", ADMIN
    START_JOB = "POST", f"{_PROGRAM}/jobs", "jobs", ADMIN
    GET_JOBS = "GET", f"{_PROGRAM}/jobs", "jobs", ADMIN
    GET_PURGES = "GET", f"{_PROGRAM}/purges", "purges", ADMIN, FINANCE
    GET_ENTRY_MOVEMENTS = "GET", f"{_PROGRAM}/journal-entries/{{business_day}}/{{kind}}", "journal", FINANCE
    GET_JOURNAL = "GET", f"{_PROGRAM}/journal-entries", "journal", FINANCE
    GET_COHORTS = "GET", f"{_PROGRAM}/liability/cohorts", "liability", FINANCE
    GET_DEFERRED_REVENUE = "GET", f"{_PROGRAM}/liability/deferred-revenue", "liability", FINANCE
    GET_LIABILITY = "GET", f"{_PROGRAM}/liability", "liability", FINANCE

    def __init__(self, method: str, path: str, function: str, *scopes: str) -> None:
        self.method, self.path, self.function, self.scopes = method, path, function, scopes

    @property
    def key(self) -> str:
        """The route as API Gateway names it: `GET /v1/programs/{program_id}`."""
        return f"{self.method} {self.path}"
