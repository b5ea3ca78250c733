"""A program's settings are changed, by adding a version, and read."""

from loyalty.entry.contracts.programs import ProgramAnswer, ProgramSettings
from loyalty.entry.http import Request, Response, serve
from loyalty.entry.wiring import world
from loyalty.usecases.change_program import change_program


def put(request: Request) -> Response:
    program_id, settings = request.program_id, request.body(ProgramSettings)
    settings.check()
    program, new = change_program(world(), program_id, lambda version: settings.program(program_id, version))
    return Response(ProgramAnswer.of(program), 201 if new else 200)


def get(request: Request) -> Response:
    return Response(ProgramAnswer.of(world().programs.get(request.program_id)))


handler = serve({"PUT /v1/programs/{program_id}": put, "GET /v1/programs/{program_id}": get})
