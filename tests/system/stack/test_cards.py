"""Cards through the deployed API: a box of them, one for a customer, lost and replaced."""

from tests.system.stack.api import Shop


def test_a_card_from_the_box_to_its_replacement(shop: Shop) -> None:
    shop.complete("1001")
    made = shop.call("admin", "POST", "cards", body={"count": 50}, key="box")
    again = shop.call("admin", "POST", "cards", body={"count": 50}, key="box")
    assert (made.status, again.status, again.replayed, again.body) == (201, 201, True, made.body)
    numbers = [card["number"] for card in made.body["cards"]]
    one, other = numbers[:2]
    assigned = shop.call("admin", "POST", "cards", one, "assignment", body={"customer_id": "ann"}, key="assign")
    assert (assigned.status, shop.account()["card_number"]) == (200, one)
    typed = " ".join(one[start : start + 4] for start in range(0, 16, 4))
    card = shop.call("admin", "GET", "cards", typed).body
    assert (card["number"], card["customer_id"], card["balance"]) == (one, "ann", 100)
    assert [line["type"] for line in card["transactions"]] == ["ASSIGN", "CREATION", "EARNING"]
    replaced = shop.call("admin", "POST", "cards", one, "replacement", body={"number": other}, key="replace")
    assert (replaced.status, replaced.body["replaces"]) == (200, one)
    account = shop.account()
    assert (account["card_number"], account["balance"]) == (other, 100)
    lost = shop.call("admin", "GET", "cards", one).body
    assert (lost["status"], lost["replaced_by"], lost["balance"]) == ("blocked", other, None)
    listed = shop.call("admin", "GET", "cards", query={"limit": "1000"}).body
    assert sorted(card["number"] for card in listed["cards"]) == sorted(numbers)
    assert listed["cursor"] is None
