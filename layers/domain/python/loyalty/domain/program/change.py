"""Settings change by adding a version. What points are worth is in one currency for ever."""

from collections.abc import Callable

from loyalty.domain.program.settings import Program
from loyalty.domain.values.refusal import Refused


def next_version(
    latest: Program | None, settings: Callable[[int], Program], expected: Callable[[int], bool]
) -> Program:
    """The settings that follow `latest`, made by `settings` from their version number.

    `expected` says whether settings may follow the version that it is given (0: there are none yet).

    Raises Refused with `precondition_failed` where they may not, and with `currency_fixed` where the currency differs.
    """
    version = latest.version if latest else 0
    if not expected(version):
        raise Refused(
            "precondition_failed",
            f"The settings are at version {version} now." if version else "There are no settings yet.",
            facts={"version": version},
        )
    program = settings(version + 1)
    if latest and latest.currency != program.currency:
        raise Refused(
            "currency_fixed",
            f"The program's points are valued in {latest.currency}, which cannot change.",
            pointer="/currency",
        )
    return program
