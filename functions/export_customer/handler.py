"""All that is held about one customer is handed out; that somebody asked for it is recorded."""

from loyalty.domain.ledger.movement import AccountId
from loyalty.entry.contracts.customers.export import CustomerExportAnswer, ExportQuery
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import Request, Response, serve
from loyalty.entry.wiring import world
from loyalty.usecases.customers.export import export_customer


def get(request: Request) -> Response:
    query = request.parameters(ExportQuery)
    account_id = AccountId(request.program_id, request.customer_id, query.guest)
    sender = request.audited_sender()
    export = export_customer(world(), account_id, sender, request.request_id, query.start(account_id))
    return Response(CustomerExportAnswer.of(export))


handler = serve({Route.EXPORT_CUSTOMER: get})
