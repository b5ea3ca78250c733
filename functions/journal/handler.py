"""Finance pulls the journal, and the movements behind an entry."""

from loyalty.entry.contracts.books.journal import (
    EntryMovementsAnswer,
    EntryQuery,
    JournalAnswer,
    JournalQuery,
    parse_kind,
)
from loyalty.entry.contracts.fields import parse_day
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import JSON, Request, Response, serve
from loyalty.entry.texts.beancount import BEANCOUNT, as_beancount, as_csv
from loyalty.entry.texts.csv import CSV, CSV_TEXT
from loyalty.entry.wiring import world
from loyalty.usecases.books.journal import view_journal, view_movements

SPARE_SECONDS = 3
"""What is left of the function's time when it stops summing days that are not closed."""


def get(request: Request) -> Response:
    media_type = request.accepted(JSON, CSV, BEANCOUNT)
    program_id, query = request.program_id, request.parameters(JournalQuery)
    query.check()
    answer = JournalAnswer.of(
        view_journal(
            world(),
            program_id,
            query.first,
            query.last,
            write_offs_only=query.kind == "write_off",
            out_of_time=request.out_of_time(SPARE_SECONDS),
        )
    )
    match media_type:
        case "text/csv":
            return Response(as_csv(answer.entries), media_type=CSV_TEXT)
        case "text/x-beancount":
            return Response(as_beancount(program_id, answer.entries), media_type=f"{BEANCOUNT}; charset=utf-8")
        case _:
            return Response(answer)


def get_movements(request: Request) -> Response:
    program_id = request.program_id
    day, kind = parse_day("business_day", request.path["business_day"]), parse_kind(request.path["kind"])
    query = request.parameters(EntryQuery)
    movements, place = view_movements(world(), program_id, day, kind, query.limit, query.after(program_id, day, kind))
    return Response(EntryMovementsAnswer.of(program_id, day, kind, movements, place))


handler = serve(
    {
        Route.GET_JOURNAL: get,
        Route.GET_ENTRY_MOVEMENTS: get_movements,
    }
)
