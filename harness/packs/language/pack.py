"""Keys at the top of a pack."""

from __future__ import annotations

from typing import Annotated, Any

from simgate.harness.packs.language.definition import ByHand, Keys, Name, Schema, Tree, Wanted, key
from simgate.harness.packs.language.ros import RosModelsKeys, RosPolicyKeys
from simgate.harness.packs.language.scenario import task_schema
from simgate.harness.packs.language.schema_of import TEXT, mapping, plugin
from simgate.harness.packs.language.server import ServerKeys
from simgate.harness.packs.model import LatencySpec, Scalar, SimSpec, TaskSpec

POLICIES = "simgate.policies"


def _extends() -> Schema:
    return {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}


def _model() -> Schema:
    return {"anyOf": [TEXT, mapping(RosModelsKeys)]}


def _rules() -> Schema:
    return {"type": "array", "items": {"$ref": "#/$defs/gate_rule"}}


class NetworkKeys(Keys):
    """A learned policy."""

    network: str = key("path of a policy.yaml: what the network is shown and what its outputs mean")


class ElsewhereKeys(Keys):
    """A policy in the interpreter in which it is installed."""

    file: Annotated[str, Wanted("my_policy.py:NAME")] = key("the policy, my_policy.py:NAME")
    python: Annotated[str, Wanted("the path of an interpreter")] = key(
        "interpreter in which it is installed, for example ../venv/bin/python; it needs numpy"
    )
    options: Annotated[dict[str, Scalar], ByHand()] = key("options of the policy, name: value", {})


def _policy() -> Schema:
    elsewhere = (mapping(ServerKeys), mapping(RosPolicyKeys), mapping(ElsewhereKeys))
    return {"anyOf": [plugin(POLICIES), mapping(NetworkKeys), *elsewhere]}


class PackKeys(Keys):
    """A pack."""

    simgate: Annotated[Tree, ByHand(lambda: {"const": 1})] = key("version of the language; write simgate: 1")
    pack: Annotated[str, Name("a pack's name")] = key("name of the pack, for example office_doors")
    description: str = key("what the pack is about", "")
    owner: str = key("team that answers for the pack", "")
    extends: Annotated[Any, ByHand(_extends)] = key(
        "path of a YAML file with shared defaults, axes/regression or axes/stress", None
    )
    model: Annotated[Tree, ByHand(_model)] = key(
        "path of the model package's model.yaml; of a ROS 2 node, {ros: {launch: [...], publish: {...}, "
        "subscribe: {...}}}",
        None,
    )
    models: Annotated[Tree, ByHand(lambda: {"type": "object", "additionalProperties": _model()})] = key(
        "several models in one loop, name: path of its model.yaml, or {ros: ...}; in place of model", None
    )
    policy: Annotated[Tree, ByHand(_policy)] = key(
        "name of the policy that drives the robot, for example door_navigator; of a trained network, "
        "{network: policy.yaml}; of one behind a server, {server: ws://host:port, observation: {...}}; of a "
        "ROS 2 node, {ros: {launch: [...], publish: {...}, subscribe: {...}}}; of one in an interpreter of "
        "its own, {file: my_policy.py:NAME, python: ../venv/bin/python}"
    )
    policy_options: Annotated[dict[str, Scalar], ByHand()] = key("options of the policy, name: value", {})
    sim: Annotated[SimSpec, ByHand()] = key("simulator and rates", SimSpec())
    latency: LatencySpec = key("how perception latency acts", LatencySpec())
    seed: int = key("whole number that fixes everything random", 0, ge=0, le=2**63 - 1)
    parameters: Tree = key("parameters of every scenario, name: value or distribution", None)
    task: Annotated[TaskSpec | None, ByHand(task_schema)] = key(
        "what robots on their own joints are asked to do, in scenarios without a task; or, of any robot, "
        "my_task.py:NAME",
        None,
    )
    scenarios: Tree = key("the scenarios, id: scenario")
    gate: Annotated[Tree, ByHand(_rules)] = key("list of the rules of the release gate", None)
