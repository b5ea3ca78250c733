"""A ledger that only talks: it answers what a test wrote down, and remembers what it was asked."""

import json
import threading
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator, Mapping
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
    method: str = "GET"


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
    files: dict[str, str] = field(default_factory=dict)
    """What is behind a link, by its path."""
    sent: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    """What was PUT: path, headers (their names in lower case), content."""
    takes_files: int = 200
    replays: bool = False
    """Whether it says that it has done before what it is asked."""

    def says(self, path: str, body: Any, status: int = 200, **query: str) -> None:
        """`body` is a document, a text, or gives one; a trailing underscore of a query's name is dropped (`from_`)."""
        self.answers.append((path, {name.rstrip("_"): value for name, value in query.items()}, status, body))

    def refuses(self, path: str, status: int, code: str, detail: str = "No.", **query: str) -> None:
        self.says(path, {"code": code, "status": status, "detail": detail, "errors": []}, status, **query)

    def answer(self, asked: Asked) -> tuple[int, Any]:
        for path, query, status, body in self.answers:
            if asked.path == path and query.items() <= asked.query.items():
                return status, body() if callable(body) else body
        return 404, {"code": "not_found", "detail": f"nothing at {asked.path} {dict(asked.query)}"}

    @property
    def environment(self) -> dict[str, str]:
        return {
            "LOYALTY_API_URL": self.url,
            "LOYALTY_TOKEN_URL": f"{self.url}/oauth2/token",
            "LOYALTY_CLIENT_ID": "finance",
            "LOYALTY_CLIENT_SECRET": SECRET,
        }


def id_of(segment: str) -> str:
    """What a segment of a path stands for."""
    text = unquote(segment)
    return urlsafe_b64decode(text[1:] + "==").decode() if text.startswith("~") else text


def in_turn(*bodies: Any) -> Callable[[], Any]:
    """What is answered one after the other; the last for ever."""
    left = list(bodies)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def job(status: str = "completed", **more: Any) -> dict[str, Any]:
    """A job of five adjustments, as the ledger answers with it."""
    return {
        "job_id": "j1",
        "kind": "adjustments",
        "dry_run": False,
        "status": status,
        "total": 5,
        "processed": 5,
        "failed": 0,
        "passed_over": 0,
        "points": 15,
        "undone": 0,
        "points_undone": 0,
        "short": 0,
        "created_at": "2026-11-23T08:00:00Z",
        "created_by": "admin",
        "finished_at": None,
        "errors": [],
        **more,
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
                told = self._read()
                self._ask(json.loads(told) if told else None)
                return
            form = dict(parse_qsl(self._read().decode()))
            ledger.tokens.append(form)
            if ledger.no_token:
                self._answer(401, {"error": ledger.no_token})
            else:
                self._answer(200, {"access_token": "a-token", "expires_in": 3600})

        def _invoke(self) -> None:
            told = json.loads(self._read())
            ledger.invoked.append((self.path.split("/")[-2], told))
            status, body, headers = ledger.invocation
            self._answer(status, body, **headers)

        def do_GET(self) -> None:
            if self.path in ledger.files:
                assert self.headers["authorization"] is None
                self._answer(200, ledger.files[self.path])
            else:
                self._ask(None)

        def do_PUT(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            ledger.sent.append((self.path, headers, self._read()))
            self._answer(ledger.takes_files, "<Error>no</Error>")

        def _read(self) -> bytes:
            return self.rfile.read(int(self.headers["content-length"]))

        def do_DELETE(self) -> None:
            self._ask(None)

        def _ask(self, body: Any) -> None:
            parts = urlsplit(self.path)
            path = "/".join(map(id_of, parts.path.removeprefix("/v1/programs/").split("/")))
            told = (self.headers["accept"], self.headers["authorization"])
            asked = Asked(
                path, dict(parse_qsl(parts.query)), *told, body, self.headers["idempotency-key"], self.command
            )
            ledger.asked.append(asked)
            status, answer = ledger.answer(asked)
            headers = {"idempotent_replayed": "true"} if ledger.replays else {}
            self._answer(status, answer, **headers)

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
