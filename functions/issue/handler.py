"""Points are given by hand, once per idempotency key."""

from loyalty.domain.ledger.movement import AccountId
from loyalty.entry.contracts.points.issue import IssuePoints, PointsIssuedAnswer
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import Request, Response, serve
from loyalty.entry.observing import count
from loyalty.entry.wiring import world
from loyalty.usecases.commands.command import Outcome
from loyalty.usecases.points.issue import issue_points


def post(request: Request) -> Response:
    key, body = request.idempotency_key, request.body(IssuePoints)
    issue = body.issue(AccountId(request.program_id, request.customer_id))
    done = issue_points(world(), request.program_id, key, issue, request.audited_sender(body.source))
    if done.outcome is Outcome.RECORDED:
        count("PointsIssued", done.points)
    return Response(PointsIssuedAnswer.model_validate(done), 201, replayed=done.outcome is Outcome.REPEATED)


handler = serve({Route.ISSUE_POINTS: post})
