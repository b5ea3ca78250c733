"""Who administers the program did what, when, from where and why."""

from loyalty.entry.contracts.programs.audit import AuditAnswer, AuditQuery, bad_cursor
from loyalty.entry.http.pages import answer_page
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import JSON, Request, Response, serve
from loyalty.entry.texts.audit import as_csv
from loyalty.entry.texts.csv import CSV
from loyalty.entry.wiring import world
from loyalty.usecases.programs.audit import view_audit


def get(request: Request) -> Response:
    media_type = request.accepted(JSON, CSV)
    program_id, query = request.program_id, request.parameters(AuditQuery)
    after = query.after(program_id)
    try:
        entries, place = view_audit(world(), program_id, query.first, query.last, query.limit, after)
    except ValueError:
        raise bad_cursor() from None
    answer = AuditAnswer.of(program_id, query, entries, place)
    return answer_page(request, media_type, answer, answer.cursor, as_csv)


handler = serve({Route.GET_AUDIT: get})
