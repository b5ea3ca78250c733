"""The purge goes on: a shard that is too full to be done at once, or an account that held others up."""

from typing import Any

from loyalty.entry.deadline import out_of_time
from loyalty.entry.events.queue import LONG_WORK_AGAIN_SECONDS, consume
from loyalty.entry.observing import count, logger
from loyalty.entry.wiring import purge_task, world
from loyalty.ports.purges import PurgeTask
from loyalty.usecases.points.purge import carry_on

SPARE_SECONDS = 30
"""What is left of the function's time when it hands the rest over."""


def on_task(task: PurgeTask, context: Any) -> None:
    done = carry_on(world(), task, out_of_time(context, SPARE_SECONDS))
    logger.info("purged", program_id=task.program_id, shard=task.shard, accounts=done.accounts, points=done.points)
    count("PointsExpired", done.points)


handler = consume(purge_task, on_task, again_seconds=LONG_WORK_AGAIN_SECONDS)
