"""Which tool wrote a file: by what stands in it, or as the user says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from simgate.harness.importing.episode import CannotImport, Told
from simgate.harness.importing.evaluations import inspect_robots, lerobot, vla_eval
from simgate.harness.importing.formats import FORMATS
from simgate.harness.importing.sweeps import arena, gauntlet
from simgate.harness.importing.tables import ColumnMap, csv_rows, junit
from simgate.harness.importing.value import Value, json_of
from simgate.sim_adapters.files.plain_file import read_plain
from simgate.sim_adapters.printable import printable

_JSON: dict[str, tuple[Callable[[Value, str | None], Told], tuple[frozenset[str], ...]]] = {
    "lerobot": (lerobot, (frozenset(("per_task", "overall")), frozenset(("per_episode", "aggregated")))),
    "vla-eval": (vla_eval, (frozenset(("benchmark", "tasks")),)),
    "inspect-robots": (inspect_robots, (frozenset(("eval", "samples", "version")),)),
}
_OWN_KEY = "success"
"""Says success in every format that has one key for it."""
_BOM = b"\xef\xbb\xbf"


class Results(NamedTuple):
    """A file that was read.

    Attributes:
        told: What it tells.
        sha256: Of its content, hex.
        lines: The same of its lines, however they end: a file that was checked out elsewhere is the same.
    """

    told: Told
    sha256: str
    lines: str


def read_results(path: Path, kind: str | None, success: str | None, columns: ColumnMap) -> Results:
    """What a file tells.

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
    if success and success != _OWN_KEY and not told.success:
        told = replace(told, success=success)
    lines = b"\n".join(content.removeprefix(_BOM).strip().splitlines())
    return Results(told, hashlib.sha256(content).hexdigest(), hashlib.sha256(lines).hexdigest())


def _told(content: bytes, file: str, kind: str | None, success: str | None, columns: ColumnMap) -> Told:
    begins = content.removeprefix(_BOM).lstrip()[:1]
    if kind == "junit" or (kind is None and begins == b"<"):
        _require_no_key(file, success, "JUnit's cases tell by themselves whether they passed")
        return junit(content, file)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CannotImport(f"{file} is not UTF-8 text: byte {error.start} is none of it") from None
    if kind == "csv" or (kind is None and (begins not in (b"{", b"[") or file.endswith(".csv"))):
        _require_no_key(file, success, "write --column success=NAME for a column of a CSV file")
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


def _require_no_key(file: str, success: str | None, why: str) -> None:
    if success:
        raise CannotImport(f"{file}: --success {printable(success)} names no key of it; {why}")


def _is_lines(text: str, file: str) -> bool:
    """Whether it is one mapping a line, with the keys that Isaac Lab-Arena writes first."""
    first = text.lstrip().partition("\n")[0].strip()
    if not (first.startswith("{") and first.endswith("}")):
        return False
    try:
        return {"job_name", "env_id"} <= json_of(first, file).mapping().keys()
    except CannotImport:
        return False
