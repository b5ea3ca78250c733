"""What every keeper of settings promises the use cases."""

import pytest

from loyalty.ports.faults import LostRace, UnknownProgram
from tests.contract.conftest import Store
from tests.support.builders import DAY, NOW, program
from tests.support.worlds import save


def test_an_unknown_program_is_said_to_be_unknown(store: Store) -> None:
    with pytest.raises(UnknownProgram):
        store.programs.get("shop")
    assert store.programs.latest("shop") is None
    assert list(store.programs.ids()) == []


def test_settings_are_read_back_equal(store: Store) -> None:
    detailed = program(
        name="Café ø",
        enabled=False,
        timezone="America/Sao_Paulo",
        earn={"points_per_unit": "0.5", "rounding": "half_up", "max_points_per_order": 500},
        redeem={"point_value": "0.0050", "max_order_share": "0.25", "overspend": "clamp"},
        expiry={"policy": "after_months", "months": 12},
    )
    save(store.programs, detailed)
    for programs in (store.programs, store.other_programs):
        assert programs.get("shop") == detailed
        assert programs.latest("shop") == detailed


def test_each_program_has_its_own_settings(store: Store) -> None:
    for program_id in ("shop", "shop-2", "A.b_c"):
        save(store.programs, program(program_id, name=program_id))
    assert sorted(store.programs.ids()) == ["A.b_c", "shop", "shop-2"]
    assert store.programs.get("shop-2").name == "shop-2"


def test_a_version_is_saved_only_after_the_one_before(store: Store) -> None:
    save(store.programs, program(version=1))
    for version in (1, 3):
        with pytest.raises(LostRace):
            save(store.programs, program(version=version, name="lost"))
    save(store.programs, program(version=2, name="second"))
    with pytest.raises(LostRace):
        save(store.other_programs, program(version=2, name="lost"))
    latest = store.programs.latest("shop")
    assert latest
    assert (latest.version, latest.name) == (2, "second")


def test_the_first_version_is_the_first(store: Store) -> None:
    with pytest.raises(LostRace):
        save(store.programs, program(version=2))
    assert store.programs.latest("shop") is None


def test_latest_is_never_old_and_get_no_older_than_the_staleness(store: Store) -> None:
    save(store.programs, program(version=1))
    assert store.other_programs.get("shop").version == 1
    store.let_pass(store.programs.staleness / 2)
    save(store.programs, program(version=2))
    latest = store.other_programs.latest("shop")
    assert latest
    assert latest.version == 2
    assert store.other_programs.get("shop").version in (1, 2)
    store.let_pass(store.programs.staleness)
    assert store.other_programs.get("shop").version == 2


def test_whoever_saves_reads_what_was_saved(store: Store) -> None:
    save(store.programs, program(version=1))
    assert store.programs.get("shop").version == 1
    save(store.programs, program(version=2))
    assert store.programs.get("shop").version == 2


def test_a_program_was_made_when_its_first_version_was(store: Store) -> None:
    with pytest.raises(UnknownProgram):
        store.programs.made_at("shop")
    save(store.programs, program(version=1), NOW)
    save(store.programs, program(version=2), NOW + DAY)
    for programs in (store.programs, store.other_programs):
        assert programs.made_at("shop") == NOW
