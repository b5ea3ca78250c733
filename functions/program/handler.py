"""A program's settings are changed, by adding a version, and read."""

from loyalty.entry.contracts.programs.settings import ProgramAnswer, ProgramQuery, ProgramSettings
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import Request, Response, serve
from loyalty.entry.wiring import world
from loyalty.usecases.programs.change import change_program
from loyalty.usecases.programs.view import view_program


def put(request: Request) -> Response:
    program_id, settings = request.program_id, request.body(ProgramSettings)
    settings.check(program_id)

    def expected(version: int) -> bool:
        return request.if_match(version) and settings.version in (None, version)

    recorded = change_program(
        world(),
        program_id,
        lambda version: settings.program(program_id, version),
        request.audited_sender(),
        expected,
    )
    version = recorded.program.version
    return Response(ProgramAnswer.of(recorded), 201 if version == 1 else 200, version=version)


def get(request: Request) -> Response:
    recorded = view_program(world(), request.program_id, request.parameters(ProgramQuery).version)
    return Response(ProgramAnswer.of(recorded), version=recorded.program.version)


handler = serve({Route.PUT_PROGRAM: put, Route.GET_PROGRAM: get})
