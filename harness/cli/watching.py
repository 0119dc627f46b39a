"""``simgate run --watch``: again and again, whenever a file that the run reads has changed."""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from simgate.harness.execution.hosts.pool.kept_pool import KeptPool
from simgate.harness.execution.planning.files_read import files_read, modules_read
from simgate.harness.execution.stopping import StoppingRule
from simgate.harness.frontend.changes import Files, UntilChanged
from simgate.harness.frontend.user_errors import UserError, as_user_errors
from simgate.harness.text import plural
from simgate.sim_adapters.files.plain_file import absolute
from simgate.sim_adapters.printable import printable

if TYPE_CHECKING:
    from simgate.harness.execution.planning.plan import Plan

_CODE = (".py", ".pyi", ".so")
_LOOKED_AT = (".yaml", ".yml", ".csv")
_FILE = re.compile(r"""[^\s"'{}\[\],]+\.[A-Za-z]\w*""")
"""What reads like a file's name: a pack that cannot be loaded does not say which files are its own."""
_EXCLUDED = {
    "resume": "--resume",
    "shard": "--shard",
    "until_decided": "--until-decided",
    "run_name": "--run-name",
    "baseline_model": "--baseline-model",
    "baseline_policy": "--baseline-policy",
    "artifacts": "--artifacts",
}


def watch(
    args: argparse.Namespace,
    make_plan: Callable[[argparse.Namespace], Plan],
    execute: Callable[[Plan, StoppingRule, KeptPool], str],
    show: Callable[[Plan, str], object],
) -> None:
    """Runs, judges, waits for a change, and so on until Ctrl-C.

    A run takes over from the one before it what nothing has changed for. Where code has changed this process
    begins anew, for what Python has imported stays what it was.

    Args:
        args: Of the command; ``reuse`` becomes the run before.
        make_plan: Loads the pack and plans a run.
        execute: Runs a plan; returns why it ended early.
        show: Judges a run that has ended.

    Raises:
        UserError: An option contradicts this.
    """
    _require_sense(args)
    pack = absolute(args.packs[0])
    files = Files(_around(pack))
    with KeptPool() as kept:
        while True:
            begun_ns = time.time_ns()
            try:
                with as_user_errors():
                    plan = make_plan(args)
                    files = Files(_read_by(plan, pack))
                    stopped = execute(plan, UntilChanged(files), kept)
                    args.reuse = plan.folder.path
                    if not files.changed():
                        show(plan, stopped)
            except UserError as error:
                print(error, file=sys.stderr)
                files = Files({*files.paths, *_around(pack)})
            if not (changed := files.written_since(begun_ns)):
                if not files.changed():
                    print(f"\nwatching {plural(len(files.paths), 'file')}; Ctrl-C ends", file=sys.stderr)
                changed = files.wait()
            print(f"\nchanged: {printable(', '.join(path.name for path in changed[:5]))}", file=sys.stderr)
            if any(path.suffix in _CODE for path in changed):
                break
    _begin_anew(args.reuse)


def _require_sense(args: argparse.Namespace) -> None:
    given = [option for name, option in _EXCLUDED.items() if getattr(args, name)]
    given += ["--output json"] if args.output == "json" else []
    given += [f"--executor {args.executor}"] if args.executor != "local" else []
    if given:
        raise UserError(f"{given[0]} cannot be combined with --watch")
    if len(args.packs) != 1:
        raise UserError("--watch takes one pack")


def _around(pack: Path) -> set[Path]:
    """The pack's file, what lies beside it and what it names: all that may make it one that can be loaded."""
    folder = pack if pack.is_dir() else pack.parent
    beside = {path for path in folder.glob("*") if path.suffix in _LOOKED_AT}
    packs = {path for path in beside if path.suffix != ".csv"} | ({pack} - {folder})
    named = {
        absolute(folder / name)
        for path in packs
        if path.is_file()
        for name in _FILE.findall(path.read_text(errors="replace"))
    }
    return {*packs, *beside, *named}


def _read_by(plan: Plan, pack: Path) -> set[Path]:
    fingerprint = plan.manifest.fingerprint
    return {*_around(pack), *files_read(plan.pack, fingerprint.runtime), *modules_read(fingerprint)}


def _begin_anew(earlier: Path | None) -> None:
    """This command once more, in a process that has imported nothing; does not return."""
    words = sys.orig_argv[1:]
    while "--reuse" in words:
        del words[words.index("--reuse") : words.index("--reuse") + 2]
    # After a double dash there are packs alone.
    end = words.index("--") if "--" in words else len(words)
    words[end:end] = [] if earlier is None else ["--reuse", str(earlier)]
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *words])
