"""Points are adjusted by hand, once per idempotency key."""

from loyalty.domain.ledger.movement import AccountId
from loyalty.entry.contracts.customers.account import AccountQuery
from loyalty.entry.contracts.points.adjustment import AdjustPoints, PointsAdjustedAnswer
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import Request, Response, serve
from loyalty.entry.observing import count
from loyalty.entry.wiring import world
from loyalty.usecases.commands.command import Outcome
from loyalty.usecases.points.adjust import adjust_points


def post(request: Request) -> Response:
    key, query, body = request.idempotency_key, request.parameters(AccountQuery), request.body(AdjustPoints)
    adjustment = body.adjustment(AccountId(request.program_id, request.customer_id, query.guest))
    done = adjust_points(world(), request.program_id, key, adjustment, request.audited_sender(body.source))
    if done.outcome is Outcome.RECORDED:
        count("PointsAdjusted", abs(done.points))
    return Response(PointsAdjustedAnswer.model_validate(done), 201, replayed=done.outcome is Outcome.REPEATED)


handler = serve({Route.ADJUST_POINTS: post})
