"""Logs and metrics. Neither holds a customer, an order or a body: codes, counts and program ids."""

import warnings

from aws_lambda_powertools import Logger, Metrics

# A request that only reads has nothing to count, which is no reason for a line in the log.
warnings.filterwarnings("ignore", "No application metrics to publish*")

logger = Logger()
metrics = Metrics()


def count(name: str, number: int = 1) -> None:
    """Add `number` to the metric `name`."""
    metrics.add_metric(name=name, unit="Count", value=number)
