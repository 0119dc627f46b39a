"""The end of a run on the command line: verdict, reports and summary, or what a shard has done."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from simgate.harness.cli.concluded import Concluded

if TYPE_CHECKING:
    from simgate.harness.results.manifest import Shard
    from simgate.harness.results.run_folder import RunFolder


def judge_and_show(folder: RunFolder, stopped: str = "") -> Concluded:
    """Decides a run, writes its reports and prints the summary.

    Args:
        folder: Of the run.
        stopped: Why it ended before its plan did.
    """
    from simgate.harness.cli.summary import print_summary
    from simgate.harness.frontend.ci.github import tell_github_safely
    from simgate.harness.frontend.conclusion import conclude
    from simgate.harness.frontend.terminal.streams import for_programs

    verdict, reports = conclude(folder)
    for problem in reports.problems:
        print(problem, file=sys.stderr)
    try:
        print_summary(folder, verdict)
    except Exception as error:
        # The verdict is written and stands; only its table is lost.
        print(f"{verdict.headline}\nthe summary cannot be shown: {error!r}", file=sys.stderr)
    commands, problem = tell_github_safely(folder, verdict)
    if problem:
        print(problem, file=sys.stderr)
    with for_programs(sys.stderr) as log:
        log.writelines(f"{command}\n" for command in commands)
    return Concluded(folder, verdict, reports.written, (*reports.problems, *([stopped] if stopped else [])))


def show_shard(folder: RunFolder, shard: Shard, stopped: str = "") -> Concluded:
    """Says what a shard has done; it is judged with the others.

    Args:
        folder: Of its run.
        shard: Which one it is.
        stopped: Why it ended before its plan did.
    """
    from simgate.harness.frontend.conclusion import shard_words

    print(f"{shard_words(folder, shard)}\nrun     {folder.path}")
    return Concluded(folder, None, (), (stopped,) if stopped else ())


def code_of(concluded: Sequence[Concluded]) -> int:
    """The exit code of all runs together; a shard can only have run, or been failed by the machine."""
    from simgate.harness.exit_codes import ExitCode
    from simgate.harness.gate.exit_code import exit_code, machine_failed_shard

    shards = [one for one in concluded if one.verdict is None]
    if not concluded or len(shards) < len(concluded):
        return exit_code(one.verdict for one in concluded if one.verdict)
    failed = any(one.problems or machine_failed_shard(one.folder.records()) for one in shards)
    return ExitCode.INFRASTRUCTURE if failed else ExitCode.GO
