"""HTTP requests in, answers out, as API Gateway's HTTP APIs have them (payload format 2.0)."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from secrets import token_hex
from typing import Any
from urllib.parse import urlencode

from pydantic import BaseModel

from loyalty.domain.ledger.transaction import Sender
from loyalty.domain.values.refusal import Refused
from loyalty.entry.contracts.fields import parse, parse_id, read_json
from loyalty.entry.deadline import out_of_time
from loyalty.entry.http.paths import ids_of
from loyalty.entry.http.problems import Fault, Problem
from loyalty.entry.http.routes import ADMIN, Route
from loyalty.entry.observing import Handler, LambdaEvent, fault_of_ours, logger, observed
from loyalty.ports.faults import Unavailable, UnknownJob, UnknownProgram

MAX_BODY_BYTES = 256 * 1024
RETRY_AFTER = "1"
JSON = "application/json"

type Endpoint = Callable[["Request"], "Response"]


@dataclass(frozen=True, slots=True)
class Response:
    """An answer that went well."""

    body: BaseModel | str
    """JSON, or a text of the type `media_type`."""
    status: int = 200
    replayed: bool = False
    """Whether the request had been carried out before and this is what it was answered then."""
    media_type: str = JSON
    version: int | None = None
    """Of what has versions, which one this is: its ETag."""
    following: str | None = None
    """Of what has pages, the next one's address, relative to this one's: its Link (RFC 8288)."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request, as one of a function's endpoints sees it."""

    event: LambdaEvent
    path: Mapping[str, str] = field(default_factory=dict)
    context: Any = None

    def out_of_time(self, spare_seconds: float) -> Callable[[], bool]:
        """A check that long work asks between its steps: True once Lambda leaves less than `spare_seconds`."""
        return out_of_time(self.context, spare_seconds)

    def accepted(self, *offered: str) -> str:
        """The media type to answer in: of those `offered` the one that the client prefers (RFC 9110, 12.5.1).

        Raises Problem when it accepts none.
        """
        accept = self._header("accept") or "*/*"
        preferred = max(offered, key=lambda media_type: quality(media_type, accept))
        if not quality(preferred, accept):
            raise Problem("not_acceptable", f"This can be had as {', '.join(offered)}.")
        return preferred

    def following(self, cursor: str) -> str:
        """The address of the page that `cursor` leads to, relative to this request's: the same query but for that."""
        return "?" + urlencode({**(self.event.get("queryStringParameters") or {}), "cursor": cursor})

    @property
    def program_id(self) -> str:
        return self.path["program_id"]

    @property
    def order_id(self) -> str:
        return self.path["order_id"]

    @property
    def customer_id(self) -> str:
        return self.path["customer_id"]

    @property
    def card_number(self) -> str:
        return self.path["number"]

    @property
    def actor(self) -> str:
        """The client whose token this is."""
        return client_of(self.event)

    @property
    def request_id(self) -> str:
        """API Gateway's own name of this request."""
        return str(self.event["requestContext"].get("requestId") or token_hex(16))

    @property
    def address(self) -> str | None:
        """The network address of an administrator, for the audit; of anybody else it is not kept."""
        authorizer = self.event["requestContext"].get("authorizer") or {}
        if ADMIN not in (authorizer.get("jwt", {}).get("scopes") or []):
            return None
        return str(self.event["requestContext"]["http"].get("sourceIp") or "unknown")

    def sender(self, source: str = "API") -> Sender:
        """Who sent the request. What they do is not in the audit."""
        return Sender(self.actor, source)

    def audited_sender(self, source: str = "API") -> Sender:
        """Who sent the request, and an administrator's network address: what they do is in the audit."""
        return Sender(self.actor, source, address=self.address)

    @property
    def idempotency_key(self) -> str:
        key = self._header("idempotency-key")
        if not key:
            words = "Send an Idempotency-Key with this request."
            raise Problem("missing_header", words, [Fault("/Idempotency-Key", "missing_header", words)])
        return parse_id("Idempotency-Key", key)

    def if_match(self, version: int) -> bool:
        """Whether `If-Match` (RFC 9110, 13.1.1) lets the request change what is at `version`; 0 is nothing yet."""
        wanted = self._header("if-match")
        if wanted is None:
            return True
        tags = [tag.strip().strip('"') for tag in wanted.split(",")]
        return version > 0 and ("*" in tags or str(version) in tags)

    def _header(self, name: str) -> str | None:
        """The header that is called `name`, in whatever case it came: API Gateway writes all in lower case."""
        headers: Mapping[str, str] = self.event.get("headers") or {}
        return next((value for key, value in headers.items() if key.lower() == name), None)

    def parameters[Model: BaseModel](self, model: type[Model]) -> Model:
        """The query as a `model`. Raises Problem."""
        return parse(model, self.event.get("queryStringParameters") or {})

    def body[Model: BaseModel](self, model: type[Model], *, may_be_empty: bool = False) -> Model:
        """The body as a `model`. Raises Problem."""
        raw = self.event.get("body") or ""
        if may_be_empty and not raw:
            return parse(model, {})
        try:
            data = base64.b64decode(raw) if self.event.get("isBase64Encoded") else raw.encode()
            if len(data) > MAX_BODY_BYTES:
                limit = f"The body may have {MAX_BODY_BYTES} bytes."
                raise Problem("body_too_large", limit)
            document = read_json(data.decode())
        except (ValueError, RecursionError):
            raise Problem("malformed_json", "The body must be JSON in UTF-8, no name twice in an object.") from None
        return parse(model, document)


def serve(endpoints: Mapping[Route, Endpoint]) -> Handler:
    """A Lambda handler that answers each route with its endpoint. Every failure is answered with a problem."""
    routes = {route.key: (route, endpoint) for route, endpoint in endpoints.items()}

    @observed
    def handler(event: LambdaEvent, context: Any) -> LambdaEvent:
        try:
            route, endpoint = routes[event["routeKey"]]
            response = endpoint(Request(event, ids_of(route, event), context))
        except Problem as problem:
            return problem_response(problem)
        except Refused as refused:
            return problem_response(Problem(refused.code, refused.detail, _faults(refused), refused.facts))
        except UnknownProgram:
            return problem_response(Problem("unknown_program", "There is no program of this id."))
        except UnknownJob:
            return problem_response(Problem("unknown_job", "The program has no job of this id."))
        except Unavailable as error:
            logger.warning("unavailable", cause=str(error))
            return problem_response(Problem("busy", "Nothing was lost; send the same request again."))
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer
            logger.error("internal_error", **fault_of_ours(error))
            return problem_response(Problem("internal_error", "Nothing was lost; we have been told."))
        headers = {"content-type": response.media_type}
        if response.version is not None:
            headers["etag"] = f'"{response.version}"'
        if response.following is not None:
            headers["link"] = f'<{response.following}>; rel="next"'
        if response.replayed:
            headers["idempotent-replayed"] = "true"
        return {
            "statusCode": response.status,
            "headers": headers,
            "body": response.body if isinstance(response.body, str) else response.body.model_dump_json(by_alias=True),
        }

    return handler


def quality(media_type: str, accept: str) -> float:
    """How much a client that sends `accept` wants `media_type`, 0 (not at all) to 1: as its closest range says."""
    kind = media_type.partition("/")[0]
    closeness = {"*/*": 0, f"{kind}/*": 1, media_type: 2}
    found = []
    for part in accept.split(","):
        name, *parameters = (word.strip().lower() for word in part.split(";"))
        if name in closeness:
            weight = next((word[2:] for word in parameters if word.startswith("q=")), "1")
            found.append((closeness[name], float(weight) if _WEIGHT.fullmatch(weight) else 0.0))
    return max(found, default=(0, 0.0))[1]


_WEIGHT = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")


def client_of(event: LambdaEvent) -> str:
    """The client whose token a request came with."""
    claims = _claims(event)
    return str(claims.get("client_id") or claims.get("sub") or "unknown")


def _claims(event: LambdaEvent) -> Mapping[str, object]:
    authorizer = event["requestContext"].get("authorizer") or {}
    claims: Mapping[str, object] = authorizer.get("jwt", {}).get("claims", {})
    return claims


def _faults(refused: Refused) -> list[Fault]:
    if refused.pointer is None:
        return []
    return [Fault(refused.pointer, refused.code, refused.detail)]


def problem_response(problem: Problem) -> LambdaEvent:
    logger.info("refused", code=problem.rule.code, at=[fault.place for fault in problem.faults])
    headers = {"content-type": "application/problem+json"}
    if problem.rule.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["retry-after"] = RETRY_AFTER
    return {
        "statusCode": int(problem.rule.status),
        "headers": headers,
        "body": json.dumps(problem.document()),
    }
