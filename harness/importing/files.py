"""Which tool wrote a file: by what stands in it, or as the user says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from simgate.harness.importing.episode import CannotImport, Told
from simgate.harness.importing.evaluations import inspect_robots, lerobot, vla_eval
from simgate.harness.importing.sweeps import arena, gauntlet
from simgate.harness.importing.tables import ColumnMap, csv_rows, junit
from simgate.harness.importing.value import Value, json_of
from simgate.sim_adapters.plain_file import read_plain

_JSON: dict[str, tuple[Callable[[Value, str | None], Told], tuple[frozenset[str], ...]]] = {
    "lerobot": (lerobot, (frozenset(("per_task", "overall")), frozenset(("per_episode", "aggregated")))),
    "vla-eval": (vla_eval, (frozenset(("benchmark", "tasks")),)),
    "inspect-robots": (inspect_robots, (frozenset(("eval", "samples", "version")),)),
}
FORMATS = (*_JSON, "arena", "gauntlet", "junit", "csv")
"""What can be imported."""


def read_results(path: Path, kind: str | None, success: str | None, columns: ColumnMap) -> tuple[Told, str]:
    """What a file tells, and the SHA-256 of its content, hex.

    Args:
        path: The file.
        kind: One of :data:`FORMATS`; None where its content says it.
        success: Key that says whether an episode succeeded, where it is not the format's own.
        columns: Of a CSV file.

    Raises:
        CannotImport: It is of none of the formats, or not whole.
        OSError: It cannot be read.
    """
    content = read_plain(path)
    told = _told(content, str(path), kind, success, columns)
    if not told.episodes:
        raise CannotImport(f"{path} holds no episode")
    return told, hashlib.sha256(content).hexdigest()


def _told(content: bytes, file: str, kind: str | None, success: str | None, columns: ColumnMap) -> Told:
    begins = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if kind == "junit" or (kind is None and begins == b"<"):
        return junit(content, file)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CannotImport(f"{file} is not UTF-8 text: byte {error.start} is none of it") from None
    if kind == "csv" or (kind is None and (begins not in (b"{", b"[") or file.endswith(".csv"))):
        return csv_rows(text, file, columns)
    if kind == "arena" or (kind is None and _is_lines(text, file)):
        lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        return arena([json_of(line, file, number) for number, line in lines], success)
    root = json_of(text, file)
    if kind == "gauntlet" or (kind is None and isinstance(root.held, list)):
        return gauntlet(root, success)
    keys = root.mapping().keys()
    for name, (reads, marks) in _JSON.items():
        if kind == name or (kind is None and any(mark <= keys for mark in marks)):
            return reads(root, success)
    raise CannotImport(f"{file} is no result of {', '.join(FORMATS)} that is known; say which: --format NAME")


def _is_lines(text: str, file: str) -> bool:
    """Whether it is one mapping a line, with the keys that Isaac Lab-Arena writes first."""
    first = text.lstrip().partition("\n")[0].strip()
    if not (first.startswith("{") and first.endswith("}")):
        return False
    try:
        return {"job_name", "env_id"} <= json_of(first, file).mapping().keys()
    except CannotImport:
        return False
