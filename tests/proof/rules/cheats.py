"""Cheats, which must end at nothing gained, and for each its honest twin, who must lose nothing.

The same language as `scenarios`. A pair is `{"cheat", "scenarios", "twins"}`.
"""

from typing import Any

from tests.proof.rules.playing import day
from tests.proof.rules.scenarios import BIG, DAILY_CAP, FIRST, LIFE_3, SHORT_BIG, TIMES_FIVE, WORKED
from tests.proof.rules.steps import (
    CLAMP,
    NEGATIVE,
    PROPORTIONAL,
    Step,
    complete,
    do,
    edit,
    issue,
    item,
    look,
    redeem,
    refund,
    refund_total,
    scenario,
    settings,
    wait,
)

BOTH = (("clamp", CLAMP), ("allow_negative", NEGATIVE))
ALWAYS = {"id": "always", "starts_at": day(-30), "ends_at": day(3000), "bonus_points": 100}
REFERRAL = {"ways_to_earn": {"referral": {"points": 50, "referee_points": 20}}}
GOLD = {"tiers": [{"name": "gold", "min_spend": "100.00", "multiplier": "2"}]}
REOPENS: dict[str, Any] = {"cancel": {"reopens": True}}


def of(customer: str, **account: Any) -> Step:
    return {"op": "look", "customer": customer, "account": account}


def rounds(times: int, *steps: Step) -> list[Step]:
    """The same again and again, each time with orders of its own: `#` in an order's id is the round."""
    return [
        {**step, **({"order": step["order"].replace("#", str(number))} if "order" in step else {})}
        for number in range(times)
        for step in steps
    ]


def pair(cheat: str, scenarios: list[dict[str, Any]], twins: list[dict[str, Any]]) -> dict[str, Any]:
    return {"cheat": cheat, "scenarios": scenarios, "twins": twins}


PARKING = pair(
    "park points on an open order and cancel the one that earned them, then the other one too",
    [
        scenario(
            f"ten rounds, {first} first, {name}",
            "6",
            policy,
            *rounds(
                10,
                complete("o#", "100.00"),
                redeem("cart#", 100, placed=True),
                *(do("cancel", f"{which}#") for which in order),
                look(balance=0, debt=0, reserved=0, let_go=0),
            ),
        )
        for name, policy in BOTH
        for first, order in (("the earning one", ("o", "cart")), ("the cart", ("cart", "o")))
    ]
    + [
        scenario(
            f"ten rounds, the cart is completed and then cancelled, {first} first, {name}",
            "6",
            policy,
            *rounds(
                10,
                complete("o#", "100.00"),
                redeem("cart#", 100, placed=True),
                *between,
                complete("cart#", "100.00", total="99.00"),
                *after,
                look(balance=0, debt=0, reserved=0, let_go=0),
            ),
        )
        for name, policy in BOTH
        for first, between, after in (
            ("the earning one", [do("cancel", "o#")], [do("cancel", "cart#")]),
            ("the completed cart", [], [do("cancel", "cart#"), do("cancel", "o#")]),
        )
    ],
    [
        scenario(
            f"a cart left behind costs nothing, {name}",
            "5",
            policy,
            complete("o1", "100.00"),
            redeem("cart", 100),
            wait(hours=2),
            look(balance=100, reserved=0, debt=0),
            redeem("cart2", 100),
            complete("cart2", "50.00", total="49.00", expect={"spent": 100, "missing": 0}),
            look(balance=0, debt=0),
        )
        for name, policy in BOTH
    ],
)

PARKED_PAST_THE_END = pair(
    "park points and let their end pass",
    [
        scenario(
            f"released after its end a parked point is gone, {name}",
            "8",
            settings(LIFE_3, policy),
            complete("o1", "100.00"),
            redeem("cart", 100, placed=True),
            wait(days=10),
            do("void", "cart", account={"balance": 0}),
            redeem("cart2", "max", expect={"points": 0}),
            do("cancel", "o1", account={"balance": 0, "debt": 0, "let_go": 0}),
            do("purge", account={"outstanding": 0}),
        )
        for name, policy in BOTH
    ]
    + [
        scenario(
            f"parked past its end, and its order cancelled while parked, {name}",
            "8",
            settings(LIFE_3, policy),
            complete("o1", "100.00"),
            redeem("cart", 100, placed=True),
            wait(days=10),
            do("cancel", "o1", account={"balance": -100}),
            do("void", "cart", account={"balance": 0, "debt": 0, "let_go": 0}),
        )
        for name, policy in BOTH
    ],
    [
        scenario(
            "an order that waits long still has the points that it was promised",
            "8",
            LIFE_3,
            complete("o1", "100.00"),
            redeem("o2", 100, placed=True),
            wait(days=10),
            do("purge"),
            complete(
                "o2", "50.00", total="49.00", expect={"spent": 100, "missing": 0}, account={"balance": 0, "debt": 0}
            ),
        )
    ],
)

RENEWED = pair(
    "renew a reservation for ever, so that it outlives an expiry",
    [
        scenario(
            "recalculated each day, it ends with the longest hold",
            "5",
            {},
            issue(100, expires_day=2),
            redeem("cart", 100, hold_minutes=2880),
            *(step for _ in range(95) for step in (wait(days=1), redeem("cart", "max", recalculate=True))),
            look(reserved=0, balance=0),
        ),
        scenario(
            "handed from cart to cart, points past their end are gone",
            "8",
            {},
            issue(100, expires_day=2),
            redeem("cart1", 100, hold_minutes=10000),
            wait(days=3),
            do("void", "cart1"),
            redeem("cart2", "max", expect={"points": 0}, account={"balance": 0, "reserved": 0}),
        ),
    ],
    [
        scenario(
            "a cart that changes over two days uses its points",
            "5",
            {},
            issue(100, expires_day=2),
            redeem("cart", 100, hold_minutes=2880),
            wait(hours=30),
            redeem("cart", 80, hold_minutes=2880, expect={"points": 80}, account={"balance": 20}),
            wait(hours=30),
            complete("cart", "50.00", total="49.20", expect={"spent": 80, "missing": 0}),
        )
    ],
)

HUNDREDS = pair(
    "split a return into hundreds",
    [
        scenario(
            f"{count} refunds take what one takes, {rounding}",
            "1",
            settings(PROPORTIONAL, earn={"points_per_unit": "0.45", "rounding": rounding}),
            issue(77),
            redeem("o1", 77),
            complete("o1", f"{count}.00", total=f"{count - 1}.23"),
            *(refund("o1", f"r{number}", "1.00") for number in range(count)),
            look(balance=77, debt=0),
            do("look_at_order", "o1", order_is={"holds": 0, "used_back": 77}),
        )
        for rounding, count in (("floor", 150), ("half_up", 30), ("ceil", 30))
    ]
    + [
        scenario(
            "half of it in fifty refunds",
            "1",
            settings(PROPORTIONAL, earn={"points_per_unit": "0.45"}),
            complete("o1", "100.00", expect={"earned": 45}),
            *(refund("o1", f"r{number}", "1.00") for number in range(50)),
            do("look_at_order", "o1", order_is={"holds": 22}),
        ),
        scenario(
            "half of it at once",
            "1",
            settings(PROPORTIONAL, earn={"points_per_unit": "0.45"}),
            complete("o1", "100.00"),
            refund("o1", "r", "50.00", expect={"holds": 22}),
        ),
    ],
    [
        scenario(
            "piece after piece back over weeks costs no point more",
            "1",
            settings(PROPORTIONAL, earn={"points_per_unit": "0.45", "rounding": "ceil"}),
            complete("o1", items=[item("a", "30.00", 3)], expect={"earned": 14}),
            *(
                step
                for number in range(2)
                for step in (
                    wait(days=7),
                    refund("o1", f"r{number}", items=[{"sku": "a", "quantity": 1, "amount": "10.00"}]),
                )
            ),
            do("look_at_order", "o1", order_is={"holds": 5}),
        )
    ],
)

THRESHOLD = pair(
    "return down to the threshold and back by an edit",
    [
        scenario(
            "after the promotion's end it does not come back",
            "1",
            SHORT_BIG,
            complete("o1", "100.00", expect={"earned": 200}),
            refund("o1", "r1", "99.00", expect={"holds": 1}),
            wait(days=2),
            edit("o1", 2, "199.00", expect={"holds": 100}),
            edit("o1", 3, "100.00", expect={"holds": 1}),
        ),
        scenario(
            "ten times down and up while it runs pays it once",
            "1",
            settings(PROPORTIONAL, promotions=[BIG]),
            complete("o1", "100.00", expect={"earned": 200}),
            *(
                step
                for number in range(10)
                for step in (edit("o1", 2 + 2 * number, "10.00"), edit("o1", 3 + 2 * number, "100.00"))
            ),
            do("look_at_order", "o1", order_is={"holds": 200}),
            look(balance=200),
        ),
    ],
    [
        scenario(
            "an exchange above the threshold keeps the bonus, also after its end",
            "4",
            SHORT_BIG,
            complete("o1", items=[item("a", "60.00"), item("b", "40.00")], expect={"earned": 200}),
            wait(days=2),
            edit("o1", 2, items=[item("a", "60.00"), item("b", "20.00"), item("c", "20.00")], expect={"holds": 200}),
        )
    ],
)

PAST_A_CAP = pair(
    "edit small orders up, past a daily cap",
    [
        scenario(
            "what edits add counts like what completions earn",
            "1",
            settings(PROPORTIONAL, DAILY_CAP),
            *(complete(f"o{number}", "1.00") for number in range(5)),
            *(edit(f"o{number}", 2, "100.00") for number in range(5)),
            look(balance=100),
        ),
        scenario(
            "earned, returned, earned by another, undone on the same day",
            "1",
            settings(PROPORTIONAL, DAILY_CAP),
            *rounds(
                5,
                complete("o#", "100.00"),
                refund("o#", "r", "100.00"),
            ),
            complete("last", "100.00"),
            *(do("undo", f"o{number}", refund_id="r") for number in range(5)),
            look(balance=100),
        ),
    ],
    [
        scenario(
            "an order that grows on another day earns what that day has left",
            "1",
            settings(PROPORTIONAL, DAILY_CAP),
            complete("o1", "100.00", expect={"earned": 100}),
            wait(days=1),
            edit("o1", 2, "150.00", expect={"earned": 50}, account={"balance": 150}),
        )
    ],
)

AFTER_THE_END = pair(
    "edit an order after its promotion ended",
    [
        scenario(
            "one cent under the promotion holds no place for more",
            "1",
            settings(PROPORTIONAL, promotions=[TIMES_FIVE]),
            complete("o1", "0.20", expect={"earned": 1}),
            wait(days=2),
            edit("o1", 2, "1000.20", expect={"holds": 1001}),
        ),
    ],
    [
        scenario(
            "goods of the promotion keep its rate through edits of others",
            "1",
            settings(PROPORTIONAL, promotions=[TIMES_FIVE]),
            complete("o1", items=[item("a", "100.00"), item("b", "10.00")], expect={"earned": 550}),
            wait(days=2),
            edit("o1", 2, items=[item("a", "100.00"), item("c", "10.00")], expect={"holds": 510}),
        )
    ],
)

AGAIN = pair(
    "complete, cancel, complete; with and without reopens; redelivered",
    [
        scenario(
            f"reopens {reopens}: a redelivered completion earns nothing",
            "14",
            settings(cancel={"reopens": reopens}),
            complete("o1", "100.00"),
            wait(hours=1),
            do("cancel", "o1"),
            wait(hours=1),
            *(complete("o1", "100.00", completed_at=-2) for _ in range(5)),
            look(balance=0),
        )
        for reopens in (False, True)
    ]
    + [
        scenario(
            "reopened ten times it earned once",
            "14",
            settings(REOPENS, PROPORTIONAL),
            complete("o1", "100.00"),
            *(
                step
                for _ in range(10)
                for step in (
                    wait(hours=1),
                    do("cancel", "o1", account={"balance": 0}),
                    wait(hours=1),
                    complete("o1", "100.00", account={"balance": 100}),
                )
            ),
        ),
        scenario(
            "a completion after a cancellation that came first",
            "14",
            {},
            do("cancel", "o1"),
            wait(hours=1),
            complete("o1", "100.00", expect={"earned": 0}, account={"balance": 0}),
        ),
    ],
    [
        scenario(
            "cancelled by mistake and completed again, with its points",
            "14",
            REOPENS,
            issue(100),
            redeem("o1", 100),
            complete("o1", "100.00", total="99.00", account={"balance": 0}),
            wait(hours=1),
            do("cancel", "o1", account={"balance": 100}),
            wait(hours=1),
            complete("o1", "100.00", total="99.00", account={"balance": 0, "debt": 0}),
        )
    ],
)

LIVES = pair(
    "cancel and reopen to renew a life",
    [
        scenario(
            "reopened within its life it has the end it had",
            "8",
            settings(LIFE_3, REOPENS),
            complete("o1", "100.00", account={"lots": [[4, 100]]}),
            wait(days=2),
            do("cancel", "o1"),
            wait(hours=1),
            complete("o1", "100.00", account={"lots": [[4, 100]]}),
        ),
        scenario(
            "reopened after its life it has nothing",
            "8",
            settings(LIFE_3, REOPENS),
            complete("o1", "100.00"),
            wait(days=2),
            do("cancel", "o1"),
            wait(days=5),
            complete("o1", "100.00", account={"balance": 0}),
        ),
        scenario(
            "expired, cancelled and reopened it is as gone as before",
            "8",
            settings(LIFE_3, REOPENS),
            complete("o1", "100.00"),
            wait(days=5),
            do("cancel", "o1", account={"balance": 0, "debt": 0}),
            wait(days=1),
            complete("o1", "100.00", account={"balance": 0, "debt": 0}),
            do("cancel", "o1", account={"balance": 0, "debt": 0}),
            do("purge", expect={"points": 100}),
        ),
        scenario(
            "a refund and its undoing renew nothing either",
            "8",
            settings(LIFE_3, PROPORTIONAL),
            complete("o1", "100.00"),
            wait(days=2),
            refund("o1", "r1", "100.00"),
            do("undo", "o1", refund_id="r1", account={"lots": [[4, 100]]}),
        ),
    ],
    [
        scenario(
            "what was owed and repaid with other points comes back, with a life",
            "8",
            settings(LIFE_3, REOPENS),
            complete("o1", "100.00"),
            redeem("o2", 100),
            complete("o2", "100.00", total="99.00"),
            do("cancel", "o1", account={"balance": -100}),
            issue(100, expires_day=30),
            look(balance=0),
            wait(days=10),
            complete("o1", "100.00", account={"balance": 100, "lots": [[14, 100]]}),
        )
    ],
)

GRACES = pair(
    "clear and refill to renew a grace",
    [
        scenario(
            "used, cancelled and used again: one grace",
            "8",
            {},
            issue(100, expires_day=2),
            redeem("o1", 100),
            complete("o1", "100.00", total="99.00"),
            wait(days=5),
            do("cancel", "o1", account={"lots": [[36, 100]]}),
            *(
                step
                for number in range(3)
                for step in (
                    wait(days=1),
                    redeem(f"x{number}", "max"),
                    complete(f"x{number}", "100.00"),
                    do("cancel", f"x{number}", account={"lots": [[36, 100]]}),
                )
            ),
            wait(days=40),
            look(balance=0),
        ),
        scenario(
            "cleared by an edit after their end points are gone",
            "8",
            {"earn": {"points_per_unit": "0"}},
            issue(100, expires_day=2),
            redeem("o1", 100),
            complete("o1", "100.00", total="99.00"),
            wait(days=5),
            edit("o1", 2, "100.00", use_points=0, account={"balance": 0}),
            edit("o1", 3, "100.00", use_points=100, expect={"refused": "*"}),
        ),
    ],
    [
        scenario(
            "used on an order that is cancelled after their end, points get their grace",
            "8",
            {},
            issue(100, expires_day=2),
            redeem("o1", 100),
            complete("o1", "100.00", total="99.00"),
            wait(days=5),
            do("purge"),
            do("cancel", "o1", account={"balance": 100, "lots": [[36, 100]]}),
            redeem("o2", 100),
            complete("o2", "100.00", total="99.00", expect={"spent": 100}),
        )
    ],
)

FIRSTS = pair(
    "first orders returned one after the other, the first of them reopened, spent in between under clamp",
    [
        scenario(
            f"returned one after the other, all undone: one bonus, {name}",
            "10",
            settings(PROPORTIONAL, policy, promotions=[FIRST]),
            *rounds(3, complete("o#", "100.00", expect={"earned": 600}), refund("o#", "r", "100.00")),
            look(balance=0),
            complete("o9", "100.00", expect={"earned": 600}),
            *(do("undo", f"o{number}", refund_id="r", expect={"holds": 100}) for number in range(3)),
            look(balance=900),
        )
        for name, policy in BOTH
    ]
    + [
        scenario(
            "spent in between under clamp: the bonus is used up",
            "10",
            settings(CLAMP, REOPENS, promotions=[FIRST]),
            complete("o0", "100.00", expect={"earned": 600}),
            redeem("s0", 600),
            complete("s0", "50.00", total="44.00", expect={"earned": 0}),
            do("cancel", "o0", expect={"let_go": 600}, account={"balance": 0}),
            *rounds(3, complete("o1#", "100.00", expect={"earned": 100}), do("cancel", "o1#")),
            wait(hours=1),
            complete("o0", "100.00", expect={"status": "reopened", "holds": 600}, account={"balance": 0, "let_go": 0}),
        ),
        scenario(
            "parked in between under clamp, and spent after the next first order: owed first",
            "10",
            settings(CLAMP, promotions=[FIRST]),
            complete("o0", "100.00", expect={"earned": 600}),
            redeem("cart", 600, placed=True),
            do("cancel", "o0", account={"balance": -600}),
            complete("o1", "100.00", expect={"earned": 600}, account={"balance": 0}),
            complete("cart", "50.00", total="44.00", account={"balance": 0, "let_go": 0}),
            do("cancel", "o1", expect={"let_go": 600}, account={"balance": 0, "let_go": 600}),
            complete("o2", "100.00", expect={"earned": 100}),
        ),
        scenario(
            "parked in between under clamp, and spent before the next one: used up",
            "10",
            settings(CLAMP, promotions=[FIRST]),
            complete("o0", "100.00", expect={"earned": 600}),
            redeem("cart", 600, placed=True),
            do("cancel", "o0", account={"balance": -600}),
            complete("cart", "50.00", total="44.00", account={"balance": 0, "let_go": 600}),
            complete("o1", "100.00", expect={"earned": 100}),
        ),
    ],
    [
        scenario(
            "who returns a first order has it again with the next",
            "10",
            settings(PROPORTIONAL, promotions=[FIRST]),
            complete("o1", "100.00", expect={"earned": 600}),
            refund("o1", "r", "100.00", account={"balance": 0}),
            complete("o2", "100.00", expect={"earned": 600}, account={"balance": 600}),
        ),
        scenario(
            "a first order returned in part stays the first order, and so does its bonus",
            "10",
            settings(PROPORTIONAL, promotions=[FIRST]),
            complete("o1", "100.00", expect={"earned": 600}),
            refund("o1", "r", "60.00", expect={"holds": 540}),
            complete("o2", "100.00", expect={"earned": 100}),
        ),
        scenario(
            "a refund that failed gives first order and bonus back",
            "10",
            settings(PROPORTIONAL, promotions=[FIRST]),
            complete("o1", "100.00"),
            refund("o1", "r", "100.00"),
            do("undo", "o1", refund_id="r", expect={"holds": 600}, account={"balance": 600}),
            complete("o2", "100.00", expect={"earned": 100}),
        ),
    ],
)

ONESELF = pair(
    "refer oneself through a guest or a second account",
    [
        scenario(
            "as a guest",
            "10",
            REFERRAL,
            complete("o1", "100.00", guest=True, referrer="ann"),
            look(balance=0),
        ),
        scenario(
            "first as a guest, then as the member of the same id: one first order",
            "10",
            settings(promotions=[FIRST]),
            complete("o1", "100.00", guest=True, expect={"earned": 600}),
            complete("o2", "100.00", expect={"earned": 100}),
        ),
        scenario(
            "oneself by name",
            "10",
            REFERRAL,
            complete("o1", "100.00", referrer="ann", expect={"earned": 100}, account={"balance": 100}),
        ),
        scenario(
            "each other",
            "10",
            REFERRAL,
            complete("o1", "100.00", customer="ben", referrer="ann", expect={"earned": 120}),
            complete("o2", "100.00", referrer="ben", expect={"earned": 100}, account={"balance": 150}),
            of("ben", balance=120),
        ),
        scenario(
            "a second account that returns what it bought",
            "10",
            settings(PROPORTIONAL, REFERRAL),
            complete("o1", "100.00", customer="ann2", referrer="ann", expect={"earned": 120}),
            look(balance=50),
            refund("o1", "r", "100.00", expect={"reversed": 120}),
            look(balance=0, debt=0),
            of("ann2", balance=0, debt=0),
        ),
        scenario(
            "a second account that returns, orders again, and undoes the return",
            "10",
            settings(PROPORTIONAL, REFERRAL),
            complete("o1", "100.00", customer="ann2", referrer="ann"),
            refund("o1", "r", "100.00"),
            complete("o2", "100.00", customer="ann2", referrer="ann", expect={"earned": 120}),
            do("undo", "o1", refund_id="r", expect={"holds": 100}),
            look(balance=50),
            of("ann2", balance=220),
        ),
        scenario(
            "the referrer spent the points, and the order is returned: owed",
            "10",
            settings(PROPORTIONAL, REFERRAL),
            complete("o1", "100.00", customer="ann2", referrer="ann"),
            redeem("o2", 50),
            complete("o2", "100.00", total="99.50"),
            refund("o1", "r", "100.00"),
            look(balance=-50),
        ),
    ],
    [
        scenario(
            "a friend who buys and returns a part pays all of the referral",
            "10",
            settings(PROPORTIONAL, REFERRAL),
            complete("o1", "100.00", customer="ben", referrer="ann", expect={"earned": 120}),
            refund("o1", "r", "50.00", expect={"holds": 70}),
            look(balance=50),
        )
    ],
)

FREE = pair(
    "a free order, or one paid with points, for a bonus",
    [
        scenario(
            "free",
            "10",
            settings(promotions=[ALWAYS]),
            complete("o1", "50.00", discount="50.00", total="0.00", expect={"earned": 0}),
            complete("o2", "0.00", total="0.00", expect={"earned": 0}),
            complete("o3", "0.00", shipping="5.00", total="5.00", expect={"earned": 0}),
            look(balance=0),
        ),
        scenario(
            "paid with points alone",
            "10",
            settings(promotions=[ALWAYS, {**FIRST, "id": "first"}], earn={"on_redeemed_order": "full"}),
            issue(10000),
            redeem("o1", 10000),
            complete("o1", "100.00", total="0.00", expect={"earned": 100}),
            complete("o2", "10.00", expect={"earned": 610}),
        ),
        scenario(
            "a cash part of nothing earns nothing",
            "10",
            settings(promotions=[ALWAYS], earn={"on_redeemed_order": "cash_part"}),
            issue(10000),
            redeem("o1", 10000),
            complete("o1", "100.00", total="0.00", expect={"earned": 0}),
        ),
        scenario(
            "paid, then paid with points by an edit",
            "10",
            settings(promotions=[ALWAYS], earn={"on_redeemed_order": "cash_part"}),
            issue(10000),
            complete("o1", "100.00", expect={"earned": 200}),
            edit("o1", 2, "100.00", use_points=10000, expect={"holds": 0}, account={"balance": 0}),
        ),
    ],
    [
        scenario(
            "one cent paid has the bonus",
            "10",
            settings(promotions=[ALWAYS], earn={"on_redeemed_order": "full"}),
            issue(9999),
            redeem("o1", 9999),
            complete("o1", "100.00", total="0.01", expect={"earned": 200}),
        )
    ],
)

UNDONE_AFTER_SPENDING = pair(
    "a refund undone after its points were spent",
    [
        scenario(
            f"the discount stands again, so what is missing is owed, {name}",
            "2",
            settings(PROPORTIONAL, policy),
            issue(100),
            redeem("o1", 100),
            complete("o1", "100.00", total="99.00"),
            refund("o1", "r", "100.00", expect={"restored": 100}),
            redeem("o2", 100),
            complete("o2", "100.00", total="99.00"),
            do("undo", "o1", refund_id="r", account={"balance": -100}),
            *(
                step
                for number in range(3)
                for step in (
                    refund("o1", f"again{number}", "100.00", account={"balance": 0}),
                    do("undo", "o1", refund_id=f"again{number}", account={"balance": -100}),
                )
            ),
        )
        for name, policy in BOTH
    ],
    [
        scenario(
            "undone with the points still there, all is as before, lot by lot",
            "2",
            PROPORTIONAL,
            issue(60, expires_day=10),
            issue(60, expires_day=20),
            redeem("o1", 100),
            complete("o1", "100.00", total="99.00", account={"lots": [[20, 20]]}),
            refund("o1", "r", "100.00", account={"lots": [[10, 60], [20, 60]]}),
            do("undo", "o1", refund_id="r", account={"lots": [[20, 20]], "debt": 0}),
        )
    ],
)

TWO_FORMS = pair(
    "the same refund as amount and as lines",
    [
        scenario(
            f"{first} first",
            "2",
            PROPORTIONAL,
            issue(100),
            redeem("o1", 100),
            complete("o1", "100.00", total="99.00"),
            refunds[0],
            {**refunds[1], "expect": {"refused": "refund_form_mixed"}},
            look(balance=50),
        )
        for first, refunds in (
            ("lines", (refund("o1", "r", "50.00"), refund_total("o1", "49.50"))),
            ("amount", (refund_total("o1", "49.50"), refund("o1", "r", "50.00"))),
        )
    ],
    [
        scenario(
            "a form that was undone leaves the other free",
            "2",
            PROPORTIONAL,
            complete("o1", "100.00"),
            refund("o1", "r", "50.00"),
            do("undo", "o1", refund_id="r"),
            refund_total("o1", "50.00", expect={"holds": 50}),
        )
    ],
)

ALL_AS_OTHER = pair(
    "all money back as `other`",
    [
        scenario(
            "it is a full return: points, bonus and first order go",
            "2",
            settings(PROPORTIONAL, promotions=[FIRST, ALWAYS]),
            complete("o1", "100.00", expect={"earned": 700}),
            refund("o1", "r", other="100.00", expect={"holds": 0}, account={"balance": 0}),
            complete("o2", "100.00", expect={"earned": 700}),
        ),
        scenario(
            "with shipping",
            "2",
            settings(PROPORTIONAL, earn={"basis": "items_with_shipping"}),
            complete("o1", "100.00", shipping="6.00", total="106.00", expect={"earned": 106}),
            refund("o1", "r", other="100.00", expect={"holds": 0}),
        ),
        scenario(
            "bit by bit",
            "2",
            settings(PROPORTIONAL, promotions=[BIG]),
            complete("o1", "100.00", expect={"earned": 200}),
            *(refund("o1", f"r{number}", other="10.00") for number in range(10)),
            do("look_at_order", "o1", order_is={"holds": 0}),
        ),
        scenario(
            "what points paid is not paid back as money",
            "2",
            settings(PROPORTIONAL, earn={"on_redeemed_order": "cash_part"}),
            issue(5000),
            redeem("o1", 5000),
            complete("o1", "100.00", total="50.00", expect={"earned": 50}),
            refund("o1", "r0", other="50.01", expect={"refused": "*"}),
            refund("o1", "r1", other="50.00", expect={"holds": 0, "restored": 0}, account={"balance": 0}),
        ),
    ],
    [
        scenario(
            "5.00 of goodwill cost five points, and the goods can still go back whole",
            "2",
            WORKED,
            complete("o1", "50.00", expect={"earned": 50}),
            refund("o1", "r1", other="5.00", expect={"holds": 45}),
            refund("o1", "r2", "50.00", expect={"holds": 0}, account={"balance": 0, "debt": 0}),
        )
    ],
)

LATE = pair(
    "deliver late to catch a promotion",
    [
        scenario(
            "an order from before the promotion does not have it",
            "11",
            settings(promotions=[{**TIMES_FIVE, "starts_at": day(10), "ends_at": day(20)}]),
            wait(days=12),
            complete("o1", "100.00", completed_at=-24 * 3, expect={"earned": 100}),
        ),
        scenario(
            "an order that says that it is older than its reservation does not either",
            "11",
            settings(promotions=[TIMES_FIVE], earn={"on_redeemed_order": "full"}),
            issue(1),
            wait(days=2),
            redeem("o1", 1),
            complete("o1", "100.00", completed_at=-24 * 1.5, expect={"earned": 100}),
        ),
        scenario(
            "nor one from before the program",
            "11",
            settings(promotions=[TIMES_FIVE]),
            wait(hours=2),
            complete("o1", "100.00", completed_at=-24, expect={"earned": 100}),
        ),
    ],
    [
        scenario(
            "an order of the promotion's last hour, delivered two days later, has it",
            "11",
            settings(promotions=[TIMES_FIVE]),
            wait(days=3),
            complete("o1", "100.00", completed_at=-24 * 2 - 1, expect={"earned": 500}),
        )
    ],
)

SETTINGS_CHANGE = pair(
    "change point value or max_order_share between use and completion",
    [
        scenario(
            f"{what}",
            "5",
            {},
            issue(1000),
            redeem("o1", 1000, expect={"discount": "10.00"}),
            do("program", settings={"redeem": redeem_settings}),
            complete("o1", "100.00", total="90.00", expect={"spent": 1000, "discount": "10.00"}),
            look(balance=0),
        )
        for what, redeem_settings in (
            ("the value doubles", {"point_value": "0.02"}),
            ("the value halves", {"point_value": "0.005"}),
            ("the share falls", {"max_order_share": "0.01"}),
            ("blocks and a minimum", {"block_size": 300, "min_points": 2000}),
        )
    ],
    [
        scenario(
            "what is released after the value changed is as many points as were held",
            "5",
            {},
            issue(1000),
            redeem("o1", 1000),
            do("program", settings={"redeem": {"point_value": "0.02"}}),
            do("void", "o1", account={"balance": 1000}),
        )
    ],
)

LAPSED = pair(
    "let a hold lapse, spend, then complete",
    [
        scenario(
            f"the discount was given, so what is missing is owed, {name}",
            "5",
            policy,
            issue(100),
            redeem("o1", 100),
            wait(hours=2),
            redeem("o2", 100),
            complete("o2", "100.00", total="99.00", expect={"spent": 100, "missing": 0}),
            complete("o1", "100.00", total="99.00", expect={"missing": 100}, account={"balance": -100, "let_go": 0}),
            do("cancel", "o1", account={"balance": 0}),
            do("cancel", "o2", account={"balance": 100}),
        )
        for name, policy in BOTH
    ]
    + [
        scenario(
            "pending points do not help",
            "5",
            settings(CLAMP, earn={"pending_days": 14, "on_redeemed_order": "none"}),
            complete("o0", "100.00", account={"pending": 100}),
            issue(100),
            redeem("o1", 100),
            wait(hours=2),
            redeem("o2", 100, placed=True),
            complete("o1", "100.00", total="99.00", expect={"missing": 100}, account={"balance": -100, "pending": 100}),
            wait(days=20),
            look(balance=0, pending=0),
        )
    ],
    [
        scenario(
            "a hold that lapsed with the points still there costs nothing but a warning",
            "5",
            CLAMP,
            issue(100),
            redeem("o1", 100),
            wait(hours=2),
            complete(
                "o1", "100.00", total="99.00", expect={"spent": 100, "missing": 0}, account={"balance": 0, "debt": 0}
            ),
        )
    ],
)

BOUGHT_TIER = pair(
    "buy a tier, use it, return what bought it",
    [
        scenario(
            "the tier is gone at once, for all that comes",
            "10",
            settings(PROPORTIONAL, GOLD),
            complete("o1", "100.00", account={"tier": "gold"}),
            refund("o1", "r", "100.00", account={"tier": None}),
            complete("o2", "50.00", expect={"earned": 50}),
        ),
        scenario(
            "an undecided refund leaves it, the decided one takes it",
            "10",
            settings(GOLD),
            complete("o1", "100.00"),
            refund("o1", "r", "100.00", account={"tier": "gold"}),
            do("decide", "o1", refund_id="r", points=100, account={"tier": None}),
        ),
        scenario(
            "goods that cannot earn and money that points paid buy no tier",
            "10",
            settings(GOLD, earn={"excluded": {"skus": ["card"], "categories": []}, "on_redeemed_order": "full"}),
            complete("o1", items=[item("card", "500.00")], account={"tier": None}),
            issue(1000),
            redeem("o2", 1000),
            complete("o2", "105.00", total="95.00", account={"tier": None}),
        ),
    ],
    [
        scenario(
            "a small return above the threshold leaves the tier",
            "10",
            settings(PROPORTIONAL, GOLD),
            complete("o1", "150.00"),
            refund("o1", "r", "50.00", account={"tier": "gold"}),
            complete("o2", "10.00", expect={"earned": 20}),
        )
    ],
)

PAIRS = [
    PARKING,
    PARKED_PAST_THE_END,
    RENEWED,
    HUNDREDS,
    THRESHOLD,
    PAST_A_CAP,
    AFTER_THE_END,
    AGAIN,
    LIVES,
    GRACES,
    FIRSTS,
    ONESELF,
    FREE,
    UNDONE_AFTER_SPENDING,
    TWO_FORMS,
    ALL_AS_OTHER,
    LATE,
    SETTINGS_CHANGE,
    LAPSED,
    BOUGHT_TIER,
]
CHEATS = [{**each, "name": f"{pair_['cheat']}: {each['name']}"} for pair_ in PAIRS for each in pair_["scenarios"]]
TWINS = [
    {**each, "name": f"honest twin of {pair_['cheat']}: {each['name']}"} for pair_ in PAIRS for each in pair_["twins"]
]
