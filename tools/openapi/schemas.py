"""The schemas of bodies, answers, query parameters and problems."""

from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core import core_schema

from loyalty.entry.http.problems import MAX_FAULTS, RULES
from tools.openapi.examples import Json
from tools.openapi.operations import OPERATIONS


def reference(model: type[BaseModel]) -> Json:
    """A reference to the schema of `model`."""
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def query_parameters(query: type[BaseModel]) -> list[Json]:
    """The parameters that a query has, one for each field of its model."""
    schema = query.model_json_schema()
    parameters = []
    for name, field in schema["properties"].items():
        field.pop("title", None)
        # A parameter that is left out is null to its model; nobody can send one.
        one = next((branch for branch in field.get("anyOf", []) if branch.get("type") != "null"), field)
        if one is not field:
            field.pop("default", None)
        required = name in schema.get("required", [])
        parameters.append({"name": name, "in": "query", "required": required, "schema": one})
    return parameters


class _Schemas(GenerateJsonSchema):
    """Pydantic's schemas, but what answers have is always there, and a name says itself what it is called."""

    def field_is_required(
        self,
        field: core_schema.ModelField | core_schema.DataclassField | core_schema.TypedDictField,
        total: bool,
    ) -> bool:
        return self.mode == "serialization" or super().field_is_required(field, total)

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schemas() -> Json:
    """The schemas of all bodies, answers and problems, by name."""
    taken: list[tuple[type[BaseModel], Literal["validation", "serialization"]]] = []
    for operation in OPERATIONS.values():
        taken += [(operation.body, "validation")] if operation.body else []
        taken += [(model, "serialization") for model in operation.answers.values()]
    _, schema = models_json_schema(
        list(dict.fromkeys(taken)), ref_template="#/components/schemas/{model}", schema_generator=_Schemas
    )
    return {**schema["$defs"], "Problem": _problem(), "GatewayMessage": _gateway_message()}


def _problem() -> Json:
    pointer = {"type": "string", "description": "A JSON pointer into the body, or /name of a parameter or header."}
    code = {"type": "string", "enum": [rule.code for rule in RULES]}
    fault = {
        "type": "object",
        "required": ["pointer", "code", "message"],
        "properties": {"pointer": pointer, "code": code, "message": {"type": "string"}},
    }
    facts = {
        "points_usable": "How many points this order can use.",
        "points_available": "How many points the customer can spend.",
        "points_reversible": "How many points can be taken back from this order.",
        "points_reversed": "How many points this refund took back.",
        "version": "At which version the settings are; 0 where there are none.",
    }
    names = {
        "job_id": "The job that has rewarded the program's past actions.",
        "job_status": "How far the job is.",
        "card_number": "The card that the customer has.",
    }
    return {
        "type": "object",
        "description": "Why a request was refused (RFC 9457).",
        "required": ["type", "title", "status", "detail", "code", "errors"],
        "properties": {
            "type": {"type": "string", "format": "uri", "examples": ["urn:loyalty-ledger:problem:missing_field"]},
            "title": {"type": "string"},
            "status": {"type": "integer", "enum": sorted({int(rule.status) for rule in RULES})},
            "detail": {"type": "string"},
            "code": code,
            "errors": {"type": "array", "maxItems": MAX_FAULTS, "items": fault},
            **{name: {"type": "integer", "description": text} for name, text in facts.items()},
            **{name: {"type": "string", "description": text} for name, text in names.items()},
        },
    }


def _gateway_message() -> Json:
    return {
        "type": "object",
        "description": "What API Gateway answers by itself.",
        "required": ["message"],
        "properties": {"message": {"type": ["string", "null"]}},
    }
