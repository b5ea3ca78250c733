"""The examples of the description: requests and answers, docs/api-examples.json."""

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from tools.openapi import ROOT

EXAMPLES = ROOT / "docs/api-examples.json"

type Json = dict[str, Any]


@cache
def scenes() -> tuple[Json, ...]:
    """Requests and what they are answered, in the order in which they were made."""
    return tuple(json.loads(EXAMPLES.read_text()))


def settled(answer: Json) -> Json:
    """An answer without what is another one each time: links, and what they are for."""
    return {name: value for name, value in answer.items() if name not in ("url", "upload_id")}


def examples(name: str, status: int | None) -> Json:
    """The examples of an operation's request (`status` None), or of its answer with a status."""
    key = "body" if status is None else "answer"
    found = {
        scene["title"]: {"value": scene[key]}
        for scene in _scenes(name)
        if key in scene and status in (None, scene["status"])
    }
    return {"examples": found} if found else {}


def _scenes(name: str) -> Iterable[Json]:
    return (scene for scene in scenes() if scene["operation"] == name)
