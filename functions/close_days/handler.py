"""Business days are closed, of all programs or of one. By a schedule, or by hand."""

from typing import Any

from loyalty.entry.contracts.books.closing import CloseDaysAnswer, StartClosing
from loyalty.entry.deadline import out_of_time
from loyalty.entry.events.invoking import invoked
from loyalty.entry.observing import count, logger
from loyalty.entry.wiring import world
from loyalty.usecases.books.close_days import close_days

SPARE_SECONDS = 30
"""What is left of the function's time when it stops; the next run goes on from there."""


def run(start: StartClosing, context: Any) -> CloseDaysAnswer:
    answer = CloseDaysAnswer.of(close_days(world(), start.program_id, out_of_time(context, SPARE_SECONDS)))
    logger.info("closed", days=answer.days, behind=answer.behind)
    count("DaysClosed", answer.days)
    count("DaysNotClosed", answer.behind)
    return answer


handler = invoked(StartClosing, run)
