"""Requests for ids with a slash in them are passed on to the function whose route they are.

API Gateway decodes `%2F` before it chooses a route, so `/orders/a%2Fb/completed` matches no route
but the greedy ones, which lead here. The scopes of the route that was meant are checked here, since
the greedy routes let in any of them.
"""

import json
import os
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from loyalty.entry.http.problems import Problem
from loyalty.entry.http.routes import find
from loyalty.entry.http.serve import MAX_BODY_BYTES, Event, client_of, problem_response
from loyalty.entry.observing import logger, observed


@cache
def functions() -> dict[str, str]:
    """The deployed name of each function, by its folder."""
    names: dict[str, str] = json.loads(os.environ["FUNCTIONS"])
    return names


@cache
def client() -> Any:
    return get_session().create_client("lambda", config=Config(retries={"total_max_attempts": 1}))


@observed
def handler(event: Event, context: Any) -> Event:
    http = event["requestContext"]["http"]
    route = find(http["method"], event["rawPath"])
    if route is None or route.function not in functions():
        return problem_response(Problem("not_found", "There is no such resource."))
    granted = event["requestContext"]["authorizer"]["jwt"]["scopes"]
    if not set(granted) & set(route.scopes):
        # As the gateway logs its own refusals: by which client and on which route, without ids.
        logger.warning("access_refused", route=route.key, client=client_of(event))
        return problem_response(Problem("forbidden", f"This needs {' or '.join(route.scopes)}."))
    meant = {**event, "routeKey": route.key}
    try:
        answer = client().invoke(FunctionName=functions()[route.function], Payload=json.dumps(meant))
    except ClientError as error:
        if error.response["Error"]["Code"] == "RequestEntityTooLargeException":
            return problem_response(Problem("body_too_large", f"The body may have {MAX_BODY_BYTES} bytes."))
        return _busy(error.response["Error"]["Code"])
    except BotoCoreError as error:
        return _busy(type(error).__name__)
    if "FunctionError" in answer:
        logger.error("forwarding_failed", function=route.function)
        return problem_response(Problem("internal_error", "Nothing was lost; we have been told."))
    result: Event = json.load(answer["Payload"])
    return result


def _busy(cause: str) -> Event:
    """Nothing came back, or nothing began. Whichever it was, the same request may be sent again."""
    logger.error("not_forwarded", cause=cause)
    return problem_response(Problem("busy", "Nothing was lost; send the same request again."))
