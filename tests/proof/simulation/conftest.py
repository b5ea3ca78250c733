"""Functions say to Python once, when they start, that they may have nothing to count; pytest forgets it."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("filterwarnings", "ignore:No application metrics to publish")
