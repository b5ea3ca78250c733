"""`loyalty verify`: has the deployed ledger check itself, and says what it found."""

import json
import sys
from typing import Any

import click

from loyalty_cli.client import Json
from loyalty_cli.connection import Connection, connected
from loyalty_cli.failures import ExitCode, Failure
from loyalty_cli.output import Output, Rows, field, number, written
from loyalty_cli.progress import progress

PROGRAMS = (
    field("program_id"),
    number("accounts"),
    number("movements"),
    number("liability"),
    number("outstanding"),
    number("differences"),
    field("complete"),
)
DIFFERENCES = (field("program_id"), field("where"), field("what"))


@click.command()
@click.option("--program", "program_id", envvar="LOYALTY_PROGRAM", metavar="ID", help="One instead of all.")
@click.option("--customer", "customer_id", metavar="ID", help="One customer of the program.")
@click.option("--guest", is_flag=True, help="The customer is a guest.")
@click.option("--function", envvar="LOYALTY_VERIFY_FUNCTION", help="The stack's output VerifyFunctionName.")
@written()
@connected
def verify(
    program_id: str | None, customer_id: str | None, guest: bool, output: Output, connection: Connection
) -> None:
    """Compare accounts, movements and journal. Ends with 1 if anything differs.

    Replays all movements. It is a function of the stack, no part of the API: it is invoked with your AWS credentials.
    In CSV: a row for each difference.
    """
    if customer_id is not None and program_id is None:
        raise click.UsageError("--customer needs --program")
    told: Json = {"program_id": program_id, "customer_id": customer_id, "guest": guest}
    with progress(output, "verifying"):
        result = _invoke(connection, told)
    differences = [
        {"program_id": program["program_id"], **difference}
        for program in result["programs"]
        for difference in program["differences"]
    ]
    match output.form:
        case "json":
            output.stream_rows(Rows((), result["programs"]))
        case "csv":
            output.stream_rows(Rows(DIFFERENCES, differences))
        case _:
            counted = [{**program, "differences": len(program["differences"])} for program in result["programs"]]
            output.stream_rows(Rows(PROGRAMS, counted))
            if differences:
                output.stream_rows(Rows(DIFFERENCES, differences))
    number_found, complete = result["differences"], result["complete"]
    if number_found:
        first = "" if output.form == "table" else f"; the first: {differences[0]['where']}: {differences[0]['what']}"
        raise Failure(f"{number_found:,} difference{'s' if number_found > 1 else ''}{first}", ExitCode.DIFFERENCES)
    if not complete:
        raise Failure("time ran out before all was compared; name a --program", ExitCode.DIFFERENCES)
    print("everything agrees", file=sys.stderr)


def _invoke(connection: Connection, told: Json) -> Any:
    """What the function answers. Raises Failure."""
    function, name = connection.verify_function()
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        NoCredentialsError,
        NoRegionError,
        PartialCredentialsError,
    )

    try:
        answer = function.invoke(FunctionName=name, Payload=json.dumps(told).encode())
        result = json.load(answer["Payload"])
    except (NoCredentialsError, PartialCredentialsError, NoRegionError) as error:
        raise Failure(str(error), ExitCode.USAGE) from None
    except ClientError as error:
        said = error.response["Error"]
        raise Failure(f"{said.get('Code')}: {said.get('Message')}", ExitCode.REFUSED) from None
    except (BotoCoreError, ValueError) as error:
        raise Failure(f"{name} cannot be invoked: {error}", ExitCode.UNREACHABLE) from None
    if "FunctionError" in answer:
        if result.get("errorMessage") == "unknown_program":
            raise Failure(f"unknown_program: {name} knows no program of this id", ExitCode.REFUSED)
        raise Failure(f"{name} failed: {result.get('errorMessage', result)}", ExitCode.UNREACHABLE)
    return result
