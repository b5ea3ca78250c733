"""Every way in which a request can be refused, in the order in which it is checked.

Answers are `application/problem+json` (RFC 9457) with a stable `code`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import NamedTuple


class Rule(NamedTuple):
    """A code, the HTTP status it is answered with, and what it means."""

    code: str
    status: HTTPStatus
    title: str


_BAD, _GONE, _CONFLICT = HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT
_INVALID = HTTPStatus.UNPROCESSABLE_ENTITY

RULES = (
    Rule("unauthorized", HTTPStatus.UNAUTHORIZED, "The request has no valid bearer token"),
    Rule("forbidden", HTTPStatus.FORBIDDEN, "The token's scope does not allow this"),
    Rule("not_found", _GONE, "There is nothing at this address"),
    Rule("not_acceptable", HTTPStatus.NOT_ACCEPTABLE, "None of the accepted media types is available"),
    Rule("missing_header", _BAD, "A required header is missing"),
    Rule("body_too_large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is over its limit"),
    Rule("malformed_json", _BAD, "The body is not JSON in UTF-8"),
    Rule("not_an_object", _BAD, "The body is not a JSON object"),
    # One for each fault of a field; all faults of a request are reported, in the order of the body.
    Rule("empty_id", _INVALID, "An id is empty"),
    Rule("id_not_trimmed", _INVALID, "An id begins or ends with white space"),
    Rule("id_not_printable", _INVALID, "An id holds characters that cannot be printed"),
    Rule("id_too_long", _INVALID, "An id is longer than 128 bytes in UTF-8"),
    Rule("id_not_path_safe", _INVALID, "An id does not stand in the path as ids do"),
    Rule("invalid_program_id", _INVALID, "A program's id is not of its form"),
    Rule("missing_field", _INVALID, "A required field is missing"),
    Rule("unknown_field", _INVALID, "A field is not known"),
    Rule("wrong_type", _INVALID, "A field is of the wrong type"),
    Rule("money_not_string", _INVALID, "Money is not a decimal string"),
    Rule("malformed_money", _INVALID, "A decimal string is not of its form"),
    Rule("negative_amount", _INVALID, "An amount is below zero"),
    Rule("too_many_decimals", _INVALID, "An amount has more decimals than its currency"),
    Rule("unknown_currency", _INVALID, "A currency is not an ISO 4217 code"),
    Rule("malformed_instant", _INVALID, "An instant is not RFC 3339 with an offset"),
    Rule("malformed_date", _INVALID, "A date is not YYYY-MM-DD"),
    Rule("completed_in_future", _INVALID, "An order is completed in the future"),
    Rule("empty", _INVALID, "A required value is empty"),
    Rule("too_long", _INVALID, "A text is longer than its limit"),
    Rule("too_many", _INVALID, "A list is longer than its limit"),
    Rule("not_printable", _INVALID, "A text holds characters that cannot be printed"),
    Rule("out_of_range", _INVALID, "A number or date is outside its limits"),
    Rule("not_allowed", _INVALID, "A value is not one of those allowed"),
    Rule("overlapping_tiers", _INVALID, "Two tiers overlap"),
    Rule("duplicate", _INVALID, "A name is used twice"),
    Rule("invalid_cursor", _INVALID, "A cursor does not belong to this list"),
    Rule("invalid_card_number", _INVALID, "A card number is wrong: its check digit does not match"),
    Rule("unknown_timezone", _INVALID, "A time zone is not in the IANA database"),
    Rule("unknown_program", _GONE, "There is no such program"),
    Rule("unknown_version", _GONE, "The program has no such version"),
    Rule("unknown_job", _GONE, "There is no such job"),
    Rule("precondition_failed", HTTPStatus.PRECONDITION_FAILED, "The settings were changed in the meantime"),
    # The rules of the domain, against what is recorded.
    Rule("unknown_tier", _INVALID, "The program has no such tier"),
    Rule("too_many_to_sort", _INVALID, "There are more accounts than can be sorted"),
    Rule("idempotency_key_reused", _INVALID, "The idempotency key was used for another request"),
    Rule("unknown_upload", _INVALID, "Nothing was uploaded under this id"),
    Rule("upload_too_large", _INVALID, "An uploaded file is over its limit"),
    Rule("past_actions_rewarded", _CONFLICT, "The program has rewarded its past actions"),
    Rule("job_not_undoable", _CONFLICT, "The job has nothing to undo"),
    Rule("unknown_card", _GONE, "There is no such card"),
    Rule("card_unassigned", _CONFLICT, "The card is not assigned to a customer"),
    Rule("card_blocked", _CONFLICT, "The card is blocked"),
    Rule("card_assigned", _CONFLICT, "The card is assigned to a customer"),
    Rule("customer_has_card", _CONFLICT, "The customer has another card"),
    Rule("order_customer_mismatch", _CONFLICT, "The order belongs to another customer"),
    Rule("currency_mismatch", _INVALID, "The currency is not the program's"),
    Rule("currency_fixed", _CONFLICT, "A program's currency cannot change"),
    Rule("order_closed", _CONFLICT, "The order is completed or cancelled already"),
    Rule("program_disabled", _CONFLICT, "The program is switched off"),
    Rule("members_only", _CONFLICT, "Guests cannot use points"),
    Rule("expires_in_the_past", _INVALID, "Points can expire only in the future"),
    Rule("too_many_lots", _CONFLICT, "The account has too many expiry instants"),
    Rule("insufficient_points", _CONFLICT, "The customer has fewer points than requested"),
    Rule("below_min_points", _CONFLICT, "Fewer points than the program's minimum"),
    Rule("not_whole_blocks", _CONFLICT, "Points are used in whole blocks"),
    Rule("exceeds_order_limit", _CONFLICT, "More points than the order can use"),
    Rule("refund_decided", _CONFLICT, "Points were taken back for this refund already"),
    Rule("exceeds_earned", _CONFLICT, "More points than the order earned and still holds"),
    Rule("day_being_closed", HTTPStatus.SERVICE_UNAVAILABLE, "A business day must be closed first"),
    Rule("open_days_too_large", HTTPStatus.SERVICE_UNAVAILABLE, "Summing the days that are not closed takes too long"),
    Rule("busy", HTTPStatus.SERVICE_UNAVAILABLE, "Try again after a moment"),
    Rule("internal_error", HTTPStatus.INTERNAL_SERVER_ERROR, "An internal error occurred"),
)
BY_CODE: Mapping[str, Rule] = {rule.code: rule for rule in RULES}

MAX_FAULTS = 100
"""How many faults of one request are listed; its `detail` counts them all."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field: its JSON pointer, a code and a sentence.

    A pointer to something outside the body names it alike: `/order_id` for that part of the path.
    """

    pointer: str
    code: str
    message: str

    @property
    def place(self) -> str:
        """The pointer for a log: without the name of an unknown field, which the client chose."""
        return f"{self.pointer.rpartition('/')[0]}/?" if self.code == "unknown_field" else self.pointer


class Problem(Exception):
    """A request that is answered with a problem."""

    def __init__(
        self,
        code: str,
        detail: str,
        faults: Sequence[Fault] = (),
        facts: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.rule = BY_CODE[code]
        self.detail = detail
        self.faults = tuple(faults)
        self.facts = dict(facts or {})

    @classmethod
    def of(cls, faults: Sequence[Fault]) -> "Problem":
        """One problem for all `faults`, named after the first."""
        more = f" And {len(faults) - 1} more." if len(faults) > 1 else ""
        return cls(faults[0].code, f"{faults[0].pointer} {faults[0].message}.{more}", faults[:MAX_FAULTS])

    def document(self) -> dict[str, object]:
        """The problem as RFC 9457 has it."""
        return {
            "type": f"urn:loyalty-ledger:problem:{self.rule.code}",
            "title": self.rule.title,
            "status": int(self.rule.status),
            "detail": self.detail,
            "code": self.rule.code,
            "errors": [
                {"pointer": fault.pointer, "code": fault.code, "message": fault.message} for fault in self.faults
            ],
            **self.facts,
        }
