"""What goes into a package: the run, the sources that it was made from, and what is derived for readers."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from simgate.harness.evidence.hashed import Hashed, hashed
from simgate.harness.evidence.page import index_page
from simgate.harness.evidence.readiness import Check, Sources, checklist, is_ready
from simgate.harness.evidence.traceability import as_data, csv_lines, requirements, trace
from simgate.harness.gate.comparing.pairing import RunEvidence
from simgate.harness.gate.decide import judged_run
from simgate.harness.gate.tally import JudgedVariant, without_the_rest
from simgate.harness.gate.verdict import Verdict
from simgate.harness.packs.loader import pack_files
from simgate.harness.packs.model import Pack
from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.results.manifest import Manifest
from simgate.harness.results.run_folder import RunFolder
from simgate.policies.perception.package import PackageError, load_package
from simgate.sim_adapters.files.plain_file import inside

RUN, PACKS, MODEL = "run", "packs", "model"
LEFT_OUT = ("recordings", "frames", "replays")
"""Folders of a run that are large and that ``simgate replay`` makes again, or has made since."""


@dataclass(frozen=True)
class Contents:
    """A package before its statement.

    Attributes:
        files: Path inside the package -> hashed file.
        checks: The readiness checklist.
        remarks: What is not in the package, and why.
    """

    files: dict[str, Hashed]
    checks: list[Check]
    remarks: list[str]


def collect(folder: RunFolder, verdict: Verdict, scratch: Path, *, signed: str, recordings: bool) -> Contents:
    """Everything that a package of this run holds, except for its statement.

    Args:
        folder: The run, with its reports written.
        verdict: As decided from manifest and journal just now.
        scratch: Folder for tables of all variants, kept until the package is written.
        signed: How the package will be signed, for the checklist; empty when it will not.
        recordings: Whether pictures and recordings go in as well.

    Raises:
        OSError: A file of the run cannot be read, or a table not be written.
    """
    run, _ = judged_run(folder)
    manifest, pack = run.manifest, run.pack
    files = _run_files(folder, recordings)
    pack_part, pack_remark = _pack_part(pack)
    model_part, model_remark = _model_part(pack, manifest)
    files |= pack_part | model_part
    variants = _variants(run, verdict)
    matrix = requirements(verdict)
    rows = trace(matrix, variants)
    sources = Sources(pack_remark, model_remark)
    fingerprint = run.fingerprint
    checks = checklist(manifest, fingerprint, verdict, variants, matrix, sources, signed=signed)
    environment = {
        "run": manifest.run_id,
        "created_utc": manifest.created_utc,
        "command": list(manifest.command),
        "fingerprint": fingerprint.model_dump(mode="json"),
        "hosts": folder.hosts(),
    }
    readiness = {"ready": is_ready(checks), "checks": [asdict(check) for check in checks]}
    derived = {
        "environment.json": b"".join(_json(environment)),
        "readiness.json": b"".join(_json(readiness)),
        "index.html": index_page(manifest, verdict, checks, matrix, rows, sorted(files)).encode(
            "utf-8", "backslashreplace"
        ),
    }
    files |= {name: hashed(content) for name, content in derived.items()}
    tables = {"traceability.json": _json(as_data(matrix, rows)), "traceability.csv": csv_lines(rows)}
    for name, pieces in tables.items():
        write_atomic(scratch / name, pieces)
        files[name] = hashed(scratch / name)
    remarks = [remark for remark in (pack_remark, model_remark) if remark]
    return Contents(files, checks, remarks)


def _json(value: object) -> Iterator[bytes]:
    """Piece by piece: of very many variants the pieces take many times the memory of the text."""
    for piece in json.JSONEncoder(indent=1, ensure_ascii=False).iterencode(value):
        yield piece.encode("utf-8", "backslashreplace")
    yield b"\n"


def _run_files(folder: RunFolder, recordings: bool) -> dict[str, Hashed]:
    """The run's folder without logs, earlier packages and, unless asked for, pictures and recordings."""
    files = {}
    for path in sorted(folder.path.rglob("*")):
        relative = path.relative_to(folder.path)
        parts = relative.parts
        is_left_out = parts[0] in LEFT_OUT and not recordings
        if not path.is_file() or is_left_out or path.suffix in (".log", ".zip") or parts[-1].startswith("."):
            continue
        files[f"{RUN}/{relative.as_posix()}"] = hashed(inside(folder.path, relative))
    return files


def _variants(run: RunEvidence, verdict: Verdict) -> tuple[JudgedVariant, ...]:
    if verdict.stopped_at is None:
        return run.evidence.variants
    return without_the_rest(run.evidence, verdict.stopped_at).variants


def _pack_part(pack: Pack) -> tuple[dict[str, Hashed], str]:
    """The pack's file, all that it extends and its tables; or why they are not what ran."""
    path = Path(pack.path)
    if not path.is_file():
        return (
            {},
            f"the pack's file {path.name} is no longer where it was; the manifest holds the checked pack",
        )
    if any(scenario.imported for scenario in pack.scenarios):
        sources = {path.parent / name: sha256 for name, sha256 in pack.sources.items()}
        paths = list(sources)
        changed = [p.name for p, sha256 in sources.items() if not p.is_file() or hashed(p).sha256 != sha256]
        if changed:
            return {}, f"{', '.join(changed)} has changed since it was imported, or is gone"
    else:
        paths, digest = pack_files(path)
        if digest != pack.source_sha256:
            return {}, f"{path.name} or a file that it extends has changed since the run"
    root = _root_of(path)
    outside = next((file for file in paths if not file.resolve().is_relative_to(root)), None)
    if outside is not None:
        # Whoever wrote the pack may name any file of whoever packs it.
        return {}, f"the pack reads {outside}, outside of {root}; its files are not in the package"
    common = Path(os.path.commonpath([file.parent for file in paths]))
    return {f"{PACKS}/{file.relative_to(common).as_posix()}": hashed(file) for file in paths}, ""


def _root_of(path: Path) -> Path:
    """The folder whose files a pack may bring along: its repository, or where one stands, or its own."""
    path, here = path.resolve(), Path.cwd()
    repository = next((folder for folder in path.parents if (folder / ".git").exists()), None)
    return repository or (here if path.is_relative_to(here) else path.parent)


def _model_part(pack: Pack, manifest: Manifest) -> tuple[dict[str, Hashed], str]:
    """The model package with all its files, every hash checked; or why it is not what ran."""
    if not pack.packages:
        # Of a model that is a ROS 2 node the manifest has every hash, and its programs stay where they are.
        is_without = bool(pack.nodes) or not manifest.fingerprint.model_sha256
        return {}, "" if is_without else "the pack in the manifest names no model, although the run had one"
    files: dict[str, Hashed] = {}
    for name, path in pack.packages.items():
        sha256 = manifest.fingerprint.models.get(name, "") if name else manifest.fingerprint.model_sha256
        found, why = _package_part(path, sha256, f"{MODEL}/{name}" if name else MODEL)
        files |= found
        if why:
            of_several = f"of the model {name}, " if name else ""
            return files if found else {}, of_several + why
    return files, ""


def _package_part(path: str, sha256: str, folder: str) -> tuple[dict[str, Hashed], str]:
    """One package; arguments are its path, the hash with which it ran, and where it goes."""
    try:
        package = load_package(path, run_code=False)  # The manifest may come from others.
    except PackageError as error:
        first = str(error).splitlines()[0]
        return {}, f"the model package can no longer be read: {first}"
    if package.sha256 != sha256:
        return {}, f"{package.path.name} of the model has changed since the run"
    files = {}
    for file in package.files:
        content = hashed(file.path)
        if content.sha256 != file.sha256:
            return {}, f"the model's {file.name} has changed while it was read"
        files[f"{folder}/{file.name}"] = content
    card = package.spec.model_card
    if card is not None and not (package.path.parent / card).is_file():
        return files, f"the model card {card}, which model.yaml names, is not there"
    return files, ""
