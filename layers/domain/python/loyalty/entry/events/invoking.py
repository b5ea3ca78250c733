"""Functions that a schedule, an event or an operator invokes.

One that fails ends as failed, so that the alarm on errors hears it. Lambda writes the text of what was raised into the
log; so that text is a code, and what led to it is not shown.
"""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from loyalty.entry.contracts.fields import parse
from loyalty.entry.http.problems import Problem
from loyalty.entry.observing import Handler, LambdaEvent, fault_of_ours, logger, observed
from loyalty.ports.faults import Unavailable, UnknownProgram


class Failed(Exception):
    """An invocation that failed; the message is a code, and of what was refused the pointers to the fields at fault."""


def invoked[Told: BaseModel](model: type[Told], carry_out: Callable[[Told, Any], BaseModel]) -> Handler:
    """A Lambda handler that hands the event, as a `model`, and its context to `carry_out`, and answers in JSON.

    The handler raises Failed.
    """

    @observed
    def handler(event: LambdaEvent, context: Any) -> LambdaEvent:
        try:
            answer: LambdaEvent = carry_out(parse(model, event), context).model_dump(mode="json")
        except Problem as problem:
            places = [fault.place for fault in problem.faults]
            logger.error("refused", code=problem.rule.code, at=places)
            failed = " ".join([problem.rule.code, *places])
        except UnknownProgram:
            logger.error("refused", code="unknown_program", at=[])
            failed = "unknown_program"
        except Unavailable as error:
            logger.warning("unavailable", cause=str(error))
            failed = "busy"
        except Exception as error:  # noqa: BLE001 - raised again below, without what it may hold
            logger.error("internal_error", **fault_of_ours(error))
            failed = f"internal_error {type(error).__name__}"
        else:
            return answer
        # Out of reach of what was caught, which Lambda would write into the log with it.
        raise Failed(failed)

    return handler
