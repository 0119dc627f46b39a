"""What simgate uses of ovrtx is in its published Python API, and the double of it has just that."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

if find_spec("ovstage") is None or find_spec("pxr") is None:
    pytest.skip("needs simgate[physx]", allow_module_level=True)

from tests.contracts.contract import REPOSITORY, Parameter, Symbol, binding_problem
from tests.doubles.ovrtx import ovrtx as double

FACTS = json.loads(Path(__file__).with_name("ovrtx_facts.json").read_text())
SOURCES = sorted((REPOSITORY / "sim_adapters" / "physx" / "rtx").glob("*.py"))
TREES = {path: ast.parse(path.read_text()) for path in SOURCES}
RECEIVERS = {"self._renderer": "Renderer", "frame.render_vars[name]": "RenderVarOutput"}
"""What the film's expressions are of ovrtx."""


def symbol(name: str) -> Symbol:
    parameters = [
        Parameter(p.lstrip("*"), "keyword_only" if p.startswith("*") else "positional_or_keyword", default)
        for p, default in FACTS["callables"][name]
    ]
    return Symbol(name, "function", "", tuple(parameters))


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Calls into ovrtx, by the names of the facts."""
    for tree in TREES.values():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            owner = ast.unparse(node.func.value)
            if owner == "ovrtx":
                yield node.func.attr, node
            elif owner in RECEIVERS:
                yield f"{RECEIVERS[owner]}.{node.func.attr}", node


def test_every_call_binds_against_the_published_signatures() -> None:
    found = dict(calls())
    assert set(found) == set(FACTS["callables"]), "the facts are what is used, no more and no less"
    for name, call in calls():
        keywords = [keyword.arg for keyword in call.keywords if keyword.arg is not None]
        assert binding_problem(symbol(name), len(call.args), keywords, starred=False) == "", name
    step = found["Renderer.step"]
    assert "no parameter" in binding_problem(
        symbol("Renderer.step"), len(step.args), ["ordinals"], starred=False
    )


def test_every_name_of_the_module_is_there() -> None:
    used = {
        node.attr
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "ovrtx"
    }
    imported = {
        alias.name
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "ovrtx"
        for alias in node.names
    }
    assert used | imported == set(FACTS["module"])
    members = {
        (node.value.attr, node.attr)
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node).startswith("ovrtx.")
        if isinstance(node.value, ast.Attribute)
    }
    assert members == {("Device", "CPU"), ("TextureStreamingMode", "SYNCHRONOUS")}
    assert all(member in FACTS["enums"][kind] for kind, member in members)


def shape_of(function: Any) -> list[list[str | None]]:
    found: list[list[str | None]] = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name == "self":
            continue
        star = "*" if parameter.kind is parameter.KEYWORD_ONLY else ""
        default = None if parameter.default is parameter.empty else str(parameter.default)
        if isinstance(parameter.default, double.Device):
            default = f"Device.{parameter.default.name}"
        found.append([star + parameter.name, default])
    return found


@pytest.mark.parametrize("name", sorted(set(FACTS["callables"]) - {"RendererConfig"}))
def test_the_double_has_the_published_parameters(name: str) -> None:
    owner: Any = double
    for part in name.split("."):
        owner = getattr(owner, part)
    assert shape_of(owner) == FACTS["callables"][name]


def test_the_double_gives_nothing_that_is_not_published() -> None:
    known = {name for name, _ in FACTS["callables"]["RendererConfig"]}
    assert {field.name for field in fields(double.RendererConfig)} <= known
    for kind, names in FACTS["attributes"].items():
        assert {field.name for field in fields(getattr(double, kind))} <= set(names)
    for kind, members in FACTS["enums"].items():
        assert {member.name for member in getattr(double, kind)} <= set(members)
