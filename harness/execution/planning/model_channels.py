"""Whether the robots of a pack sense what its models are given, asked before anything runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from simgate.harness.expansion.expand import expand_scenario
from simgate.harness.expansion.variant import objects_of
from simgate.harness.packs.model import Pack, Scenario
from simgate.harness.packs.worlds import measures_tasks, native_reader, world_of
from simgate.policies.perception.channels import channel_problems, names_channels
from simgate.policies.perception.package import load_package
from simgate.policies.perception.package_source import is_remote
from simgate.policies.perception.problems import PackageProblem
from simgate.sim_adapters.environments.opened import opened_environment
from simgate.sim_adapters.plain_file import absolute
from simgate.sim_adapters.planar_drive import planar_drive
from simgate.sim_adapters.worlds.environment import EnvironmentSpec

if TYPE_CHECKING:
    from simgate.sim_adapters.embodiment import Channel
    from simgate.sim_adapters.worlds.articulated import ArticulatedSpec


def unsensed(pack: Pack) -> list[PackageProblem]:
    """What of the models' inputs the robots do not sense, at its place in ``model.yaml``, each once.

    Driving robots, all of which have one camera, are looked at where a package names channels.

    Args:
        pack: With all overrides applied. Packages that are still to be fetched are not looked at.

    Raises:
        ExpansionError: A scenario leaves nothing to run.
        PackageError: A package is not in order.
    """
    packages = [load_package(path) for path in pack.packages.values() if not is_remote(path)]
    found: dict[tuple[Path, int, int], PackageProblem] = {}
    asking = any(names_channels(package) for package in packages)
    for scenario in pack.scenarios if packages else ():
        if not measures_tasks(scenario) and not asking:
            continue
        channels = tuple(_channels(pack, scenario))
        who = f"the robot of scenario '{scenario.id}'"
        for package in packages:
            for problem in channel_problems(package, channels, who):
                found.setdefault((problem.path, problem.line, problem.column), problem)
    return list(found.values())


def _channels(pack: Pack, scenario: Scenario) -> Iterator[Channel]:
    if isinstance(scenario.native, EnvironmentSpec):
        yield from (
            opened_environment(scenario.native, Path(pack.path).parent)
            .embodiment(pack.sim.control_hz, scenario.native.clip)
            .channels
        )
        return
    if measures_tasks(scenario):
        site: ArticulatedSpec = scenario.native  # type: ignore[assignment]
        file = native_reader(site.kind)(path=absolute(Path(pack.path).parent / site.file))
        robot = file.jointed(site.robot_body, site.drive, site.pose)
        for name, sensor in site.sensors:
            yield from robot.sensor(name, sensor)
        return
    (variant,) = expand_scenario(pack, scenario, 1)[:1]
    scene = world_of(pack, scenario).build(variant.parameters, objects_of(variant))
    sim, depth = pack.sim, pack.sim.options.get("depth") is True
    made = planar_drive(scene.robot, scene.camera, scene.lidar, sim.control_hz, sim.camera_hz, depth)
    yield from made.channels
