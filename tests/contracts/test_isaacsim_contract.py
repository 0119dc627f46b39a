"""The Isaac Sim adapter keeps to NVIDIA's API, and the double has just that API."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from simgate.sim_adapters.isaacsim.application.app import _launch
from simgate.sim_adapters.isaacsim.options import IsaacOptions
from tests.contracts.contract import (
    FACTS_PATH,
    NEWER_PATH,
    REPOSITORY,
    SHARED_PATH,
    Contract,
    Parameter,
    parameters_of,
    same_default,
)
from tests.contracts.usage import find_uses, problems, problems_below
from tests.contracts.write_facts import (
    ADAPTER,
    CAMERA_ANNOTATORS,
    LAUNCH_DEFAULTS,
    OWN,
    READ,
    used_symbols,
)

DOUBLES = REPOSITORY / "tests" / "doubles" / "isaacsim"
API_FOLDERS = ("isaacsim", "omni")
DECORATED = {"classmethod": "classmethod", "staticmethod": "staticmethod", "property": "property"}


@pytest.fixture(scope="module")
def facts() -> Contract:
    return Contract.read(FACTS_PATH)


@pytest.fixture(scope="module")
def newer(facts: Contract) -> Contract:
    """6.2 as its wheels have it, and of 6.0.1 what has no source in them."""
    read = json.loads(NEWER_PATH.read_text())
    closed = [facts.symbols[name] for name in read["without_source"] if name in facts.symbols]
    return Contract.read(NEWER_PATH).with_own(Contract(closed))


@pytest.fixture(scope="module")
def shared(facts: Contract) -> Contract:
    if not SHARED_PATH.is_file():
        pytest.skip(f"the contract is not beside this checkout: {SHARED_PATH}")
    return Contract.read(SHARED_PATH).with_own(facts)


# -- the adapter against the API


def test_the_adapter_uses_nothing_but_the_facts_it_relies_on(facts: Contract) -> None:
    assert problems_below(ADAPTER, facts) == []


def test_the_adapter_keeps_to_the_contract(shared: Contract) -> None:
    assert problems_below(ADAPTER, shared) == []


def test_the_adapter_keeps_to_6_2(newer: Contract) -> None:
    assert problems_below(ADAPTER, newer) == []


def test_of_6_2_all_is_read_but_what_has_no_source_in_its_wheels(facts: Contract, newer: Contract) -> None:
    read = json.loads(NEWER_PATH.read_text())
    assert all(name.startswith("omni.") for name in read["without_source"])
    used = {name for name, symbol in facts.symbols.items() if symbol.kind != "enum"}
    assert used == {name for name in newer.symbols if name in used}
    assert used & set(read["without_source"]) == {entry["name"] for entry in OWN}


def test_what_6_2_has_changed_of_it_is_known(facts: Contract, newer: Contract) -> None:
    changed = [
        name
        for name, symbol in newer.symbols.items()
        if name in facts.symbols and symbol.parameters != facts.symbols[name].parameters
    ]
    assert changed == ["isaacsim.sensors.experimental.rtx.CameraSensor.__init__"]


def test_the_double_differs_from_6_2_in_what_6_2_has_added(newer: Contract) -> None:
    (only,) = differences(newer)
    assert only.startswith("isaacsim.sensors.experimental.rtx.CameraSensor.__init__: parameters ")
    assert "'annotator_init_params'" in only.partition(" instead of ")[2]


def test_the_check_sees_the_adapters_calls_and_not_an_empty_folder(facts: Contract) -> None:
    uses = [use for path in ADAPTER.rglob("*.py") for use in find_uses(path.read_text(), facts)]
    called = {use.path for use in uses if use.positional >= 0}
    assert "isaacsim.core.experimental.prims.RigidPrim.get_raw_contact_data" in called
    assert "isaacsim.sensors.experimental.rtx.CameraSensor.get_data" in called
    assert "omni.replicator.core.Annotator.get_data" in called
    assert len(called) > 25


def test_the_facts_are_those_of_the_contract(facts: Contract, shared: Contract) -> None:
    own = {entry["name"] for entry in (*OWN, *READ)}
    for symbol in facts.symbols.values():
        if symbol.name in own or symbol.kind == "enum":
            continue
        assert not shared.symbols[symbol.name].deprecated
        assert symbol.parameters == shared.symbols[symbol.name].parameters, symbol.name


def test_the_facts_hold_all_that_the_adapter_uses_and_no_more(facts: Contract, shared: Contract) -> None:
    own = {entry["name"] for entry in (*OWN, *READ)}
    used = {symbol.name for symbol in used_symbols(shared) if symbol.kind not in ("value", "enum")}
    assert used - own == {name for name, s in facts.symbols.items() if s.kind != "enum"} - own


@pytest.mark.parametrize("path", [FACTS_PATH, NEWER_PATH], ids=["6.0.1", "6.2"])
def test_launch_settings_and_annotators_are_known_ones(path: Path) -> None:
    content = json.loads(path.read_text())
    launch = dict(_launch(IsaacOptions.read({"gpu": 1})).config)
    assert launch.keys() <= set(content["launch_keys"])
    camera = (ADAPTER / "camera.py").read_text()
    named = {
        ast.literal_eval(node.value)
        for node in ast.parse(camera).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("_COLOUR", "_BODIES", "_DEPTH")
    }
    assert len(named) == 3
    assert named <= set(content["camera_annotators"])


def test_known_launch_settings_and_annotators_are_those_of_the_contract(shared: Contract) -> None:
    content = json.loads(FACTS_PATH.read_text())
    constants = {entry["name"]: entry["value"] for entry in json.loads(SHARED_PATH.read_text())["constants"]}
    assert content["launch_keys"] == sorted(constants[LAUNCH_DEFAULTS])
    assert content["camera_annotators"] == sorted(constants[CAMERA_ANNOTATORS])


def test_the_supported_line_is_the_one_whose_signatures_were_read() -> None:
    from simgate.sim_adapters.isaacsim.application.version import READ_FROM

    assert json.loads(FACTS_PATH.read_text())["release"] == READ_FROM


# -- the check itself, on snippets

HEAD = """
from isaacsim.core.experimental.prims import RigidPrim
from isaacsim.core.simulation_manager import PhysxScene, SimulationManager
import isaacsim.core.experimental.utils.app as app_utils
"""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('robot = RigidPrim("/r")\nrobot.set_world_poses(position=[[0, 0, 0]])', "no parameter 'position'"),
        ("SimulationManager.step(steps=4, fabric=True)", "no parameter 'fabric'"),
        ("SimulationManager.step(4)", "takes 0 positional arguments, given 1; 'steps' is keyword-only"),
        ('RigidPrim("/r", True)', "'resolve_paths' is keyword-only"),
        ('PhysxScene("/s").set_steps_per_second()', "misses the argument 'steps_per_second'"),
        ("app_utils.start()", "app.start is unknown"),
        ('RigidPrim("/r").get_world_pose()', "get_world_pose is unknown"),
        ("SimulationManager.get_num_physics_steps", ""),
        ("app_utils.play(commit=True)", ""),
        ('RigidPrim("/r", **{"masses": 1})', "cannot be checked"),
    ],
)
def test_a_call_is_bound_against_the_signature(facts: Contract, body: str, said: str) -> None:
    found = problems(HEAD + body, facts)
    assert len(found) == bool(said), found
    assert not said or said in found[0]


@pytest.mark.parametrize(
    "body",
    [
        "from isaacsim.core.simulation_manager import SimulationManager as M\nM.set_physics_dt(0.01)",
        "from isaacsim.core.api import World\nWorld()",
        "from isaacsim.core.prims import RigidPrim\n",
        "def f():\n    from isaacsim.sensors.camera import Camera\n    Camera('/c').get_rgba()",
    ],
)
def test_a_deprecated_name_is_refused(shared: Contract, body: str) -> None:
    found = problems(body, shared)
    assert found
    assert all("is deprecated" in line for line in found)


KEPT = """
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from isaacsim.core.experimental.prims import RigidPrim

class Arm:
    def move(self):
        self._prim.set_velocities(angular=1)

    def __init__(self):
        from isaacsim.core.experimental.prims import RigidPrim
        self._prim: RigidPrim | None = RigidPrim("/arm")

def stop(prim: RigidPrim):
    prim.set_velocities([0, 0, 0], [0, 0, 0], [0])

class Held:
    prim: RigidPrim

    def read(self):
        return self.prim.velocity
"""


def test_objects_are_followed_through_attributes_annotations_and_arguments(facts: Contract) -> None:
    found = problems(KEPT, facts)
    assert [line.split(": ", 1)[1] for line in found] == [
        "isaacsim.core.experimental.prims.RigidPrim.set_velocities has no parameter 'angular'",
        "isaacsim.core.experimental.prims.RigidPrim.set_velocities takes 2 positional arguments, given 3; "
        "'indices' is keyword-only",
        "isaacsim.core.experimental.prims.RigidPrim.velocity is unknown to the contract",
    ]


def test_a_keyword_that_no_call_site_has_is_refused_where_the_source_is_closed(shared: Contract) -> None:
    head = "import omni.replicator.core as rep\n"
    assert problems(head + "rep.create.render_product('/c', resolution=(4, 3), name='n')", shared) == []
    found = problems(head + "rep.create.render_product('/c', size=(4, 3))", shared)
    assert "keyword 'size' was never seen" in found[0]


# -- the double against the API


def definitions() -> Iterator[tuple[str, str, tuple[Parameter, ...] | None]]:
    """Public names of the double: (full name, kind, parameters)."""
    for folder in API_FOLDERS:
        for path in sorted((DOUBLES / folder).rglob("*.py")):
            relative = path.relative_to(DOUBLES).with_suffix("")
            module = ".".join(part for part in relative.parts if part != "__init__")
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    yield f"{module}.{node.name}", "function", parameters_of(node, bound=False)
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    yield from members(f"{module}.{node.name}", node)


def members(name: str, node: ast.ClassDef) -> Iterator[tuple[str, str, tuple[Parameter, ...] | None]]:
    is_enum = any(ast.unparse(base) == "Enum" for base in node.bases)
    yield name, "enum" if is_enum else "class", None
    for statement in node.body:
        if isinstance(statement, ast.Assign) and is_enum:
            yield f"{name}.{ast.unparse(statement.targets[0])}", "value", None
        if isinstance(statement, ast.FunctionDef):
            public = not statement.name.startswith("_")
            if public or statement.name == "__init__":
                yield f"{name}.{statement.name}", kind_of(statement), parameters_of(statement, bound=True)


def kind_of(function: ast.FunctionDef) -> str:
    if function.name == "__init__":
        return "constructor"
    found = [DECORATED.get(ast.unparse(decorator), "") for decorator in function.decorator_list]
    return found[0] if found else "method"


def differences(contract: Contract) -> list[str]:
    """Where the double's API is not the contract's."""
    own_constructors = ("omni.replicator.core.Annotator.__init__",)
    found = []
    for name, kind, parameters in definitions():
        symbol = contract.find(name)
        if symbol is None:
            if name not in own_constructors:
                found.append(f"{name}: the API has no such name")
            continue
        callable_kinds = {kind, symbol.kind}
        if len(callable_kinds) > 1 and callable_kinds != {"classmethod", "staticmethod"}:
            found.append(f"{name}: is a {kind}, and a {symbol.kind} in the API")
        if parameters is not None and symbol.parameters is not None:
            found += [f"{name}: {text}" for text in parameter_differences(parameters, symbol.parameters)]
    return found


def parameter_differences(ours: tuple[Parameter, ...], theirs: tuple[Parameter, ...]) -> Iterator[str]:
    if [(p.name, p.kind) for p in ours] != [(p.name, p.kind) for p in theirs]:
        yield f"parameters {[p.name for p in ours]} instead of {[p.name for p in theirs]}"
        return
    for mine, other in zip(ours, theirs, strict=True):
        if not same_default(mine.default, other.default):
            yield f"'{mine.name}' is {mine.default} by default instead of {other.default}"


def test_the_double_has_the_signatures_of_the_contract(shared: Contract) -> None:
    assert differences(shared) == []


def test_the_double_offers_all_that_the_adapter_uses(facts: Contract) -> None:
    offered = {name for name, _, _ in definitions()}
    assert set(facts.symbols) <= offered


def test_a_double_that_drifts_is_found() -> None:
    ours = ast.parse("def step(self, steps=2, *, update_fabric=True): ...").body[0]
    assert isinstance(ours, ast.FunctionDef)
    theirs = (Parameter("steps", "keyword_only", "1"), Parameter("update_fabric", "keyword_only", "False"))
    assert list(parameter_differences(parameters_of(ours, bound=True), theirs))
    ours = ast.parse("def step(self, *, steps=1, update_fabric=True): ...").body[0]
    assert isinstance(ours, ast.FunctionDef)
    assert list(parameter_differences(parameters_of(ours, bound=True), theirs)) == [
        "'update_fabric' is True by default instead of False"
    ]
