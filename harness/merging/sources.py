"""The shards that are to become one run: found, read, and one state of each run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from simgate.harness.gate.comparing.baseline_copy import FOLDER as BASELINE
from simgate.harness.results.journal import read_journal
from simgate.harness.results.manifest import Fingerprint, Manifest, Shard
from simgate.harness.results.run_folder import RunFolder


class CannotMerge(Exception):  # noqa: N818 - the name says what happened
    """The runs do not belong together; the message names what differs and what to do."""


@dataclass(frozen=True)
class Source:
    """One shard's run.

    Attributes:
        folder: Where it lies.
        manifest: What it was to run.
        shard: Which part that is.
        fingerprint: Completed by its hosts.
    """

    folder: RunFolder
    manifest: Manifest
    shard: Shard
    fingerprint: Fingerprint

    @property
    def label(self) -> str:
        """How messages name it."""
        return f"shard {self.shard.number}/{self.shard.of} ({self.manifest.run_id})"


def find_sources(paths: Iterable[Path]) -> tuple[list[Source], list[str]]:
    """Reads shards.

    Args:
        paths: Folders of runs, and folders in which runs lie anywhere.

    Returns:
        The shards in the order in which they were begun, and what was found and left out, in words.

    Raises:
        NotARun: A path is no run and holds none, or cannot be read.
        CannotMerge: A run that was named is no shard, or two states of a run contradict each other.
    """
    sources, left_out = [], []
    for path in paths:
        named = RunFolder(path)
        folders = [named.path] if named.manifest_path.exists() else runs_below(named.path)
        if not folders:
            named.manifest()  # Says what is wrong with the path.
        for folder in folders:
            if (source := _shard_in(RunFolder(folder))) is not None:
                sources.append(source)
            elif folder == named.path:
                raise CannotMerge(
                    f"{path} is no shard, but a whole run: it has its own verdict (simgate gate {path})"
                )
            else:
                left_out.append(f"{folder} is no shard, and is left out")
    sources.sort(key=lambda one: (one.manifest.created_utc, one.manifest.run_id))
    return _one_of_each(sources), left_out


def runs_below(folder: Path) -> list[Path]:
    """Folders of runs anywhere below a folder; what a run carries with it is none."""
    found = []
    for place, inner, files in os.walk(folder):
        if "manifest.json" in files:
            found.append(Path(place))
            inner.clear()
        else:
            inner[:] = sorted(name for name in inner if name != BASELINE)
    return found


def baselines_of(sources: Iterable[Source]) -> list[Source]:
    """The baselines that shards carry, where these are shards themselves (``--baseline-model``).

    Raises:
        NotARun, CannotMerge: As :func:`find_sources`.
    """
    runs = [RunFolder(source.folder.path / BASELINE) for source in sources]
    return _one_of_each(filter(None, (_shard_in(run) for run in runs if run.manifest_path.exists())))


def _shard_in(run: RunFolder) -> Source | None:
    """The shard whose run lies in a folder; None for a whole run."""
    manifest = run.manifest()
    if manifest.shard is None:
        return None
    return Source(run, manifest, manifest.shard, run.completed(manifest.fingerprint))


def unfinished(sources: Sequence[Source]) -> list[str]:
    """The shards of which no run has all records, in words with the remedy."""
    done: dict[int, set[str]] = {}
    for source in sources:
        variants = (record.variant for record in read_journal(source.folder.journal_path))
        done.setdefault(source.shard.number, set()).update(variants)
    found = {}
    for source in sources:
        expected = {variant.id for variant in source.manifest.expected}
        if lacking := expected - done[source.shard.number]:
            found[source.shard.number] = (
                f"{source.label} has no record of {len(lacking)} of its {len(expected)} variants: they are "
                f"missing evidence; go on with `simgate run --resume {source.folder.path}` and merge again"
            )
    return list(found.values())


def _one_of_each(sources: Iterable[Source]) -> list[Source]:
    """One state of each run: what was copied before the run went on is contained in what it is now."""
    kept: dict[str, Source] = {}
    for source in sources:
        other = kept.setdefault(source.manifest.run_id, source)
        if other is source:
            continue
        old, new = _journal(other), _journal(source)
        if not (new.startswith(old) or old.startswith(new)) or other.manifest != source.manifest:
            raise CannotMerge(
                f"{other.folder.path} and {source.folder.path} are both called {source.manifest.run_id}, and "
                "neither goes on from the other; give one of them"
            )
        if len(new) >= len(old):
            kept[source.manifest.run_id] = source
    return list(kept.values())


def _journal(source: Source) -> bytes:
    path = source.folder.journal_path
    return path.read_bytes() if path.is_file() else b""
