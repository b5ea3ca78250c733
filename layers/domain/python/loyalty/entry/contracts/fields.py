"""Types of fields, and how what pydantic finds wrong becomes our faults."""

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from loyalty.domain.customers.cards import LENGTH, SEPARATORS, is_number
from loyalty.domain.ledger.movement import MAX_POINTS
from loyalty.domain.values.money import CURRENCIES, decimals_of, minor_digits
from loyalty.entry.http.problems import BY_CODE, Fault, Problem

MAX_ID_BYTES = 128
MAX_TEXT = 200
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)

PROGRAM_ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_MONEY = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


# A model is built when it is first used (defer_build): a function does not pay for those that it never uses.


class Contract(BaseModel):
    """A body that a client sends: unknown fields are refused, types are not guessed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Query(BaseModel):
    """Query parameters: strings, read as what they stand for; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Answer(BaseModel):
    """A body that a client gets. `model_validate` takes it from any object that has its fields as attributes.

    A class has a method `of` only where a field is computed, or is found in another place than the object itself.
    """

    model_config = ConfigDict(frozen=True, defer_build=True, from_attributes=True)


def _id(value: object) -> str:
    text = _text(value)
    if not text:
        raise PydanticCustomError("empty_id", "must not be empty")
    # Nobody sees white space at an end, and many programs drop it: two ids would be taken for one.
    if text != text.strip():
        raise PydanticCustomError("id_not_trimmed", "must not begin or end with white space: leave it out")
    # U+FFFD is what a gateway makes of bytes that are no UTF-8: many ids would become one.
    if not text.isprintable() or "\ufffd" in text:
        raise PydanticCustomError("id_not_printable", "must be printable text")
    if len(text.encode()) > MAX_ID_BYTES:
        raise PydanticCustomError("id_too_long", "must be at most 128 bytes in UTF-8")
    return text


def _program_id(value: object) -> str:
    text = _text(value)
    if not re.fullmatch(PROGRAM_ID, text):
        raise PydanticCustomError(
            "invalid_program_id",
            "must be 1 to 64 letters, digits, dots, underscores or hyphens, a letter or digit first",
        )
    return text


def _printable(value: object) -> str:
    text = _text(value)
    if not text:
        raise PydanticCustomError("empty", "must not be empty")
    if not text.translate(_IN_WRITING).isprintable():
        raise PydanticCustomError("not_printable", "must be printable text")
    if len(text) > MAX_TEXT:
        raise PydanticCustomError("text_too_long", f"must have at most {MAX_TEXT} characters")
    return text


_IN_WRITING = {ord(space): " " for space in "\u00a0\u2007\u2009\u202f\u3000"} | {
    ord(join): None for join in "\u200c\u200d"
}
"""Spaces of other scripts than ours, and what joins letters and emoji or keeps them apart. Not for ids: two that look
alike would be two."""


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise PydanticCustomError("wrong_type", "must be a string")
    return value


def _money(value: object) -> Decimal:
    if not isinstance(value, str):
        raise PydanticCustomError("money_not_string", 'must be a decimal string such as "12.50"')
    if not _MONEY.fullmatch(value):
        raise PydanticCustomError("malformed_money", "must be digits with at most 12 before and 6 after the point")
    amount = Decimal(value)
    if amount.is_signed():  # "-0" too: it would be stored, and answered, with its sign
        raise PydanticCustomError("negative_amount", "must not be below zero")
    return amount


def _factor(value: object) -> Decimal:
    # No money: a number of JSON will do, by the digits that it was written with.
    return _money(repr(value) if isinstance(value, int | float) and not isinstance(value, bool) else value)


def _positive(amount: Decimal) -> Decimal:
    if amount <= 0:
        raise PydanticCustomError("out_of_range", "must be above zero")
    return amount


def _currency(value: object) -> str:
    text = _text(value)
    if text not in CURRENCIES:
        raise PydanticCustomError("unknown_currency", "must be an ISO 4217 code such as EUR")
    return text


def _instant(value: object) -> datetime:
    text = _text(value)
    try:
        if not _INSTANT.fullmatch(text):
            raise ValueError
        instant = datetime.fromisoformat(text.upper())
        in_range = EARLIEST <= instant < LATEST
    except ValueError:
        raise PydanticCustomError(
            "malformed_instant", "must be RFC 3339 with an offset, such as 2026-01-31T09:30:00+01:00"
        ) from None
    if not in_range:
        raise PydanticCustomError("out_of_range", "must be of the years 1970 to 2999")
    return instant.astimezone(UTC)


def _date(value: object) -> date:
    text = _text(value)
    try:
        if not _DATE.fullmatch(text):  # fromisoformat alone reads weeks too: 2026-W05-1
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        message = "must be a date such as 2026-01-31"
        raise PydanticCustomError("malformed_date", message) from None


def _date_or_instant(value: object) -> date | datetime:
    text = _text(value)
    if "T" in text.upper():
        return _instant(text)
    day = _date(text)
    if not EARLIEST.date() <= day < LATEST.date():
        raise PydanticCustomError("out_of_range", "must be of the years 1970 to 2999")
    return day


def _points_or_max(value: object) -> object:
    # Not left to the union: it reports the faults of both branches, each under a name of its own.
    if value == "max":
        return value
    if not isinstance(value, int) or isinstance(value, bool):
        raise PydanticCustomError("wrong_type", 'must be a whole number or "max"')
    if not 1 <= value <= MAX_POINTS:
        raise PydanticCustomError("out_of_range", f'must be from 1 to {MAX_POINTS}, or "max"')
    return value


def _card_number(value: object) -> str:
    number = _text(value).translate(SEPARATORS)
    if not is_number(number):
        raise PydanticCustomError(
            "invalid_card_number",
            f"must be {LENGTH} digits, the last of which checks the others; spaces and hyphens do not count",
        )
    return number


def _pattern(pattern: str, description: str) -> Any:
    return Field(json_schema_extra={"pattern": pattern, "description": description})


Id = Annotated[
    str,
    BeforeValidator(_id),
    Field(
        json_schema_extra={
            "minLength": 1,
            "maxLength": MAX_ID_BYTES,
            # The start of what is not printable; a pattern that says all of it is longer than a page.
            "pattern": (
                r"^[^\u0000-\u0020\u007f-\u00a0\u00ad\ufffd]"
                r"([^\u0000-\u001f\u007f-\u00a0\u00ad\ufffd]*[^\u0000-\u0020\u007f-\u00a0\u00ad\ufffd])?$"
            ),
            "description": "The store's own id: printable text without spaces around it, at most 128 bytes in UTF-8.",
            "examples": ["#1001"],
        }
    ),
]
ProgramId = Annotated[str, BeforeValidator(_program_id), _pattern(f"^{PROGRAM_ID}$", "A program's id.")]
Text = Annotated[
    str,
    BeforeValidator(_printable),
    Field(
        json_schema_extra={
            "minLength": 1,
            "maxLength": MAX_TEXT,
            "pattern": r"^[^\u0000-\u001f\u007f-\u009f\u00ad]+$",
            "description": "Printable text.",
        }
    ),
]
Money = Annotated[
    Decimal,
    BeforeValidator(_money, json_schema_input_type=str),
    _pattern(r"^[0-9]{1,12}(\.[0-9]{1,6})?$", "A decimal string, such as 12.50; never a number."),
]
Factor = Annotated[
    Decimal,
    BeforeValidator(_factor, json_schema_input_type=str | float),
    Field(
        json_schema_extra={
            "pattern": r"^[0-9]{1,12}(\.[0-9]{1,6})?$",
            "minimum": 0,
            "description": "A rate, a share or a multiplier: a decimal string, such as 1.5, or a number.",
        }
    ),
]
PositiveMoney = Annotated[
    Decimal,
    BeforeValidator(lambda value: _positive(_money(value)), json_schema_input_type=str),
    _pattern(r"^[0-9]{1,12}(\.[0-9]{1,6})?$", "A decimal string above zero."),
]
Points = Annotated[int, Field(ge=1, le=MAX_POINTS)]
SignedPoints = Annotated[int, Field(ge=-MAX_POINTS, le=MAX_POINTS)]
PointsOrMax = Annotated[Points | Literal["max"], BeforeValidator(_points_or_max)]
CardNumber = Annotated[
    str,
    BeforeValidator(_card_number),
    Field(
        json_schema_extra={
            "pattern": f"^[ -]*([0-9][ -]*){{{LENGTH}}}$",
            "description": "A card's number: its last digit checks the others (Luhn). Spaces and hyphens do not count.",
            "examples": ["9900 0000 0000 0002"],
        }
    ),
]
type Currency = Annotated[
    str,
    BeforeValidator(_currency),
    Field(json_schema_extra={"enum": sorted(CURRENCIES), "description": "An ISO 4217 code, such as EUR."}),
]
Instant = Annotated[
    datetime,
    BeforeValidator(_instant, json_schema_input_type=str),
    Field(json_schema_extra={"format": "date-time", "examples": ["2026-01-31T09:30:00+01:00"]}),
]
Day = Annotated[
    date,
    BeforeValidator(_date, json_schema_input_type=str),
    Field(json_schema_extra={"format": "date", "examples": ["2026-01-31"]}),
]
DateOrInstant = Annotated[
    date | datetime,
    PlainValidator(_date_or_instant, json_schema_input_type=str),
    Field(
        json_schema_extra={
            "anyOf": [{"format": "date"}, {"format": "date-time"}],
            "examples": ["2026-01-31", "2026-01-31T09:30:00+01:00"],
        }
    ),
]
Amount = Annotated[str, BeforeValidator(str), _pattern(r"^-?[0-9]+(\.[0-9]+)?$", "A decimal string.")]

type Source = Literal["API", "DASHBOARD", "POS"]
"""The door through which an administrator gives points."""


class MoneyAnswer(Answer):
    """An amount of money."""

    amount: Amount
    currency: str


def too_precise(pointer: str, amount: Decimal, currency: str) -> list[Fault]:
    """The fault of an amount with more decimals than `currency` has, if it is one."""
    digits = minor_digits(currency)
    if decimals_of(amount) <= digits:
        return []
    message = f"must have at most {digits} decimals in {currency}"
    return [Fault(pointer, "too_many_decimals", message)]


def read_json(text: str) -> object:
    """What `text` says in JSON, each name of an object once. Raises ValueError or RecursionError for all else."""
    return json.loads(text, object_pairs_hook=_unambiguous, parse_constant=_no_number)


def _unambiguous(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # Whoever reads the first of two amounts and whoever reads the last would book different points.
    document = dict(pairs)
    if len(document) < len(pairs):
        raise ValueError("a name is there twice")
    return document


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def parse[Model: BaseModel](model: type[Model], document: object) -> Model:
    """`document` (JSON, parsed) as a `model`. Raises Problem that names every fault at once."""
    if not isinstance(document, dict):
        raise Problem("not_an_object", "The body must be a JSON object.")
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise Problem.of([_fault(details) for details in error.errors()]) from None


def refuse(faults: Sequence[Fault]) -> None:
    """Raises Problem if there are any faults."""
    if faults:
        raise Problem.of(faults)


def parse_id(name: str, value: str) -> str:
    """An id of the store that stands in a path or a header. Raises Problem."""
    return _outside_body(name, value, _id)


def parse_program_id(value: str) -> str:
    """The id of a program in a path: short, and with nothing that a key or a URL minds. Raises Problem."""
    return _outside_body("program_id", value, _program_id)


def parse_card_number(name: str, value: str) -> str:
    """A card's number in a path, without what was typed between its digits. Raises Problem."""
    return _outside_body(name, value, _card_number)


def parse_day(name: str, value: str) -> date:
    """A date in a path. Raises Problem."""
    return _outside_body(name, value, _date)


def _outside_body[Value](name: str, value: str, check: Callable[[object], Value]) -> Value:
    try:
        return check(value)
    except PydanticCustomError as error:
        raise Problem.of([Fault(f"/{name}", error.type, error.message())]) from None


_CODES = {
    "extra_forbidden": "unknown_field",
    "missing": "missing_field",
    "too_short": "empty",
    "string_too_short": "empty",
    "text_too_long": "too_long",
    "too_long": "too_many",
    "greater_than": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than": "out_of_range",
    "less_than_equal": "out_of_range",
    "literal_error": "not_allowed",
    "enum": "not_allowed",
}
"""Pydantic's kinds of faults in our words. Its own `too_long` is always a list's."""

_WORDS = {
    "extra_forbidden": "is not a field of this",
    "missing": "is needed",
    "model_type": "must be an object",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be a string",
    "list_type": "must be a list",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "too_long": "must have at most {max_length} entries",
}
"""Where pydantic's own words would puzzle who does not know it."""


def _fault(details: ErrorDetails) -> Fault:
    kind = details["type"]
    code = _CODES.get(kind) or (kind if kind in BY_CODE else "wrong_type")
    words = _WORDS.get(kind)
    message = words.format(**details.get("ctx", {})) if words else details["msg"].replace("Input should", "must")
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in details["loc"])
    return Fault("".join(f"/{part}" for part in parts), code, message)
