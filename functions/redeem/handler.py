"""Points are used on an order, or given back."""

from loyalty.entry.contracts.orders.redemption import Redemption, RedemptionAnswer, RedemptionVoidedAnswer
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import Request, Response, serve
from loyalty.entry.observing import count
from loyalty.entry.wiring import world
from loyalty.usecases.commands.command import Outcome
from loyalty.usecases.orders.redeem import redeem_points, void_redemption


def put(request: Request) -> Response:
    redemption = request.body(Redemption).request(request.program_id)
    done = redeem_points(world(), request.program_id, request.order_id, redemption, request.sender())
    if done.outcome is Outcome.RECORDED:
        count("RedemptionsSet")
    return Response(RedemptionAnswer.model_validate(done))


def delete(request: Request) -> Response:
    done = void_redemption(world(), request.program_id, request.order_id, request.sender())
    if done.outcome is Outcome.RECORDED:
        count("RedemptionsVoided")
    return Response(RedemptionVoidedAnswer.model_validate(done))


handler = serve(
    {
        Route.REDEEM_POINTS: put,
        Route.VOID_REDEMPTION: delete,
    }
)
