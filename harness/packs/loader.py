"""Public entry of the scenario language: find, lint and load packs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

from simgate.harness.packs.checks.metric_catalog import MetricCatalog
from simgate.harness.packs.model import Pack
from simgate.harness.packs.reading.read_pack import PackReader
from simgate.harness.packs.source.extends import read_merged
from simgate.harness.packs.source.pack_mark import is_marked, is_model
from simgate.policies.documents.diagnostics import Diagnostic, PackError, shown_path
from simgate.policies.documents.named_file import absence
from simgate.policies.documents.nodes import ScalarNode, SourceFile
from simgate.policies.documents.problems import Problems


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
    return sorted(file for file in visible if file.is_file() and is_marked(file))


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
    pack, _ = _load(path, metrics, today or date.today(), problems)
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
        paths: Files of packs, for example from ``find_packs``, or of model packages.
        metrics: As for ``load_pack``.
        today: As for ``load_pack``.
        trial: Finds further problems of a pack that has none so far.
    """
    found: dict[Diagnostic, None] = {}
    named: dict[str, Path] = {}
    for path in paths:
        problems = Problems()
        if is_model(path):
            from simgate.policies.perception.package import check_package

            problems.extend(check_package(path))
            found.update(dict.fromkeys(problems.diagnostics))
            continue
        pack, name = _load(path, metrics, today or date.today(), problems)
        if name is not None and (first := named.setdefault(name.text, path)) != path:
            message = f"the pack has the name of {shown_path(first)}"
            problems.at(name, "duplicate-pack", message, "give every pack a name of its own")
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


def _load(
    path: Path, metrics: MetricCatalog | None, today: date, problems: Problems
) -> tuple[Pack | None, ScalarNode | None]:
    """The pack, and where it says its name; None for what cannot be read."""
    if not path.is_file():
        what = "is a folder, not a pack" if path.is_dir() else absence(path)
        source = SourceFile(path, shown_path(path), [])
        problems.span(
            source, 1, 1, 1, "missing-file", f"the file {what}", "give the path of a pack's YAML file"
        )
        return None, None
    sources, root = read_merged(path, problems)
    if root is None:
        return None, None
    _, name = root.find("pack") or (None, None)
    pack = PackReader(problems, metrics, today).read(root, sources)
    return pack, name if isinstance(name, ScalarNode) and name.text else None
