"""Batches of order events: the bad ones come back, with their reason in the log, and the others are processed."""

import pytest

from loyalty.ports.faults import Unavailable
from tests.function.api.cloud import Cloud, as_json, detail, fact, function


def test_only_the_bad_ones_of_a_batch_come_back(shop: Cloud) -> None:
    bodies = [fact("Order Completed", detail(order_id=f"#{n}")) for n in range(100, 105)]
    bodies[1], bodies[3] = "{", fact("Order Completed", detail(order_id="#1", customer_id="ben"))
    assert shop.deliver("order_completed", *bodies) == ["m1", "m3"]
    assert {name: reason["code"] for name, reason in shop.reasons().items()} == {
        "m1": "malformed_json",
        "m3": "order_customer_mismatch",
    }
    for number, earned in ((100, 20), (101, 0), (102, 20), (103, 0), (104, 20)):
        assert shop.call("GET p/orders/{order_id}", "shop", f"#{number}").body["points_earned"] == earned


def test_a_batch_of_nothing_but_bad_ones_comes_back_and_raises_nothing(shop: Cloud) -> None:
    assert shop.deliver("order_cancelled", "null", "{", "[]") == ["m0", "m1", "m2"]


def test_an_event_that_comes_again_moves_points_once_and_does_not_come_back(shop: Cloud) -> None:
    body = fact("Order Completed", detail())
    assert shop.deliver("order_completed", body, body) == []
    before = shop.digest()
    assert shop.deliver("order_completed", body) == []
    assert shop.digest() == before


def test_an_event_that_met_a_busy_table_comes_back_and_works_then(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable() -> None:
        raise Unavailable("ThrottlingException")

    body, before = fact("Order Completed", detail()), shop.digest()
    with monkeypatch.context() as patch:
        patch.setattr(function("order_completed"), "world", unavailable)
        assert shop.deliver("order_completed", body) == ["m0"]
    assert [line["cause"] for line in shop.lines() if line["message"] == "message_delayed"] == ["ThrottlingException"]
    assert shop.digest() == before
    assert shop.deliver("order_completed", body) == []


@pytest.mark.parametrize("name", ["job_worker", "purge_worker"])
def test_long_work_that_met_a_busy_table_comes_back_in_a_minute_and_then_in_the_queues_own_time(
    name: str, shop: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its queue's own time is half an hour, since it may take minutes."""

    def unavailable() -> None:
        raise Unavailable("ThrottlingException")

    made_visible: list[int] = []

    class Queues:
        def change_message_visibility(self, *, VisibilityTimeout: int, **_: str) -> None:  # noqa: N803
            made_visible.append(VisibilityTimeout)

    monkeypatch.setattr("loyalty.entry.wiring.queues", Queues)
    monkeypatch.setattr(function(name), "world", unavailable)
    task = {"program_id": "shop", "job_id": "1", "part": 0, "run_id": "1", "as_of": "2026-01-31T00:00:00.000000Z"}
    body = as_json({**task, "shard": 0, "after": None, "left": 0, "account": None})
    assert shop.deliver(name, body) == ["m0"]
    assert made_visible == [60]
    assert shop.deliver(name, body, times=2) == ["m0"]
    assert made_visible == [60]
    assert [line["cause"] for line in shop.lines() if line["message"] == "message_delayed"] == [
        "ThrottlingException"
    ] * 2


def test_a_fault_of_ours_in_a_message_is_counted_and_what_is_wrong_with_a_message_is_not(
    shop: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise RuntimeError

    shop.deliver("order_completed", "null")
    assert "InternalErrors" not in capsys.readouterr().out
    monkeypatch.setattr(function("order_completed"), "world", broken)
    shop.deliver("order_completed", fact("Order Completed", detail()))
    assert '"InternalErrors":[1.0]' in capsys.readouterr().out


def test_no_log_line_of_a_bad_event_holds_what_was_in_it(shop: Cloud) -> None:
    secrets = {"customer_id": "secret-customer\n", "reason": "secret-reason\n", "secret-field": 1}
    body = as_json({"detail": {"program_id": "shop", "order_id": "secret-order", **secrets}})
    shop.deliver("order_cancelled", body, "secret-text")
    assert "secret" not in shop.log.getvalue()
    assert [fault["pointer"] for fault in shop.reasons()["m0"]["faults"]] == ["/customer_id", "/reason", "/?"]
