"""Loyalty cards are created, assigned, looked up, blocked, replaced and listed."""

from loyalty.domain.ledger.idempotency import cause_of_request
from loyalty.entry.contracts.customers.cards import (
    AssignCard,
    BlockCard,
    CardAnswer,
    CardChangedAnswer,
    CardsAnswer,
    CardsCreatedAnswer,
    CardsQuery,
    CreateCards,
    ReplaceCard,
)
from loyalty.entry.http.pages import answer_page
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import JSON, Request, Response, serve
from loyalty.entry.observing import count
from loyalty.entry.texts.cards import as_csv
from loyalty.entry.texts.csv import CSV
from loyalty.entry.wiring import world
from loyalty.usecases.commands.command import Outcome
from loyalty.usecases.customers.change_card import CardChanged, assign_card, block_card, replace_card
from loyalty.usecases.customers.create_cards import create_cards
from loyalty.usecases.customers.view_cards import view_card, view_cards


def post(request: Request) -> Response:
    key, body = request.idempotency_key, request.body(CreateCards, may_be_empty=True)
    sender = request.audited_sender(body.source)
    done = create_cards(world(), cause_of_request(request.program_id, key), body.count, sender)
    if done.outcome is Outcome.RECORDED:
        count("CardsCreated", len(done.numbers))
    return Response(CardsCreatedAnswer.of(done), 201, replayed=done.outcome is Outcome.REPEATED)


def get(request: Request) -> Response:
    number = request.card_number
    return Response(CardAnswer.of(view_card(world(), request.program_id, number)))


def get_all(request: Request) -> Response:
    media_type = request.accepted(JSON, CSV)
    program_id, query = request.program_id, request.parameters(CardsQuery)
    numbers = view_cards(world(), program_id, query.limit, query.after(program_id))
    answer = CardsAnswer.of(program_id, numbers, query.limit)
    return answer_page(request, media_type, answer, answer.cursor, as_csv)


def assign(request: Request) -> Response:
    key, body = request.idempotency_key, request.body(AssignCard)
    sender = request.audited_sender(body.source)
    return _changed(
        assign_card(world(), request.program_id, key, request.card_number, body.customer_id, sender), "CardsAssigned"
    )


def block(request: Request) -> Response:
    key, body = request.idempotency_key, request.body(BlockCard, may_be_empty=True)
    sender = request.audited_sender(body.source)
    return _changed(
        block_card(world(), request.program_id, key, request.card_number, body.reason, sender), "CardsBlocked"
    )


def replace(request: Request) -> Response:
    key, body = request.idempotency_key, request.body(ReplaceCard, may_be_empty=True)
    sender = request.audited_sender(body.source)
    done = replace_card(world(), request.program_id, key, request.card_number, body.number, body.reason, sender)
    return _changed(done, "CardsReplaced")


def _changed(done: CardChanged, metric: str) -> Response:
    if done.outcome is Outcome.RECORDED:
        count(metric)
    return Response(CardChangedAnswer.model_validate(done), replayed=done.outcome is Outcome.REPEATED)


handler = serve(
    {
        Route.CREATE_CARDS: post,
        Route.LIST_CARDS: get_all,
        Route.GET_CARD: get,
        Route.ASSIGN_CARD: assign,
        Route.BLOCK_CARD: block,
        Route.REPLACE_CARD: replace,
    }
)
