"""What the description of the API says about an answer."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from openapi_schema_validator import OAS31Validator

from loyalty.entry.http.routes import Route
from tools.openapi.document import document

description = cache(document)
"""As the code makes it. That docs/openapi.json is the same is a test of its own, lest a drift fails everything."""


@cache
def validator(*place: str) -> OAS31Validator:
    """A validator for the schema at a place in the description."""
    schema: Any = description()
    for name in place:
        schema = schema[name]
    # Its references start at the root of the whole document.
    schema = {**schema, "components": description()["components"]}
    return OAS31Validator(schema, format_checker=OAS31Validator.FORMAT_CHECKER)


def mismatch(route: Route, event: Mapping[str, Any], status: int, headers: Mapping[str, str], body: Any) -> str | None:
    """How an answer, or the request that went well, is not as described; None if it is."""
    operation = ("paths", route.path, route.method.lower())
    described = description()["paths"][route.path][route.method.lower()]
    response = described["responses"].get(str(status))
    if response is None:
        return f"{route.key} does not say that it answers {status}"
    kind = headers["content-type"].partition(";")[0]
    if kind not in response["content"]:
        return f"{route.key} {status} is not described as {kind}"
    place = (*operation, "responses", str(status), "content", kind, "schema")
    for error in validator(*place).iter_errors(body):
        return f"{route.key} {status} {error.json_path}: {error.message}"
    known = {name.lower(): header for name, header in response.get("headers", {}).items()}
    if undescribed := set(headers) - {"content-type"} - set(known):
        return f"{route.key} {status} does not describe {undescribed}"
    sent = event.get("body")
    if status < 300 and sent and "requestBody" in described and not event["isBase64Encoded"]:
        for error in validator(*operation, "requestBody", "content", "application/json", "schema").iter_errors(
            json.loads(sent)
        ):
            return f"{route.key} took a body that its schema refuses, {error.json_path}: {error.message}"
    return None
