"""The routes of the API: which function answers what, for whom."""

import re
from typing import NamedTuple

STOREFRONT, ADMIN, FINANCE = "loyalty/storefront", "loyalty/admin", "loyalty/finance"

_PROGRAM = "/v1/programs/{program_id}"
_ORDER = f"{_PROGRAM}/orders/{{order_id}}"
_CUSTOMER = f"{_PROGRAM}/customers/{{customer_id}}"

_CARD = f"{_PROGRAM}/cards/{{number}}"


class Route(NamedTuple):
    """A method and path, the folder of the function behind it, and the scopes that may call it."""

    method: str
    path: str
    function: str
    scopes: tuple[str, ...]

    @property
    def key(self) -> str:
        """As API Gateway names it."""
        return f"{self.method} {self.path}"


ROUTES = (
    Route("PUT", _PROGRAM, "program", (ADMIN,)),
    Route("GET", _PROGRAM, "program", (ADMIN,)),
    Route("POST", f"{_ORDER}/completed", "order_completed", (STOREFRONT,)),
    Route("POST", f"{_ORDER}/cancelled", "order_cancelled", (STOREFRONT,)),
    Route("PUT", f"{_ORDER}/redemption", "redeem", (STOREFRONT,)),
    Route("DELETE", f"{_ORDER}/redemption", "redeem", (STOREFRONT,)),
    Route("POST", f"{_ORDER}/refunds", "refund", (STOREFRONT, ADMIN)),
    Route("GET", _ORDER, "order", (STOREFRONT, ADMIN)),
    Route("GET", f"{_CUSTOMER}/movements", "account", (STOREFRONT, ADMIN)),
    Route("POST", f"{_CUSTOMER}/issues", "issue", (ADMIN,)),
    Route("POST", f"{_CUSTOMER}/adjustments", "adjust", (ADMIN,)),
    Route("POST", f"{_CUSTOMER}/sign-up", "sign_up", (STOREFRONT,)),
    Route("GET", f"{_CUSTOMER}/export", "export_customer", (ADMIN,)),
    Route("GET", _CUSTOMER, "account", (STOREFRONT, ADMIN)),
    Route("DELETE", _CUSTOMER, "erase_customer", (ADMIN,)),
    Route("GET", f"{_PROGRAM}/audit", "audit", (ADMIN, FINANCE)),
    Route("POST", f"{_CARD}/assignment", "cards", (ADMIN,)),
    Route("POST", f"{_CARD}/block", "cards", (ADMIN,)),
    Route("POST", f"{_CARD}/replacement", "cards", (ADMIN,)),
    Route("GET", _CARD, "cards", (ADMIN,)),
    Route("POST", f"{_PROGRAM}/cards", "cards", (ADMIN,)),
    Route("GET", f"{_PROGRAM}/cards", "cards", (ADMIN,)),
    Route("GET", f"{_PROGRAM}/customers", "balances", (ADMIN, FINANCE)),
    Route("POST", f"{_PROGRAM}/quotes", "quote", (STOREFRONT,)),
    Route("POST", f"{_PROGRAM}/uploads", "jobs", (ADMIN,)),
    Route("POST", f"{_PROGRAM}/jobs/{{job_id}}/undo", "jobs", (ADMIN,)),
    Route("GET", f"{_PROGRAM}/jobs/{{job_id}}/files", "jobs", (ADMIN,)),
    Route("GET", f"{_PROGRAM}/jobs/{{job_id}}", "jobs", (ADMIN,)),
    Route("POST", f"{_PROGRAM}/jobs", "jobs", (ADMIN,)),
    Route("GET", f"{_PROGRAM}/jobs", "jobs", (ADMIN,)),
    Route("GET", f"{_PROGRAM}/purges", "purges", (ADMIN, FINANCE)),
    Route("GET", f"{_PROGRAM}/journal-entries/{{business_day}}/{{kind}}", "journal", (FINANCE,)),
    Route("GET", f"{_PROGRAM}/journal-entries", "journal", (FINANCE,)),
    Route("GET", f"{_PROGRAM}/liability/cohorts", "liability", (FINANCE,)),
    Route("GET", f"{_PROGRAM}/liability/deferred-revenue", "liability", (FINANCE,)),
    Route("GET", f"{_PROGRAM}/liability", "liability", (FINANCE,)),
)
"""The first that matches counts, so that longer paths stand before shorter ones."""


def find(method: str, raw_path: str) -> Route | None:
    """The route of a decoded path, in which the last id may hold slashes."""
    for route in ROUTES:
        pattern = re.sub(r"\{program_id\}", "[^/]+", route.path)
        if route.method == method and re.fullmatch(re.sub(r"\{\w+\}", ".+", pattern), raw_path, re.DOTALL):
            return route
    return None
