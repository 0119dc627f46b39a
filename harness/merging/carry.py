"""Carries records, pictures, recordings and logs of shards into the folder of the run that they become."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence

from simgate.harness.gate.comparing.baseline_copy import CHURN, FOLDER
from simgate.harness.merging.sources import Source
from simgate.harness.results.journal import read_journal
from simgate.harness.results.record import VALID, RunRecord
from simgate.harness.results.run_folder import RunFolder
from simgate.sim_adapters.files.plain_file import NotPlain, inside, require_plain

_LOG = re.compile(r"\bhosts/(\d+)\.log\b")


def carry(sources: Sequence[Source], target: RunFolder) -> tuple[list[int], list[str]]:
    """Fills a run's folder.

    Args:
        sources: In the order in which they were begun; so the journal's last record of a variant is the one
            that was made last.
        target: New; its manifest is not written here.

    Returns:
        Records of each source, and what could not be carried over, in words.

    Raises:
        JournalDamaged: A line of a journal is no record.
        OSError: Something cannot be read or written.
    """
    counts: list[int] = []
    problems: list[str] = []
    valid: set[str] = set()
    first_host = 0
    with target.journal_path.open("xb") as journal:
        for source in sources:
            torn: list[int] = []
            count, hosts = 0, _copy_hosts(source.folder, target, first_host)
            for record in read_journal(source.folder.journal_path, torn):
                count += 1
                hosts = max(hosts, record.host + 1)
                kept = _renumbered(record, first_host)
                journal.write(kept.model_dump_json().encode() + b"\n")
                if record.outcome in VALID or record.variant not in valid:
                    problems += copy_files(source.folder, target, record)
                if record.outcome in VALID:
                    valid.add(record.variant)
            counts.append(count)
            first_host += hosts
            if torn:
                problems.append(f"{len(torn)} lines of the journal of {source.label} cannot be read")
        journal.flush()
        os.fsync(journal.fileno())
    return counts, problems


def _renumbered(record: RunRecord, by: int) -> RunRecord:
    """The record with the number that its host's log has in the new folder."""
    if not by:
        return record
    reason = _LOG.sub(lambda found: f"hosts/{int(found[1]) + by}.log", record.reason)
    return record.model_copy(update={"host": record.host + by, "reason": reason})


def _copy_hosts(source: RunFolder, target: RunFolder, by: int) -> int:
    """Copies what hosts said, under numbers that are free; returns how many numbers were taken."""
    taken = 0
    for path in sorted(source.hosts_dir.glob("*")):
        if path.suffix in (".log", ".json") and path.stem.isdecimal() and path.is_file():
            number = int(path.stem)
            taken = max(taken, number + 1)
            shutil.copyfile(path, target.hosts_dir / f"{number + by}{path.suffix}")
    return taken


def copy_files(source: RunFolder, target: RunFolder, record: RunRecord) -> list[str]:
    """Copies pictures and recording of a record; returns what was left behind, in words."""
    problems = []
    for name in record.artifacts.values():
        try:
            path, place = inside(source.path, name), inside(target.path, name)
            require_plain(path)
        except FileNotFoundError:
            continue  # Artifact stores drop files; the report says which picture is not there.
        except NotPlain as error:
            problems.append(f"{error.filename} was left behind: {error.strerror}")
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    return problems


def carry_baseline(source: RunFolder, target: RunFolder) -> None:
    """Copies what is the same in all shards: churn, and the baseline unless it was put together of shards."""
    if (source.path / FOLDER).is_dir() and not (target.path / FOLDER).exists():
        shutil.copytree(source.path / FOLDER, target.path / FOLDER)
    if (source.path / CHURN).is_file():
        shutil.copyfile(source.path / CHURN, target.path / CHURN)
