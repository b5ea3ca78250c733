"""Everything that an order has done to points is read."""

from loyalty.entry.contracts.orders.view import OrderAnswer
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import Request, Response, serve
from loyalty.entry.wiring import world
from loyalty.usecases.orders.view import view_order


def get(request: Request) -> Response:
    return Response(OrderAnswer.of(view_order(world(), request.program_id, request.order_id)))


handler = serve({Route.GET_ORDER: get})
