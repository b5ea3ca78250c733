"""Values as DynamoDB's JSON: what boto3's own converter says, and back."""

from datetime import date
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from loyalty.adapters.dynamodb.attributes import unwrapped, wrapped

scalars = st.none() | st.booleans() | st.integers(-(10**37), 10**37) | st.text() | st.binary(min_size=1)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=20
)


@given(values)
def test_what_is_wrapped_is_unwrapped_as_it_was(value: object) -> None:
    assert unwrapped(wrapped(value)) == value


@given(values)
def test_a_value_is_wrapped_as_boto3_wraps_it(value: object) -> None:
    assert wrapped(value) == TypeSerializer().serialize(value)


@pytest.mark.parametrize("value", [1.5, date(2026, 1, 31), {1}, object()])
def test_what_is_not_stored_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="is not stored"):
        wrapped(value)


@pytest.mark.parametrize(("attribute", "why"), [({"SS": ["a"]}, "type SS"), ({"N": "1.5"}, "invalid literal")])
def test_what_was_never_stored_is_refused(attribute: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        unwrapped(attribute)
