"""Named baselines in a place that many machines see: a folder, or an object store through fsspec.

One object an entry, and one for the evidence of its run (manifest, journal and what hosts said, and the same
of the run that it was held against, in a zip), so that writers need no lock: the entry is written last and
replaces the one that had its name.

    <store>/<name>/<pack's digest>-<machine>.json    which run
    <store>/runs/<run id>-<sha256>.zip               its evidence
"""

from __future__ import annotations

import hashlib
import io
import re
import secrets
import shutil
import zipfile
from pathlib import Path
from typing import Protocol

from simgate.harness.gate.comparing.baseline_copy import CHURN, FOLDER
from simgate.harness.gate.comparing.baseline_store import NamedBaseline, NoBaseline, choose, named, parsed
from simgate.harness.gate.comparing.first_baseline import FILE as FIRST
from simgate.harness.object_store import ObjectStore
from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.results.run_folder import RunFolder
from simgate.policies.perception.files.package_files import cache_folder
from simgate.policies.perception.package_source import first_line, is_remote
from simgate.sim_adapters.files.plain_file import read_plain

MOST_BYTES = 4 << 30
"""Of a run's evidence, unpacked."""
_EVIDENCE = re.compile(
    rf"({FOLDER}/)?(manifest\.json|journal\.ndjson|hosts/[0-9]+\.json)|{re.escape(CHURN)}|{re.escape(FIRST)}"
)
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)
_RUN = re.compile(r"runs/[A-Za-z0-9][\w.-]*\.zip", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_STAMP = (1980, 1, 1, 0, 0, 0)


class SharedBaselines:
    """The baselines of a store; has the interface of :class:`BaselineStore`.

    Args:
        address: A folder, or a URL that fsspec knows (``s3://bucket/baselines``).

    Raises:
        NoBaseline: The address cannot be used here.
    """

    def __init__(self, address: str) -> None:
        self.path = address.rstrip("/")
        self._files: _Files = _Remote(self.path) if is_remote(address) else _Folder(Path(address))

    def all(self) -> tuple[NamedBaseline, ...]:
        """Every entry, in the order of name and pack.

        Raises:
            NoBaseline: The store cannot be read.
        """
        entries = [self._entry(name) for name in self._files.entries()]
        return tuple(sorted(entries, key=lambda entry: (entry.name, entry.pack, entry.machine)))

    def put(self, name: str, folder: RunFolder, decision: str) -> NamedBaseline:
        """Puts a run's evidence into the store, and gives it a name.

        Raises:
            NotARun: The folder holds no manifest.
            NoBaseline: The store cannot be written.
        """
        if not _NAME.fullmatch(name) or name == "runs":
            raise NoBaseline(
                f"'{name}' cannot be a name in a shared store: letters, digits, '.', '_' and '-'"
            )
        content = _pack(folder)
        digest = hashlib.sha256(content).hexdigest()
        entry = named(name, folder, decision, "")
        run = f"runs/{entry.run_id}-{digest[:16]}.zip"
        entry = entry.model_copy(update={"run": run, "sha256": digest})
        self._files.write(run, content)
        machine = hashlib.sha256(entry.machine.encode()).hexdigest()
        place = f"{name}/{entry.pack_digest[:16]}-{machine[:16]}.json"
        self._files.write(place, (entry.model_dump_json(indent=2) + "\n").encode())
        return entry

    def find(self, name: str, digest: str, machine: str, any_machine: bool = False) -> NamedBaseline:
        """As :meth:`BaselineStore.find`."""
        return choose(self.all(), name, digest, machine, any_machine, self.path)

    def folder_of(self, entry: NamedBaseline) -> RunFolder:
        """The run's evidence on this machine; fetched when it is not here yet.

        Raises:
            NoBaseline: It is gone, or is not what was put there.
        """
        if not (
            _RUN.fullmatch(entry.run) and _SHA256.fullmatch(entry.sha256) and _NAME.fullmatch(entry.run_id)
        ):
            raise NoBaseline(
                f"the entry of '{entry.name}' in {self.path} is damaged: {entry.run!r} is no run's"
            )
        target = cache_folder("baselines") / entry.sha256 / entry.run_id
        if not target.is_dir():
            content = self._files.read(entry.run)
            if hashlib.sha256(content).hexdigest() != entry.sha256:
                raise NoBaseline(
                    f"{self.path}/{entry.run} is not what was put there as '{entry.name}': its sha256 is "
                    f"another; put the run there again with: simgate baseline set {entry.name} RUN"
                )
            _unpack(content, target, f"{self.path}/{entry.run}")
        return RunFolder(target)

    def _entry(self, name: str) -> NamedBaseline:
        return parsed(NamedBaseline, self._files.read(name), f"{self.path}/{name}")


class _Files(Protocol):
    """Where objects lie; every failure is a NoBaseline with the address."""

    def entries(self) -> list[str]: ...

    def read(self, name: str) -> bytes: ...

    def write(self, name: str, content: bytes) -> None: ...


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def entries(self) -> list[str]:
        return [str(path.relative_to(self._root)) for path in self._root.glob("*/*.json")]

    def read(self, name: str) -> bytes:
        try:
            return read_plain(self._root / name, MOST_BYTES)
        except OSError as error:
            raise NoBaseline(f"{self._root / name} cannot be read: {error.strerror or error}") from None

    def write(self, name: str, content: bytes) -> None:
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, content)


class _Remote(ObjectStore):
    def __init__(self, address: str) -> None:
        super().__init__(address, NoBaseline)

    def entries(self) -> list[str]:
        return [name for name in self.sizes() if name.count("/") == 1 and name.endswith(".json")]


def _pack(folder: RunFolder) -> bytes:
    """The evidence of a run; the same bytes for the same evidence."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        against = RunFolder(folder.path / FOLDER)
        found = [*folder.evidence_files(), *(against.evidence_files() if against.path.is_dir() else ())]
        for path in [*found, folder.path / CHURN, folder.path / FIRST]:
            name = path.relative_to(folder.path).as_posix()
            if path.is_file() and _EVIDENCE.fullmatch(name):
                archive.writestr(zipfile.ZipInfo(name, _STAMP), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _unpack(content: bytes, target: Path, where: str) -> None:
    """Unpacks into a place of its own and takes the name when all is there."""
    fresh = target.parent.with_name(f".simgate-{secrets.token_hex(8)}")
    place = fresh / target.name
    try:
        (place / "hosts").mkdir(parents=True)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            if any(not _EVIDENCE.fullmatch(info.filename) for info in infos) or (
                sum(info.file_size for info in infos) > MOST_BYTES
            ):
                raise NoBaseline(f"{where} is no run's evidence: it holds other files, or too many bytes")
            for info in infos:
                (place / info.filename).parent.mkdir(parents=True, exist_ok=True)
                with archive.open(info) as source, (place / info.filename).open("xb") as file:
                    shutil.copyfileobj(source, file)
        fresh.rename(target.parent)
    except (zipfile.BadZipFile, OSError) as error:
        if not target.is_dir():  # Else another process was quicker.
            raise NoBaseline(f"{where} cannot be unpacked: {first_line(error)}") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
