"""docs/openapi.json is valid, is what the code says, and is true: its examples are played."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from loyalty.entry.http import serve as http
from loyalty.entry.http.problems import RULES
from loyalty.entry.http.routes import Route
from tests.function.api.cloud import Cloud, function, load
from tests.function.api.description import description
from tools.deployment import read_template
from tools.openapi import __main__ as command
from tools.openapi.document import document
from tools.openapi.examples import EXAMPLES, scenes, settled
from tools.openapi.operations import OPERATIONS, codes_of, operation_id

ROOT = Path(__file__).resolve().parents[3]


def test_the_description_is_valid() -> None:
    validate(description())


def test_the_description_is_what_the_code_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--check"]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("committed", ["{}\n", None])
def test_a_description_that_has_drifted_is_one_clear_line(
    committed: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "DOCUMENT", tmp_path / "openapi.json")
    if committed is not None:
        command.DOCUMENT.write_text(committed)
    assert command.main(["--check"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "python -m tools.openapi" in line
    assert command.main([]) == 0
    assert command.main(["--check"]) == 0


def test_a_route_that_is_not_described_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    others = {route: operation for route, operation in OPERATIONS.items() if route is not Route.GET_ORDER}
    monkeypatch.setattr("tools.openapi.document.OPERATIONS", others)
    with pytest.raises(LookupError, match="GET_ORDER"):
        document()


def test_every_code_is_an_answer_of_some_operation() -> None:
    answered = {code for route in Route for code in codes_of(route)}
    not_of_a_function = {"unauthorized", "forbidden"}
    assert answered | not_of_a_function == {rule.code for rule in RULES}


def test_the_examples_are_what_the_api_answers(cloud: Cloud) -> None:
    """`EXAMPLES=write` takes over the answers, after a change that is meant; then write the documents anew."""
    routes = {operation_id(route): route for route in Route}
    played = [*scenes()]
    for number, scene in enumerate(played):
        key = routes[scene["operation"]].key
        ids = [scene["path"][part.strip("{}")] for part in key.split("/") if part.startswith("{")]
        answer = cloud.call(
            key.replace("/v1/programs/{program_id}", "p"),
            *ids,
            body=scene.get("body"),
            query=scene.get("query"),
            idempotency_key=scene.get("idempotency_key"),
        )
        told, found = settled(scene["answer"]), settled(answer.body)
        if os.environ.get("EXAMPLES") == "write" and told != found:
            played[number] = {**scene, "status": answer.status, "answer": answer.body}
            continue
        assert (scene["title"], answer.status, found) == (scene["title"], scene["status"], told)
    assert {scene["operation"] for scene in played} == set(routes)
    if played != [*scenes()]:
        EXAMPLES.write_text(json.dumps(played, indent=2, ensure_ascii=False) + "\n")


def template_functions() -> dict[str, dict[str, Any]]:
    """The template's functions, by their folder."""
    resources = read_template(ROOT / "template.yaml")["Resources"].values()
    functions = [r["Properties"] for r in resources if r["Type"] == "AWS::Serverless::Function"]
    return {Path(function["CodeUri"]).name: function for function in functions}


def test_the_template_routes_what_the_code_serves_to_who_may_call_it() -> None:
    deployed = {
        (event["Properties"]["Method"], event["Properties"]["Path"], name): set(
            event["Properties"]["Auth"]["AuthorizationScopes"]
        )
        for name, function in template_functions().items()
        for event in function.get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }
    assert deployed == {(route.method, route.path, route.function): set(route.scopes) for route in Route}


def test_every_function_serves_exactly_its_routes(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = {route.function for route in Route}
    served: dict[str, set[Route]] = {}
    for name in functions:
        monkeypatch.setattr(http, "serve", lambda endpoints, name=name: served.setdefault(name, set(endpoints)))
        load(name)
    assert served == {name: {route for route in Route if route.function == name} for name in functions}


def test_every_function_of_the_template_has_a_handler() -> None:
    for name in template_functions():
        assert callable(function(name).handler)
