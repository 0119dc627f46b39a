"""What an object of a team's own may have is declared (``OptionalMember``): nothing else is looked for in it."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

from simgate.policies.policy import CLOSE, ENDED, LATENCIES, LATENCY_MODE
from simgate.sim_adapters.optional_member import OptionalMember

ROOT = Path(__file__).parents[2]
ROOMS = ("harness", "policies", "reports", "sim_adapters")
ELSEWHERE = ("remote", "replay")
"""Folders of code that reads objects of other libraries: environments, ROS messages, logs."""
RIGHTLY = {
    "harness/cli/explaining/variant.py": "an exception's own words",
    "harness/cli/main.py": "the signal that an interruption was",
    "harness/cli/model/images.py": "an exception's own words",
    "harness/cli/pinning/pin_moment.py": "an exception's own words",
    "harness/cli/pinning/yaml_place.py": "which kind of node it is",
    "harness/execution/episode/act_check.py": "to show a value that is no number",
    "harness/execution/episode/models/inference_time.py": "a thread's own file, opened once",
    "harness/execution/episode/recordings/reel.py": "an exception's own words",
    "harness/execution/hosts/host_environment.py": "what the operating system has",
    "harness/frontend/run_addresses.py": "options of a command",
    "harness/frontend/terminal/streams.py": "what Python's streams have",
    "harness/packs/checks/check_plugin.py": "the check of what must be there",
    "harness/pytest_plugin/plugin.py": "what pytest-xdist has left there",
    "harness/pytest_plugin/selection.py": "options of pytest's plugins",
    "harness/results/reading/quick_record.py": "marks of pydantic's",
    "harness/scoring/score.py": "numpy's numbers",
    "harness/scoring/stl/formula.py": "the parser's errors and tokens",
    "harness/sources/import_guard.py": "Python's loaders",
    "harness/sources/imports.py": "nodes of Python's syntax",
    "harness/sources/modules.py": "Python's loaders",
    "harness/sources/own_files.py": "what a message calls it",
    "policies/documents/named_file.py": "an exception's own words",
    "policies/documents/yaml_source.py": "PyYAML with or without libyaml",
    "policies/perception/model_yaml/schema.py": "annotations of types",
    "policies/perception/model_yaml/spec.py": "keys that some kinds of decoder have",
    "policies/perception/runtimes/onnxruntime_runtime.py": "releases of ONNX Runtime",
    "policies/perception/trt/build.py": "releases of TensorRT",
    "reports/pictures.py": "an exception's own words",
    "sim_adapters/files/code_file.py": "nodes of Python's syntax",
    "sim_adapters/mujoco/defaults.py": "elements of MuJoCo's",
    "sim_adapters/optional_member.py": "what an object without slots has",
}
"""File that looks for a member by a fixed name -> of what."""


def looks_for(code: str) -> list[str]:
    """Names of members that code looks for in an object which may not have them."""
    calls = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
    return [
        str(name)
        for call in calls
        for call_name, arguments in [(ast.unparse(call.func), call.args)]
        if call_name == "hasattr" or (call_name == "getattr" and len(arguments) == 3)
        for name in [arguments[1].value if isinstance(arguments[1], ast.Constant) else None]
        if name is not None
    ]


def test_members_that_may_be_missing_are_declared_and_never_looked_for_by_hand() -> None:
    paths = (path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    found = {
        path.relative_to(ROOT).as_posix(): names
        for path in paths
        if not set(ELSEWHERE) & set(path.parts) and (names := looks_for(path.read_text()))
    }
    assert found.keys() == RIGHTLY.keys(), found


def test_every_way_to_look_is_found() -> None:
    code = "getattr(a.b, 'x', None) or hasattr(c(), 'y') or getattr(a, 'z') or getattr(a, name, 0)"
    assert looks_for(code) == ["x", "y"]


def test_the_page_for_plugins_names_every_declared_member() -> None:
    page = (ROOT / "docs/writing-your-own.md").read_text().partition("## What a plugin may have besides")[2]
    files = [
        path.relative_to(ROOT)
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if "OptionalMember(" in path.read_text()
    ]
    assert len(files) > 4
    modules = [
        importlib.import_module(f"simgate.{file.with_suffix('').as_posix().replace('/', '.')}")
        for file in files
    ]
    members = {
        one.name for module in modules for one in vars(module).values() if isinstance(one, OptionalMember)
    }
    assert {name for name in members if f"`{name}" not in page} == set()


def test_an_object_that_has_none_of_them_has_the_defaults() -> None:
    bare, said = object(), []

    class Told:
        latency_mode = "measured"
        ended = staticmethod(said.append)

    ENDED.of(Told())(3)
    ENDED.of(bare)(4)
    CLOSE.of(bare)()
    assert said == [3]
    assert (LATENCY_MODE.of(Told()), LATENCY_MODE.of(bare), LATENCIES.of(bare)(0)) == ("measured", None, ())
