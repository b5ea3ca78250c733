"""An order was completed: it earns, once. Over HTTP, or as an `Order Completed` event."""

from typing import Any

from loyalty.domain.ledger.transaction import Sender
from loyalty.entry.contracts.orders.completion import CompletedOrder, OrderCompletedAnswer, OrderCompletedEvent
from loyalty.entry.events.queue import EVENT_SENDER, consume, event
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import Request, Response, serve
from loyalty.entry.observing import LambdaEvent, count
from loyalty.entry.wiring import world
from loyalty.usecases.commands.command import Outcome
from loyalty.usecases.orders.complete import OrderCompleted, complete_order


def complete(program_id: str, order_id: str, facts: CompletedOrder, sender: Sender) -> OrderCompleted:
    order = facts.order(order_id, world().clock())
    done = complete_order(world(), program_id, order, sender)
    count("OrdersCompleted" if done.outcome is Outcome.RECORDED else "OrdersRepeated")
    return done


def post(request: Request) -> Response:
    facts = request.body(CompletedOrder)
    done = complete(request.program_id, request.order_id, facts, request.sender())
    answer = OrderCompletedAnswer.model_validate(done)
    return Response(answer, 201 if done.outcome is Outcome.RECORDED else 200, replayed=done.outcome is Outcome.REPEATED)


def on_event(fact: OrderCompletedEvent, context: Any) -> None:
    complete(fact.program_id, fact.order_id, fact, EVENT_SENDER)


http = serve({Route.COMPLETE_ORDER: post})
events = consume(event(OrderCompletedEvent), on_event)


def handler(received: LambdaEvent, context: Any) -> LambdaEvent:
    return events(received, context) if "Records" in received else http(received, context)
