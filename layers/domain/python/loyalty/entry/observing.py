"""Logs and metrics. Neither holds a customer, an order or a body: codes, counts and program ids."""

from aws_lambda_powertools import Logger, Metrics

logger = Logger()
metrics = Metrics()


def count(name: str, program_id: str, number: int = 1) -> None:
    """Add `number` to the metric `name` of a program."""
    metrics.add_metric(name=name, unit="Count", value=number)
    metrics.add_metadata(key="program_id", value=program_id)
