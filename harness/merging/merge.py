"""Puts the runs of all shards together to the run that one machine would have made."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from pathlib import Path

from simgate.harness.execution.planning.plan import new_folder
from simgate.harness.gate.comparing.baseline_copy import FOLDER as BASELINE
from simgate.harness.merging.carry import carry, carry_baseline
from simgate.harness.merging.match import require_one_run
from simgate.harness.merging.sources import Source, baselines_of
from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.results.manifest import Fingerprint, Manifest, MergedRun
from simgate.harness.results.run_folder import RunFolder


def merge_shards(
    sources: Sequence[Source],
    runs_dir: Path,
    *,
    run_name: str | None = None,
    accepted: Collection[str] = (),
    command: Sequence[str] = (),
) -> RunFolder:
    """Makes a run of shards: manifest, journal, pictures, recordings, logs and baseline.

    A shard that was killed and run again is given twice; its journals follow each other, so that attempts
    count.

    Args:
        sources: All shards of one pack, in the order in which they were begun.
        runs_dir: Folder of all runs.
        run_name: Name of the new run's folder.
        accepted: Names of differences that are looked past.
        command: What the user typed.

    Raises:
        CannotMerge: They are not the parts of one run.
        JournalDamaged: A line of a journal is no record.
        OSError: Something cannot be read or written.
    """
    looked_past = require_one_run(sources, accepted)
    baselines = baselines_of(sources)
    past_of_baselines = require_one_run(baselines, accepted) if baselines else []
    target = new_folder(runs_dir, sources[0].manifest.pack_name, run_name)
    try:
        if baselines:
            inner = RunFolder(target.path / BASELINE)
            inner.create()
            _fill(baselines, inner, accepted, past_of_baselines, command)
        carry_baseline(sources[0].folder, target)
        _fill(sources, target, accepted, looked_past, command)
    except BaseException:
        # Half a run would be taken for one.
        shutil.rmtree(target.path, ignore_errors=True)
        raise
    return target


def _fill(
    sources: Sequence[Source],
    target: RunFolder,
    accepted: Collection[str],
    looked_past: Sequence[str],
    command: Sequence[str],
) -> None:
    counts, problems = carry(sources, target)
    manifest = _manifest(sources, target, accepted, [*looked_past, *problems], counts, command)
    write_atomic(target.manifest_path, manifest.model_dump_json(indent=1) + "\n")


def _manifest(
    sources: Sequence[Source],
    target: RunFolder,
    accepted: Collection[str],
    looked_past: Sequence[str],
    counts: Sequence[int],
    command: Sequence[str],
) -> Manifest:
    first = sources[0].manifest
    places = {
        place: expected
        for source in sources
        for place, expected in zip(source.shard.places, source.manifest.expected, strict=True)
    }
    return first.model_copy(
        update={
            "run_id": target.path.name,
            "command": tuple(command),
            "expected": tuple(places[place] for place in sorted(places)),
            "shard": None,
            "merged_from": tuple(
                MergedRun(
                    run_id=source.manifest.run_id,
                    shard=source.shard.number,
                    created_utc=source.manifest.created_utc,
                    machine=source.fingerprint.machine,
                    records=count,
                )
                for source, count in zip(sources, counts, strict=True)
            ),
            "accepted": tuple(dict.fromkeys((*first.accepted, *accepted))),
            "looked_past": tuple(looked_past),
            "fingerprint": _fingerprint([source.manifest.fingerprint for source in sources]),
        }
    )


def _fingerprint(made: Sequence[Fingerprint]) -> Fingerprint:
    """Of all shards; where they differ in what was accepted, all that they say."""
    return made[0].model_copy(
        update={
            "machine": " and ".join(dict.fromkeys(one.machine for one in made if one.machine)),
            "gpus": tuple(dict.fromkeys(name for one in made for name in one.gpus)),
            "driver": " and ".join(dict.fromkeys(one.driver for one in made if one.driver)),
            "git_dirty": any(one.git_dirty for one in made),
        }
    )
