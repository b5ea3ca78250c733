"""A client of the ledger's API: tokens, calls, problems.

It is what a storefront needs and no more, so it may serve as a start for one. Every command of the ledger happens once,
however often it is sent: a client that did not hear the answer sends the same again, and that is what this one does.
"""

import json
import re
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol, TypedDict
from urllib.parse import quote, urlencode

import urllib3

type Json = dict[str, Any]

CONNECTIONS = 16
RENEW_SECONDS = 60.0
"""A token that ends within this time is not used any more."""
JSON = "application/json"


def retries(total: int, connect: int | None = None) -> urllib3.Retry:
    """Lost connections and the answers that say "later", tried again. The wait is what Retry-After says, or grows."""
    return urllib3.Retry(
        total=total,
        connect=connect,
        status_forcelist=[429, 502, 503, 504],
        allowed_methods=None,
        backoff_factor=0.2,
        backoff_jitter=0.2,
        raise_on_status=False,
    )


PATIENT = retries(6)


class Credentials(TypedDict):
    """What a machine client asks the token endpoint with. Without a scope it gets all that it may have."""

    client_id: str
    client_secret: str
    scope: str | None


class Deployed(Protocol):
    """Where a ledger is, and the clients that it knows."""

    @property
    def api_url(self) -> str: ...
    @property
    def token_url(self) -> str: ...
    @property
    def clients(self) -> Mapping[str, Any]: ...


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


class NotTheLedger(urllib3.exceptions.HTTPError):
    """Something answered well that is not the ledger: the page of a proxy, say."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API answered. `replayed`: this was done before, and so it was answered then."""

    status: int
    body: Json
    replayed: bool


class Client:
    """Calls the API as one machine client. Threads may share it."""

    def __init__(
        self,
        api_url: str,
        token_url: str,
        client_id: str,
        client_secret: str,
        scope: str | None = None,
        *,
        retry: urllib3.Retry = PATIENT,
    ) -> None:
        self._http = urllib3.PoolManager(
            maxsize=CONNECTIONS, block=True, retries=retry, timeout=urllib3.Timeout(connect=5, read=35)
        )
        self._api_url = api_url
        self._token_url = token_url
        self._client_id, self._client_secret, self._scope = client_id, client_secret, scope
        self._token, self._token_ends = "", 0.0
        self._renewing = threading.Lock()

    @classmethod
    def of(cls, stack: Deployed, name: str) -> "Client":
        """The client `name` of a stack: storefront, admin or finance."""
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
        headers = {"accept": JSON}
        if idempotency_key is not None:
            headers["idempotency-key"] = idempotency_key
        if body is not None:
            headers["content-type"] = JSON
        response = self._send(method, path, query, headers, json.dumps(body).encode() if body is not None else None)
        document = _document(response)
        if document is None:
            raise NotTheLedger(f"what answered is no JSON: {_start(response)!r}")
        return Answer(response.status, document, response.headers.get("idempotent-replayed") == "true")

    def text(self, *path: str, query: Mapping[str, str], media_type: str) -> str:
        """What is at /v1/{path}, as a text of that type. Raises as `call` does."""
        return self._send("GET", path, query, {"accept": media_type}, None).data.decode()

    def program(self, program_id: str) -> "Program":
        """The part of the API that is about one program."""
        return Program(self, program_id)

    def token(self) -> str:
        """A token that is good for a while. One is asked for only when the last one is about to end."""
        with self._renewing:
            if time.monotonic() > self._token_ends - RENEW_SECONDS:
                asked = time.monotonic()
                scope = {"scope": self._scope} if self._scope else {}
                response = self._http.request(
                    "POST",
                    self._token_url,
                    body=urlencode({"grant_type": "client_credentials", **scope}),
                    headers={
                        "content-type": "application/x-www-form-urlencoded",
                        **urllib3.make_headers(basic_auth=f"{self._client_id}:{self._client_secret}"),
                    },
                )
                document = _document(response)
                if response.status >= HTTPStatus.BAD_REQUEST:
                    detail = document.get("error", "no token") if document else _start(response)
                    raise ApiError(response.status, {"detail": detail})
                if document is None or "access_token" not in document:
                    raise NotTheLedger(f"no token was given: {_start(response)!r}")
                self._token = document["access_token"]
                self._token_ends = asked + document["expires_in"]
            return self._token

    def _send(
        self,
        method: str,
        path: tuple[str, ...],
        query: Mapping[str, str] | None,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> urllib3.BaseHTTPResponse:
        url = "/".join([self._api_url, "v1", *map(segment, path)])
        if query:
            url += f"?{urlencode(query)}"
        response = self._http.request(
            method, url, body=body, headers={"authorization": f"Bearer {self.token()}", **headers}
        )
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise ApiError(response.status, _document(response) or {"message": _start(response)})
        return response


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

    def text(self, *path: str, query: Mapping[str, str], media_type: str) -> str:
        """As Client.text, with /programs/{program_id} before the path."""
        return self._client.text("programs", self.program_id, *path, query=query, media_type=media_type)


def segment(identifier: str) -> str:
    """How an id stands in a path: percent-encoded where no gateway can take it for another, else as `~` and base64url.

    Gateways decode paths, some twice, cut them at a `?` and resolve `..`.
    """
    if _AS_IT_IS.fullmatch(identifier):
        return quote(identifier, safe="")
    # What no UTF-8 can say (an argument in another encoding) is no id: the ledger refuses it.
    data = identifier.encode(errors="surrogatepass")
    return "~" + urlsafe_b64encode(data).decode().rstrip("=")


_AS_IT_IS = re.compile(r"(?!\.{1,2}$)(?! )[A-Za-z0-9._:@+# -]+(?<! )")


def _document(response: urllib3.BaseHTTPResponse) -> Json | None:
    """The JSON object in an answer, if that is what it is."""
    try:
        document = json.loads(response.data)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _start(response: urllib3.BaseHTTPResponse) -> str:
    """The first of whatever a proxy may say."""
    return response.data[:200].decode(errors="replace")
