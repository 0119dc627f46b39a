"""Whether the files of a model package are there and are what it declares."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from simgate.policies.documents.diagnostics import Diagnostic
from simgate.policies.perception.files.onnx_data import external_locations
from simgate.policies.perception.files.package_files import leads_outside, sha256_of, sidecar_path
from simgate.policies.perception.model_yaml.text import PackageText
from simgate.sim_adapters.files.unfetched import Unfetched, dvc_output, empty, unfetched

if TYPE_CHECKING:
    from simgate.policies.perception.model_yaml.spec import ArtifactSpec, DataFile

_Location = tuple[str | int, ...]


def file_problems(
    package: PackageText, artifacts: Mapping[int, ArtifactSpec], model_card: str | None
) -> list[Diagnostic]:
    """What is wrong with the files of a package, each problem where ``model.yaml`` speaks of the file.

    Args:
        package: Its text.
        artifacts: By their place in the list.
        model_card: None when there is none.
    """
    problems: list[Diagnostic] = []
    for index, artifact in artifacts.items():
        at: _Location = ("artifacts", index)
        found = _declared(package, at, artifact, "artifact file")
        problems += found
        for number, data in enumerate(artifact.external_data):
            problems += _declared(package, (*at, "external_data", number), data, "external data")
        if artifact.kind == "onnx" and not found:
            problems += _undeclared(package, at, artifact)
        if artifact.kind == "tensorrt" and not found:
            sidecar = sidecar_path(Path(artifact.file))
            problems += _unpromised(package, (*at, "file"), str(sidecar), "sidecar")
    if model_card is not None:
        problems += _unpromised(package, ("model_card",), model_card, "model card")
    return problems


def _declared(
    package: PackageText, at: _Location, file: ArtifactSpec | DataFile, what: str
) -> list[Diagnostic]:
    """A file with a hash."""
    here, path = (*at, "file"), package.path.parent / file.file
    if leads_outside(file.file):
        return [_outside(package, here, file.file, what)]
    lacking = unfetched(path) or empty(path)
    if lacking is not None:
        return [_lacking(package, here, file.file, lacking)]
    if not path.is_file():
        message = f"{what} '{file.file}' does not exist"
        return [package.problem(here, "missing-artifact", message, f"restore {path}")]
    actual = sha256_of(path)
    if actual == file.sha256:
        return _other_in_dvc(package, here, path)
    message = f"'{file.file}' has sha256 {actual}, the package declares {file.sha256}"
    hint = "restore the file that was released, or declare the new hash after evaluating the model again"
    return [package.problem((*at, "sha256"), "model-hash", message, hint)]


def _undeclared(package: PackageText, at: _Location, artifact: ArtifactSpec) -> list[Diagnostic]:
    """Weights of an ONNX file in further files that the package says nothing of."""
    here, own = (*at, "file"), PurePosixPath(artifact.file)
    declared = {PurePosixPath(data.file) for data in artifact.external_data}
    problems = []
    for location in external_locations(package.path.parent / artifact.file):
        name = own.parent / location
        if leads_outside(location):
            problems.append(_outside(package, here, location, f"external data of '{artifact.file}',"))
            continue
        if name in declared:
            continue
        path = package.path.parent / name
        lacking = unfetched(path) or empty(path)
        if lacking is not None:
            problems.append(_lacking(package, here, str(name), lacking))
            continue
        message = f"'{artifact.file}' keeps weights in '{name}', which the package does not declare"
        if path.is_file():
            digest = sha256_of(path)
            hint = f"add to this artifact: external_data: [{{file: {name}, sha256: {digest}}}]"
            problems.append(package.problem(here, "external-data", message, hint))
        else:
            hint = f"copy it to {path}, then declare it with its sha256 as external_data"
            message = f"'{artifact.file}' keeps weights in '{name}', which does not exist"
            problems.append(package.problem(here, "missing-artifact", message, hint))
    return problems


def _lacking(package: PackageText, at: _Location, name: str, lacking: Unfetched) -> Diagnostic:
    return package.problem(at, "not-fetched", f"'{name}' {lacking.message}", lacking.remedy)


def _other_in_dvc(package: PackageText, at: _Location, path: Path) -> list[Diagnostic]:
    """The lineage names what DVC tracks, so that must be the file that is there."""
    tracked = dvc_output(path)
    if tracked is None or not tracked.is_of_bytes:
        return []
    with path.open("rb") as file:
        actual = hashlib.file_digest(file, "md5").hexdigest()
    if actual == tracked.md5:
        return []
    message = f"'{path.name}' has md5 {actual}, DVC tracks {tracked.md5} ({tracked.record.name})"
    hint = "track what was released with `dvc commit`, or bring it back with `dvc checkout`"
    return [package.problem(at, "model-hash", message, hint)]


def _unpromised(package: PackageText, at: _Location, name: str, what: str) -> list[Diagnostic]:
    """A file whose content nobody promised, so that it must not be a link to just any file, nor a pointer.

    Where a whole package consists of links (the cache of a download), it may lie where ``model.yaml`` lies.
    """
    folder = package.path.parent
    real = (folder / name).resolve()
    inside = any(real.is_relative_to(f) for f in (folder.resolve(), package.path.resolve().parent))
    if not inside or leads_outside(name):
        return [_outside(package, at, name, what)]
    lacking = unfetched(folder / name)
    return [] if lacking is None else [_lacking(package, at, name, lacking)]


def _outside(package: PackageText, at: _Location, name: str, what: str) -> Diagnostic:
    message = f"{what} '{name}' lies outside of the package's folder"
    return package.problem(at, "outside-package", message, f"put it below {package.path.parent}")
