"""What is true of every refusal."""

from loyalty.entry.http.problems import BY_CODE
from tests.function.api.cases import Case
from tests.function.api.cloud import Cloud


def refused(cloud: Cloud, case: Case) -> None:
    """Send it, and see that it is refused as it should be and has changed nothing."""
    before = cloud.digest()
    answer = cloud.call(case.route, *case.ids, **case.send)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status, answer.body["code"]) == (BY_CODE[case.code].status, case.code)
    assert answer.faults == case.faults
    assert answer.body["status"] == answer.status
    assert answer.body["title"] == BY_CODE[case.code].title
    assert cloud.digest() == before
    assert not any(line["level"] == "ERROR" for line in cloud.lines())
