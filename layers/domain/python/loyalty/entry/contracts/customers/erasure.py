"""A customer is erased."""

from typing import Literal

from loyalty.entry.contracts.fields import Answer
from loyalty.usecases.customers.erase import CustomerErased


class CustomerErasedAnswer(Answer):
    """What was erased. `erasing` is not done yet: the same request goes on with it.

    `pseudonym` stands for the customer from now on; null where nothing was held about them. `points_forfeited` is null
    when an earlier request forfeited them, and negative where a debt was let go.
    """

    status: Literal["erased", "erasing"]
    pseudonym: str | None
    points_forfeited: int | None
    records_rewritten: int

    @classmethod
    def of(cls, done: CustomerErased) -> "CustomerErasedAnswer":
        return cls(
            status="erased" if done.done else "erasing",
            pseudonym=done.pseudonym.customer_id if done.pseudonym else None,
            points_forfeited=done.forfeited,
            records_rewritten=done.rewritten,
        )
