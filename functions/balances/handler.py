"""Finance and administrators read what each customer of a program has."""

from loyalty.entry.contracts.customers.balances import BalancesAnswer, BalancesQuery
from loyalty.entry.http.pages import answer_page
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import JSON, Request, Response, serve
from loyalty.entry.texts.balances import as_csv
from loyalty.entry.texts.csv import CSV
from loyalty.entry.wiring import world
from loyalty.usecases.customers.balances import list_balances

SPARE_SECONDS = 3
"""What is left of the function's time when it stops reading accounts to sort."""


def get(request: Request) -> Response:
    media_type = request.accepted(JSON, CSV)
    query = request.parameters(BalancesQuery)
    page = list_balances(
        world(),
        request.program_id,
        query.wanted,
        query.order,
        query.limit,
        query.after(request.program_id),
        request.out_of_time(SPARE_SECONDS),
    )
    answer = BalancesAnswer.of(query, page)
    return answer_page(request, media_type, answer, answer.cursor, as_csv)


handler = serve({Route.LIST_BALANCES: get})
