"""Would it be noticed? Bugs that lose, double or misplace points, each of which the harness has to find.

    python -m tests.proof.simulation.planted          # plants each, and says by what it was found

Each function breaks one thing that keeps points safe; its name says what the ledger then does. A bug is searched for
with faults at each call, then with seeds.
"""

import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import count
from multiprocessing import get_context
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch import BatchProcessor

from loyalty.adapters.dynamodb import books, items, keys, ledger, programs, purges, writing
from loyalty.adapters.dynamodb.books import DynamoDBBooks
from loyalty.adapters.dynamodb.client import answering
from loyalty.adapters.dynamodb.erasures import DynamoDBErasures
from loyalty.adapters.dynamodb.jobs import QueuedJobs
from loyalty.adapters.dynamodb.ledger import DynamoDBLedger
from loyalty.adapters.dynamodb.programs import DynamoDBPrograms
from loyalty.adapters.dynamodb.purges import QueuedPurges
from loyalty.domain.customers import erasure as erasing
from loyalty.domain.jobs import undo as undoing
from loyalty.domain.jobs.job import Job, JobStatus, Tally
from loyalty.domain.ledger import idempotency as requests
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.kinds import Event
from loyalty.domain.ledger.lots import Lot, Lots
from loyalty.domain.ledger.movement import AccountId, Cause, Movement
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.values.refusal import Refused
from loyalty.ports.faults import LostRace, Unavailable
from loyalty.ports.ledger import WriteOff
from loyalty.usecases.books import close_days
from loyalty.usecases.commands import command as carry_out
from loyalty.usecases.customers import erase as erase_customer
from loyalty.usecases.customers import export as export_customer
from loyalty.usecases.jobs import rows as job_rows
from loyalty.usecases.points import issue as issue_points
from loyalty.usecases.points import purge
from tests.proof.simulation.every_fault import Proof
from tests.proof.simulation.functions import deployed
from tests.proof.simulation.operations import OPERATIONS, Operation
from tests.proof.simulation.simulation import Simulation

type Patch = pytest.MonkeyPatch
type Plant = Callable[[Patch], None]

FIRST_SEEDS, MOST_SEEDS = 10, 400
"""How many are tried before anything else, and at the most."""
BUGS: list[Plant] = []
TAKES_TWO: dict[Plant, str] = {}
"""Bugs that only two faults at once bring to light, and in which operation."""


def bug(plant: Plant) -> Plant:
    """One thing broken; the function's name says which."""
    BUGS.append(plant)
    return plant


def takes_two(operation: str) -> Callable[[Plant], Plant]:
    def add(plant: Plant) -> Plant:
        TAKES_TWO[plant] = operation
        return plant

    return add


def puts_changed(patch: Patch, change: Callable[[dict[str, Any]], None]) -> None:
    """Every put of a transaction goes through `change`."""

    def puts(self: DynamoDBLedger, transaction: Transaction) -> list[dict[str, Any]]:
        made = right(self, transaction)
        for put in made:
            change(put["Put"])
        return made

    right = DynamoDBLedger._puts
    patch.setattr(DynamoDBLedger, "_puts", puts)


def unconditional(put: dict[str, Any]) -> None:
    put.pop("ConditionExpression", None)
    put.pop("ExpressionAttributeValues", None)


def is_account(put: dict[str, Any]) -> bool:
    return bool(put["Item"]["sk"]["S"] == keys.ACCOUNT_SK)


def write_in_parts(patch: Patch, parts: Callable[[list[dict[str, Any]]], Sequence[list[dict[str, Any]]]]) -> None:
    """What the ledger writes in one transaction goes out in several."""

    def write(self: DynamoDBLedger, transactions: Sequence[Transaction], write_off: WriteOff | None = None) -> None:
        class InParts:
            exceptions = self._client.exceptions

            def transact_write_items(self, *, TransactItems: list[dict[str, Any]]) -> None:  # noqa: N803
                for part in parts(TransactItems):
                    if part:
                        client.transact_write_items(TransactItems=part)

        client = self._client
        self._client = InParts()
        try:
            right(self, transactions, write_off)
        finally:
            self._client = client

    right = DynamoDBLedger.write
    patch.setattr(DynamoDBLedger, "write", write)


# --- a condition is missing ------------------------------------------------------------------------------------------


@bug
def a_movement_is_put_over_another(patch: Patch) -> None:
    puts_changed(patch, lambda put: None if is_account(put) else unconditional(put))


@bug
def an_account_is_put_whatever_its_version(patch: Patch) -> None:
    puts_changed(patch, lambda put: unconditional(put) if is_account(put) else None)


@bug
def a_new_account_is_put_over_one_that_is_there(patch: Patch) -> None:
    def change(put: dict[str, Any]) -> None:
        if is_account(put) and "ExpressionAttributeValues" not in put:
            unconditional(put)

    puts_changed(patch, change)


@bug
def settings_are_put_over_newer_ones(patch: Patch) -> None:
    def put(table: str, item: Any, condition: Any = None) -> Any:
        return {"Put": {"TableName": table, "Item": item}}

    patch.setattr(programs, "put", put)


@bug
def a_closed_day_is_closed_again(patch: Patch) -> None:
    def close(self: Any, sums: Any, at: Any) -> None:
        with answering():
            put = {"TableName": self._table, "Item": books.closed_item(sums, at)}
            self._client.transact_write_items(TransactItems=[{"Put": put}])

    patch.setattr(DynamoDBBooks, "close", close)


@bug
def points_are_added_to_whatever_is_there(patch: Patch) -> None:
    """As a plain ADD does."""

    def puts(self: DynamoDBLedger, transaction: Transaction) -> list[dict[str, Any]]:
        made = right(self, transaction)
        if transaction.account and transaction.account != transaction.read:
            account = self.account(transaction.account.account_id, consistent=True)
            for movement in transaction.movements:
                if movement.sequence:
                    account = account.apply(replace(movement, sequence=account.version + 1))
            made[-1] = {"Put": {"TableName": self._table, "Item": items.account_item(account)}}
        return made

    right = DynamoDBLedger._puts
    patch.setattr(DynamoDBLedger, "_puts", puts)


@bug
def a_token_is_all_that_makes_a_command_happen_once(patch: Patch) -> None:
    class Tokened:
        def __init__(self, client: Any) -> None:
            self.query, self.get_item, self.batch_get_item = client.query, client.get_item, client.batch_get_item
            self.transact_get_items = client.transact_get_items
            self.exceptions, self._client = client.exceptions, client

        def transact_write_items(self, *, TransactItems: list[dict[str, Any]]) -> Any:  # noqa: N803
            token = TransactItems[0]["Put"]["Item"]["pk"]["S"]
            return self._client.transact_write_items(TransactItems=TransactItems, ClientRequestToken=token)

    def init(self: DynamoDBLedger, client: Any, table: str) -> None:
        right(self, Tokened(client), table)

    def change(put: dict[str, Any]) -> None:
        if not is_account(put):
            unconditional(put)
            put["Item"]["sk"] = {"S": f"{next(numbers):08d}"}

    numbers = count(1)
    right = DynamoDBLedger.__init__
    patch.setattr(DynamoDBLedger, "__init__", init)
    patch.setattr(DynamoDBLedger, "_history", lambda self, cause, consistent: History(cause))
    puts_changed(patch, change)


# --- a transaction is split ------------------------------------------------------------------------------------------


@bug
def movements_are_written_before_their_account(patch: Patch) -> None:
    write_in_parts(
        patch, lambda puts: [[p for p in puts if not is_account(p["Put"])], [p for p in puts if is_account(p["Put"])]]
    )


@bug
def accounts_are_written_before_their_movements(patch: Patch) -> None:
    write_in_parts(
        patch, lambda puts: [[p for p in puts if is_account(p["Put"])], [p for p in puts if not is_account(p["Put"])]]
    )


@bug
def a_referrer_is_paid_in_a_transaction_of_its_own(patch: Patch) -> None:
    def write(self: DynamoDBLedger, transactions: Sequence[Transaction], write_off: WriteOff | None = None) -> None:
        for part in [transactions] if write_off else [[transaction] for transaction in transactions]:
            right(self, part, write_off)

    right = DynamoDBLedger.write
    patch.setattr(DynamoDBLedger, "write", write)


@bug
def the_journal_is_written_after_what_expired(patch: Patch) -> None:
    def is_write_off(put: dict[str, Any]) -> bool:
        return "#write-off#" in put["Put"]["Item"]["pk"]["S"]

    write_in_parts(patch, lambda puts: [[p for p in puts if not is_write_off(p)], [p for p in puts if is_write_off(p)]])


@bug
def the_journal_says_what_was_decided_and_not_what_was_written(patch: Patch) -> None:
    def write(self: Any, transactions: Sequence[Transaction], write_off: WriteOff | None = None) -> None:
        if write_off and self.__dict__.get("first_off"):
            write_off = self.first_off
        self.first_off = write_off
        right(self, transactions, write_off)
        self.first_off = None

    right = DynamoDBLedger.write
    patch.setattr(DynamoDBLedger, "write", write)


# --- an answer is misunderstood --------------------------------------------------------------------------------------


def write_taken_for_done(patch: Patch, failure: type[Exception]) -> None:
    def write(self: Any, transactions: Any, write_off: Any = None) -> None:
        with suppress(failure):
            right(self, transactions, write_off)

    right = DynamoDBLedger.write
    patch.setattr(DynamoDBLedger, "write", write)


@bug
def no_answer_is_taken_for_success(patch: Patch) -> None:
    write_taken_for_done(patch, Unavailable)


@bug
def a_lost_race_is_taken_for_success(patch: Patch) -> None:
    write_taken_for_done(patch, LostRace)


@bug
def no_answer_is_taken_for_a_refusal(patch: Patch) -> None:
    def write(self: Any, transactions: Any, write_off: Any = None) -> None:
        try:
            right(self, transactions, write_off)
        except Unavailable as error:
            raise Refused("order_closed", "It did not work.") from error

    right = DynamoDBLedger.write
    patch.setattr(DynamoDBLedger, "write", write)


@bug
def a_conflict_is_a_fault_of_ours(patch: Patch) -> None:
    patch.setattr(writing, "LOST", frozenset({"ConditionalCheckFailed"}))


@bug
def a_throttled_item_is_a_fault_of_ours(patch: Patch) -> None:
    patch.setattr(writing, "SLOW_DOWN", frozenset())


@bug
def keys_that_were_not_read_are_forgotten(patch: Patch) -> None:
    def accounts(self: Any, account_ids: Sequence[AccountId]) -> list[Account]:
        wanted = [{"pk": {"S": keys.account_pk(one)}, "sk": {"S": keys.ACCOUNT_SK}} for one in account_ids]
        with answering():
            batch = self._client.batch_get_item(RequestItems={self._table: {"Keys": wanted}})
        return [items.account_from(item) for item in batch["Responses"][self._table]]

    patch.setattr(DynamoDBLedger, "accounts", accounts)


@bug
def only_the_first_page_is_read(patch: Patch) -> None:
    def query(client: Any, request: dict[str, Any]) -> Any:
        with answering():
            yield client.query(**request)["Items"]

    for module in (ledger, books, programs, purges):
        patch.setattr(module, "query", query)


# --- something old is believed ---------------------------------------------------------------------------------------


@bug
def a_cheap_look_is_believed(patch: Patch) -> None:
    def read(world: Any, cause: Cause, account_id: AccountId | None, consistent: bool) -> Any:
        return right(world, cause, account_id, False)

    right = carry_out._read
    patch.setattr(carry_out, "_read", read)


@bug
def a_refusal_is_not_looked_at_again(patch: Patch) -> None:
    def attempt(*told: Any, consistent: bool) -> Transaction:
        return right_attempt(*told, consistent=True)

    def read(world: Any, cause: Cause, account_id: AccountId | None, consistent: bool) -> Any:
        return right_read(world, cause, account_id, False)

    right_attempt, right_read = carry_out._attempt, carry_out._read
    patch.setattr(carry_out, "_attempt", attempt)
    patch.setattr(carry_out, "_read", read)


@bug
def an_account_is_kept_in_memory(patch: Patch) -> None:
    def account(self: Any, account_id: AccountId, *, consistent: bool) -> Account:
        kept: dict[AccountId, Account] = self.__dict__.setdefault("kept", {})
        return kept.setdefault(account_id, right(self, account_id, consistent=consistent))

    right = DynamoDBLedger.account
    patch.setattr(DynamoDBLedger, "account", account)


@bug
def an_index_is_trusted_as_soon_as_a_day_is_over(patch: Patch) -> None:
    patch.setattr(close_days, "last_to_close", lambda now: (now - timedelta(days=1)).date())


@bug
def the_day_is_closed_that_is_not_over(patch: Patch) -> None:
    patch.setattr(close_days, "last_to_close", lambda now: now.date())


@bug
def settings_are_kept_for_ever(patch: Patch) -> None:
    patch.setattr(programs, "STALENESS", float("inf"))


@bug
def settings_are_answered_before_they_apply(patch: Patch) -> None:
    patch.setattr(DynamoDBPrograms, "staleness", 0.0)


# --- time ------------------------------------------------------------------------------------------------------------


@bug
def points_live_an_instant_too_long(patch: Patch) -> None:
    patch.setattr(Lot, "expired", lambda lot, at: lot.expires_at is not None and lot.expires_at < at)


@bug
def points_are_written_off_an_hour_early(patch: Patch) -> None:
    def expired(lots: Lots, at: Any) -> Lots:
        return Lots(lot for lot in lots if lot.expired(at + timedelta(hours=1)))

    patch.setattr(Lots, "expired", expired)


@bug
def the_purge_looks_when_it_always_did(patch: Patch) -> None:
    def apply(account: Account, movement: Movement) -> Account:
        after = right(account, movement)
        return replace(after, purge_at=account.purge_at or after.purge_at)

    right = Account.apply
    patch.setattr(Account, "apply", apply)


# --- work is forgotten -----------------------------------------------------------------------------------------------


@bug
def what_failed_of_a_batch_is_swallowed(patch: Patch) -> None:
    patch.setattr(BatchProcessor, "response", lambda self: {"batchItemFailures": []})


@bug
@takes_two("purge")
def what_a_purge_could_not_write_is_forgotten(patch: Patch) -> None:
    patch.setattr(purge, "_hand_over", lambda world, part_of, expired: None)


@bug
def a_part_of_a_purge_is_handed_over_into_nothing(patch: Patch) -> None:
    def hand_over(self: Any, tasks: Any) -> None:
        with suppress(Unavailable):
            right(self, tasks)

    right = QueuedPurges.hand_over
    patch.setattr(QueuedPurges, "hand_over", hand_over)


@bug
def a_run_has_one_write_off(patch: Patch) -> None:
    def write_off_item(write_off: WriteOff, first: Movement) -> Any:
        return {**right(write_off, first), "sk": {"S": write_off.run_id}}

    right = items.write_off_item
    patch.setattr(items, "write_off_item", write_off_item)


@bug
def an_idempotency_key_is_not_looked_at(patch: Patch) -> None:
    right, numbers = requests.cause_of_request, count(1)
    patch.setattr(issue_points, "cause_of_request", lambda program, key: right(program, f"{key} {next(numbers)}"))


# --- somebody is erased, handed out or undone -------------------------------------------------------------------------


@bug
def an_erasure_forgets_what_moved_no_points(patch: Patch) -> None:
    """Orders that earned nothing, say, and notes."""

    def records(self: DynamoDBErasures, account_id: AccountId) -> Iterator[list[Movement]]:
        for page in right(self, account_id):
            yield [movement for movement in page if movement.sequence]

    right = DynamoDBErasures.records
    patch.setattr(DynamoDBErasures, "records", records)


@bug
def an_erasure_forgets_the_names_that_requests_have(patch: Patch) -> None:
    patch.setattr(erasing, "_unnamed", lambda cause, person, pseudonym, salt: cause)


@bug
def an_erasure_forgets_whom_a_customer_referred(patch: Patch) -> None:
    patch.setattr(erase_customer, "with_other_referrer", lambda completion, person, pseudonym: completion)


@bug
def an_erasure_forfeits_only_what_can_be_spent(patch: Patch) -> None:
    def erase(program: Any, origin: Any, account: Account, *others: Any) -> Any:
        return right(program, origin, replace(account, lots=account.lots.spendable(origin.recorded_at)), *others)

    right = erasing.erase
    patch.setattr(erase_customer, "erase", erase)


@bug
def an_erasure_goes_on_when_another_has_ended_it(patch: Patch) -> None:
    def write(self: DynamoDBErasures, changes: list[dict[str, Any]]) -> None:
        is_lock = changes[0].get("Put", {}).get("Item", {}).get("pseudonym") and len(changes) > 1
        right(self, changes[1:] if is_lock else changes)

    right = DynamoDBErasures._write
    patch.setattr(DynamoDBErasures, "_write", write)


@bug
def an_erasure_ends_before_the_index_has_shown_everything(patch: Patch) -> None:
    patch.setattr(erase_customer._Work, "_look", lambda work: 0)
    patch.setattr(erase_customer._Work, "_all_are_there", lambda work: True)


@bug
def an_erasure_renames_what_is_just_being_closed(patch: Patch) -> None:
    patch.setattr(erase_customer._Renaming, "check", lambda renaming, movements: None)


@bug
def an_export_is_not_recorded(patch: Patch) -> None:
    patch.setattr(export_customer, "_record", lambda *told: None)


@bug
def an_export_holds_what_an_index_shows_by_chance(patch: Patch) -> None:
    def movements(world: Any, account_id: AccountId, page: int, before: int) -> list[Movement]:
        found: list[Movement] = world.ledger.statement(account_id, page, before)
        return found

    patch.setattr(export_customer, "_movements", movements)


@bug
def what_a_job_did_is_undone_as_often_as_it_is_tried(patch: Patch) -> None:
    def undo(transaction: Transaction) -> Transaction:
        history = transaction.history
        kept = History(history.cause, tuple(m for m in history if m.event is not Event.JOB_UNDONE))
        undone = right(replace(transaction, history=kept))
        moved = tuple(
            replace(m, position=m.position + len(history.movements) - len(kept.movements)) for m in undone.movements
        )
        return replace(undone, history=history, movements=moved)

    right = undoing.undo
    patch.setattr(job_rows, "undo", undo)


@bug
def what_was_spent_of_what_a_job_gave_is_not_reported(patch: Patch) -> None:
    right = job_rows._result
    patch.setattr(job_rows, "_result", lambda *about: replace(right(*about), short=0))


@bug
def a_job_is_undone_before_all_of_it_is(patch: Patch) -> None:
    def finished(self: QueuedJobs, job: Job) -> dict[int, Tally]:
        found = right(self, job)
        return found or ({0: Tally()} if job.status is JobStatus.UNDOING else found)

    right = QueuedJobs.finished
    patch.setattr(QueuedJobs, "finished", finished)


# --- the search ------------------------------------------------------------------------------------------------------


def find(plant: Plant) -> str | None:
    """By what the bug is found; None when it is not."""
    with deployed() as patch:
        plant(patch)
        for where, search in _searches(plant):
            try:
                search()
            except Exception as error:  # noqa: BLE001 - this is what we are looking for
                notes = getattr(error, "__notes__", [where])
                return f"{notes[-1]}: {_first_line(error)}"
    return None


def _searches(plant: Plant) -> Iterator[tuple[str, Callable[[], Any]]]:
    for operation in OPERATIONS:
        if operation.name == TAKES_TWO.get(plant):
            yield operation.name, Proof(operation).run
    for seed in range(FIRST_SEEDS):
        yield f"seed {seed}", Simulation(seed).run
    for operation in OPERATIONS:
        yield operation.name, partial(_try_singles, operation)
    for seed in range(FIRST_SEEDS, MOST_SEEDS):
        yield f"seed {seed}", Simulation(seed).run


def _try_singles(operation: Operation) -> None:
    proof = Proof(operation)
    for points in list(proof.singles()):
        proof.attempt(points)


def name_of(plant: Plant) -> str:
    return plant.__name__.replace("_", " ")


def _first_line(error: Exception) -> str:
    [*_, line] = traceback.format_exception_only(error)[:1]
    return line.strip().splitlines()[0][:150]


def main() -> int:
    missed = 0
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for plant, found in zip(BUGS, pool.map(find, BUGS), strict=True):
            missed += found is None
            print(f"{name_of(plant)}\n    {found or 'NOT FOUND'}", flush=True)
    print(f"{len(BUGS) - missed} of {len(BUGS)} found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
