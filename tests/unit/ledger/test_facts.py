"""Facts have a type and one stored form; what is stored and is none of that form is never taken for facts."""

import inspect
import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.ledger import facts as module
from loyalty.domain.ledger.facts import CardReplaced, CardRequested, Facts, form_of
from loyalty.domain.ledger.kinds import Event
from tests.support.builders import NOW, begin, holding, member, program
from tests.support.strategies import FACTS, recorded

type Recorded = tuple[Event, Facts]


@given(recorded)
def test_facts_are_read_as_they_were_written(recorded: Recorded) -> None:
    event, facts = recorded
    form = form_of(facts)
    assert event.facts_from(form) == facts
    assert event.facts_from(json.loads(json.dumps(form))) == facts


@pytest.mark.parametrize("event", Event)
def test_an_event_without_facts_has_none(event: Event) -> None:
    assert event.facts_from({}) is None
    assert form_of(None) == {}


@given(recorded, st.sampled_from(["more", "Asked", "short_fall"]))
def test_a_fact_more_than_an_event_records_is_refused(recorded: Recorded, name: str) -> None:
    event, facts = recorded
    with pytest.raises(ValueError, match="no facts of"):
        event.facts_from({**form_of(facts), name: 1})


@given(recorded, st.data())
def test_a_fact_less_than_an_event_records_is_refused_or_was_one_that_may_be_missing(
    recorded: Recorded, data: st.DataObject
) -> None:
    event, facts = recorded
    form = form_of(facts)
    gone = data.draw(st.sampled_from(sorted(form)))
    rest = {name: fact for name, fact in form.items() if name != gone}
    if gone in ("lots", "referrer", "shortfall") or not rest:
        assert form_of(event.facts_from(rest)) == rest
    else:
        with pytest.raises(ValueError, match="no facts of"):
            event.facts_from(rest)


@pytest.mark.parametrize("event", [event for event in Event if event not in FACTS])
def test_an_event_that_records_nothing_takes_no_facts(event: Event) -> None:
    assert event.records is None
    with pytest.raises(ValueError, match="no facts of"):
        event.facts_from({"shortfall": 1})


def test_every_kind_of_facts_is_of_an_event_and_every_event_with_facts_is_tried_here() -> None:
    kinds = {one for _, one in inspect.getmembers(module, inspect.isclass) if issubclass(one, Facts)} - {Facts}
    assert kinds == {event.records for event in Event if event.records} | {CardReplaced}
    assert {event for event in Event if event.records} == set(FACTS)


@given(recorded)
def test_facts_are_asked_for_by_their_type(recorded: Recorded) -> None:
    event, facts = recorded
    [movement] = begin(program(), holding(account_id=member()), at=NOW).note(event, facts=facts).movements
    assert movement.facts_as(type(facts)) is facts
    other = CardReplaced if not isinstance(facts, CardReplaced) else CardRequested
    with pytest.raises(TypeError, match=f"order/#1001/1 records no {other.__name__}"):
        movement.facts_as(other)


@given(recorded)
def test_a_shortfall_is_that_of_the_facts(recorded: Recorded) -> None:
    event, facts = recorded
    [movement] = begin(program(), holding(account_id=member()), at=NOW).note(event, facts=facts).movements
    told: Any = {one.name: getattr(facts, one.name) for one in fields(facts)}  # type: ignore[arg-type]
    assert movement.shortfall == told.get("shortfall", 0)
