"""Ids in paths: which id a segment of a request's path stands for.

API Gateway decodes a path before a function sees it, on AWS twice, and cuts it at a `?`. So an id stands in a path as
it is only if none of that can change it. Any other id stands as `~` and the base64url of its UTF-8 without padding
(RFC 4648, section 5). Each id has one form: with two, a client that only percent-encodes would reach customer `a` by
the id `~YQ`.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from loyalty.entry.contracts.fields import parse_card_number, parse_id, parse_program_id
from loyalty.entry.http.problems import Fault, Problem
from loyalty.entry.http.routes import Route

VERSION = "v1"
"""The first segment of every route."""
AS_IT_IS = r"(?!\.{1,2}$)[A-Za-z0-9._:@+# -]+"
"""Ids that stand in a path as they are, percent-encoded. Not `.` and `..`: clients and gateways resolve them."""

_AS_IT_IS = re.compile(AS_IT_IS)
_ENCODED = "`~` and the base64url of its UTF-8 without padding"


def ids_of(route: Route, event: Mapping[str, Any]) -> Mapping[str, str]:
    """The ids in the path of a request, checked, by the names that they have in its route.

    Segments before the first `v1` are left out: the stage, or the mapping key of a custom domain. Raises Problem.
    """
    names, segments = route.path.split("/")[1:], event["rawPath"].split("/")
    segments = segments[segments.index(VERSION) :] if VERSION in segments else []
    found: dict[str, str] = {}
    if len(segments) != len(names):
        raise _nothing_here()
    for name, segment in zip(names, segments, strict=True):
        if name.startswith("{"):
            found[name.strip("{}")] = segment
        elif name != segment:
            raise _nothing_here()
    read_by_gateway = event.get("pathParameters") or {}
    for name, segment in found.items():
        if read_by_gateway.get(name, segment) != segment:
            raise _unsafe(name, f"was changed by API Gateway: it must stand in a path as {_ENCODED}")
    return {name: _read(name, segment) for name, segment in found.items()}


def identifier(name: str, segment: str) -> str:
    """The id of an order, customer or job that `segment`, as API Gateway has decoded it, stands for. Raises Problem."""
    if not segment.startswith("~"):
        found = parse_id(name, segment)
        if not _AS_IT_IS.fullmatch(found):
            why = "only A-Z a-z 0-9 . _ - : @ + # and spaces stand as they are, and no id that is `.` or `..`"
            raise _unsafe(name, f"must stand in a path as {_ENCODED}: {why}")
        return found
    try:
        text = urlsafe_b64decode(segment[1:] + "=" * (-len(segment[1:]) % 4)).decode()
    except ValueError:
        text = None
    if text is None or _encoded(text) != segment:
        raise _unsafe(name, f"begins with `~` and is not {_ENCODED}")
    found = parse_id(name, text)
    if _AS_IT_IS.fullmatch(found):
        raise _unsafe(name, "must stand in a path as it is, percent-encoded: all its characters may")
    return found


def _encoded(text: str) -> str:
    return "~" + urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(name: str, segment: str) -> str:
    match name:
        case "program_id":
            return parse_program_id(segment)
        case "number":
            return parse_card_number(name, segment)
        case "business_day" | "kind":
            return segment  # no ids: their endpoint reads them
        case _:
            return identifier(name, segment)


def _nothing_here() -> Problem:
    return Problem("not_found", f"No route has this path. An id with a `/` in it stands in a path as {_ENCODED}.")


def _unsafe(name: str, message: str) -> Problem:
    return Problem.of([Fault(f"/{name}", "id_not_path_safe", message)])
