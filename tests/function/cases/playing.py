"""Plays a case: requests to the functions, one after the other, and what must come out.

`orders.json` has the cases as stores met them. Where a step is prose (`do`, or an expectation in words), `turned.json`
has by hand what it means, by the number of the step from 0: `steps` in its place, `expect`, `find` (objects of which
each must be somewhere in the answer), `http` (the status; else it is below 300), `body`, `headers` and `check` beside
what it has. A case with `unplayed` says why it cannot be played.

Steps that are no requests: `remember` (a name for this instant), `wait_seconds`, `work_on_jobs`, `repeat`, `event`,
`log_has`, `csv_back` (a list is handed back as a job), `cents_sum_to_liability`.
"""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

from loyalty.entry.http.routes import Route
from tests.function.api.cloud import Answer, Cloud, as_json, fact, http_event
from tests.function.api.conftest import forget
from tests.function.api.test_jobs import work

type Step = dict[str, Any]

FOLDER = Path(__file__).parent
CASES: dict[str, dict[str, Any]] = {case["id"]: case for case in json.loads((FOLDER / "orders.json").read_text())}
TURNED: dict[str, dict[str, Any]] = json.loads((FOLDER / "turned.json").read_text())
IN_PLACES = ("expect", "find", "http", "body", "headers", "check")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def steps_of(case_id: str) -> list[Step]:
    """The steps of a case, each as a machine can read it."""
    turned, found = TURNED.get(case_id, {}), []
    for number, told in enumerate(CASES[case_id]["steps"]):
        if (instead := turned.get("steps", {}).get(str(number))) is not None:
            found += instead
            continue
        step = dict(told)
        for name in IN_PLACES:
            more = turned.get(name, {}).get(str(number))
            if more is not None:
                step[name] = {**step.get(name, {}), **more} if name == "body" else more
        assert "do" not in step, f"{case_id}, step {number} is prose"
        if isinstance(step.get("expect"), str):
            assert {"find", "http", "check"} & set(step), f"{case_id}, step {number} expects prose"
            del step["expect"]
        found.append(step)
    return found


@dataclass
class Player:
    """One case, in an empty ledger."""

    cloud: Cloud
    instants: dict[str, datetime] = field(default_factory=dict)
    times: int = 0

    def play(self, case_id: str) -> None:
        """Raises AssertionError where an answer is not the right one."""
        for number, step in enumerate(steps_of(case_id)):
            self.step(f"{case_id}, step {number}", step)

    def step(self, where: str, step: Step) -> None:
        if "remember" in step:
            self.instants[step["remember"]] = self.cloud.now
        elif "wait_seconds" in step:
            self.cloud.now += timedelta(seconds=step["wait_seconds"])
            forget()
        elif "work_on_jobs" in step:
            work(self.cloud)
        elif "repeat" in step and "event" in step:
            numbers = range(1, step["repeat"] + 1)
            for first in numbers[::10]:
                self.event(where, [{**step, "n": n} for n in range(first, first + 10)])
        elif "repeat" in step:
            for number in range(1, step["repeat"] + 1):
                self.request(where, _numbered(step["step"], number))
        elif "event" in step:
            self.event(where, [step])
        elif "log_has" in step:
            assert step["log_has"] in self.cloud.log.getvalue(), f"{where}: the log does not say {step['log_has']}"
        elif "csv_back" in step:
            self.csv_back(where, step["csv_back"])
        elif "cents_sum_to_liability" in step:
            self.cents_sum_to_liability(where, step["cents_sum_to_liability"])
        else:
            self.request(where, step)

    def request(self, where: str, step: Step) -> Answer:
        path, _, query_text = self.told(step["path"]).partition("?")
        query = dict(pair.split("=", 1) for pair in query_text.split("&")) if query_text else {}
        route, ids = self.route(where, step["method"], path)
        headers = {name.lower(): value for name, value in step.get("headers", {}).items()}
        event = http_event(route, ids, query, headers.pop("idempotency-key", None))
        event["headers"] |= headers
        if "body" in step:
            event["body"] = as_json(self.told(step["body"]))
        answer = self.cloud.invoke(route, event)
        if route is Route.PUT_PROGRAM:
            forget()
        if "http" in step:
            assert answer.status == step["http"], f"{where}: {answer}"
        else:
            assert answer.status < 300, f"{where}: {answer}"
        if "expect" in step:
            fault = _differs(self.told(step["expect"]), answer.body)
            assert fault is None, f"{where}: {fault} in {answer.body}"
        for wanted in step.get("find", []):
            assert _found(wanted, answer.body), f"{where}: nothing like {wanted} in {answer.body}"
        for unwanted in step.get("without", []):
            assert not _found(unwanted, answer.body), f"{where}: {unwanted} in {answer.body}"
        if step.get("check") == "no_formula":
            cells = [cell for row in csv.reader(io.StringIO(answer.body)) for cell in row]
            bad = [cell for cell in cells if cell.startswith(FORMULA) and not re.fullmatch(r"-?[0-9.]+", cell)]
            assert not bad, f"{where}: {bad}"
        return answer

    def route(self, where: str, method: str, path: str) -> tuple[Route, tuple[str, ...]]:
        parts = path.split("/")
        for route in Route:
            wanted = route.path.split("/")
            if route.method == method and len(wanted) == len(parts):
                ids = [part for part, want in zip(parts, wanted, strict=True) if want.startswith("{")]
                same = all(want.startswith("{") or part == want for part, want in zip(parts, wanted, strict=True))
                if same:
                    return route, tuple(ids)
        raise AssertionError(f"{where}: no route is {method} {path}")

    def event(self, where: str, steps: list[Step]) -> None:
        told = [_numbered(step, step["n"]) if "n" in step else step for step in steps]
        bodies = [fact(step["event"], self.told(step["detail"])) for step in told]
        assert self.cloud.deliver(steps[0]["function"], *bodies) == [], f"{where}: a message came back"

    def csv_back(self, where: str, how: Step) -> None:
        """Hands the ids of a list back as a job, as its CSV has them."""
        headers = {"Accept": "text/csv"}
        listed = self.request(where, {"who": "finance", "method": "GET", "path": how["path"], "headers": headers})
        ids = [row["customer_id"] for row in csv.DictReader(io.StringIO(listed.body))]
        rows = [{"customer_id": each, "points": 1, "reason": "back"} for each in ids]
        self.cloud.invoke(
            Route.START_JOB,
            {
                **http_event(Route.START_JOB, ("p",), {}, "csv-back"),
                "body": as_json({"kind": how["kind"], "rows": rows}),
            },
        )
        work(self.cloud)

    def cents_sum_to_liability(self, where: str, days: int) -> None:
        """Amounts in whole cents, as an accounting system takes them, sum to the closing liability."""
        first, last = ((self.cloud.now - timedelta(days=back)).date().isoformat() for back in (days, 0))
        path = "/v1/programs/{p}/%s?from=" + f"{first}&to={last}"
        headers = {"Accept": "text/csv"}
        book = self.request(where, {"method": "GET", "path": path % "journal-entries", "headers": headers})
        liability = self.request(where, {"method": "GET", "path": path % "liability"}).body
        owed = Decimal(0)
        for row in csv.DictReader(io.StringIO(book.body)):
            amount = Decimal(row["amount"]).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
            assert amount == Decimal(row["amount"]), f"{where}: {row['amount']} is no whole number of cents"
            owed += amount if row["credit"] == "points_liability" else 0
            owed -= amount if row["debit"] == "points_liability" else 0
        assert owed == Decimal(liability["closing"]["amount"]), f"{where}: {owed}, {liability['closing']}"

    def told(self, value: Any) -> Any:
        """`value` with what stands in braces filled in."""
        if isinstance(value, dict):
            return {name: self.told(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self.told(part) for part in value]
        return re.sub(r"\{(\w+)(?:\+(\d+)([sd]))?\}", self._filled, value) if isinstance(value, str) else value

    def _filled(self, match: re.Match[str]) -> str:
        name, number, unit = match.groups()
        if re.fullmatch(r"p\d?", name):
            return name
        if name == "d":
            return self.cloud.now.date().isoformat()
        at = self.cloud.now if name == "now" else self.instants[name]
        at += timedelta(**{"days" if unit == "d" else "seconds": int(number or 0)})
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _numbered(value: Any, number: int) -> Any:
    text = json.dumps(value).replace("{n}", str(number))
    return json.loads(text)


def _differs(expected: Any, answer: Any) -> str | None:
    """How `answer` is not what is expected, of the names that are expected."""
    for name, value in expected.items():
        if not isinstance(answer, dict) or name not in answer:
            return f"no {name}"
        if isinstance(value, dict):
            if fault := _differs(value, answer[name]):
                return f"{name}: {fault}"
        elif answer[name] != value:
            return f"{name} is {answer[name]}, not {value},"
    return None


def _found(wanted: dict[str, Any], body: Any) -> bool:
    return any(_differs(wanted, each) is None for each in _objects(body))


def _objects(body: Any) -> Iterator[dict[str, Any]]:
    if isinstance(body, dict):
        yield body
    parts = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    for part in parts:
        yield from _objects(part)
