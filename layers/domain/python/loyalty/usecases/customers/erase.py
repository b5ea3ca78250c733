"""A customer is erased. May be stopped anywhere; called again, it continues.

1. One write forfeits what the customer has or owes, blocks their card, puts the account under a pseudonym and locks the
   customer's id: from now on, commands that name the customer or an order of theirs are told to try again.
2. Each movement and record is rewritten to the pseudonym. Those that are named by the customer's id come first: while a
   referral is found under neither name, the order that it belongs to is still locked.
3. Once all are rewritten, the lock is removed. The id is free: a customer who comes back with it starts from nothing.

A movement that is named by the customer gets another name, so it leaves the index of its day and enters it again. A run
that closes that day meanwhile would count the movement twice or not at all. So the erasure waits until the day is
closed, before step 1 if it can.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import batched
from typing import Protocol

from loyalty.domain.books.closing import Closing, closed_through
from loyalty.domain.customers.cards import cause_of_card
from loyalty.domain.customers.erasure import erase, is_named_by, with_other_referrer, without_person, without_reason
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.facts import Adjusted, AdjustmentNoted, Referred
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.kinds import Event
from loyalty.domain.ledger.movement import AccountId, Movement
from loyalty.domain.ledger.transaction import Origin, Sender
from loyalty.domain.orders.order import cause_of_order
from loyalty.domain.orders.referral import cause_of_referral
from loyalty.domain.values.calendar import business_day
from loyalty.domain.values.refusal import Refused
from loyalty.ports.erasures import MAX_REWRITINGS, Erasure, Rewriting
from loyalty.ports.faults import BeingErased, LostRace
from loyalty.ports.world import CanWait, HasBooks, HasClock, HasErasures, HasLedger, HasPrograms, HasTokens
from loyalty.usecases.commands.retry import pause, retry
from loyalty.usecases.commands.time_limit import NEVER_OUT_OF_TIME, TimeLimit
from loyalty.usecases.programs.view import timezones

LOOKS = 10
"""How often the index is read again for movements that it does not show yet, before the caller has to ask again."""
SETTLING = 2.0
"""Seconds for commands that read before the lock, and write a record that moves no points."""
PER_WRITE = MAX_REWRITINGS // 3
"""Up to three for each: a movement, the order it is noted in, and the order of the customer they referred."""


class ErasurePorts(HasLedger, HasPrograms, HasErasures, HasBooks, HasClock, CanWait, HasTokens, Protocol):
    """What an erasure reaches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerErased:
    """What this call did. `done` is False while there may be more to do: then the call has to be repeated.

    `pseudonym` is None where nothing was held. `forfeited` is how many points were forfeited, negative for a debt; None
    in a call that continues an erasure.
    """

    pseudonym: AccountId | None
    forfeited: int | None
    rewritten: int
    done: bool


def erase_customer(
    ports: ErasurePorts, account_id: AccountId, sender: Sender, out_of_time: TimeLimit = NEVER_OUT_OF_TIME
) -> CustomerErased:
    """Erase the customer, or continue an erasure.

    Raises Refused with `day_being_closed` when a movement that is named by the customer is of a day that is being
    closed, and Unavailable when others kept writing to the account.
    """
    ports.programs.get(account_id.program_id)
    erasure, forfeited = ports.erasures.under_way(account_id), None
    renaming = _Renaming(ports, account_id)
    if erasure is None:
        renaming.check(_all_of(ports, account_id))
        begun = _begin(ports, account_id, sender)
        if begun is None:
            return CustomerErased(pseudonym=None, forfeited=None, rewritten=0, done=True)
        erasure, forfeited = begun
    work = _Work(ports, erasure, renaming, out_of_time)
    done = work.finish()
    return CustomerErased(pseudonym=erasure.pseudonym, forfeited=forfeited, rewritten=work.rewritten, done=done)


def _begin(ports: ErasurePorts, account_id: AccountId, sender: Sender) -> tuple[Erasure, int] | None:
    """Forfeit what the customer has or owes, and lock: (erasure, forfeited points); None where nothing is held."""
    program = ports.programs.get(account_id.program_id)
    pseudonym = account_id.pseudonym(ports.token())

    def attempt(_: int) -> tuple[Erasure, int] | None:
        account = ports.ledger.account(account_id, consistent=True)
        if not account.version and not _is_known(ports, account_id):
            return None
        transactions = erase(
            program,
            Origin(sender, ports.clock()),
            account,
            pseudonym,
            bytes.fromhex(ports.token()),
            _card(ports, account),
        )
        ports.erasures.begin(transactions, account.salt)
        held = transactions[-1].holder.version
        erasure = Erasure(account_id=account_id, pseudonym=pseudonym, salt=account.salt, movements=held)
        return erasure, account.outstanding

    return retry(ports, "an account", attempt)


def _card(ports: ErasurePorts, account: Account) -> History | None:
    if account.card is None:
        return None
    history, _ = ports.ledger.read(cause_of_card(account.account_id.program_id, account.card), None, consistent=True)
    return history


def _is_known(ports: ErasurePorts, account_id: AccountId) -> bool:
    """Whether anything is held of a customer who has no account."""
    return any(_all_of(ports, account_id))


def _all_of(ports: ErasurePorts, account_id: AccountId) -> Iterator[Movement]:
    """All that is found of a customer."""
    yield from _of_referral(ports, account_id)
    for page in ports.erasures.records(account_id):
        yield from page


def _of_referral(ports: ErasurePorts, person: AccountId) -> list[Movement]:
    """The customer's referral: its cause is named by the customer, and its account is the referrer's."""
    if person.guest:
        return []
    cause = cause_of_referral(person.program_id, person.customer_id)
    history, _ = ports.ledger.read(cause, None, consistent=True)
    return list(history)


class _Renaming:
    """Checks which of a customer's movements may be renamed now."""

    def __init__(self, ports: ErasurePorts, person: AccountId) -> None:
        self._ports = ports
        self._person = person
        # What is closed stays so: looked up once.
        self._through = closed_through(ports.books.latest_closed(person.program_id), ports.books.shards)
        self._timezone = timezones(ports, person.program_id)

    def check(self, movements: Iterable[Movement]) -> None:
        """Raises Refused when one of `movements` is of a day that is being closed, and would be renamed."""
        closing = Closing.at(self._ports.clock(), self._through)
        if not closing:
            return
        for one in movements:
            if one.is_booked and is_named_by(one.cause, self._person) and self._day(one) in closing:
                raise Refused(
                    "day_being_closed",
                    f"{self._day(one)} is just being closed, and the customer's id names a movement of that day. "
                    "Nothing was lost; send the same request again when it is closed.",
                )

    def _day(self, movement: Movement) -> date:
        return business_day(movement.recorded_at, self._timezone(movement.program_version))


class _Work:
    """The rewriting of what is held of one customer."""

    def __init__(self, ports: ErasurePorts, erasure: Erasure, renaming: _Renaming, out_of_time: TimeLimit) -> None:
        self._ports = ports
        self._erasure = erasure
        self._renaming = renaming
        self._out_of_time = out_of_time
        self.rewritten = 0

    def finish(self) -> bool:
        """Do all of it and remove the lock. False if there may be more to do."""
        settled = False
        for look in range(LOOKS):
            try:
                found = self._look()
            except LostRace:
                if self._has_ended():
                    return True
                pause(self._ports, look)
                continue
            if self._out_of_time():
                return False
            if found or not self._all_are_there():
                pause(self._ports, look)
            elif settled:
                try:
                    self._ports.erasures.end(self._erasure)
                except LostRace:
                    if not self._has_ended():
                        pause(self._ports, look)
                        continue
                return True
            else:
                self._ports.sleep(SETTLING)
                settled = True
        return False

    def _has_ended(self) -> bool:
        """Whether the same request, sent twice, has removed the lock. Otherwise there was a conflict of writes."""
        return self._ports.erasures.under_way(self._erasure.account_id) != self._erasure

    def _all_are_there(self) -> bool:
        """Whether the index shows all movements of the pseudonym, or an erasure of the pseudonym has seen them."""
        pseudonym = self._erasure.pseudonym
        if self._ports.erasures.count(pseudonym) >= self._erasure.movements:
            return True
        try:
            return not self._ports.ledger.account(pseudonym, consistent=True).version
        except BeingErased:
            return False

    def _look(self) -> int:
        """Rewrite what is found now. Returns how much that was."""
        before = self.rewritten
        self._rewrite(_of_referral(self._ports, self._erasure.account_id))
        for page in self._ports.erasures.records(self._erasure.account_id):
            if self._out_of_time():
                break
            self._rewrite(page)
        return self.rewritten - before

    def _rewrite(self, movements: Iterable[Movement]) -> None:
        for some in batched(movements, PER_WRITE, strict=False):
            rewritings = [one for movement in some for one in self._rewritings(movement)]
            if rewritings:
                # Looked at anew for each write: the clock goes on, and a day comes close that was far.
                self._renaming.check(some)
                self.rewritten += self._ports.erasures.rewrite(self._erasure, rewritings)

    def _rewritings(self, movement: Movement) -> Iterator[Rewriting]:
        person, pseudonym = self._erasure.account_id, self._erasure.pseudonym
        after = without_person(movement, person, pseudonym, self._salt(movement))
        yield Rewriting(movement, after)
        if movement.account != person:
            return
        facts = movement.facts
        if isinstance(facts, Adjusted) and facts.asked.order_id is not None:
            for note in self._history(facts.asked.order_id):
                if isinstance(note.facts, AdjustmentNoted) and note.facts.movement_id == movement.movement_id:
                    yield Rewriting(note, without_reason(note, after))
        if isinstance(facts, Referred):
            for completion in self._history(facts.order_id):
                if completion.event is Event.ORDER_COMPLETED:
                    yield Rewriting(completion, with_other_referrer(completion, person, pseudonym))

    def _salt(self, movement: Movement) -> bytes:
        if movement.account is None or movement.account == self._erasure.account_id:
            return self._erasure.salt
        return self._ports.ledger.account(movement.account, consistent=True).salt

    def _history(self, order_id: str) -> Iterable[Movement]:
        cause = cause_of_order(self._erasure.account_id.program_id, order_id)
        history, _ = self._ports.ledger.read(cause, None, consistent=True)
        return history
