"""What template.yaml promises: nobody calls unasked, no function may do more than it does, no event is lost."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tools.deployment import read_template

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = read_template(ROOT / "template.yaml")
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
READERS = {
    "AccountFunction",
    "AuditFunction",
    "OrderFunction",
    "JournalFunction",
    "LiabilityFunction",
    "QuoteFunction",
    "BalancesFunction",
    "PurgesFunction",
}


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    return {name: r["Properties"] for name, r in RESOURCES.items() if r["Type"] == kind}


FUNCTIONS = of_type("AWS::Serverless::Function")


POLICIES = of_type("AWS::IAM::ManagedPolicy")
TRACING = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


def role_of(function: str) -> dict[str, Any]:
    found: dict[str, Any] = RESOURCES[FUNCTIONS[function]["Role"]["Fn::GetAtt"][0]]["Properties"]
    return found


def shared_policies(function: str) -> list[str]:
    return [policy["Ref"] for policy in role_of(function)["ManagedPolicyArns"]]


def statements(function: str) -> list[dict[str, Any]]:
    """All that a function may do: of the policies that its role shares with others, and of its own."""
    policies = [*(POLICIES[name] for name in shared_policies(function)), *role_of(function).get("Policies", [])]
    return [statement for policy in policies for statement in as_list(policy["PolicyDocument"]["Statement"])]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_every_function_has_a_role_of_its_own() -> None:
    roles = [function["Role"]["Fn::GetAtt"][0] for function in FUNCTIONS.values()]
    assert len(set(roles)) == len(roles)


def test_a_policy_is_shared_and_a_role_has_not_more_of_them_than_aws_attaches() -> None:
    used = Counter(policy for function in FUNCTIONS for policy in shared_policies(function))
    assert set(used) == set(POLICIES)
    assert min(used.values()) > 1
    assert max(len(shared_policies(function)) for function in FUNCTIONS) <= 10


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_no_wildcard_scan_or_delete(function: str) -> None:
    for statement in statements(function):
        # Files have no names that could be listed: a bucket's content is the narrowest there is. Traces have none.
        widest = (
            FILES if "s3:GetObject" in statement["Action"] else "*" if set(statement["Action"]) == TRACING else None
        )
        resources = [resource for resource in as_list(statement["Resource"]) if resource != widest]
        assert "*" not in json.dumps([statement["Action"], resources])
        for action in as_list(statement["Action"]):
            if action == "dynamodb:DeleteItem" and function == "EraseCustomerFunction":
                continue  # in a transaction, as the next test says
            assert not action.startswith(
                ("dynamodb:Scan", "dynamodb:Delete", "dynamodb:BatchWrite", "dynamodb:Partiql")
            )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_writes_to_the_ledger_only_inside_a_transaction(function: str) -> None:
    writes = [
        statement
        for statement in statements(function)
        if {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"}
        & set(as_list(statement["Action"]))
    ]
    if function in READERS:
        assert writes == []
    for statement in writes:
        assert statement["Condition"] == {
            "ForAnyValue:StringEquals": {"dynamodb:EnclosingOperation": ["TransactWriteItems"]}
        }


def test_files_are_those_of_jobs_and_nothing_else() -> None:
    found = [s["Resource"] for function in FUNCTIONS for s in statements(function) if "s3:GetObject" in s["Action"]]
    assert found
    assert all(resource == FILES for resource in found)


FILES = {"Fn::Sub": "${JobFiles.Arn}/*"}


def test_only_tracing_has_no_resource() -> None:
    unbounded = [s for function in FUNCTIONS for s in statements(function) if "*" in as_list(s["Resource"])]
    assert unbounded
    assert all(set(statement["Action"]) == TRACING for statement in unbounded)


def test_all_logs_are_kept_as_long_as_the_parameter_says() -> None:
    """Lambda makes a group of its own, kept for ever, for a function that is told of none."""
    assert TEMPLATE["Globals"]["Function"]["LoggingConfig"] == {"LogGroup": {"Ref": "FunctionLogs"}}
    assert [name for name, function in FUNCTIONS.items() if "LoggingConfig" in function] == []
    groups = of_type("AWS::Logs::LogGroup")
    assert groups.keys() == {"FunctionLogs", "ApiLogs"}
    assert all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups.values())


def test_every_route_asks_for_a_scope() -> None:
    assert RESOURCES["Api"]["Properties"]["Auth"]["DefaultAuthorizer"] == "Jwt"
    scopes = [
        event["Properties"].get("Auth", {}).get("AuthorizationScopes")
        for function in FUNCTIONS.values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "HttpApi"
    ]
    assert scopes
    assert all(scopes)


def test_every_request_is_logged_and_none_with_personal_data() -> None:
    """Also those that the authorizer refuses: by route and client, without a path, a query or an address."""
    settings = RESOURCES["Api"]["Properties"]["AccessLogSettings"]
    assert settings["DestinationArn"] == {"Fn::GetAtt": ["ApiLogs", "Arn"]}
    told = json.loads(settings["Format"])
    assert (told["route"], told["status"]) == ("$context.routeKey", "$context.status")
    assert told["refused"] == "$context.authorizer.error"
    assert set(told.values()) <= {
        *("$context.requestId", "$context.requestTime", "$context.routeKey", "$context.status"),
        *("$context.responseLatency", "$context.authorizer.claims.client_id", "$context.authorizer.error"),
        "$context.integrationErrorMessage",
    }


def test_only_the_erasure_of_customers_deletes() -> None:
    deleting = {
        function
        for function in FUNCTIONS
        for statement in statements(function)
        if any(action.startswith("dynamodb:Delete") for action in as_list(statement["Action"]))
    }
    assert deleting == {"EraseCustomerFunction"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_code(function: str) -> None:
    assert (ROOT / FUNCTIONS[function]["CodeUri"] / "handler.py").is_file()


def test_what_runs_by_the_hour_is_not_repeated_within_it() -> None:
    """Lambda would start a run that failed late twice more, into the next one."""
    hourly = {name for name in FUNCTIONS if "ScheduleV2" in event_types(name)}
    assert hourly == {"ExpiryPurgeFunction", "CloseDaysFunction"}
    assert all(FUNCTIONS[name]["EventInvokeConfig"] == {"MaximumRetryAttempts": 0} for name in hourly)


def test_who_feeds_its_own_queue_without_an_end_is_no_loop() -> None:
    """Lambda stops a chain of 16: long enough for a job, and less than a large purge takes."""
    assert FUNCTIONS["PurgeWorkerFunction"]["RecursiveLoop"] == "Allow"


def test_no_caller_can_take_all_that_the_account_may_run() -> None:
    limit = {"Ref": "ApiRequestsPerSecond"}
    settings = RESOURCES["Api"]["Properties"]["DefaultRouteSettings"]
    assert settings == {"ThrottlingRateLimit": limit, "ThrottlingBurstLimit": limit}


def event_types(function: str) -> set[str]:
    """What calls a function."""
    return {event["Type"] for event in FUNCTIONS[function]["Events"].values()}


def consumers() -> list[dict[str, Any]]:
    return [function for function in FUNCTIONS.values() if queues_of(function)]


def queues_of(function: dict[str, Any]) -> list[str]:
    """The queues that a function consumes."""
    events = function.get("Events", {}).values()
    return [event["Properties"]["Queue"]["Fn::GetAtt"][0] for event in events if event["Type"] == "SQS"]


def dead_letter_queues() -> set[str]:
    found = re.findall(r'(?:deadLetterTargetArn|"Arn)": \{"Fn::GetAtt": \["(\w+)", "Arn"\]\}', json.dumps(TEMPLATE))
    consumed = {name for consumer in consumers() for name in queues_of(consumer)}
    return set(found) & set(of_type("AWS::SQS::Queue")) - consumed


def test_every_dead_letter_queue_keeps_for_two_weeks() -> None:
    queues = dead_letter_queues()
    consumed = {name for consumer in consumers() for name in queues_of(consumer)}
    assert queues == set(of_type("AWS::SQS::Queue")) - consumed
    assert {of_type("AWS::SQS::Queue")[queue]["MessageRetentionPeriod"] for queue in queues} == {14 * 86400}


@pytest.mark.parametrize("queue", of_type("AWS::SQS::Queue"))
def test_a_queue_is_encrypted_and_in_the_outputs(queue: str) -> None:
    assert of_type("AWS::SQS::Queue")[queue]["SqsManagedSseEnabled"] is True
    assert TEMPLATE["Outputs"][f"{queue}Url"]["Value"] == {"Ref": queue}


def test_a_batch_has_ended_before_its_events_are_delivered_again() -> None:
    assert consumers()
    for consumer in consumers():
        for queue in queues_of(consumer):
            retry = RESOURCES[queue]["Properties"]["VisibilityTimeout"]["Ref"]
            assert TEMPLATE["Parameters"][retry]["Default"] >= 6 * consumer["Timeout"]


def test_the_table_outlives_its_stack() -> None:
    table = RESOURCES["LedgerTable"]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert TEMPLATE["Parameters"]["DeletionProtection"]["Default"] == "true"


def pins(path: Path) -> set[str]:
    return {line for line in path.read_text().splitlines() if line and not line.startswith("#")}


def test_functions_ship_with_what_they_are_tested_with() -> None:
    assert pins(ROOT / "layers/dependencies/requirements.txt") <= pins(ROOT / "requirements-dev.txt")
