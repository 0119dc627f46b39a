"""Nothing in ``harness/`` outside its tasks names a door, a barrier, a person, a lidar, a wheel or a simulator.

Names are looked at, and texts that are one word (keys, options, modules); examples in messages and docs are not,
nor the packs that ``simgate init`` writes and lint explains its codes by.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

HARNESS = Path(__file__).parents[2] / "harness"
_WORD = re.compile(
    r"(?<![a-z])(doors?|barriers?|persons?|lidars?|wheels?|mujoco|isaac(?:sim)?|physx|gymnasium)(?![a-z])",
    re.IGNORECASE,
)
_ONE_WORD = re.compile(r"[\w./:<>-]*\w")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")

RIGHTLY = {
    "cli/commands/runs/doctor.py": ({"isaac"}, "--isaac-python is a public option"),
    "cli/options/run_options.py": ({"isaac"}, "--isaac-python is a public option"),
    "cli/starters/starter.py": ({"mujoco"}, "the simulator of the pack that init writes"),
    "execution/hosts/interpreter.py": ({"isaac"}, "--isaac-python and SIMGATE_ISAAC_PYTHON are public"),
    "gate/comparing/comparability.py": ({"mujoco"}, "a package whose version --accept-difference may name"),
    "gym_env.py": ({"gymnasium"}, "the library whose interface it has"),
    "packs/language/mappings.py": ({"lidar"}, "a public key of worlds in files"),
    "packs/language/native.py": ({"barrier", "lidar"}, "public keys of worlds in files"),
    "packs/model.py": ({"mujoco"}, "the simulator of packs that name none"),
    "packs/reading/worlds/read_native.py": ({"barrier", "lidar"}, "public keys of worlds in files"),
    "results/fingerprint.py": ({"mujoco"}, "a package whose version every manifest holds"),
    "scoring/conformance/__init__.py": ({"barrier"}, "metrics are tried on episodes of the default task"),
    "scoring/conformance/random_episodes.py": (
        {"barrier", "door", "lidar", "person"},
        "metrics are tried on episodes of the default task",
    ),
    "sources/modules.py": (
        {"isaac"},
        "ISAAC_PATH is NVIDIA's variable for modules that no distribution owns",
    ),
    "trace.py": ({"barrier"}, "facts of recordings and digests older than tasks"),
}
"""File -> the words that it may name, and why."""


def _named(tree: ast.Module) -> Iterator[str]:
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.alias(name=name):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.keyword(arg=str(name)) | ast.ImportFrom(module=str(name)):
                yield name
            case ast.Constant(value=str(text)) if id(node) not in docs and _ONE_WORD.fullmatch(text):
                yield text


def words_of(code: str) -> set[str]:
    found = (_WORD.findall(_HUMP.sub("_", name)) for name in _named(ast.parse(code)))
    return {word.lower().rstrip("s") for words in found for word in words}


def test_the_core_names_no_robot_no_task_and_no_simulator_but_for_a_reason() -> None:
    found = defaultdict(set)
    for path in HARNESS.rglob("*.py"):
        name = path.relative_to(HARNESS).as_posix()
        if not name.startswith(("tasks/", "packs/examples/")) and (words := words_of(path.read_text())):
            found[name] = words
    assert found == {name: words for name, (words, _) in RIGHTLY.items()}


def test_names_are_found_wherever_code_can_hold_one() -> None:
    code = '''"""The door."""
from simgate.wheel import Lidar
class PersonMet: barrier_m = 1
def of(isaac): return make(physx=1)["mujoco"] + "a door is an example"
'''
    assert words_of(code) == {"wheel", "lidar", "person", "barrier", "isaac", "physx", "mujoco"}
    assert words_of("personal = indoors = 'mujoco is a simulator'") == set()
