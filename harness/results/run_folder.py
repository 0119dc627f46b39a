"""The folder of a run: where everything lies, and how it is read back.

``manifest.json`` and ``journal.ndjson`` are evidence; every other file is derived from them (and from
recordings and frames) and can be made again.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.results.damage import RESTORE, damage
from simgate.harness.results.file_lock import FileLock, holder_of
from simgate.harness.results.journal import is_a_file, read_journal
from simgate.harness.results.latest import followed
from simgate.harness.results.manifest import Fingerprint, Manifest
from simgate.harness.results.reading.quick_manifest import read_manifest
from simgate.harness.results.record import RunRecord
from simgate.harness.results.schema_version import NewerSchema

_LOCK = ".lock"
_LOOKED_AT_S = 0.5
"""So long a lock is waited for: who only asks for its holder has it for a moment."""


class NotARun(Exception):  # noqa: N818 - the name says what happened
    """The folder holds no readable manifest; the message says what to do."""


class RunFolder:
    """Paths and contents of one run.

    Args:
        path: The run's folder, or ``latest`` beside it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path = followed(path)
        self.manifest_path = path / "manifest.json"
        self.journal_path = path / "journal.ndjson"
        self.hosts_dir = path / "hosts"
        self.recordings_dir = path / "recordings"
        self.frames_dir = path / "frames"
        self.verdict_path = path / "verdict.json"
        self.junit_path = path / "junit.xml"
        self.report_path = path / "report.html"

    def manifest(self) -> Manifest:
        """The manifest.

        Raises:
            NotARun: There is none, it cannot be read, or it is of a newer version.
        """
        try:
            is_a_file(self.manifest_path)
            return read_manifest(self.manifest_path.read_bytes())
        except FileNotFoundError:
            raise NotARun(
                f"{self.path} is not a run folder: it has no manifest.json; "
                "give a folder that `simgate run` printed, for example runs/<time>-<pack>-<id>"
            ) from None
        except NewerSchema as error:
            raise NotARun(f"{self.manifest_path} {error}") from None
        except NotADirectoryError:
            raise NotARun(f"{self.path} is not a run folder: it is no folder") from None
        except ValueError as error:
            raise NotARun(f"{self.manifest_path} cannot be read: {damage(error)}; {RESTORE}") from None

    def records(self) -> list[RunRecord]:
        """The last record of each variant in the journal, in order of first appearance."""
        last: dict[str, RunRecord] = {}
        for record in read_journal(self.journal_path):
            last[record.variant] = record
        return list(last.values())

    def create(self) -> None:
        """Makes the folder and its parts.

        Raises:
            OSError: It exists already, or cannot be written.
        """
        self.path.mkdir(parents=True)
        self.make_parts()

    def make_parts(self) -> None:
        """Makes the parts that are lacking: what carries a folder from machine to machine drops empty ones.

        Raises:
            OSError: A part cannot be made, or what is written to is a link, which may lead out of the folder.
        """
        parts = (self.hosts_dir, self.recordings_dir, self.frames_dir)
        for part in (self.journal_path, *parts):
            if part.is_symlink():
                why = f"it is a link to {part.readlink()}, and is not written through; put that itself here"
                raise OSError(errno.EINVAL, why, str(part))
        for part in parts:
            part.mkdir(exist_ok=True)

    def lock(self) -> FileLock:
        """Keeps every other process from adding records, as long as the lock is held.

        Raises:
            InUse: Another process runs it; the message says which.
            OSError: The folder is not there, cannot be written, or knows no locks.
        """
        return FileLock(self.path / _LOCK, f"the run {self.path}", _LOOKED_AT_S)

    def runner(self) -> str:
        """Who runs it now; empty when nobody does."""
        return holder_of(self.path / _LOCK)

    def host_log(self, number: int) -> Path:
        """Where the stdout and stderr of a host go."""
        return self.hosts_dir / f"{number}.log"

    def keep_host(self, number: int, identity: Mapping[str, Any]) -> None:
        """Keeps what a host said it is: ``adapter`` and ``runtime``, as their info types have them."""
        self.make_parts()
        write_atomic(self.hosts_dir / f"{number}.json", json.dumps(identity, indent=2) + "\n")

    def hosts(self, damaged: list[str] | None = None) -> list[dict[str, Any]]:
        """What the hosts said they are, by number; empty before the first was ready.

        Args:
            damaged: Takes a sentence for each damaged file, which is then left out.

        Raises:
            NotARun: A file of them is damaged, and there is no list for it.
        """
        numbered = [file for file in self.hosts_dir.glob("*.json") if file.stem.isdecimal()]
        said = []
        for file in sorted(numbered, key=lambda file: int(file.stem)):
            try:
                said.append(_host_of(file))
            except NotARun as error:
                if damaged is None:
                    raise
                damaged.append(str(error))
        return said

    def damaged_hosts(self) -> list[str]:
        """A sentence for each file of :meth:`hosts` that is damaged."""
        damaged: list[str] = []
        self.hosts(damaged)
        return damaged

    def verdict_text(self) -> bytes | None:
        """What stands in ``verdict.json``; None where nothing does, or what has its name is no file."""
        return self.verdict_path.read_bytes() if self.verdict_path.is_file() else None

    def evidence_files(self) -> list[Path]:
        """What a verdict on the run rests on: manifest, journal if there is one, and what the hosts said."""
        journal = [self.journal_path] if os.path.lexists(self.journal_path) else []
        said = [file for file in sorted(self.hosts_dir.glob("*.json")) if file.is_file()]
        return [self.manifest_path, *said, *journal]

    def fingerprint(self) -> Fingerprint:
        """The manifest's fingerprint, completed with what only a running host can know.

        Raises:
            NotARun: There is no readable manifest.
        """
        return self.completed(self.manifest().fingerprint)

    def completed(self, fingerprint: Fingerprint, damaged: list[str] | None = None) -> Fingerprint:
        """A fingerprint of the run's manifest, completed with what only a running host can know.

        Arguments and errors are those of :meth:`hosts`.
        """
        hosts = self.hosts(damaged)
        if not hosts:
            return fingerprint
        adapter = hosts[0]["adapter"]
        return fingerprint.model_copy(
            update={"adapter_version": adapter["version"], "renderer": adapter["renderer"]}
        )


def _host_of(path: Path) -> dict[str, Any]:
    try:
        is_a_file(path)
        said: dict[str, Any] = json.loads(path.read_bytes())
        for key in ("version", "renderer"):
            said["adapter"][key]
    except KeyError as error:
        raise _damaged_host(path, f"it has no '{error.args[0]}'") from None
    except TypeError:
        raise _damaged_host(path, "it names no simulator") from None
    except (OSError, RecursionError, ValueError) as error:
        raise _damaged_host(path, str(error)) from None
    return said


def _damaged_host(path: Path, why: str) -> NotARun:
    return NotARun(f"{path} cannot be read: {why}; delete it; the simulator's version is then unknown")
