"""What template.yaml promises of alarms: nothing fails unheard, and whoever is woken knows what to type.

The emulator evaluates no alarm and refuses those that look at several metrics: what they are is read here.
"""

import re
from typing import Any

import pytest

from tests.system.infra.test_template import (
    FUNCTIONS,
    RESOURCES,
    ROOT,
    TEMPLATE,
    as_list,
    consumers,
    dead_letter_queues,
    event_types,
    of_type,
    queues_of,
)
from tools.local_cloud import LOCAL_PARAMETERS

type Metric = dict[str, Any]

ALARMS = of_type("AWS::CloudWatch::Alarm")
COMBINED = {name for name, alarm in ALARMS.items() if "Metrics" in alarm}
OURS = {name for name, alarm in ALARMS.items() if alarm.get("Namespace") == "LoyaltyLedger"}


def inputs(alarm: str) -> list[Metric]:
    """What an alarm over several metrics looks at, without what it computes from that."""
    return [metric["MetricStat"] for metric in ALARMS[alarm]["Metrics"] if "MetricStat" in metric]


def metrics_of(alarm: str) -> list[Metric]:
    return [stat["Metric"] for stat in inputs(alarm)] if alarm in COMBINED else [ALARMS[alarm]]


def dimension(metric: Metric) -> Any:
    """The value of its first dimension, as the logical name of what it is of."""
    [(kind, value)] = metric["Dimensions"][0]["Value"].items()
    return value if kind == "Ref" else value[0]


def watched(metric_name: str, *alarms: str) -> set[str]:
    """What `alarms`, or all of them, look at by the metric of this name."""
    return {
        dimension(metric)
        for alarm in alarms or ALARMS
        for metric in metrics_of(alarm)
        if metric["MetricName"] == metric_name and metric.get("Dimensions")
    }


def test_alarms_are_few_and_look_at_no_more_metrics_than_cloudwatch_takes() -> None:
    assert len(ALARMS) <= 15
    assert max(len(metrics_of(name)) for name in ALARMS) <= 10


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_has_a_section_of_the_runbook_with_something_to_type(name: str) -> None:
    sections = (ROOT / "docs/operating/runbook.md").read_text().split("\n## ")
    [section] = [section for section in sections if f"`{name}`" in section]
    assert re.search(r"```sh\n\S", section)


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_notifies_the_topic_and_rests_while_nothing_happens(name: str) -> None:
    assert ALARMS[name]["AlarmActions"] == {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], []]}
    assert ALARMS[name]["TreatMissingData"] == "notBreaching"
    assert ALARMS[name]["ComparisonOperator"] == "GreaterThanThreshold"


@pytest.mark.parametrize("name", sorted(COMBINED))
def test_an_alarm_over_several_metrics_computes_one_number_of_one_period(name: str) -> None:
    metrics = ALARMS[name]["Metrics"]
    [computed] = [metric for metric in metrics if metric.get("ReturnData") is not False]
    identifiers = [metric["Id"] for metric in metrics]
    assert len(set(identifiers)) == len(identifiers)
    used = set(re.findall(r"[a-z]+", computed["Expression"]))
    assert used == (set() if "METRICS()" in computed["Expression"] else set(identifiers) - {computed["Id"]})
    assert len({stat["Period"] for stat in inputs(name)}) == 1


def test_just_the_alarms_that_the_emulator_refuses_are_left_out_of_the_local_cloud() -> None:
    conditions = {name: RESOURCES[name].get("Condition") for name in ALARMS}
    assert {name for name, condition in conditions.items() if condition} == COMBINED
    assert {conditions[name] for name in COMBINED} == {"CombineMetrics"}
    assert TEMPLATE["Conditions"]["CombineMetrics"] == {"Fn::Equals": [{"Ref": "CombinedAlarms"}, "true"]}
    assert TEMPLATE["Parameters"]["CombinedAlarms"]["Default"] == "true"
    assert LOCAL_PARAMETERS["CombinedAlarms"] == "false"


def test_a_failure_of_any_function_is_heard() -> None:
    """Who answers HTTP alone fails as an answer of the API. Of the others somebody has to look at the function."""
    assert watched("5xx") == {"Api"}
    assert watched("5xx", "ApiFailuresAlarm") == watched("5xx", "ApiFailureShareAlarm")
    assert watched("Errors") == {name for name in FUNCTIONS if event_types(name) != {"HttpApi"}}


def test_throttles_are_heard_of_all_functions() -> None:
    """No function has a share of the account's concurrency to itself, so what one lacks all of them lack."""
    [metric] = metrics_of("ThrottlesAlarm")
    assert (metric["MetricName"], "Dimensions" in metric) == ("Throttles", False)
    assert [name for name, function in FUNCTIONS.items() if "ReservedConcurrentExecutions" in function] == []


def test_a_queue_that_stands_still_is_heard_before_its_messages_expire() -> None:
    queues = {name for consumer in consumers() for name in queues_of(consumer)}
    orders = watched("ApproximateAgeOfOldestMessage", "EventAgeAlarm")
    tasks = watched("ApproximateAgeOfOldestMessage", "TaskAgeAlarm")
    assert orders == {"OrderCompletedQueue", "OrderCancelledQueue"}
    assert orders | tasks == queues
    assert orders & tasks == set()
    assert (ALARMS["EventAgeAlarm"]["Threshold"], ALARMS["TaskAgeAlarm"]["Threshold"]) == (5 * 60, 2 * 3600)


def test_a_message_in_any_dead_letter_queue_is_heard() -> None:
    visible = [
        watched("ApproximateNumberOfMessagesVisible", name)
        for name in ("EventDeadLettersAlarm", "TaskDeadLettersAlarm")
    ]
    assert set.union(*visible) == dead_letter_queues()
    assert set.intersection(*visible) == set()


def test_throttles_are_heard_of_the_table_and_of_the_index_that_is_written_most() -> None:
    indexes = {index["IndexName"] for index in RESOURCES["LedgerTable"]["Properties"]["GlobalSecondaryIndexes"]}
    found = {
        (metric["MetricName"], *(d["Value"] for d in metric["Dimensions"][1:]))
        for metric in metrics_of("TableThrottlesAlarm")
    }
    assert found == {("ReadThrottleEvents",), ("WriteThrottleEvents",), ("WriteThrottleEvents", "movements_by_day")}
    assert "movements_by_day" in indexes
    assert {dimension(metric) for metric in metrics_of("TableThrottlesAlarm")} == {"LedgerTable"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_an_alarm_on_our_own_metric_is_of_this_stack_and_of_a_metric_that_is_counted(name: str) -> None:
    """Else it never rings, or a second stack of the account sets it off."""
    environment = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    assert ALARMS[name]["Namespace"] == environment["POWERTOOLS_METRICS_NAMESPACE"]
    stack = {"Ref": "AWS::StackName"}
    assert environment["POWERTOOLS_SERVICE_NAME"] == stack
    assert as_list(ALARMS[name]["Dimensions"]) == [{"Name": "service", "Value": stack}]
    code = [*(ROOT / "functions").rglob("*.py"), *(ROOT / "layers/domain/python").rglob("*.py")]
    assert any(f'count("{ALARMS[name]["MetricName"]}"' in path.read_text() for path in code)
