"""Business days are closed, of all programs or of one. By a schedule, or by hand."""

from typing import Any

from loyalty.entry.contracts.closing import CloseDaysAnswer, StartClosing
from loyalty.entry.http import Event
from loyalty.entry.observing import count, logger, metrics
from loyalty.entry.wiring import world
from loyalty.usecases.close_days import close_days

SPARE_MILLISECONDS = 30_000
"""What is left of the function's time when it stops; the next run goes on from there."""


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: Event, context: Any) -> Event:
    def out_of_time() -> bool:
        return bool(context.get_remaining_time_in_millis() < SPARE_MILLISECONDS)

    start = StartClosing.model_validate(event)
    answer = CloseDaysAnswer.of(close_days(world(), start.program_id, out_of_time))
    logger.info("closed", days=answer.days, behind=answer.behind)
    count("DaysClosed", answer.days)
    count("DaysNotClosed", answer.behind)
    return answer.model_dump(mode="json")
