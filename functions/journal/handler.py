"""Finance pulls the journal."""

from loyalty.entry.contracts.journal import JournalAnswer, JournalQuery
from loyalty.entry.http import Request, Response, serve
from loyalty.entry.wiring import world
from loyalty.usecases.view_journal import view_journal


def get(request: Request) -> Response:
    query = request.parameters(JournalQuery)
    query.check()
    entries = view_journal(
        world(), request.program_id, query.first, query.last, write_offs_only=query.kind == "write_off"
    )
    return Response(JournalAnswer.of(entries))


handler = serve({"GET /v1/programs/{program_id}/journal-entries": get})
