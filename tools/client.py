"""A client of the ledger's API: tokens, calls, problems, and order events.

It is what a storefront needs and no more, so it may serve as a start for one. Every command of the ledger happens once,
however often it is sent: a client that did not hear the answer sends the same again, and that is what this one does.
"""

import json
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import batched
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import urllib3

from tools.deployment import client as boto3_client
from tools.local_cloud import Stack

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

type Json = dict[str, Any]

CONNECTIONS = 16
RENEW_SECONDS = 60.0
"""A token that ends within this time is not used any more."""
EVENTS_AT_ONCE = 10
"""What EventBridge takes in one call."""
EVENT_TRIES = 5

# Lost connections and the answers that say "later". The wait is what Retry-After says, or grows.
RETRIES = urllib3.Retry(
    total=6,
    status_forcelist=[429, 502, 503, 504],
    allowed_methods=None,
    backoff_factor=0.2,
    backoff_jitter=0.2,
    raise_on_status=False,
)


class ApiError(Exception):
    """The API said no. `code` is stable; `detail` is a sentence; `errors` name the fields at fault."""

    def __init__(self, status: int, problem: Json) -> None:
        self.status = status
        self.problem = problem
        # What the gateway refuses by itself (401, 403) is no problem document, but has the same codes.
        self.code: str = problem.get("code") or HTTPStatus(status).name.lower()
        self.detail: str = problem.get("detail") or problem.get("message") or ""
        self.errors: list[Json] = problem.get("errors") or []
        super().__init__(f"{status} {self.code}: {self.detail}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API answered. `replayed`: this was done before, and so it was answered then."""

    status: int
    body: Json
    replayed: bool


class Client:
    """Calls the API as one machine client. Threads may share it."""

    def __init__(self, api_url: str, token_url: str, client_id: str, client_secret: str, scope: str) -> None:
        self._http = urllib3.PoolManager(
            maxsize=CONNECTIONS, block=True, retries=RETRIES, timeout=urllib3.Timeout(connect=5, read=35)
        )
        self._api_url = api_url
        self._token_url = token_url
        self._client_id, self._client_secret, self._scope = client_id, client_secret, scope
        self._token, self._token_ends = "", 0.0
        self._renewing = threading.Lock()

    @classmethod
    def of(cls, stack: Stack, name: str) -> "Client":
        """The client `name` of a local stack: storefront, admin or finance."""
        return cls(stack.api_url, stack.token_url, **stack.clients[name])

    def call(
        self,
        method: str,
        *path: str,
        body: Json | None = None,
        query: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Answer:
        """Calls /v1/{path}; its parts are ids as the store has them. Raises ApiError, urllib3's HTTPError."""
        headers = {"authorization": f"Bearer {self.token()}"}
        if idempotency_key is not None:
            headers["idempotency-key"] = idempotency_key
        if body is not None:
            headers["content-type"] = "application/json"
        # An id may hold a slash, a question mark, a percent sign: none of that is the path's.
        url = "/".join([self._api_url, "v1", *(quote(part, safe="") for part in path)])
        if query:
            url += f"?{urlencode(query)}"
        response = self._http.request(
            method, url, body=json.dumps(body).encode() if body is not None else None, headers=headers
        )
        document = _document(response)
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise ApiError(response.status, document)
        return Answer(response.status, document, response.headers.get("idempotent-replayed") == "true")

    def program(self, program_id: str) -> "Program":
        """The part of the API that is about one program."""
        return Program(self, program_id)

    def token(self) -> str:
        """A token that is good for a while. One is asked for only when the last one is about to end."""
        with self._renewing:
            if time.monotonic() > self._token_ends - RENEW_SECONDS:
                asked = time.monotonic()
                response = self._http.request(
                    "POST",
                    self._token_url,
                    body=urlencode({"grant_type": "client_credentials", "scope": self._scope}),
                    headers={
                        "content-type": "application/x-www-form-urlencoded",
                        **urllib3.make_headers(basic_auth=f"{self._client_id}:{self._client_secret}"),
                    },
                )
                document = _document(response)
                if response.status != HTTPStatus.OK:
                    raise ApiError(response.status, {"detail": document.get("error", "no token")})
                self._token = document["access_token"]
                self._token_ends = asked + document["expires_in"]
            return self._token


class Program:
    """A client's calls about one program."""

    def __init__(self, client: Client, program_id: str) -> None:
        self._client = client
        self.program_id = program_id

    def call(
        self,
        method: str,
        *path: str,
        body: Json | None = None,
        query: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Answer:
        """As Client.call, with /programs/{program_id} before the path."""
        return self._client.call(
            method, "programs", self.program_id, *path, body=body, query=query, idempotency_key=idempotency_key
        )


class OrderEvents:
    """The other way in: facts about orders, put on the event bus."""

    def __init__(self, events: "EventBridgeClient", bus_name: str) -> None:
        self._events = events
        self._bus_name = bus_name

    @classmethod
    def of(cls, stack: Stack) -> "OrderEvents":
        """The event bus of a local stack."""
        return cls(boto3_client(stack.endpoint_url, "events"), stack.event_bus_name)

    def send(self, facts: Iterable[tuple[str, Json]]) -> None:
        """Sends facts: ("Order Completed" or "Order Cancelled", its detail). Raises RuntimeError if not all got there.

        EventBridge may take some of a call and leave others, which are then sent again.
        """
        for some in batched(facts, EVENTS_AT_ONCE, strict=False):
            left: Sequence[PutEventsRequestEntryTypeDef] = [
                {
                    "EventBusName": self._bus_name,
                    "Source": "storefront",
                    "DetailType": detail_type,
                    "Detail": json.dumps(detail),
                }
                for detail_type, detail in some
            ]
            for attempt in range(EVENT_TRIES):
                results = self._events.put_events(Entries=left)["Entries"]
                left = [entry for entry, result in zip(left, results, strict=True) if "ErrorCode" in result]
                if not left:
                    break
                time.sleep(0.2 * 2**attempt)
            else:
                raise RuntimeError(f"EventBridge did not take {len(left)} events")


def _document(response: urllib3.BaseHTTPResponse) -> Json:
    """The JSON object in an answer; whatever else a proxy may say becomes its `message`."""
    try:
        document = json.loads(response.data)
    except ValueError:
        document = None
    return document if isinstance(document, dict) else {"message": response.data[:200].decode(errors="replace")}
