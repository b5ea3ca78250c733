"""A customer is erased, or the erasure goes on. Its own cause: the same request again finds nothing left."""

from loyalty.domain.ledger.movement import AccountId
from loyalty.entry.contracts.customers.account import AccountQuery
from loyalty.entry.contracts.customers.erasure import CustomerErasedAnswer
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import Request, Response, serve
from loyalty.entry.observing import count
from loyalty.entry.wiring import world
from loyalty.usecases.customers.erase import erase_customer

SPARE_SECONDS = 8
"""What is left of the function's time when it stops: a write that hangs takes some, API Gateway waits no longer."""


def delete(request: Request) -> Response:
    query = request.parameters(AccountQuery)
    account_id = AccountId(request.program_id, request.customer_id, query.guest)
    sender = request.audited_sender()
    done = erase_customer(world(), account_id, sender, request.out_of_time(SPARE_SECONDS))
    if done.done and done.pseudonym:
        count("CustomersErased")
    return Response(CustomerErasedAnswer.of(done), 200 if done.done else 202)


handler = serve({Route.ERASE_CUSTOMER: delete})
