"""Cases play in a ledger that moto holds, as the tests of the API do."""

from tests.function.api.conftest import cloud, pytest_configure

__all__ = ["cloud", "pytest_configure"]
