"""Who asks again while what they asked for is half written is answered as if it were whole."""

from contextlib import suppress

import pytest

from tests.proof.simulation.cloud import Cloud, Killed
from tests.proof.simulation.dynamodb import Rejected, Steps, at_once
from tests.proof.simulation.functions import Ask, ask, deployed
from tests.proof.simulation.operations import CARD, NEW_CARDS, SHOP, card, carry_out, issue, redeem
from tests.proof.simulation.shop import Caller

COMMANDS = [redeem("#1", 30), card("block", "lost", CARD), card("assignment", "theirs", CARD, customer_id="ann")]


@pytest.mark.parametrize("what", COMMANDS, ids=lambda what: what.route)
@pytest.mark.parametrize("reverse", [False, True], ids=["in order", "in reverse"])
@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_a_request_whose_first_try_is_half_written_is_not_refused(what: Ask, steps: int, reverse: bool) -> None:
    with deployed():
        cloud = Cloud()
        cloud.table.ordered = lambda places: places[::-1] if reverse else places
        for step in (SHOP, issue("gift", 30), NEW_CARDS):
            carry_out(step, Caller.of(cloud))
        under_way: list[Steps] = []

        def stop(transaction: Steps) -> None:
            for _, _ in zip(range(steps), transaction, strict=False):
                pass
            under_way.append(transaction)
            raise Killed

        cloud.transact = stop
        with pytest.raises(Killed):
            ask(cloud.process(), what)
        cloud.transact = at_once
        first = ask(cloud.process(), what)
        assert first.status in (200, 503)
        with suppress(Rejected):  # Where it was not decided yet, the second try was first.
            list(under_way[0])
        assert ask(cloud.process(), what).status == 200
