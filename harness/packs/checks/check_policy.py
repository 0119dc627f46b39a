"""Reads ``policy:``: a policy's name, a trained network by its declaration, or one that runs elsewhere."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from simgate.harness.packs.checks.check_plugin import named_plugin
from simgate.harness.packs.checks.vocabulary import read_options
from simgate.harness.packs.language.pack import POLICIES, ElsewhereKeys, NetworkKeys
from simgate.harness.packs.model import Scalar
from simgate.harness.packs.reading.read_ros import read_ros
from simgate.harness.packs.reading.read_server import read_server
from simgate.harness.packs.source.fields import Reader
from simgate.harness.packs.source.read_keys import read_keys
from simgate.policies.documents.named_file import named_file
from simgate.policies.documents.nodes import MappingNode, Node
from simgate.sim_adapters.files.code_file import BadReference, Reference, check_reference
from simgate.sim_adapters.files.plain_file import absolute
from simgate.sim_adapters.worlds.declared.environment import INSTRUCTION, EnvironmentSpec

NETWORK, SERVER, ROS, INTERPRETER = "network", "server", "ros", "interpreter"
"""Names of the policies that run trained networks, ask servers, start nodes, and run code in an interpreter
of its own; of the first three also the options that say which."""


def policy_file(named: Path | str) -> Path:
    """The ``policy.yaml`` that somebody names by itself or by its folder."""
    path = Path(named)
    return path / "policy.yaml" if path.is_dir() else path


def read_policy(reader: Reader, node: Node | None) -> tuple[str | None, dict[str, Scalar]]:
    """The policy's name as the checked pack holds it, and the options that its place says.

    Args:
        reader: Typed access to nodes.
        node: Value of ``policy:``.
    """
    if not isinstance(node, MappingNode):
        return named_plugin(reader, node, POLICIES), {}
    if node.find(SERVER) is not None:
        options = read_server(reader, node)
        return (SERVER, options) if options else (None, {})
    if node.find(ROS) is not None:
        options = read_ros(reader, node)
        return (ROS, options) if options else (None, {})
    if node.find("python") is not None or node.find("file") is not None:
        options = _read_elsewhere(reader, node)
        return (INTERPRETER, options) if options else (None, {})
    read = read_keys(reader, node, NetworkKeys, "policy")
    if read is None or not read.is_whole:
        return None, {}
    at = read.nodes["network"]
    path = named_file(reader.problems, at, read.keys.network, "policy", "point to the policy.yaml in it")
    if path is None:
        return None, {}
    name = Path(os.path.relpath(at.source.path.parent / read.keys.network, reader.folder)).as_posix()
    _check(reader, at, path, read.keys.network)
    return NETWORK, {NETWORK: name}


def _read_elsewhere(reader: Reader, node: MappingNode) -> dict[str, Scalar]:
    """Options of a policy in an interpreter of its own; what is wrong is reported, and nothing is run."""
    before = len(reader.problems)
    read = read_keys(reader, node, ElsewhereKeys, "policy")
    if read is None or not read.is_whole:
        return {}
    node_of_file = read.nodes["file"]
    name = read.keys.file
    if name.rpartition(":")[0].endswith(".py"):
        name = Path(os.path.relpath(node_of_file.source.path.parent / name, reader.folder)).as_posix()
    try:
        check_reference(Reference.read(name, reader.folder), reader.folder, elsewhere=True)
    except BadReference as error:
        reader.problems.at(node_of_file, "broken-plugin", f"policy '{name}': {error.problem}", error.remedy)
    at, written = read.nodes["python"], read.keys.python
    python = absolute(at.source.path.parent / written)
    if not python.is_file():
        hint = "name the python of the policy's virtual environment, for example ../venv/bin/python"
        reader.problems.at(at, "missing-file", f"there is no interpreter '{written}'", hint)
    given = read_options(reader, read.nodes.get("options"), "", lambda: None)
    if len(reader.problems) > before:
        return {}
    return {
        "file": name,
        "python": Path(os.path.relpath(python, absolute(reader.folder))).as_posix(),
        "given": json.dumps(given, sort_keys=True),
    }


def check_hears(
    reader: Reader, node: Node | None, said: Mapping[str, Scalar], worlds: Iterable[object]
) -> None:
    """Reports a policy that the wording of its task never reaches, where a scenario varies it.

    Args:
        reader: Typed access to nodes.
        node: Value of ``policy:``.
        said: Options that the policy's place says.
        worlds: Of the scenarios, where they are a team's own.
    """
    varies = any(INSTRUCTION in world.axes for world in worlds if isinstance(world, EnvironmentSpec))
    if node is None or not varies:
        return
    if NETWORK in said:
        message = "a scenario varies the instruction, and a trained network by declaration reads none"
        reader.problems.at(node, "wrong-value", message, "leave parameters: {instruction: ...} out")
    if '"prompt":' in str(said.get("declared", "")):
        message = "a scenario varies the instruction, and 'prompt' would be sent in place of every wording"
        reader.problems.at(node, "wrong-value", message, "leave prompt out")


def _check(reader: Reader, node: Node, path: Path, written: str) -> None:
    """Reports what is wrong with a declaration at its own places."""
    from simgate.policies.network.package import load_policy
    from simgate.policies.perception.problems import PackageError

    try:
        load_policy(path)
    except PackageError as error:
        reader.problems.extend(error.problems)
        some = "a problem" if len(error.problems) == 1 else f"{len(error.problems)} problems"
        message = f"the policy '{written}' has {some}, listed at its own file"
        reader.problems.at(node, "policy-package", message)
