"""A ledger that only talks: it answers what a test wrote down, and remembers what it was asked."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

SECRET = "the-secret-of-finance"


@dataclass(frozen=True)
class Asked:
    """A request for something of a program."""

    path: str
    query: Mapping[str, str]
    accept: str
    authorization: str
    body: Any = None
    key: str | None = None


@dataclass
class Ledger:
    """What the fake answers: the first answer whose path and query are in a request, or 404."""

    url: str = ""
    answers: list[tuple[str, Mapping[str, str], int, Any]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    tokens: list[dict[str, str]] = field(default_factory=list)
    no_token: str | None = None
    invocation: tuple[int, Any, dict[str, str]] = (500, {}, {})
    """What Lambda answers: status, body, headers (with underscores)."""
    invoked: list[tuple[str, Any]] = field(default_factory=list)

    def says(self, path: str, body: Any, status: int = 200, **query: str) -> None:
        """`body` is a document, or a text; a trailing underscore of a query's name is dropped (`from_`)."""
        self.answers.append((path, {name.rstrip("_"): value for name, value in query.items()}, status, body))

    def refuses(self, path: str, status: int, code: str, detail: str = "No.", **query: str) -> None:
        self.says(path, {"code": code, "status": status, "detail": detail, "errors": []}, status, **query)

    def answer(self, asked: Asked) -> tuple[int, Any]:
        for path, query, status, body in self.answers:
            if asked.path == path and query.items() <= asked.query.items():
                return status, body
        return 404, {"code": "not_found", "detail": f"nothing at {asked.path} {dict(asked.query)}"}

    @property
    def environment(self) -> dict[str, str]:
        return {
            "LOYALTY_API_URL": self.url,
            "LOYALTY_TOKEN_URL": f"{self.url}/oauth2/token",
            "LOYALTY_CLIENT_ID": "finance",
            "LOYALTY_CLIENT_SECRET": SECRET,
        }


@contextmanager
def served() -> Iterator[Ledger]:
    ledger = Ledger()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if self.path.endswith("/invocations"):
                self._invoke()
                return
            if self.path.startswith("/v1/"):
                self._ask(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                return
            form = dict(parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode()))
            ledger.tokens.append(form)
            if ledger.no_token:
                self._answer(401, {"error": ledger.no_token})
            else:
                self._answer(200, {"access_token": "a-token", "expires_in": 3600})

        def _invoke(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["content-length"])))
            ledger.invoked.append((self.path.split("/")[-2], told))
            status, body, headers = ledger.invocation
            self._answer(status, body, **headers)

        def do_GET(self) -> None:
            self._ask(None)

        def do_DELETE(self) -> None:
            self._ask(None)

        def _ask(self, body: Any) -> None:
            parts = urlsplit(self.path)
            path = unquote(parts.path.removeprefix("/v1/programs/"))
            headers = (self.headers["accept"], self.headers["authorization"])
            asked = Asked(path, dict(parse_qsl(parts.query)), *headers, body, self.headers["idempotency-key"])
            ledger.asked.append(asked)
            self._answer(*ledger.answer(asked))

        def _answer(self, status: int, body: Any, **headers: str) -> None:
            data = (body if isinstance(body, str) else json.dumps(body)).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        ledger.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield ledger
        finally:
            server.shutdown()
            thread.join()
