"""The purge's runs are read."""

from loyalty.entry.contracts.points.purge import PurgeRunAnswer, PurgesAnswer, PurgesQuery
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import Request, Response, serve
from loyalty.entry.wiring import world
from loyalty.usecases.points.view_purges import view_purges


def get(request: Request) -> Response:
    query = request.parameters(PurgesQuery)
    view = view_purges(world(), request.program_id, query.limit)
    return Response(PurgesAnswer(runs=[PurgeRunAnswer.of(run, view.currency) for run in view.runs]))


handler = serve({Route.GET_PURGES: get})
