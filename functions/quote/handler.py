"""What a cart or an order would earn, and what it may use. Writes nothing."""

from loyalty.entry.contracts.orders.quote import QuoteAnswer, QuoteRequest
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import Request, Response, serve
from loyalty.entry.wiring import world
from loyalty.usecases.orders.quote import quote_order


def post(request: Request) -> Response:
    body = request.body(QuoteRequest)
    quote, program = quote_order(world(), request.program_id, body.order(world().clock()), body.use_points)
    return Response(QuoteAnswer.of(body, quote, program))


handler = serve({Route.QUOTE_ORDER: post})
