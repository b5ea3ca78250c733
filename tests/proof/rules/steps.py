"""Steps of scenarios, as short as they can be said."""

from typing import Any

type Step = dict[str, Any]

PROPORTIONAL: dict[str, Any] = {"refund": {"policy": "proportional"}}
CLAMP: dict[str, Any] = {"cancel": {"on_shortfall": "clamp"}}
NEGATIVE: dict[str, Any] = {"cancel": {"on_shortfall": "allow_negative"}}


def settings(*groups: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One program from several groups of settings."""
    found: dict[str, Any] = {}
    for group in [*groups, more]:
        for name, value in group.items():
            found[name] = {**found.get(name, {}), **value} if isinstance(value, dict) else value
    return found


def item(sku: str, amount: str, quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"sku": sku, "quantity": quantity, "amount": amount, **more}


def goods(amount: str | None, items: list[Any] | None) -> dict[str, Any]:
    return {"items": items if items is not None else [item("plain", amount or "0.00")]}


def complete(order: str, amount: str | None = None, items: list[Any] | None = None, **more: Any) -> Step:
    return {"op": "complete", "order": order, **goods(amount, items), **more}


def edit(order: str, revision: int, amount: str | None = None, items: list[Any] | None = None, **more: Any) -> Step:
    return {"op": "edit", "order": order, "revision": revision, **goods(amount, items), **more}


def refund(order: str, refund_id: str, amount: str | None = None, items: list[Any] | None = None, **more: Any) -> Step:
    """Of the line `plain`, or of `items`."""
    if amount is None and items is None:
        return {"op": "refund", "order": order, "refund_id": refund_id, "items": [], **more}
    lines = items if items is not None else [{"sku": "plain", "amount": amount}]
    return {"op": "refund", "order": order, "refund_id": refund_id, "items": lines, **more}


def refund_total(order: str, total: str, **more: Any) -> Step:
    return {"op": "refund", "order": order, "refunded_total": total, **more}


def redeem(order: str, points: int | str, order_total: str = "100.00", **more: Any) -> Step:
    return {"op": "redeem", "order": order, "points": points, "order_total": order_total, **more}


def issue(points: int, **more: Any) -> Step:
    return {"op": "issue", "points": points, **more}


def adjust(points: int, **more: Any) -> Step:
    return {"op": "adjust", "points": points, **more}


def do(op: str, order: str | None = None, **more: Any) -> Step:
    return {"op": op, **({"order": order} if order else {}), **more}


def wait(**time: float) -> Step:
    return {"op": "wait", **time}


def look(**account: Any) -> Step:
    return {"op": "look", "account": account}


def scenario(name: str, rule: str, program: dict[str, Any], *steps: Step) -> dict[str, Any]:
    return {"name": name, "rule": rule, "settings": program, "steps": list(steps)}
