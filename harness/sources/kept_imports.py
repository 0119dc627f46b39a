"""What modules import, kept from run to run by their content: to read our own takes a quarter of a second.

Kept in ``$XDG_CACHE_HOME/simgate/imports``, for this Python and this way of reading. A file that others may
write, or that is damaged, counts for nothing; one that cannot be written is done without.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import stat
import sys
from contextlib import suppress
from pathlib import Path

from simgate.harness.sources import imports
from simgate.harness.sources.imports import Imports, imports_of

_MOST = 4096
"""Modules that are kept; when there are more, those that this run has read are."""


class KeptImports:
    """Imports of modules, by content."""

    def __init__(self) -> None:
        self._file = _file()
        self._known = _read(self._file)
        self._used: dict[str, Imports] = {}
        self._is_new = False

    def of(self, text: bytes, sha256: str, package: str) -> Imports:
        """See :func:`imports_of`.

        Args:
            text: The module's source.
            sha256: Of it, hex.
            package: Dotted name of the package that it lies in.

        Raises:
            RecursionError, MemoryError: It is nested too deeply to tell.
        """
        key = f"{sha256} {package}"
        found = self._used.get(key) or self._known.get(key)
        if found is None:
            found, self._is_new = imports_of(text, package), True
        self._used[key] = found
        return found

    def save(self) -> None:
        """Keeps what was new."""
        if not self._is_new or self._file is None:
            return
        self._known |= self._used
        if len(self._known) > _MOST:
            self._known = dict(self._used)
        rows = {key: (one.names, one.is_computed, sorted(one.functions)) for key, one in self._known.items()}
        text = json.dumps(rows, separators=(",", ":")).encode()
        temporary = self._file.with_name(f".{secrets.token_hex(8)}")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(hashlib.sha256(text).hexdigest().encode() + b"\n" + text)
            temporary.replace(self._file)
        except OSError:
            with suppress(OSError):
                temporary.unlink()
        self._is_new = False


def _file() -> Path | None:
    try:
        way = hashlib.sha256(
            f"{sys.version} {Path(imports.__file__).read_bytes().hex()}".encode()
        ).hexdigest()
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except (OSError, RuntimeError):  # We are in an archive, or nobody knows where this user is at home.
        return None
    return Path(home) / "simgate" / "imports" / f"{way[:16]}.json"


def _read(file: Path | None) -> dict[str, Imports]:
    if file is None:
        return {}
    try:
        with file.open("rb") as opened:
            about = os.fstat(opened.fileno())
            if about.st_uid != os.geteuid() or stat.S_IMODE(about.st_mode) & 0o022:
                return {}
            sha256, _, text = opened.read().partition(b"\n")
    except OSError:
        return {}
    if hashlib.sha256(text).hexdigest().encode() != sha256:
        return {}
    return {
        key: Imports(tuple(names), is_computed, frozenset(functions))
        for key, (names, is_computed, functions) in json.loads(text).items()
    }
