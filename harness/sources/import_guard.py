"""Lets a process import a run's plugins only as they were when the run was planned.

The text of a module is read once, held against the planned hash, and compiled from what was read: neither a
file replaced in between nor an old ``.pyc`` can run in its place.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from simgate.harness.sources.closure import HOUSE
from simgate.harness.sources.modules import Module, find_module, is_answered_for
from simgate.sim_adapters.files.code_file import FreshSource, Refusal, as_shown

_UNNAMED = "no import statement of the plan leads to it"
_RESTORE = "restore it and go on with --resume, or start a new run"
_NAME_IT = "import it by its name, or list it in files(options), and start a new run"
NOT_AS_PLANNED = "is not what the run was planned with"
"""In every message of :class:`NotAsPlanned`; from a host it arrives as text."""


class NotAsPlanned(Refusal):
    """Something is not what the run was planned with; the message names the file and says what to do.

    Args:
        who: What brings the file, in words.
        file: Its name.
        how: In what it differs.
        remedy: What to do.
    """

    def __init__(self, who: str, file: str, how: str, remedy: str = _RESTORE) -> None:
        super().__init__(f"{who}: {as_shown(file)} {NOT_AS_PLANNED}: {how}; {remedy}")


def in_hashes(was: str, now: str | None) -> str:
    """In what a file differs, by its SHA-256 before and now; None when it is gone."""
    return f"its sha256 was {was[:12]}, " + (f"is {now[:12]}" if now is not None else "and it is gone")


class ImportGuard(MetaPathFinder):
    """A finder in front of all others. Use it from :meth:`watch` to :meth:`close`.

    Args:
        planned: Who brings them, in words -> modules, written as files (``acme/door.py``), -> SHA-256, hex.
        is_strict: Also refuse modules that the plan does not know: those of the same packages, and others
            that their code loads and no release answers for. For a process that runs nothing but the plan.
    """

    def __init__(self, planned: Mapping[str, Mapping[str, str]], is_strict: bool) -> None:
        self._expected = {
            file: (who, sha256) for who, files in planned.items() for file, sha256 in files.items()
        }
        self._names = {_module_name(file): file for file in self._expected}
        tops = {name.partition(".")[0]: self._expected[file][0] for name, file in self._names.items()}
        self._tops = {top: who for top, who in tops.items() if is_strict and top != HOUSE}
        self.allowed: dict[Path, str] = {}
        """Files that the plan knows by another name, those that a plugin lists as its own -> SHA-256, hex;
        empty for one of so many that the plan holds only the hash over all."""
        self._strangers: dict[str, str] = {}
        self._early: list[tuple[str, str, Path, str]] | None = []

    def watch(self) -> None:
        """Checks what is loaded already, and stands before every import from now on.

        Raises:
            NotAsPlanned: A module that is loaded is another one now, or gone.
        """
        for name, file in self._names.items():
            if name in sys.modules:
                found = find_module(name)
                if found is None:
                    who, was = self._expected[file]
                    raise NotAsPlanned(who, file, in_hashes(was, None))
                self.check(found.file, found.path, found.content)
        sys.meta_path.insert(0, self)

    def close(self) -> None:
        """Lets everything be imported again."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec that the finders behind it have, with a loader that checks."""
        top = fullname.partition(".")[0]
        is_ours = fullname in self._names or top in self._tops
        who = None if is_ours or top == HOUSE or top in sys.stdlib_module_names else self._importer()
        if not is_ours and who is None:
            return None
        # Of two guards in one process each would else ask the other for ever.
        place = next((k for k, finder in enumerate(sys.meta_path) if finder is self), -1)
        finders = [finder for finder in sys.meta_path[place + 1 :] if hasattr(finder, "find_spec")]
        specs = (finder.find_spec(fullname, path, target) for finder in finders)
        spec = next((found for found in specs if found is not None), None)
        if spec is None or spec.origin is None or not spec.has_location or spec.loader is None:
            return spec
        if who is not None:
            if is_answered_for(top, Path(spec.origin)):
                return spec
            self._strangers[top] = who
        if type(spec.loader) in (SourceFileLoader, FreshSource):
            spec.loader = _CheckedSource(fullname, spec.origin, self)
        else:
            spec.loader = _Checked(spec.loader, fullname, spec.origin, self)
        return spec

    def check(self, file: str, path: Path, content: bytes) -> None:
        """Holds a module's content against the plan.

        Raises:
            NotAsPlanned: It is another one, or the plan does not know it.
        """
        now = hashlib.sha256(content).hexdigest()
        if file in self._expected:
            who, was = self._expected[file]
            if was != now:
                raise NotAsPlanned(who, f"{file} ({path})", in_hashes(was, now))
            return
        top = file.partition("/")[0].partition(".")[0]
        stranger = self._tops.get(top) or self._strangers.get(top)
        if stranger is None:
            return
        stranger = self._importer() or stranger  # Of several parts in one folder, the one that asks.
        if self._early is not None:
            self._early.append((stranger, file, path, now))
        else:
            self._check_listed(stranger, file, path, now)

    def settle(self) -> None:
        """From now on ``allowed`` is complete; what was loaded before is held against it.

        Raises:
            NotAsPlanned: It is another one, or the plan does not know it.
        """
        early, self._early = self._early or [], None
        for loaded in early:
            self._check_listed(*loaded)

    def _check_listed(self, who: str, file: str, path: Path, now: str) -> None:
        if path not in self.allowed:
            raise NotAsPlanned(who, f"{file} ({path})", _UNNAMED, _NAME_IT)
        was = self.allowed[path]
        if was and was != now:
            raise NotAsPlanned(who, f"{file} ({path})", in_hashes(was, now))

    def _importer(self) -> str | None:
        """Whose code is at work, in words; None when none of the plan's."""
        frame = sys._getframe(2) if self._tops else None
        while frame is not None:
            name = str(frame.f_globals.get("__name__", ""))
            if (top := name.partition(".")[0]) in self._tops:
                return self._expected[self._names[name]][0] if name in self._names else self._tops[top]
            frame = frame.f_back
        return None


class _CheckedSource(SourceFileLoader):
    """Compiles a module from the bytes that were checked, past any cache."""

    def __init__(self, fullname: str, path: str, guard: ImportGuard) -> None:
        super().__init__(fullname, path)
        self._guard = guard

    def get_code(self, fullname: str) -> CodeType:
        """The module's code."""
        path = self.get_filename(fullname)
        content = self.get_data(path)
        self._guard.check(_file_of(fullname, Path(path), content), Path(path), content)
        code: CodeType = self.source_to_code(content, path)
        return code


class _Checked(Loader):
    """Checks a module's file before another loader loads it: extension modules, archives, rewritten tests."""

    def __init__(self, loader: Loader, fullname: str, origin: str, guard: ImportGuard) -> None:
        self._loader, self._name, self._origin, self._guard = loader, fullname, origin, guard

    def __getattr__(self, name: str) -> object:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Checks the file, then leaves it to the loader."""
        read: Callable[[str], bytes] | None = getattr(self._loader, "get_data", None)
        content = read(self._origin) if read else Path(self._origin).read_bytes()
        self._guard.check(_file_of(self._name, Path(self._origin), content), Path(self._origin), content)
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Runs the module."""
        self._loader.exec_module(module)


def _file_of(name: str, path: Path, content: bytes) -> str:
    return Module(name, path, content, path.name.partition(".")[0] == "__init__", ()).file


def _module_name(file: str) -> str:
    """``acme.door`` of ``acme/door.py``."""
    parts = file.split("/")
    stem = parts[-1].partition(".")[0]
    return ".".join(parts[:-1] if stem == "__init__" else [*parts[:-1], stem])
