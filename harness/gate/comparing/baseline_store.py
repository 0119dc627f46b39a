"""Named baselines: which run ``main`` is, for a pack on a class of machine. One JSON file beside the runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

from simgate.harness.gate.comparing.comparability import machine_class, pack_digest
from simgate.harness.gate.kept_pack import kept_pack
from simgate.harness.gate.verdict import subject
from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.results.damage import damage
from simgate.harness.results.file_lock import FileLock
from simgate.harness.results.journal import is_a_file
from simgate.harness.results.record import ResultModel
from simgate.harness.results.run_folder import RunFolder
from simgate.harness.results.schema_version import NewerSchema, reads

FILE = "baselines.json"
LOCK = ".baselines.lock"
_WAIT_S = 30.0
"""Writers need milliseconds; one that is stopped in the middle must not hold all others for ever."""


Stored = TypeVar("Stored", bound=ResultModel)


class NoBaseline(Exception):  # noqa: N818 - the name says what happened
    """No baseline of that name fits; the message says which there are and what to do."""


class NamedBaseline(ResultModel):
    """A run that others are held against."""

    name: str
    run: str
    """Path of the run's folder; relative to the store's folder when it lies in it."""
    run_id: str
    pack: str
    pack_digest: str
    machine: str
    model: str
    """What was judged: the model, else the policy."""
    decision: str
    """Of the run's own verdict when the name was given; empty when it had none."""
    set_utc: str
    sha256: str = ""
    """Of the evidence in a shared store; empty for a run that is used where it lies."""


class _Store(ResultModel):
    schema_version: Annotated[int, reads(1)] = 1
    baselines: tuple[NamedBaseline, ...] = ()


class BaselineStore:
    """The named baselines of a folder of runs.

    Args:
        runs_dir: Folder of runs; holds ``baselines.json``.
    """

    def __init__(self, runs_dir: Path) -> None:
        self.path = runs_dir / FILE

    def all(self) -> tuple[NamedBaseline, ...]:
        """Every entry, in the order of name and pack.

        Raises:
            NoBaseline: The file is damaged, or of a newer version.
        """
        try:
            if not is_a_file(self.path):
                return ()
        except ValueError as error:
            raise NoBaseline(f"{self.path} cannot be read: {error}; mend or delete it") from None
        return parsed(_Store, self.path.read_bytes(), self.path).baselines

    def put(self, name: str, folder: RunFolder, decision: str) -> NamedBaseline:
        """Gives a run a name, in place of the run that had it for this pack and class of machine.

        Raises:
            NotARun: The folder holds no manifest.
            NoBaseline: The store is damaged.
            InUse: Another process has been writing it for long.
            OSError: The store cannot be written.
        """
        home, run = self.path.parent.resolve(), folder.path.resolve()
        place = str(run.relative_to(home)) if run.is_relative_to(home) else str(run)
        entry = named(name, folder, decision, place)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.parent / LOCK, str(self.path), _WAIT_S):
            kept = [other for other in self.all() if _key(other) != _key(entry)]
            entries = tuple(sorted([*kept, entry], key=_key))
            write_atomic(self.path, _Store(baselines=entries).model_dump_json(indent=2) + "\n")
        return entry

    def find(self, name: str, digest: str, machine: str, any_machine: bool = False) -> NamedBaseline:
        """The baseline of a name for a pack and a class of machine.

        Args:
            name: Of the baseline.
            digest: Of the pack.
            machine: Class of machine.
            any_machine: Whether that of another class will do, the one that was named last.

        Raises:
            NoBaseline: There is none; the message names what differs from those of the same name.
        """
        return choose(self.all(), name, digest, machine, any_machine, self.path)

    def folder_of(self, entry: NamedBaseline) -> RunFolder:
        """The run's folder.

        Raises:
            NoBaseline: It is gone.
        """
        path = self.path.parent / entry.run
        if not path.is_dir():
            raise NoBaseline(
                f"the baseline '{entry.name}' was the run {path}, which is gone; set another one with: "
                f"simgate baseline set {entry.name} RUN"
            )
        return RunFolder(path)


def named(name: str, folder: RunFolder, decision: str, run: str) -> NamedBaseline:
    """What is kept of a name: which run, of what, made where.

    Raises:
        NotARun: The folder holds no manifest.
    """
    manifest, fingerprint = folder.manifest(), folder.fingerprint()
    return NamedBaseline(
        name=name,
        run=run,
        run_id=manifest.run_id,
        pack=manifest.pack_name,
        pack_digest=pack_digest(manifest.pack),
        machine=machine_class(fingerprint),
        model=subject(fingerprint.model, kept_pack(manifest).driver),
        decision=decision,
        set_utc=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def parsed(kind: type[Stored], content: bytes, where: Path | str) -> Stored:
    """What a file of a store holds.

    Raises:
        NoBaseline: It is damaged, or of a newer version.
    """
    try:
        return kind.model_validate_json(content)
    except NewerSchema as error:
        raise NoBaseline(f"{where} {error}") from None
    except ValueError as error:
        raise NoBaseline(f"{where} cannot be read: {damage(error)}; mend or delete it") from None


def choose(
    entries: Sequence[NamedBaseline],
    name: str,
    digest: str,
    machine: str,
    any_machine: bool,
    where: Path | str,
) -> NamedBaseline:
    """The baseline of a name for a pack and a class of machine; see :meth:`BaselineStore.find`."""
    for entry in entries:
        if _key(entry) == (name, digest, machine):
            return entry
    same = [entry for entry in entries if entry.name == name]
    if any_machine and (elsewhere := [entry for entry in same if entry.pack_digest == digest]):
        return max(elsewhere, key=lambda entry: entry.set_utc)
    if not same:
        known = ", ".join(sorted({entry.name for entry in entries})) or "none"
        raise NoBaseline(
            f"no run folder and no baseline is called '{name}' (baselines in {where}: {known}); "
            f"name one with: simgate baseline set {name} RUN"
        )
    reasons = "".join(f"\n  - {entry.run_id}: {_why_not(entry, digest)}" for entry in same)
    fits_elsewhere = any(entry.pack_digest == digest for entry in same)
    raise NoBaseline(
        f"the baseline '{name}' does not fit this pack on this machine:{reasons}\n"
        f"run the baseline model here (--baseline-model M, or simgate baseline set {name} RUN)"
        + (", or accept another machine: --accept-difference machine" if fits_elsewhere else "")
    )


def _key(entry: NamedBaseline) -> tuple[str, str, str]:
    return entry.name, entry.pack_digest, entry.machine


def _why_not(entry: NamedBaseline, digest: str) -> str:
    if entry.pack_digest != digest:
        return f"made with another content of the pack {entry.pack}"
    return f"made on {entry.machine}"
