"""Logs and metrics. Neither holds a customer, an order or a body: codes, counts and program ids."""

import warnings
from traceback import extract_tb

from aws_lambda_powertools import Logger, Metrics

# A request that only reads has nothing to count, which is no reason for a line in the log.
warnings.filterwarnings("ignore", "No application metrics to publish*")

logger = Logger()
metrics = Metrics()


def frames(error: BaseException) -> list[str]:
    """Where `error` came from. Its text is left out, as it may hold what a client sent."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in extract_tb(error.__traceback__)]


def count(name: str, number: int = 1) -> None:
    """Add `number` to the metric `name`."""
    metrics.add_metric(name=name, unit="Count", value=number)
