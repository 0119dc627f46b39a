"""``simgate policy check``: a learned policy's declaration held against its network, and against a robot."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "check a policy.yaml: what it declares against its network's file, and against a robot"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("action", choices=("check",), help="what to do")
    parser.add_argument("file", metavar="FILE", type=Path, help="a policy.yaml")
    robot = parser.add_mutually_exclusive_group()
    robot.add_argument("pack", nargs="?", type=Path, metavar="PACK", help="against the robots of a pack")
    robot.add_argument(
        "--env", metavar="NAME", help="against an environment: id, module:factory, file.py:factory"
    )


def run(args: argparse.Namespace) -> int:
    """Prints the declared and the actual tensors; what does not fit is an error."""
    from simgate.harness.cli.native_worlds import open_environment
    from simgate.harness.execution.planning.robot_fit import robot_of
    from simgate.harness.exit_codes import ExitCode
    from simgate.harness.frontend.packs import load_checked
    from simgate.harness.frontend.user_errors import as_user_errors
    from simgate.policies.network.package import load_policy
    from simgate.policies.network.plan import plan_for

    with as_user_errors():
        package = load_policy(args.file)
        rate = package.spec.control_hz
        print(f"network  {package.spec.network}")
        for what, tensor in (("input", package.observation), ("output", package.output)):
            sizes = ", ".join("worlds" if size is None else str(size) for size in tensor.shape or ())
            print(f"{what:<8} {tensor.name} {tensor.dtype} ({sizes})")
        robots = {}
        if args.env:
            made = open_environment(args.env, None).embodiment(rate or 1, False)
            robots[args.env] = (made.channels, made.action, rate or 1)
        if args.pack:
            pack = load_checked(args.pack)
            robots = {s.id: (*robot_of(pack, s), pack.sim.control_hz) for s in pack.scenarios}
        for name, (channels, action, hz) in robots.items():
            plan = plan_for(package, channels, action, hz, who=f"the robot of '{name}'")
            seen = sum(len(part.places) * part.entry.history for part in plan.parts)
            print(f"fits     {name}: {seen} numbers observed, {action.size} told ({', '.join(action.names)})")
    return ExitCode.GO
