"""Logs and metrics. Neither holds a customer, an order or a body: codes, counts and program ids."""

import gc
import warnings
from collections.abc import Callable
from traceback import extract_tb
from typing import Any

from aws_lambda_powertools import Logger, Metrics

type LambdaEvent = dict[str, Any]
"""What a function is invoked with, and what it answers."""
type Handler = Callable[[LambdaEvent, Any], LambdaEvent]

# A request that only reads has nothing to count, which is no reason for a line in the log.
warnings.filterwarnings("ignore", "No application metrics to publish*")

logger = Logger()
metrics = Metrics()


def observed(handler: Handler) -> Handler:
    """`handler` as Lambda calls it: the log names the invocation, and its metrics are written at its end.

    Both name the function, because all functions write into one log group. All is imported by then: it is left out
    when garbage is looked for, which begins here.
    """
    gc.freeze()
    gc.enable()
    counted: Handler = metrics.log_metrics(handler)

    def named(event: LambdaEvent, context: Any) -> LambdaEvent:
        metrics.add_metadata(key="function_name", value=context.function_name)
        return counted(event, context)

    logged: Handler = logger.inject_lambda_context(named)
    return logged


def frames(error: BaseException) -> list[str]:
    """Where `error` came from. Its text is left out, as it may hold what a client sent."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in extract_tb(error.__traceback__)]


def fault_of_ours(error: BaseException) -> dict[str, Any]:
    """Count `error`, which wakes an operator, and say for the log what it is: its type, and where it came from."""
    count("InternalErrors")
    return {"error": type(error).__name__, "at": frames(error)}


def count(name: str, number: int = 1) -> None:
    """Add `number` to the metric `name`. Nothing is written of 0: a metric costs for each hour that has a value."""
    if number:
        metrics.add_metric(name=name, unit="Count", value=number)
