"""``simgate policy check``: a learned policy held against its network or server, and against a robot."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simgate.harness.packs.model import Pack

HELP = (
    "check a policy.yaml, or a pack whose policy is behind a server: what is declared against what is there"
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("action", choices=("check",), help="what to do")
    parser.add_argument("file", metavar="FILE", type=Path, help="a policy.yaml; or a pack, to ask its server")
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
        if args.file.is_dir() or _is_pack(args.file):
            return _ask_server(load_checked(args.file))
        package = load_policy(args.file)
        rate = package.spec.control_hz
        print(f"network  {package.spec.network}")
        for what, tensor in (("input", package.observation), ("output", package.output)):
            sizes = ", ".join("worlds" if size is None else str(size) for size in tensor.shape or ())
            says = (
                f"{tensor.dtype} ({sizes})"
                if tensor.shape
                else "known once it runs: a torch file does not say"
            )
            print(f"{what:<8} {tensor.name} {says}")
        for state, kind in zip(package.spec.recurrent, package.states, strict=True):
            sizes = ", ".join("worlds" if size == "batch" else str(size) for size in state.shape)
            print(f"state    {state.input} to {state.output} {kind} ({sizes})")
        for key, value in package.metadata.items():
            print(f"metadata {key}: {value if len(value) < 100 else value[:97] + '...'}")
        robots = {}
        if args.env:
            made = open_environment(f"env:{args.env}", None).embodiment(rate or 1, False)
            robots[args.env] = (made.channels, made.action, rate or 1)
        if args.pack:
            pack = load_checked(args.pack)
            robots = {s.id: (*robot_of(pack, s), pack.sim.control_hz) for s in pack.scenarios}
        for name, (channels, action, hz) in robots.items():
            plan = plan_for(package, channels, action, hz, who=f"the robot of '{name}'")
            seen = sum(len(part.places) * part.entry.history for part in plan.parts)
            print(f"fits     {name}: {seen} numbers observed, {action.size} told ({', '.join(action.names)})")
    return ExitCode.GO


def _is_pack(path: Path) -> bool:
    from simgate.policies.documents.nodes import MappingNode
    from simgate.policies.perception.model_yaml.text import read_text

    text = read_text(path)[1] if path.is_file() else None
    return text is not None and isinstance(text.root, MappingNode) and text.root.find("simgate") is not None


def _ask_server(pack: Pack) -> int:
    """One chunk for a robot that senses nothing but zeros: names, shapes and times, no simulator."""
    import numpy as np

    from simgate.harness.execution.planning.adapter_options import make_policy
    from simgate.harness.execution.planning.robot_fit import robot_of, unfit
    from simgate.harness.exit_codes import ExitCode
    from simgate.harness.frontend.user_errors import MachineError, UserError
    from simgate.policies.perception.problems import PackageError
    from simgate.policies.policy import Brief
    from simgate.policies.server.connection import PolicyServerFailed
    from simgate.policies.server.policy import ServerPolicy
    from simgate.sim_adapters.embodiment import Embodiment
    from simgate.sim_adapters.observation import Observation
    from simgate.sim_adapters.printable import printable

    if pack.policy != ServerPolicy.name:
        raise UserError(f"the policy of {pack.name} is {pack.policy}, not one behind a server")
    if problems := unfit(pack):
        raise PackageError(problems)
    try:
        policy = make_policy(pack)
        assert isinstance(policy, ServerPolicy)
        print(f"server   {pack.policy_options['server']}")
        for name, text in policy.said.items():
            print(printable(f"says     {name}: {text}"))
        for scenario in pack.scenarios:
            channels, action = robot_of(pack, scenario)
            policy.reset([Brief(f"{scenario.title}")], Embodiment(scenario.id, channels, action))
            zeros = {c.name: np.zeros((1, *c.shape), c.dtype) for c in channels if c.kind != "text"}
            rows, took_s = policy.asked(Observation(0, zeros, dict.fromkeys(zeros, 0)))
            shape = " x ".join(map(str, rows.shape))
            named = ", ".join(action.names)
            print(f"answers  {scenario.id}: {shape} actions ({named}) in {took_s * 1000:.0f} ms")
        policy.close()
    except PolicyServerFailed as error:
        raise MachineError(printable(error)) from None
    return ExitCode.GO
