"""Would it be noticed? Every bug that is planted is found."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from tests.proof.simulation.planted import BUGS, find, name_of


@pytest.fixture(scope="module")
def searches() -> Iterator[dict[str, str | None]]:
    """By what each bug is found."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        yield {name_of(plant): found for plant, found in zip(BUGS, pool.map(find, BUGS), strict=True)}


@pytest.mark.parametrize("name", [name_of(plant) for plant in BUGS])
def test_it_is_found(name: str, searches: dict[str, str | None]) -> None:
    assert searches[name]


def test_there_are_enough_of_them() -> None:
    assert len(BUGS) >= 20
