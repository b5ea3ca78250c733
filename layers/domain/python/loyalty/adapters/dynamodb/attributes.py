"""Plain values as DynamoDB's JSON, every value wrapped in its type, and back.

boto3 has this too, for more types than are stored here and with each number by way of a decimal. It takes three times
as long, and importing it brings all of boto3 into a function that needs no more than botocore.
"""

from collections.abc import Mapping
from typing import Any


def wrapped(value: object) -> dict[str, Any]:
    """A text, bytes, whole number, truth value, None, or list or mapping of them. Raises TypeError for all else."""
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case None:
            return {"NULL": True}
        case Mapping():
            return {"M": {name: wrapped(element) for name, element in value.items()}}
        case list() | tuple():
            return {"L": [wrapped(element) for element in value]}
    raise TypeError(f"a {type(value).__name__} is not stored")


def unwrapped(attribute: Mapping[str, Any]) -> Any:
    """What `wrapped` wrapped. Raises ValueError for a type that is not stored here."""
    [(kind, value)] = attribute.items()
    match kind:
        case "S" | "B" | "BOOL":
            return value
        case "N":
            return int(value)
        case "NULL":
            return None
        case "M":
            return {name: unwrapped(element) for name, element in value.items()}
        case "L":
            return [unwrapped(element) for element in value]
    raise ValueError(f"nothing of type {kind} is stored")
