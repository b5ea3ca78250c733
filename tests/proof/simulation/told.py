"""What callers were told must be true for ever: what was acknowledged is there, once, and agrees with all else.

Who is erased may come back under the same id and is somebody new. So what a customer was told belongs to one of their
lives, and what it was about may have another name by now.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from loyalty.adapters.dynamodb import items, keys
from loyalty.adapters.dynamodb.erasures import erasure_from
from loyalty.domain.customers.cards import CardStatus, card_of
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.kinds import CauseKind, Event, Kind
from loyalty.domain.ledger.movement import AccountId, Movement
from loyalty.domain.ledger.seal import personal_name
from tests.function.api.cloud import Answer
from tests.proof.simulation.audit import movements_of
from tests.proof.simulation.cloud import START, Cloud
from tests.proof.simulation.dynamodb import Item, Table
from tests.proof.simulation.functions import Ask

FINAL = ("points_used_on_order", "below_min_order_total", "no_points")
"""Reasons for which an order earns nothing, ever."""


class Lost(AssertionError):
    """Something that was acknowledged is not there, or is there otherwise."""


@dataclass(frozen=True)
class Told:
    """A request and the answer that it got."""

    what: Ask
    answer: Answer
    begun: float
    ended: float
    """When it was sent for the first time, and when it was answered."""

    @property
    def route(self) -> str:
        return self.what.route

    @property
    def account_id(self) -> AccountId | None:
        """Whose request it was, where the route or the body says it."""
        if "{customer_id}" in self.route:
            return AccountId(self.what.ids[0], self.what.ids[1])
        if self.route.endswith("/assignment"):
            return AccountId(self.what.ids[0], self.what.body["customer_id"])
        return None

    @property
    def replayed(self) -> bool:
        return "idempotent-replayed" in self.answer.headers


@dataclass(eq=False)
class Erased:
    """An erasure, as the table saw it: from `begun` to `ended` the customer was locked."""

    account_id: AccountId
    pseudonym: AccountId
    salt: bytes
    begun: float
    owned: int
    """The points that the customer had, less those owed."""
    ended: float = float("inf")


class Erasures:
    """All erasures that a table has seen. `watch` is told of every item that is written."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self.all: list[Erased] = []

    def watch(self, old: Item | None, new: Item | None) -> None:
        was, is_ = (one is not None and items.is_lock(dict(one)) for one in (old, new))
        if was == is_:
            return
        if old and was:
            self._of(erasure_from(dict(old)).pseudonym).ended = self._seconds()
        elif new:
            told = erasure_from(dict(new))
            owned = items.account_from(dict(old)).outstanding if old else 0
            self.all.append(Erased(told.account_id, told.pseudonym, told.salt, self._seconds(), owned))

    def _of(self, pseudonym: AccountId) -> Erased:
        return next(one for one in self.all if one.pseudonym == pseudonym)

    def life(self, told: Told) -> object:
        """Which life of its customer an answer belongs to; where that cannot be told, one of its own."""
        mine = [one for one in self.all if one.account_id == told.account_id]
        if any(told.begun <= one.ended and told.ended >= one.begun for one in mine):
            return id(told)
        return sum(one.ended < told.begun for one in mine)

    def names(self, reference: str, account_id: AccountId | None, since: float) -> Iterator[str]:
        """What a history that was called `reference` at some time may be called since: erasures give other names."""
        yield reference
        for one in self.all:
            if account_id and one.account_id == account_id and one.ended >= since:
                yield from self.names(_renamed(reference, one), one.pseudonym, one.begun)

    def lives(self, account_id: AccountId) -> list[AccountId]:
        """The accounts that a customer has, and had before each erasure."""
        before = [one.pseudonym for one in self.all if one.account_id == account_id]
        return [account_id, *(life for one in before for life in self.lives(one))]


def _renamed(reference: str, erased: Erased) -> str:
    who, pseudonym = erased.account_id.customer_id, erased.pseudonym.customer_id
    if reference == who:
        return pseudonym
    return f"{pseudonym}/{personal_name(reference, erased.salt)}" if who in reference else reference


@dataclass
class Accounting:
    """Compares what callers were told with what is there when all is quiet."""

    cloud: Cloud
    told: Sequence[Told]
    erasures: Erasures

    def __post_init__(self) -> None:
        self._stored = self.cloud.table.items()
        self._movements = sorted(movements_of(self._stored.values()), key=lambda movement: movement.position)
        self._histories: dict[tuple[str, str], list[Movement]] = {}
        for movement in self._movements:
            self._histories.setdefault((movement.cause.program_id, movement.cause.reference), []).append(movement)

    def agrees(self) -> None:
        """Fails unless everything does."""
        for (pk, sk), item in self._stored.items():
            if pk.endswith("#jobs") and item["status"]["S"] not in ("completed", "failed", "undone"):
                raise Lost(f"the job {sk} is {item['status']['S']}, and nobody works on it")
            if sk == keys.ACCOUNT_SK and items.is_lock(dict(item)):
                raise Lost(f"{pk} is locked, and nobody erases them")
            if sk == keys.ACCOUNT_SK and (account := items.account_from(dict(item))).lots.expired(self.cloud.now):
                raise Lost(f"{account.account_id} holds points that two purges should have written off")
        for told in self.told:
            if told.answer.status < 300:
                self._compare(told)
        self._compare_repeats()
        self._compare_settings()
        self._compare_refusals()
        self._compare_erasures()
        self._compare_exports()
        self._compare_jobs()

    def _compare(self, told: Told) -> None:
        """What an answer says has been done is there."""
        reference = told.what.key or told.what.ids[-1]
        names = list(dict.fromkeys(self.erasures.names(reference, told.account_id, told.begun)))
        found = [self._histories.get((told.what.ids[0], name), []) for name in names]
        if not any(_is_kept(told, history) for history in found):
            raise Lost(f"{told.route} {told.what.ids} was answered {told.answer.body}, and that is not there: {found}")

    def _compare_repeats(self) -> None:
        """Once answered, answered the same for ever."""
        first: dict[Any, Told] = {}
        done: dict[Any, list[Told]] = {}
        for told in self.told:
            subject = _settled(told)
            if subject is None:
                continue
            subject = *subject, self.erasures.life(told)
            before = first.setdefault(subject, told)
            if not _same(before.answer.body, told.answer.body):
                raise Lost(f"{subject} was answered {before.answer.body} and {told.answer.body}")
            if not told.replayed:
                done.setdefault(subject, []).append(told)
        for subject, times in done.items():
            if len(times) > 1:
                raise Lost(f"{subject} was carried out {len(times)} times: {[told.answer.body for told in times]}")

    def _compare_settings(self) -> None:
        """Who has seen new settings acknowledged does not meet older ones."""
        for changed in self.told:
            if changed.route != "PUT p":
                continue
            program, version = changed.what.ids, changed.answer.body["version"]
            for told in self.told:
                later = told.begun >= changed.ended and told.what.ids[:1] == program
                if later and told.answer.status == 201 and told.answer.body.get("program_version", version) < version:
                    raise Lost(f"settings of version {version} were acknowledged, and then older ones used")

    def _compare_refusals(self) -> None:
        """Who is told that there are too few points had too few at some moment while they asked."""
        for told in self.told:
            if told.answer.status == 409 and told.answer.body["code"] == "insufficient_points":
                account_id = AccountId(told.what.ids[0], told.what.body["customer_id"])
                past = self.cloud.table.past((keys.account_pk(account_id), keys.ACCOUNT_SK), told.begun, told.ended)
                at, points = START + timedelta(seconds=told.ended), told.what.body["points"]
                if all(one and not items.is_lock(dict(one)) and _has(one, points, at) for one in past):
                    raise Lost(f"{told.what} was refused, although there always were enough points")

    def _compare_erasures(self) -> None:
        """What a customer had or owed was let go, no more and no less, and who asked was told so."""
        for one in self.erasures.all:
            history = [m for m in self._movements if m.cause.reference == one.pseudonym.customer_id]
            history = [m for m in history if m.cause.kind is CauseKind.ERASURE]
            let_go = -sum(m.kind.sign * m.points for m in history if m.event is Event.POINTS_FORFEITED)
            if let_go != one.owned or [m.event for m in history].count(Event.CUSTOMER_ERASED) != 1:
                raise Lost(f"{one.account_id} had {one.owned} points, and was erased by {history}")
        for told in self.told:
            if not told.route.startswith(f"DELETE {CUSTOMER}") or not told.answer.body["pseudonym"]:
                continue
            pseudonym, points = told.answer.body["pseudonym"], told.answer.body["points_forfeited"]
            mine = [one for one in self.erasures.all if one.account_id == told.account_id]
            if not any(one.pseudonym.customer_id == pseudonym and points in (None, one.owned) for one in mine):
                raise Lost(f"{told.what} was answered {told.answer.body}, and that is not what was done")

    def _compare_exports(self) -> None:
        """That somebody asked for all that is held about a customer stays in the audit, each time."""
        asked = [told for told in self.told if told.route.endswith("/export") and not told.what.query]
        records = [movement for movement in self._movements if movement.event is Event.CUSTOMER_EXPORTED]
        for account_id in {told.account_id for told in asked if told.account_id}:
            lives = self.erasures.lives(account_id)
            times = sum(told.account_id == account_id for told in asked)
            found = [one for one in records if one.account in lives and one.address and one.position == 1]
            if len(found) < times:
                raise Lost(f"{account_id} was handed out {times} times, and the audit knows of {len(found)}")

    def _compare_jobs(self) -> None:
        """A job did what it says, and one that was undone took back what it gave or says what was short."""
        for (pk, sk), item in self._stored.items():
            if pk.endswith("#jobs"):
                self._compare_job(items.plain(dict(item)))
                undone = item["status"]["S"] == "undone"
                wanted = any(t.route == UNDO and t.what.ids[1] == sk and t.answer.status == 202 for t in self.told)
                if wanted != undone:
                    raise Lost(f"the job {sk} is {item['status']['S']}, and whether somebody undid it: {wanted}")

    def _compare_job(self, job: dict[str, Any]) -> None:
        source, is_undone = f"JOB/{job['sk']}", job["status"] == "undone"
        mine = [movement for movement in self._movements if movement.source == source]
        if job["kind"] == "cards":
            for created in mine:
                if is_undone and created.event is Event.CARD_CREATED and not self._is_taken_back(created):
                    raise Lost(f"{created.cause} was created by a job that was undone")
            return
        for cause, rows in groupby(sorted(mine, key=lambda m: m.cause.reference), lambda m: m.cause):
            done, *undone = rows
            if len(undone) != is_undone or (undone and not _is_undone(done, undone[0])):
                raise Lost(f"{cause} did {done}, and of a job that is {job['status']} it was undone by {undone}")
        for stage in ("done", "undone"):
            moved = [m for m in mine if (m.event is Event.JOB_UNDONE) == (stage == "undone")]
            points = sum(m.kind.sign * m.points for m in moved)
            short = sum(m.shortfall for m in moved) if stage == "undone" else job[stage]["short"]
            if (job[stage]["points"], job[stage]["short"]) != (points, short):
                raise Lost(f"the job {job['sk']} says {job[stage]}, and has {stage} {points} points, {short} short")

    def _is_taken_back(self, created: Movement) -> bool:
        """Whether a card is blocked, or was somebody's before it could be."""
        history = History(created.cause, tuple(m for m in self._movements if m.cause == created.cause))
        card = card_of(history)
        return card is not None and (
            card.status is CardStatus.BLOCKED or any(m.event is Event.CARD_ASSIGNED for m in history)
        )


CUSTOMER, UNDO = "p/customers/{customer_id}", "POST p/jobs/{job_id}/undo"


def _is_undone(done: Movement, undone: Movement) -> bool:
    """Whether what a row did was taken back: all of it, or what is not is said. Nobody owes anything for it."""
    if undone.event is not Event.JOB_UNDONE or undone.debt > 0 or undone.account != done.account:
        return False
    if done.kind is Kind.ADJUST_DOWN:
        return undone.points == done.points
    if done.cause.kind is CauseKind.ORDER:  # A refund may have taken back some of it before.
        return undone.points + undone.shortfall <= done.points
    gone = done.expires_at is not None and done.expires_at <= undone.recorded_at
    return undone.points + undone.shortfall == (0 if gone else done.points)


def _has(account: Item, points: int, at: datetime) -> bool:
    return items.account_from(dict(account)).available(at) >= points


def _settled(told: Told) -> tuple[Any, ...] | None:
    """What an answer is about that must not change any more; None where it may."""
    route, ids, answer = told.route, told.what.ids, told.answer
    if answer.status >= 300:
        return None
    if route.endswith("/completed"):
        earned = answer.body["status"] == "earned" and answer.body["reason"] != "past_action"
        return (route, ids) if earned or answer.body["reason"] in FINAL else None
    if route.endswith("/cancelled"):
        return route, ids
    if route.endswith(("/issues", "/adjustments", "/cards", "/assignment", "/block", "/replacement")):
        return route, ids[0], told.what.key
    if route.endswith("/sign-up"):
        return (route, ids) if answer.body["points_earned"] else None
    if route.endswith("/refunds"):
        return (route, ids, told.what.body["refunded_total"]) if answer.body["points_reversed"] else None
    return None


def _same(first: dict[str, Any], then: dict[str, Any]) -> bool:
    """Whether two answers are the same, but for who was erased in between."""
    erased = AccountId("", str(then.get("customer_id"))).is_erased
    return first == then or (erased and first == then | {"customer_id": first["customer_id"]})


def _is_kept(told: Told, history: Iterable[Movement]) -> Any:
    """Whether what an answer says has been done is what a history says."""
    body, found = told.answer.body, list(history)

    def of(event: Event) -> list[int]:
        return [movement.points for movement in found if movement.event is event]

    match told.route.rpartition("/")[2]:
        case "completed" if body["reason"] == "past_action":
            return body["points_earned"] in of(Event.PAST_ORDER_REWARDED)
        case "completed":
            return not body["points_earned"] or of(Event.ORDER_COMPLETED) == [body["points_earned"]]
        case "cancelled":
            return sum(of(Event.ORDER_CANCELLED)) == body["points_reversed"] + body["points_restored"]
        case "adjustments":
            return [movement.kind.sign * movement.points for movement in found] == [body["points"]]
        case "issues":
            return of(Event.POINTS_ISSUED) == [body["points"]]
        case "sign-up":
            return not body["points_earned"] or of(Event.SIGNED_UP) == [body["points_earned"]]
        case "refunds":
            return not body["points_reversed"] or body["points_reversed"] in of(Event.ORDER_REFUNDED)
        case "redemption" if told.route.startswith("PUT"):
            return not body["points_redeemed"] or body["points_redeemed"] in of(Event.REDEMPTION_SET)
        case "redemption":
            return not body["points_restored"] or body["points_restored"] in of(Event.REDEMPTION_VOIDED)
        case _:
            return True


def exported(table: Table, account_id: AccountId, pages: Sequence[dict[str, Any]], before: float) -> None:
    """Fails unless an export holds all movements of the account, as recorded, and what was noted `before` it began."""
    mine = [movement for movement in movements_of(table.items().values()) if movement.account == account_id]
    moved = [one for page in pages for one in page["movements"]]
    top = moved[0]["sequence"] if moved else 0
    stored = [m for m in sorted(mine, key=lambda m: -(m.sequence or 0)) if m.sequence and m.sequence <= top]
    if [_line(one) for one in moved] != [(m.movement_id, m.sequence, m.kind.sign * m.points) for m in stored]:
        raise Lost(f"{account_id} was handed out {[_line(one) for one in moved]}, and that is not what is recorded")
    if sum(one["points"] for one in moved) != pages[0]["account"]["outstanding"]:
        raise Lost(f"{account_id} was handed out with {pages[0]['account']}, which its movements do not add up to")
    noted = {one["movement_id"] for page in pages for one in page["records"]}
    missing = {m.movement_id for m in mine if m.sequence is None and _written(table, m) <= before} - noted
    if missing:
        raise Lost(f"{account_id} was handed out without {missing}")


def _line(exported: dict[str, Any]) -> tuple[str, int, int]:
    return exported["movement_id"], exported["sequence"], exported["points"]


def _written(table: Table, movement: Movement) -> float:
    return table.since((keys.cause_pk(movement.cause), keys.position_sk(movement.position)))


def names_somebody(table: Table, erasures: Erasures) -> None:
    """Fails where anything that was there before an erasure still says who it was.

    What is as old as the erasure may have been rewritten by it: time stands still when it has jumped.
    """
    for one in erasures.all:
        who, program = one.account_id.customer_id, one.account_id.program_id
        for (pk, sk), item in table.items().items():
            if pk.startswith(f"{program}#") and table.since((pk, sk)) < one.begun and who in repr(item):
                raise Lost(f"{who} was erased, and {pk} {sk} still names them")


def nobody_is_named(table: Table, erasures: Erasures) -> None:
    """Fails where anything at all says who was erased."""
    for one in erasures.all:
        who, program = one.account_id.customer_id, one.account_id.program_id
        for (pk, sk), item in table.items().items():
            if pk.startswith(f"{program}#") and not one.account_id.is_erased and who in repr(item):
                raise Lost(f"{who} was erased twice, and {pk} {sk} still names them")
