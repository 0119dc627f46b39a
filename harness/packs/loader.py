"""Public entry of the scenario language: find, lint and load packs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

from simgate.harness.packs.extends import read_merged
from simgate.harness.packs.metric_catalog import MetricCatalog
from simgate.harness.packs.model import Pack
from simgate.harness.packs.read_pack import PackReader
from simgate.policies.documents.diagnostics import Diagnostic, PackError, shown_path
from simgate.policies.documents.nodes import SourceFile
from simgate.policies.documents.problems import Problems

_PACK_MARK = re.compile(rb"^simgate[ \t]*:", re.MULTILINE)
_MARK_WITHIN = 200_000
"""Bytes at the start of a file in which the key ``simgate:`` is looked for."""


def find_packs(path: Path) -> list[Path]:
    """Packs at or below a path, sorted.

    A file is taken as it is. In a folder, a pack is a ``.yaml`` or ``.yml`` file with the
    top-level key ``simgate:``, even when the rest of it is broken; hidden folders are left out.
    """
    if not path.is_dir():
        return [path]
    files = [file for suffix in ("*.yaml", "*.yml") for file in path.rglob(suffix)]
    visible = [
        file for file in files if not any(part.startswith(".") for part in file.relative_to(path).parts)
    ]
    return sorted(file for file in visible if file.is_file() and _is_marked(file))


def _is_marked(file: Path) -> bool:
    with file.open("rb") as stream:
        return _PACK_MARK.search(stream.read(_MARK_WITHIN)) is not None


def load_pack(path: Path, metrics: MetricCatalog | None = None, today: date | None = None) -> Pack:
    """Loads and checks one pack.

    Args:
        path: The pack's file.
        metrics: Known metrics (``simgate.harness.scoring.metrics``); None skips the checks that need them.
        today: Day against which quarantines are held; the machine's by default.

    Raises:
        PackError: The pack has problems; it holds all of them.
    """
    problems = Problems()
    pack = _load(path, metrics, today or date.today(), problems)
    if pack is None:
        raise PackError(problems.diagnostics)
    return pack


def lint(
    paths: Iterable[Path],
    metrics: MetricCatalog | None = None,
    today: date | None = None,
    trial: Callable[[Pack], Iterable[Diagnostic]] | None = None,
) -> list[Diagnostic]:
    """Every problem of every pack, each once, although packs may share files.

    Args:
        paths: Files of packs, for example from ``find_packs``.
        metrics: As for ``load_pack``.
        today: As for ``load_pack``.
        trial: Finds further problems of a pack that has none so far.
    """
    found: dict[Diagnostic, None] = {}
    for path in paths:
        problems = Problems()
        pack = _load(path, metrics, today or date.today(), problems)
        found.update(dict.fromkeys(problems.diagnostics))
        if trial is not None and pack is not None:
            found.update(dict.fromkeys(trial(pack)))
    return list(found)


def pack_files(path: Path) -> tuple[list[Path], str]:
    """All files that a pack is made of, its own first, and the digest over them that the pack carries.

    Problems of the pack are of no interest here: a quarantine may have ended since the pack ran.
    """
    sources, root = read_merged(path, Problems())
    if root is None:
        return [source.path for source in sources], ""
    reader = PackReader(Problems(), None, date.today())
    reader.read(root, sources)
    return [source.path for source in reader.files], reader.source_sha256


def _load(path: Path, metrics: MetricCatalog | None, today: date, problems: Problems) -> Pack | None:
    if not path.is_file():
        what = "is a folder, not a pack" if path.is_dir() else "does not exist"
        source = SourceFile(path, shown_path(path), [])
        problems.span(
            source, 1, 1, 1, "missing-file", f"the file {what}", "give the path of a pack's YAML file"
        )
        return None
    sources, root = read_merged(path, problems)
    if root is None:
        return None
    return PackReader(problems, metrics, today).read(root, sources)
