"""The purge starts: writes off what has expired, of all programs or of one. By its schedule, or by hand."""

from typing import Any

from loyalty.entry.contracts.points.purge import PurgeAnswer, StartPurge
from loyalty.entry.deadline import out_of_time
from loyalty.entry.events.invoking import invoked
from loyalty.entry.observing import count, logger
from loyalty.entry.wiring import world
from loyalty.usecases.points.purge import Purged, purge_program

SPARE_SECONDS = 30
"""What is left of the function's time when it hands the rest over."""


def purge(program_id: str, start: StartPurge, context: Any) -> Purged:
    purged = purge_program(world(), program_id, start.as_of, out_of_time(context, SPARE_SECONDS))
    logger.info(
        "purged",
        program_id=program_id,
        accounts=purged.expired.accounts,
        points=purged.expired.points,
        handed_over=purged.parts,
    )
    count("PointsExpired", purged.expired.points)
    return purged


def run(start: StartPurge, context: Any) -> PurgeAnswer:
    program_ids = [start.program_id] if start.program_id else list(world().programs.ids())
    return PurgeAnswer.of([purge(program_id, start, context) for program_id in program_ids])


handler = invoked(StartPurge, run)
