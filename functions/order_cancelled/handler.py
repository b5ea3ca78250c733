"""An order was cancelled: what it earned and used is undone. Over HTTP, or as an `Order Cancelled` event."""

from typing import Any

from loyalty.domain.ledger.transaction import Sender
from loyalty.entry.contracts.orders.cancellation import CancelledOrder, OrderCancelledAnswer, OrderCancelledEvent
from loyalty.entry.events.queue import EVENT_SENDER, consume, event
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import Request, Response, serve
from loyalty.entry.observing import LambdaEvent, count
from loyalty.entry.wiring import world
from loyalty.usecases.commands.command import Outcome
from loyalty.usecases.orders.cancel import OrderCancelled, cancel_order


def cancel(program_id: str, order_id: str, facts: CancelledOrder, sender: Sender) -> OrderCancelled:
    done = cancel_order(world(), program_id, order_id, facts.customer_id, facts.reason, sender)
    count("OrdersCancelled" if done.outcome is Outcome.RECORDED else "CancellationsRepeated")
    return done


def post(request: Request) -> Response:
    facts = request.body(CancelledOrder, may_be_empty=True)
    done = cancel(request.program_id, request.order_id, facts, request.sender())
    return Response(OrderCancelledAnswer.model_validate(done), replayed=done.outcome is Outcome.REPEATED)


def on_event(fact: OrderCancelledEvent, context: Any) -> None:
    cancel(fact.program_id, fact.order_id, fact, EVENT_SENDER)


http = serve({Route.CANCEL_ORDER: post})
events = consume(event(OrderCancelledEvent), on_event)


def handler(received: LambdaEvent, context: Any) -> LambdaEvent:
    return events(received, context) if "Records" in received else http(received, context)
