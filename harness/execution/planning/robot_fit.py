"""Whether the robots of a pack fit its models and its learned policy, asked before anything runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from simgate.harness.expansion.expand import expand_scenario
from simgate.harness.expansion.variant import objects_of
from simgate.harness.packs.checks.check_policy import NETWORK, ROS, SERVER
from simgate.harness.packs.model import Pack, Scenario, TaskSpec
from simgate.harness.packs.worlds import is_dataset, measures_tasks, native_reader, world_of
from simgate.policies.documents.diagnostics import Diagnostic, of_file
from simgate.policies.perception.channels import channel_problems, names_channels
from simgate.policies.perception.package import load_package
from simgate.policies.perception.package_source import is_remote
from simgate.policies.perception.problems import PackageError
from simgate.sim_adapters.files.plain_file import absolute
from simgate.sim_adapters.planar_drive import drive_of

WATCHER = "watcher"
"""The policy that only looks on, as logs and data sets need it."""

if TYPE_CHECKING:
    from simgate.sim_adapters.embodiment import ActionSpec, Channel
    from simgate.sim_adapters.worlds.declared.articulated import ArticulatedSpec


def unsensed(pack: Pack) -> list[Diagnostic]:
    """What of the models' inputs the robots do not sense, at its place in ``model.yaml``, each once.

    Driving robots, all of which have one camera, are looked at where a package names channels.

    Args:
        pack: With all overrides applied. Packages that are still to be fetched are not looked at.

    Raises:
        ExpansionError: A scenario leaves nothing to run.
        PackageError: A package is not in order.
    """
    packages = [load_package(path) for path in pack.packages.values() if not is_remote(path)]
    found: dict[tuple[str, int, int], Diagnostic] = {}
    asking = any(names_channels(package) for package in packages)
    for scenario in pack.scenarios if packages else ():
        if is_dataset(scenario) or not (measures_tasks(scenario) or asking):
            continue  # What a data set has are pictures.
        channels = robot_of(pack, scenario)[0]
        who = f"the robot of scenario '{scenario.id}'"
        for package in packages:
            for problem in channel_problems(package, channels, who):
                found.setdefault((problem.path, problem.line, problem.column), problem)
    return list(found.values())


def unfit(pack: Pack) -> list[Diagnostic]:
    """What of a learned policy does not fit the robots, at its place in ``policy.yaml`` or pack, each once.

    Args:
        pack: With all overrides applied.

    Raises:
        ExpansionError: A scenario leaves nothing to run.
        PackageError: The declaration is not in order.
    """
    if pack.policy != WATCHER and (misplaced := _unfit_log(pack)):
        return misplaced
    if pack.policy in (SERVER, ROS):
        return _unfit_elsewhere(pack)
    named = pack.policy_options.get(NETWORK)
    if pack.policy != NETWORK or not isinstance(named, str):
        return []
    # Heavy, and most packs have none.
    from simgate.policies.network.package import load_policy
    from simgate.policies.network.plan import plan_for

    package = load_policy(Path(pack.path).parent / named)
    found: dict[tuple[int, int], Diagnostic] = {}
    for scenario in pack.scenarios:
        facts = scenario.task.facts if isinstance(scenario.task, TaskSpec) else None
        who = f"the robot of scenario '{scenario.id}'"
        try:
            plan_for(package, *robot_of(pack, scenario), pack.sim.control_hz, facts, who)
        except PackageError as error:
            for problem in error.problems:
                found.setdefault((problem.line, problem.column), problem)
    return list(found.values())


def _unfit_log(pack: Pack) -> list[Diagnostic]:
    """A policy that drives, where there is a log: nobody can be told anything in it."""
    name = next((s.id for s in pack.scenarios if s.native is not None and s.native.kind == "log"), None)
    if name is None:
        return []
    path = Path(pack.path)
    message = f"scenario '{name}' is a log, which is replayed open loop; the policy '{pack.policy}' acts"
    return [of_file(path, "policy-robot", message, f"write policy: {WATCHER}")]


def unfit_nodes(pack: Pack) -> list[Diagnostic]:
    """What of models that are ROS 2 nodes does not fit the robots, at its place in the pack, each once."""
    from simgate.policies.ros.declaration import RosModelSpec
    from simgate.policies.ros.messages import At, plan_messages

    found: dict[tuple[int, int], Diagnostic] = {}
    for name, given in pack.nodes.items():
        place = ("models", name, ROS) if name else ("model", ROS)
        spec = RosModelSpec.model_validate_json(str(given["declared"]))

        def wrong(at: At, message: str, hint: str, place: At = place) -> None:
            problem = _in_pack(pack, (*place, *at), message, hint)
            found.setdefault((problem.line, problem.column), problem)

        for scenario in pack.scenarios:
            if is_dataset(scenario):
                message = f"scenario '{scenario.id}' is a data set, whose pictures are no episode for a node"
                wrong((), message, "judge the node's network on it, by its model.yaml")
            else:
                who = f"the robot of scenario '{scenario.id}'"
                plan_messages(spec, *robot_of(pack, scenario), who, wrong)
    return list(found.values())


def _in_pack(pack: Pack, place: tuple[str | int, ...], message: str, hint: str) -> Diagnostic:
    """A problem at a place of the pack's file; of the file as a whole where that is in another one."""
    from simgate.policies.perception.model_yaml.text import read_text

    path = Path(pack.path)
    text = read_text(path)[1] if path.is_file() else None
    lost = of_file(path, "policy-robot", message, hint)
    return text.problem(place, lost.code, message, hint) if text else lost


def _unfit_elsewhere(pack: Pack) -> list[Diagnostic]:
    from simgate.policies.ros.declaration import RosSpec
    from simgate.policies.ros.messages import plan_messages
    from simgate.policies.server.declaration import ServerSpec
    from simgate.policies.server.requests import At, plan_requests

    found: dict[tuple[int, int], Diagnostic] = {}
    is_ros = pack.policy == ROS

    def wrong(at: At, message: str, hint: str) -> None:
        problem = _in_pack(pack, ("policy", *((ROS,) if is_ros else ()), *at), message, hint)
        found.setdefault((problem.line, problem.column), problem)

    declared = str(pack.policy_options.get("declared"))
    for scenario in pack.scenarios:
        channels, action = robot_of(pack, scenario)
        who = f"the robot of scenario '{scenario.id}'"
        if is_ros:
            plan_messages(RosSpec.model_validate_json(declared), channels, action, who, wrong)
        else:
            plan_requests(ServerSpec.model_validate_json(declared), channels, action, who, wrong)
    return list(found.values())


def robot_of(pack: Pack, scenario: Scenario) -> tuple[tuple[Channel, ...], ActionSpec]:
    """What the robot of a scenario senses and is told; no simulator is started."""
    from simgate.sim_adapters.environments.opened import opened_environment
    from simgate.sim_adapters.replay.opened import embodiment_of
    from simgate.sim_adapters.worlds.declared.environment import EnvironmentSpec
    from simgate.sim_adapters.worlds.declared.log import LogSpec

    sim, folder = pack.sim, Path(pack.path).parent
    if isinstance(scenario.native, LogSpec):
        log = scenario.native
        seen = embodiment_of(log.channel, log.shape, float(sim.camera_hz), log.channels)
        return seen.channels, seen.action
    if isinstance(scenario.native, EnvironmentSpec):
        env = opened_environment(scenario.native, folder).embodiment(sim.control_hz, scenario.native.clip)
        return env.channels, env.action
    if measures_tasks(scenario):
        site: ArticulatedSpec = scenario.native  # type: ignore[assignment]
        file = native_reader(site.kind)(path=absolute(folder / site.file))
        robot = file.jointed(site.robot_body, site.drive, site.pose)
        channels = (channel for name, sensor in site.sensors for channel in robot.sensor(name, sensor))
        return tuple(channels), replace(robot.action, clip=site.clip)
    (variant,) = expand_scenario(pack, scenario, 1)[:1]
    scene = world_of(pack, scenario).build(variant.parameters, objects_of(variant))
    depth = sim.options.get("depth") is True
    made = drive_of(scene, sim.control_hz, sim.camera_hz, depth)
    return made.channels, made.action
