"""The ledger checks itself: one customer, one program or all. After each purge, or invoked by hand."""

from typing import Any

from loyalty.domain.ledger.movement import AccountId
from loyalty.entry.contracts.books.verify import StartVerify, VerifyAnswer
from loyalty.entry.deadline import out_of_time
from loyalty.entry.events.invoking import invoked
from loyalty.entry.observing import count, logger
from loyalty.entry.wiring import publish, world
from loyalty.usecases.books.verify import Verification, verify_account, verify_program

SPARE_SECONDS = 30
"""What is left of the function's time when it stops."""
MOST_NAMED = 100
"""How many differences an event names: it may have 256 KB."""


def verify(start: StartVerify, context: Any) -> list[Verification]:
    check = out_of_time(context, SPARE_SECONDS)
    if start.program_id is None:
        return [verify_program(world(), program_id, check) for program_id in world().programs.ids()]
    if start.customer_id is None:
        return [verify_program(world(), start.program_id, check)]
    return [verify_account(world(), AccountId(start.program_id, start.customer_id, start.guest))]


def report(answer: VerifyAnswer) -> None:
    """Raise the alarm: a metric, and an event that names what does not agree."""
    logger.error("differences", number=answer.differences)
    for program in answer.programs:
        if program.differences:
            named = [difference.model_dump() for difference in program.differences[:MOST_NAMED]]
            publish("Ledger Differs", {"program_id": program.program_id, "differences": named})


def run(start: StartVerify, context: Any) -> VerifyAnswer:
    answer = VerifyAnswer.of(verify(start, context))
    count("LedgerDifferences", answer.differences)
    if not answer.complete:
        logger.warning("out_of_time")
        count("VerificationsIncomplete")
    if answer.differences:
        report(answer)
    return answer


handler = invoked(StartVerify, run)
