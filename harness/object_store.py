"""Files in an object store, or whatever else fsspec opens by an address: whole ones, or none.

A store of objects shows one when all of it has arrived. What is read is held against the size that the store
tells of it, for a connection may end in the middle of a file whose last lines are nobody's to miss.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

_EXTRAS = {"s3": "s3", "gs": "gs", "gcs": "gs"}
_PATIENCE: dict[str, dict[str, Any]] = {
    "s3": {"config_kwargs": {"connect_timeout": 10, "read_timeout": 60, "retries": {"max_attempts": 2}}}
}
"""Options of a store's client where the user has set none: by itself it waits for minutes."""


class StoreFailed(Exception):  # noqa: N818 - the name says what happened
    """A store cannot be used, read or written; the message names the address and says why."""


class ObjectStore:
    """What lies below an address.

    Args:
        address: For example ``s3://bucket/folder``.
        error: Raised for every failure, with a sentence.

    Raises:
        StoreFailed: Or ``error``: nothing here can open such an address.
    """

    def __init__(self, address: str, error: type[Exception] = StoreFailed) -> None:
        self.address = address.rstrip("/")
        self._error = error
        scheme = address.partition("://")[0]
        extra = _EXTRAS.get(scheme)
        hint = f"pip install 'simgate[{extra}]'" if extra else f"install what fsspec needs for {scheme}://"
        try:
            import fsspec

            options = {} if scheme in fsspec.config.conf else _PATIENCE.get(scheme, {})
            self._files, root = fsspec.core.url_to_fs(self.address, **options)
        except (ImportError, ValueError) as cause:
            raise error(f"{address} cannot be used: {first_line(cause)}; {hint}") from cause
        self._root = str(root).rstrip("/")

    def sizes(self) -> dict[str, int]:
        """Name -> bytes of everything that lies there, folders within; empty where nothing does."""
        found = self._try("be listed", lambda: self._files.find(self._root, detail=True))
        below = f"{self._root}/"
        return {
            path.removeprefix(below): int(info["size"])
            for path, info in found.items()
            if path.startswith(below) and info["type"] == "file" and path != below
        }

    def read(self, name: str) -> bytes:
        """The content of one file."""
        content: bytes = self._try("be read", lambda: self._files.cat_file(self._at(name)), name)
        return content

    def write(self, name: str, content: bytes) -> None:
        """Writes one file, in place of what has its name."""
        self._try("be written", lambda: self._put(self._at(name), content), name)

    def fetch(self, sizes: Mapping[str, int], folder: Path) -> None:
        """Copies files here.

        Args:
            sizes: Of those that are wanted, as :meth:`sizes` tells them.
            folder: Where they get the same names.
        """
        for name in sizes:
            if ".." in PurePosixPath(name).parts or name.startswith("/"):
                raise self._error(f"{self.address}/{name} is no name of a file in a folder")
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
        pairs = [(self._at(name), str(folder / name)) for name in sizes]
        if pairs:
            there, here = map(list, zip(*pairs, strict=True))
            self._try("be read", lambda: self._files.get(there, here))
        for name, size in sizes.items():
            got = (folder / name).stat().st_size if (folder / name).is_file() else 0
            if got != size:
                raise self._error(
                    f"{self.address}/{name} has not come whole: {got} bytes of {size}; try again"
                )

    def put(self, folder: Path, names: Iterable[str]) -> None:
        """Copies files there, one after the other in this order."""
        for name in names:
            self._try("be written", lambda name=name: self._copy(folder / name, self._at(name)), name)

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _put(self, path: str, content: bytes) -> None:
        self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
        self._files.pipe_file(path, content)

    def _copy(self, path: Path, target: str) -> None:
        self._files.makedirs(target.rpartition("/")[0], exist_ok=True)
        self._files.put_file(str(path), target)

    def _try(self, what: str, action: Any, name: str = "") -> Any:
        where = f"{self.address}/{name}" if name else self.address
        try:
            # Another process may have written since.
            self._files.invalidate_cache()
            return action()
        except FileNotFoundError:
            raise self._error(f"{where} is not there") from None
        except Exception as cause:
            # Every store has errors of its own.
            raise self._error(
                f"{where} cannot {what}: {first_line(cause)}; check address and credentials"
            ) from cause


def first_line(error: Exception) -> str:
    """What an error says, without what follows; its type where it says nothing."""
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__
