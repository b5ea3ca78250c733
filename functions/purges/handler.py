"""The purge's runs are read."""

from loyalty.entry.contracts.points.purge import PurgeRunAnswer, PurgesAnswer, PurgesQuery
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import Request, Response, serve
from loyalty.entry.wiring import world


def get(request: Request) -> Response:
    query = request.parameters(PurgesQuery)
    currency = world().programs.get(request.program_id).currency
    runs = world().purges.runs(request.program_id, query.limit)
    return Response(PurgesAnswer(runs=[PurgeRunAnswer.of(run, currency) for run in runs]))


handler = serve({Route.GET_PURGES: get})
