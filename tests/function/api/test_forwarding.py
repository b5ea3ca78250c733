"""`forward` passes a request on, or answers in our words why it cannot."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from tests.function.api.cloud import Cloud, Context, function, http_event, route_of

ACCOUNT = route_of("GET p/customers/{customer_id}")


def forwarded(patch: pytest.MonkeyPatch, failure: Exception | None = None, **changes: Any) -> dict[str, Any]:
    """What is answered to a request for an account, when the call of its function ends in `failure`."""

    def invoke(**_: Any) -> None:
        assert failure is not None, "nothing was to be called"
        raise failure

    forward = function("forward")
    patch.setattr(forward, "functions", lambda: {"account": "the-function"})
    patch.setattr(forward, "client", lambda: SimpleNamespace(invoke=invoke))
    request = http_event(ACCOUNT, ("shop", "personal/ann"), {}, None)
    answer: dict[str, Any] = forward.handler({**request, **changes}, Context())
    return answer


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "for personal/ann"}}, "Invoke")


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (refusal("TooManyRequestsException"), 503, "busy"),
        (ReadTimeoutError(endpoint_url="https://lambda"), 503, "busy"),
        (refusal("RequestEntityTooLargeException"), 413, "body_too_large"),
    ],
)
def test_a_call_that_fails_is_answered_in_our_words(
    failure: Exception, status: int, code: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = forwarded(monkeypatch, failure)
    assert (answer["statusCode"], answer["headers"]["content-type"]) == (status, "application/problem+json")
    assert f'"{code}"' in answer["body"]
    assert "personal" not in answer["body"] + cloud.log.getvalue()
    assert ("retry-after" in answer["headers"]) == (status == 503)


def test_what_leads_nowhere_is_not_passed_on(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    assert forwarded(monkeypatch, rawPath="/v1/nowhere")["statusCode"] == 404


def test_what_is_not_allowed_is_not_passed_on(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    finance = {"http": {"method": "GET"}, "authorizer": {"jwt": {"claims": {}, "scopes": ["loyalty/finance"]}}}
    assert forwarded(monkeypatch, requestContext=finance)["statusCode"] == 403
