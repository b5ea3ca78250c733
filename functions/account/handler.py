"""A customer's account and statement are read."""

from loyalty.domain.ledger.movement import AccountId
from loyalty.entry.contracts.customers.account import AccountAnswer, AccountQuery
from loyalty.entry.contracts.customers.statement import StatementAnswer, StatementQuery
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import Request, Response, serve
from loyalty.entry.wiring import world
from loyalty.usecases.customers.account import view_account, view_statement


def get_account(request: Request) -> Response:
    query = request.parameters(AccountQuery)
    account_id = AccountId(request.program_id, request.customer_id, query.guest)
    return Response(AccountAnswer.of(view_account(world(), account_id)))


def get_movements(request: Request) -> Response:
    query = request.parameters(StatementQuery)
    account_id = AccountId(request.program_id, request.customer_id, query.guest)
    movements = view_statement(world(), account_id, query.limit, query.before(account_id))
    return Response(StatementAnswer.of(account_id, movements, query.limit))


handler = serve(
    {
        Route.GET_ACCOUNT: get_account,
        Route.GET_STATEMENT: get_movements,
    }
)
