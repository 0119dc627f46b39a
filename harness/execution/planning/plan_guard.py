"""Holds a worker to its plan: what it loads must be, byte for byte, what the run was planned with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from simgate.harness import registry
from simgate.harness.execution.planning.parts import (
    DECLARED,
    files_of,
    model_files,
    native_files,
    node_files,
    uses_of,
)
from simgate.harness.packs.model import Pack
from simgate.harness.results.parts import Part
from simgate.harness.sources.import_guard import ImportGuard, NotAsPlanned, in_hashes
from simgate.policies.perception.files.package_files import sha256_of
from simgate.policies.perception.package import ModelPackage
from simgate.policies.perception.runtime import RuntimeInfo
from simgate.policies.policy import SAID
from simgate.sim_adapters.adapter import AdapterInfo
from simgate.sim_adapters.files.code_file import Reference, is_reference, package_of
from simgate.sim_adapters.files.plain_file import absolute

Stamp = tuple[int, int, int, int]
_LOADED_NOW = ("world", "task", "metric")
"""What a worker would else load with its first variant: what is wrong with it is to end the start."""


class PlanGuard:
    """Checks everything at the start, and what may be read again before and after each batch.

    A file counts as unchanged while date, change time, inode and size are; a change back and forth changes
    these too, so that nothing can be exchanged between the check and the loading.

    Args:
        pack: With all overrides applied.
        runtime: Perception runtime, as resolved.
        parts: What the run was planned with; None checks nothing.
        is_own_process: Whether this process runs nothing but the plan.

    Raises:
        NotAsPlanned: A module or a file is another one than planned.
        BadFiles: A plugin's own list of its files cannot be used.
    """

    def __init__(
        self, pack: Pack, runtime: str, parts: Sequence[Part] | None, is_own_process: bool = True
    ) -> None:
        self._parts = {(part.role, part.alias or part.name): part for part in parts or ()}
        self._loaded: dict[Path, Stamp] = {}
        self._read_again: dict[Path, Stamp] = {}
        self._names: dict[Path, tuple[str, str]] = {}
        folder = Path(pack.path).parent
        models = {name: Path(path).parent for name, path in pack.packages.items()}
        planned = {
            p.label: _by_module(p, models.get(p.alias, folder) if p.role == "model" else folder)
            for p in parts or ()
        }
        self._imports = ImportGuard(planned, is_own_process)
        if parts is None:
            return
        self._imports.watch()
        try:
            self._check_plugins(pack, runtime)
            self._imports.settle()
            self._check_sites(pack)
        except BaseException:
            self._imports.close()
            raise

    def check_model(self, package: ModelPackage, name: str = "") -> None:
        """Holds a model package against the plan.

        Args:
            package: The model.
            name: As the pack calls it.

        Raises:
            NotAsPlanned: It is another one.
        """
        for part in self._parts.values():
            if part.role == "model" and part.alias == name:
                self._hold(part, model_files(package), self._loaded)

    def check_said(self, plugin: object, role: str = "policy", alias: str = "") -> None:
        """Holds what a policy or a model that is elsewhere says of itself against the plan.

        Raises:
            NotAsPlanned: It is another one.
        """
        for part in self._parts.values():
            if part.role == role and part.alias == alias and part.said:
                now = SAID.of(plugin)
                was = {name: text for name, text in part.said.items() if name != DECLARED}
                if now != was:
                    raise NotAsPlanned(part.label, "what it says of itself", f"it was {was}, is {now}")

    def confirm_loaded(self) -> None:
        """Makes sure that what was loaded since the check is what was checked.

        Raises:
            NotAsPlanned: A file was written in between.
        """
        self._confirm({**self._loaded, **self._read_again})

    def check_versions(
        self, earlier: Mapping[str, str], simulator: AdapterInfo, runtime: RuntimeInfo | None
    ) -> None:
        """Holds what the libraries say of themselves against what they said in earlier hosts of the run.

        Some are found only by the interpreter of the hosts (Isaac Sim), and no plan can know their version.

        Raises:
            NotAsPlanned: One has another version.
        """
        for what, version in _versions(asdict(simulator), asdict(runtime) if runtime else None).items():
            was = earlier.get(what, version)
            if was != version:
                raise NotAsPlanned(what, "its version", f"it was {was}, is {version}")

    def before_batch(self) -> None:
        """Makes sure that what plugins and simulators may read again is still as planned.

        Raises:
            NotAsPlanned: A file is another one now.
        """
        for path, stamp in self._read_again.items():
            if _stamp(path) != stamp:
                self._read_again[path] = self._checked(path)

    def after_batch(self) -> None:
        """Makes sure that no such file was written during the batch.

        Raises:
            NotAsPlanned: One was; what the batch has read cannot be known.
        """
        self._confirm(self._read_again)

    def close(self) -> None:
        """Lets the process import anything again."""
        self._imports.close()

    def _check_plugins(self, pack: Pack, runtime: str) -> None:
        folder = Path(pack.path).parent
        for use in uses_of(pack, runtime):
            if use.role in _LOADED_NOW:
                registry.load(use.group, use.name, folder)
            part = self._parts.get((use.role, use.name))
            if part is not None and part.files:
                files = files_of(use, folder)
                self._imports.allowed.update({path: part.files.get(name, "") for name, path in files.items()})
                self._hold(part, files, self._read_again)
        for alias, given in pack.nodes.items():
            part = self._parts.get(("model", alias or "ros"))
            if part is not None:
                self._hold(part, node_files(given, folder), self._read_again)

    def _check_sites(self, pack: Pack) -> None:
        for name, (folder, _) in native_files(pack).items():
            part = self._parts.get(("native world", name))
            if part is not None:
                # The folder need not be there: that of `acme:team/Cart-v0`, an id, is none.
                self._hold(part, {file: absolute(folder / file) for file in part.files}, self._read_again)

    def _hold(self, part: Part, files: Mapping[str, Path], stamps: dict[Path, Stamp]) -> None:
        for name in part.files:
            if name not in files:
                raise NotAsPlanned(part.label, name, in_hashes(part.files[name], None))
        for name, path in files.items():
            if name not in part.files and part.unlisted:
                continue
            if name not in part.files:
                raise NotAsPlanned(part.label, f"{name} ({path})", "the plan knows no such file of it")
            self._names[path] = (part.label, part.files[name])
            stamps[path] = self._checked(path)

    def _checked(self, path: Path) -> Stamp:
        """The stamp of a file from before its content was read and found to be as planned."""
        stamp = _stamp(path)
        label, was = self._names[path]
        now = sha256_of(path) if stamp is not None else None
        if stamp is None or now != was:
            raise NotAsPlanned(label, str(path), in_hashes(was, now))
        return stamp

    def _confirm(self, stamps: Mapping[Path, Stamp]) -> None:
        for path in _written(stamps):
            label, was = self._names[path]
            now = sha256_of(path) if path.is_file() else None
            written = "it was written while it was in use, and what was read of it is not known"
            raise NotAsPlanned(label, str(path), written if now == was else in_hashes(was, now))


def versions_of(hosts: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Simulator and runtime, in words -> version, as the first of these hosts has said; see ``keep_host``."""
    return _versions(hosts[0]["adapter"], hosts[0].get("runtime")) if hosts else {}


def _versions(adapter: Mapping[str, Any], runtime: Mapping[str, Any] | None) -> dict[str, str]:
    named = {f"simulator {adapter['name']}": adapter["version"]}
    return named | ({f"runtime {runtime['runtime']}": runtime["version"]} if runtime else {})


def _by_module(part: Part, folder: Path) -> dict[str, str]:
    """The code of a part by what its modules are called here, also those beside a file that is named."""
    if not is_reference(part.entry) or (path := Reference.read(part.entry, folder).path) is None:
        return part.code
    package = package_of(path.parent)
    return {
        f"{package}/{file.removeprefix('./')}" if file.startswith("./") else file: sha256
        for file, sha256 in part.code.items()
    }


def _written(stamps: Mapping[Path, Stamp]) -> Iterator[Path]:
    return (path for path, stamp in stamps.items() if _stamp(path) != stamp)


def _stamp(path: Path) -> Stamp | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_size
