"""An order was refunded, in part or in whole: points are taken back, or a number is suggested."""

from loyalty.entry.contracts.orders.refund import OrderRefundedAnswer, RefundedOrder
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import Request, Response, serve
from loyalty.entry.observing import count
from loyalty.entry.wiring import world
from loyalty.usecases.commands.command import Outcome
from loyalty.usecases.orders.refund import refund_order


def post(request: Request) -> Response:
    refund = request.body(RefundedOrder).request()
    done = refund_order(world(), request.program_id, request.order_id, refund, request.audited_sender())
    if done.outcome is Outcome.RECORDED:
        count("OrdersRefunded")
    return Response(OrderRefundedAnswer.model_validate(done), replayed=done.outcome is Outcome.REPEATED)


handler = serve({Route.REFUND_ORDER: post})
