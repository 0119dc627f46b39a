"""``--shard k/n`` and ``--balance-by``: which part of the variants a run has, and by which earlier run."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simgate.harness.execution.planning.shards import Share
    from simgate.harness.frontend.options.run_options import RunOptions
    from simgate.harness.results.run_folder import RunFolder

MOST_SHARDS = 1000
_SHARD = re.compile(r"([0-9]{1,4})/([0-9]{1,4})")


def shard(text: str) -> tuple[int, int]:
    """Number and count of ``--shard``, both from 1.

    Raises:
        argparse.ArgumentTypeError: It is no such pair.
    """
    found = _SHARD.fullmatch(text)
    number, count = map(int, found.groups()) if found else (0, 0)
    if not 1 <= number <= count <= MOST_SHARDS:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no shard: k/n, from 1/n to n/n, with at most {MOST_SHARDS}, for example 2/4"
        )
    return number, count


def share_of(options: RunOptions, pack: str) -> Share | None:
    """The part of a pack that was asked for; None for all of it.

    Args:
        options: What the user asked for.
        pack: Name of the pack.

    Raises:
        UserError: Options do not go together, or the run to balance by is not there.
        NotARun, JournalDamaged: It cannot be read.
    """
    from simgate.harness.execution.planning.shards import Share, seconds_of
    from simgate.harness.frontend.user_errors import UserError

    if options.shard is None:
        if options.balance_by is not None and options.cluster is None:
            raise UserError("--balance-by has no effect without --shard k/n or --executor ray")
        return None
    if options.until_decided:
        raise UserError(
            "--until-decided cannot be combined with --shard: it stops one run by the results of all variants"
        )
    number, of = options.shard
    folder = _earlier_run(options, pack)
    if folder is None or (options.balance_by is None and folder.manifest().shard is not None):
        # A baseline that was run here as the same shard (--baseline-model) knows only this part.
        return Share(number, of)
    return Share(number, of, seconds_of(folder), folder.manifest().run_id)


def seconds_known(options: RunOptions, pack: str) -> dict[str, float]:
    """How long each variant took in the run that the options name; empty where they name none.

    Args:
        options: What the user asked for.
        pack: Name of the pack.

    Raises:
        UserError: The run to balance by is not there.
        NotARun, JournalDamaged: It cannot be read.
    """
    from simgate.harness.execution.planning.shards import seconds_of

    folder = _earlier_run(options, pack)
    return {} if folder is None else seconds_of(folder)


def _earlier_run(options: RunOptions, pack: str) -> RunFolder | None:
    from simgate.harness.frontend.baselines import baseline_store
    from simgate.harness.frontend.user_errors import UserError
    from simgate.harness.results.latest import LATEST
    from simgate.harness.results.run_folder import RunFolder

    wanted = options.balance_by or options.baseline
    if wanted is None:
        return None
    path = options.runs_dir / LATEST if wanted == LATEST else Path(wanted)
    if path.exists():
        return RunFolder(path)
    store = baseline_store(options.runs_dir, options.baseline_store)
    named = [entry for entry in store.all() if (entry.name, entry.pack) == (wanted, pack)]
    if named:
        return store.folder_of(named[0])
    if options.balance_by is None:
        return None  # What is wrong with the baseline is said where it is attached.
    raise UserError(
        f"--balance-by {wanted}: there is no such run, and no baseline of that name for the pack '{pack}'; "
        "leave it out, and every variant weighs the same"
    )
