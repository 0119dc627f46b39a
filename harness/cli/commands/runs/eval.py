"""``simgate eval ENV --policy P``: an environment and a policy judged in one line, without a pack."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simgate.harness.cli.concluded import Concluded
from simgate.harness.cli.options.cluster import add_cluster
from simgate.harness.cli.options.output_option import add_output, with_output
from simgate.harness.cli.options.shares import confidence, share
from simgate.harness.cli.options.trust import add_trust
from simgate.harness.cli.options.workers import add_workers
from simgate.harness.frontend.options.run_options import run_name

if TYPE_CHECKING:
    from simgate.harness.cli.evaluating.pack_text import Evaluation
    from simgate.harness.cli.evaluating.setting import Setting
    from simgate.sim_adapters.environments.opened import OpenedEnvironment

HELP = "judge a policy in a gymnasium environment without writing a pack; the pack that it runs is kept"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "env",
        metavar="ENV",
        help="id, package.module:factory, file.py:factory, preset:SUITE/NAME or isaaclab:TASK",
    )
    parser.add_argument(
        "--policy",
        required=True,
        metavar="P",
        help="my_policy.py:NAME, package.module:NAME, a name, or the policy.yaml of a trained network",
    )
    parser.add_argument(
        "--policy-option", action="append", default=[], metavar="NAME=VALUE", help="an option of the policy"
    )
    parser.add_argument(
        "--policy-python", metavar="FILE", help="interpreter in which the policy (FILE.py:NAME) is installed"
    )
    _add_episodes(parser)
    parser.add_argument(
        "--success", metavar="CONDITION", help="an episode passes when it holds, for example info.is_success"
    )
    parser.add_argument(
        "--return-at-least", type=float, metavar="X", help="an episode passes when its return is X or more"
    )
    parser.add_argument(
        "--at-least", type=share, default=0.9, metavar="SHARE", help="of episodes that pass (default: 0.9)"
    )
    parser.add_argument("--confidence", type=confidence, default=0.95, metavar="C", help="default: 0.95")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="S", help="of the episodes' seeds (default: 0)"
    )
    parser.add_argument("--python", metavar="FILE", help="interpreter in which the environment is installed")
    parser.add_argument(
        "--assets", metavar="DIR", default="", help="stands for Isaac Lab's remote files; simgate for its own"
    )
    parser.add_argument(
        "--instruction",
        action="append",
        default=[],
        metavar="TEXT",
        help="what the policy is told to do; several times for wordings, of which each episode draws one",
    )
    parser.add_argument("--clip", action="store_true", help="cut actions beyond their bounds")
    _add_baseline(parser)
    add_workers(parser)
    add_cluster(parser)
    add_trust(parser)
    parser.add_argument("--until-decided", action="store_true", help="stop as soon as it is decided")
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"), metavar="DIR", help="default: runs")
    parser.add_argument("--run-name", type=run_name, metavar="NAME", help="name of the run's folder")
    parser.add_argument("--quiet", action="store_true", help="no progress, only the summary")
    add_output(parser)


def _add_episodes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--episodes", type=_count, default=100, metavar="N", help="default: 100")
    parser.add_argument(
        "--repeats",
        type=_count,
        default=1,
        metavar="N",
        help="of every episode, with other seeds of the policy; for policies that draw (default: 1)",
    )
    parser.add_argument(
        "--max-steps",
        type=_count,
        metavar="N",
        help="of an episode (default: what the id is registered with)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="TARGET=RANGE",
        help="vary it: LOW..HIGH, A,B,C or VALUE; `simgate worlds env:ENV` lists the targets, `simgate axes "
        "env:ENV` what may be worn",
    )
    parser.add_argument(
        "--axes",
        choices=("regression", "stress"),
        help="let everything vary that may be worn in sensors and actuators, by the ranges of `simgate axes`",
    )


def _add_baseline(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--baseline-policy",
        metavar="P",
        help="run this policy first, and hold the other one against it, episode by episode of the same seeds",
    )
    parser.add_argument(
        "--baseline-policy-option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an option of the baseline's policy, for example its checkpoint; others as in --policy-option",
    )
    parser.add_argument(
        "--max-drop",
        type=share,
        metavar="X",
        help="largest drop of the share against the baseline (default: 0.05)",
    )


def run(args: argparse.Namespace) -> int:
    """Writes the pack, runs and judges it; returns the verdict's exit code."""
    from simgate.harness.frontend.user_errors import as_user_errors

    with as_user_errors():
        return with_output(args.output, lambda: _run(args))


def _run(args: argparse.Namespace) -> tuple[int, list[Concluded]]:
    from simgate.harness.cli.commands.runs.run import jobs_of, options_of, run_first, run_jobs
    from simgate.harness.frontend.user_errors import UserError

    against = args.baseline_policy is not None or bool(args.baseline_policy_option)
    if args.max_drop is not None and not against:
        raise UserError("--max-drop has no effect without --baseline-policy or --baseline-policy-option")
    asked = _asked(args, 0.05 if args.max_drop is None and against else args.max_drop)
    path = _free_path(asked)
    as_run = _as_run(args, path)
    with _put_back(path):
        _write(path, asked)
        jobs = jobs_of(as_run)
        if against:
            older = _options(args.baseline_policy_option, "--baseline-policy-option")
            policy = asked.policy if args.baseline_policy is None else args.baseline_policy
            _write(path, replace(asked, policy=policy, policy_options={**asked.policy_options, **older}))
            (pack, variants), *_ = jobs_of(as_run)
    if against:
        then = "and then give this line without the baseline's policy, and: simgate compare {} RUN"
        as_run.baseline = str(run_first(as_run, pack, variants, options_of(as_run), then))
        _write(path, asked)
    code, concluded = run_jobs(as_run, jobs)
    print(f"pack    {path} (edit it, and: simgate run {path})")
    if against:
        print(f"compare simgate compare {as_run.baseline} {concluded[0].folder.path}")
    return code, concluded


def _asked(args: argparse.Namespace, max_drop: float | None) -> Evaluation:
    """What the line asks for, held against the environment.

    Raises:
        UserError: Something is missing or does not fit the environment.
    """
    from simgate.harness.cli.evaluating.pack_text import LAB, Evaluation, rate_of
    from simgate.harness.cli.evaluating.setting import read_setting
    from simgate.harness.cli.native_worlds import open_environment
    from simgate.harness.frontend.user_errors import UserError
    from simgate.sim_adapters.worlds.native_file import NativeError

    options = _options(args.policy_option, "--policy-option")
    if args.assets and not args.env.startswith(LAB):
        raise UserError(f"--assets has no effect on {args.env}: it stands for the remote files of {LAB}TASK")
    opened = open_environment(_world(args), args.python, args.assets)
    success = args.success
    if success is None and args.return_at_least is None and not (success := opened.said.get("success")):
        raise UserError(
            "say when an episode passes: --success info.is_success (a condition on what the environment "
            "tells), --return-at-least X, or both"
        )
    settings: list[Setting] = []
    for text in args.set:
        try:
            setting = read_setting(text, opened)
        except ValueError as error:
            raise UserError(str(error)) from None
        except NativeError as error:
            raise UserError(f"--set {text}: {error}{_near(error)}; list them: {_listed(args)}") from None
        if any(setting.parameter == other.parameter for other in settings):
            raise UserError(f"--set {text}: {setting.target or setting.parameter} is set twice")
        settings.append(setting)
    return Evaluation(
        env=args.env,
        adapter=opened.adapters[0],
        policy=args.policy,
        policy_options=options,
        policy_python=args.policy_python,
        episodes=args.episodes,
        steps=args.max_steps or _registered_steps(args.env, opened),
        rate_hz=rate_of(opened.said, args.policy),
        settings=settings,
        success=success,
        least_return=args.return_at_least,
        at_least=args.at_least,
        confidence=args.confidence,
        max_drop=max_drop,
        seed=args.seed,
        python=args.python,
        clip=args.clip,
        reproducible=opened.said.get("repeats", True),
        repeats=args.repeats,
        axes=args.axes,
        instructions=tuple(args.instruction),
        assets=args.assets,
    )


def _registered_steps(env: str, opened: OpenedEnvironment) -> int:
    from simgate.harness.frontend.user_errors import UserError

    steps = opened.said["max_steps"]
    if not steps:
        raise UserError(f"{env} does not say how long an episode may be: give --max-steps N")
    return int(steps)


def _near(error: Any) -> str:
    from simgate.policies.documents.diagnostics import near

    hint = near(error.unknown, error.known) if error.unknown else ""
    return f"; {hint}" if hint else ""


def _listed(args: argparse.Namespace) -> str:
    python = f" --python {args.python}" if args.python else ""
    assets = f" --assets {args.assets}" if args.assets else ""
    return f"simgate worlds {_world(args)}{python}{assets}"


def _world(args: argparse.Namespace) -> str:
    """The environment as ``simgate worlds`` is asked for it."""
    from simgate.harness.cli.evaluating.pack_text import LAB

    return str(args.env) if args.env.startswith(LAB) else f"env:{args.env}"


def _options(texts: list[str], option: str) -> dict[str, Any]:
    from simgate.harness.cli.evaluating.setting import typed
    from simgate.harness.frontend.user_errors import UserError

    found: dict[str, Any] = {}
    for text in texts:
        name, is_given, value = text.partition("=")
        if not (name and is_given and value):
            raise UserError(f"{option} {text}: write NAME=VALUE, for example checkpoint=new.onnx")
        if name in found:
            raise UserError(f"{option} {text}: {name} is given twice")
        try:
            found[name] = typed(value)
        except ValueError as error:
            raise UserError(f"{option} {text}: {error}") from None
    return found


def _free_path(asked: Evaluation) -> Path:
    """The pack's file: in the current folder, where paths on the command line begin.

    Raises:
        UserError: There is one that somebody has written or edited.
    """
    from simgate.harness.cli.evaluating.pack_text import is_ours, name_of
    from simgate.harness.frontend.user_errors import UserError

    path = Path(f"{name_of(asked.env)}.eval.yaml")
    if path.exists() and not is_ours(path):
        raise UserError(
            f"{path} has been edited since simgate eval wrote it: run it with `simgate run {path}`, or "
            "rename it, and eval writes a new one"
        )
    return path


@contextmanager
def _put_back(path: Path) -> Iterator[None]:
    """Leaves no pack behind that turned out within not to be one that can run."""
    from simgate.harness.results.atomic_write import write_atomic

    before = path.read_text(encoding="utf-8") if path.exists() else None
    try:
        yield
    except Exception:
        path.unlink(missing_ok=True)
        if before is not None:
            write_atomic(path, before)
        raise


def _write(path: Path, asked: Evaluation) -> None:
    from simgate.harness.cli.evaluating.pack_text import pack_text
    from simgate.harness.results.atomic_write import write_atomic

    write_atomic(path, pack_text(asked))


def _as_run(args: argparse.Namespace, path: Path) -> argparse.Namespace:
    """The same as the options of ``simgate run``, whose defaults hold for all that is not given here."""
    from simgate.harness.cli.commands.runs import run as run_command

    parser = argparse.ArgumentParser()
    run_command.configure(parser)
    as_run = parser.parse_args([str(path)])
    same = ("workers", "runs_dir", "run_name", "until_decided", "quiet")
    for name in (*same, "executor", "address", "worker_resources"):
        setattr(as_run, name, getattr(args, name))
    return as_run


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {number}")
    return number
