"""A use case takes the ports that it uses, by name: no more, and never the whole world."""

import ast
import inspect
import pkgutil
from importlib import import_module
from types import ModuleType
from typing import Any, get_protocol_members, is_protocol

import pytest

import loyalty.usecases
from loyalty.ports.world import World
from loyalty.usecases.commands.command import Sources

HELD_AS = {"ports", "sources"}
"""What a use case calls the ports that it was given; a class keeps them as `_ports`."""
MODULES = [
    import_module(found.name)
    for found in pkgutil.walk_packages(loyalty.usecases.__path__, "loyalty.usecases.")
    if not found.ispkg
]


def asked_for(module: ModuleType) -> set[str]:
    """The ports that a module asks for by name, as `ports.ledger` does."""
    found = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=port) if name in HELD_AS:
                found.add(port)
            case ast.Attribute(value=ast.Attribute(attr="_ports"), attr=port):
                found.add(port)
    return found


def taken_by(function: Any) -> frozenset[str]:
    """The ports that a function or a class takes: what its first parameter's type has, where that is a protocol."""
    try:
        [first, *_] = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return frozenset()
    return get_protocol_members(first.annotation) if is_protocol(first.annotation) else frozenset()


def passed_on(module: ModuleType) -> set[str]:
    """The ports that are taken by what a module imports from other use cases."""
    imported = [
        value
        for value in vars(module).values()
        if getattr(value, "__module__", "").startswith("loyalty.usecases.") and value.__module__ != module.__name__
    ]
    return {port for value in imported for port in taken_by(value)}


def own_protocols(module: ModuleType) -> list[type]:
    return [value for value in vars(module).values() if is_protocol(value) and value.__module__ == module.__name__]


PROTOCOLS = [protocol for module in MODULES for protocol in own_protocols(module)]


def test_no_use_case_takes_the_world() -> None:
    assert len(MODULES) > 30
    assert not [module.__name__ for module in MODULES if World in vars(module).values()]


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.__name__)
def test_a_use_case_takes_no_port_that_it_does_not_use(protocol: type) -> None:
    module = import_module(protocol.__module__)
    used = asked_for(module) | passed_on(module)
    if protocol is Sources or Sources in protocol.__bases__:
        used |= {port for other in MODULES for port in asked_for(other) & get_protocol_members(Sources)}
    assert get_protocol_members(protocol) <= used
