"""Native files that have been opened, kept from variant to variant while they are what was promised."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from simgate.sim_adapters.worlds.file_digest import stamps
from simgate.sim_adapters.worlds.native_file import NativeError

_MOST = 8


class Source(Protocol):
    """An opened file.

    Attributes:
        files: The file and everything that it reads, itself first.
        sha256: Digest over their contents, hex.
    """

    @property
    def files(self) -> tuple[Path, ...]: ...  # noqa: D102 - see the class
    @property
    def sha256(self) -> str: ...  # noqa: D102 - see the class


S = TypeVar("S", bound=Source)


class KeptSources(Generic[S]):
    """Opens files once and again only when something was written.

    Args:
        open_source: Opens a file; raises :class:`NativeError`.
    """

    def __init__(self, open_source: Callable[[Path], S]) -> None:
        self._open = open_source
        self._kept: dict[tuple[Path, str], tuple[S, tuple[tuple[str, int, int, int, int], ...]]] = {}

    def promised(self, path: Path, sha256: str) -> S:
        """The file that a pack was checked with.

        Raises:
            ValueError: It is gone, or its content or that of a file it reads is another one now.
        """
        try:
            kept = self._kept.get((path, sha256))
            if kept is not None and stamps(kept[0].files) == kept[1]:
                return kept[0]
            return self._opened(path, sha256)
        except (NativeError, OSError) as error:
            raise ValueError(f"native world {path}: {error}") from None

    def _opened(self, path: Path, sha256: str) -> S:
        source = self._open(path)
        if source.sha256 != sha256:
            raise NativeError(
                "file",
                f"it or a file that it reads has changed (sha256 was {sha256[:12]}, is {source.sha256[:12]})",
                "restore it, or start a new run",
            )
        while len(self._kept) >= _MOST:
            self._kept.pop(next(iter(self._kept)))
        self._kept[path, sha256] = source, stamps(source.files)
        return source
