"""What may go wrong with a call. Each fault is one that AWS or a network is known for; none breaks DynamoDB's promises.

A fault is handed the call and answers, or raises, what the function gets to see. Whether the call was applied is up
to the fault. The tries that boto3 itself makes are over by then, but for `sent_twice`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from tests.proof.simulation.cloud import Call, Killed, error

type Strike = Callable[[Call], Any]


@dataclass(frozen=True)
class Fault:
    """`strikes` is what it does, `hits` says which calls it can happen to."""

    name: str
    hits: Callable[[Call], bool]
    strikes: Strike

    def __str__(self) -> str:
        return self.name


FAULTS: list[Fault] = []


def fault(hits: Callable[[Call], bool]) -> Callable[[Strike], Strike]:
    """A fault of the calls that `hits`, named by its function."""

    def add(strike: Strike) -> Strike:
        FAULTS.append(Fault(strike.__name__.replace("_", " "), hits, strike))
        return strike

    return add


def any_call(call: Call) -> bool:
    return True


def any_write(call: Call) -> bool:
    return call.writes


def any_transaction(call: Call) -> bool:
    return call.transaction


def larger_transaction(call: Call) -> bool:
    return call.transaction and len(call.request["TransactItems"]) > 1


def cancelled(call: Call, reason: str, place: int) -> Exception:
    """A transaction cancelled because of the item at `place`."""
    reasons = ["None"] * len(call.request["TransactItems"])
    reasons[place] = reason
    return error("TransactionCanceledException", call.operation, reasons)


DYNAMODB_SAYS = "ThrottlingException", "InternalServerError"
SQS_SAYS, S3_SAYS = ("RequestThrottled", "InternalFailure"), ("SlowDown", "InternalError")
SAYS = {
    "SendMessage": SQS_SAYS,
    "ChangeMessageVisibility": SQS_SAYS,
    "PutEvents": ("ThrottlingException", "InternalException"),
    **dict.fromkeys(("HeadObject", "GetObject", "PutObject"), S3_SAYS),
}
"""What services other than DynamoDB call it that somebody is throttled, and that they failed."""


def failed(call: Call) -> Exception:
    """That the service failed, and nobody knows whether before it was done."""
    _, code = SAYS.get(call.operation, DYNAMODB_SAYS)
    return error(code, call.operation, status=500)


# --- any call --------------------------------------------------------------------------------------------------------


@fault(any_call)
def dropped(call: Call) -> Any:
    raise EndpointConnectionError(endpoint_url="nowhere")


@fault(any_call)
def answer_lost(call: Call) -> Any:
    call.apply()
    raise ReadTimeoutError(endpoint_url="nowhere")


@fault(any_call)
def throttled(call: Call) -> Any:
    code, _ = SAYS.get(call.operation, DYNAMODB_SAYS)
    raise error(code, call.operation, status=503 if code == "SlowDown" else 400)


@fault(any_call)
def failed_with_500(call: Call) -> Any:
    raise failed(call)


@fault(any_call)
def killed_before(call: Call) -> Any:
    raise Killed


@fault(any_call)
def killed_after(call: Call) -> Any:
    call.apply()
    raise Killed


def cheap_look(call: Call) -> bool:
    """At an item, or at a history, not consistent."""
    if call.writes or call.request.get("ConsistentRead") or {"IndexName", "ProjectionExpression"} & set(call.request):
        return False
    return call.operation == "GetItem" or call.request.get("KeyConditionExpression") == "pk = :pk"


@fault(cheap_look)
def answered_from_before_all_was_written(call: Call) -> Any:
    return {} if call.operation == "GetItem" else {"Items": [], "Count": 0, "ScannedCount": 0}


# --- writes ----------------------------------------------------------------------------------------------------------


@fault(any_write)
def failed_with_500_but_applied(call: Call) -> Any:
    call.apply()
    raise failed(call)


@fault(any_write)
def sent_twice(call: Call) -> Any:
    """boto3 got no answer and sent it again: a transaction with the same token."""
    call.apply()
    return call.apply()


# --- transactions ----------------------------------------------------------------------------------------------------


@fault(any_transaction)
def in_progress(call: Call) -> Any:
    raise error("TransactionInProgressException", call.operation)


@fault(any_transaction)
def in_progress_and_then_applied(call: Call) -> Any:
    call.apply()
    raise error("TransactionInProgressException", call.operation)


@fault(any_transaction)
def sent_again_when_its_token_was_forgotten(call: Call) -> Any:
    """The condition check fails, on what the call itself has written."""
    call.apply()
    return call.apply(ClientRequestToken=f"{call.request['ClientRequestToken']}, again")


@fault(any_transaction)
def overtaken_by_a_repeat(call: Call) -> Any:
    """The condition check fails, on what somebody else has written: the same, sent a second time."""
    call.rival()
    return call.apply()


@fault(any_transaction)
def conflict_on_the_first_item(call: Call) -> Any:
    raise cancelled(call, "TransactionConflict", 0)


@fault(larger_transaction)
def conflict_on_the_last_item(call: Call) -> Any:
    raise cancelled(call, "TransactionConflict", -1)


@fault(any_transaction)
def throttled_on_one_item(call: Call) -> Any:
    raise cancelled(call, "ThrottlingError", 0)


# --- single services -------------------------------------------------------------------------------------------------


@fault(lambda call: call.operation == "BatchGetItem")
def some_keys_unprocessed(call: Call) -> Any:
    [(table, asked)] = call.request["RequestItems"].items()
    answer = call.apply(RequestItems={table: {"Keys": asked["Keys"][1:] or asked["Keys"]}})
    if len(asked["Keys"]) > 1:
        answer["UnprocessedKeys"] = {table: {"Keys": asked["Keys"][:1]}}
    return answer


@fault(lambda call: call.operation == "PutEvents")
def event_not_taken(call: Call) -> Any:
    return {"FailedEntryCount": 1}
