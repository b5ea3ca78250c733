"""A customer signs up: they earn, once. The customer's id makes it so, without an idempotency key."""

from loyalty.domain.ledger.movement import AccountId
from loyalty.entry.contracts.points.sign_up import SignedUpAnswer, SignedUpCustomer
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import Request, Response, serve
from loyalty.entry.observing import count
from loyalty.entry.wiring import world
from loyalty.usecases.commands.command import Outcome
from loyalty.usecases.points.sign_up import sign_customer_up


def post(request: Request) -> Response:
    request.body(SignedUpCustomer, may_be_empty=True)
    account_id = AccountId(request.program_id, request.customer_id)
    done = sign_customer_up(world(), account_id, request.sender())
    recorded = done.outcome is Outcome.RECORDED
    if recorded:
        count("CustomersSignedUp")
    return Response(
        SignedUpAnswer.model_validate(done),
        201 if recorded else 200,
        replayed=done.outcome is Outcome.REPEATED,
    )


handler = serve({Route.SIGN_UP: post})
