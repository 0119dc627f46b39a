"""A model package read and verified: one ``model.yaml`` that says what a model is, how to feed and read it.

Whatever differs between two models (preprocessing, decoding, classes, thresholds, hashes,
latency on the target) is declared there, so that no runtime has code for a particular model.
"""

from __future__ import annotations

from pathlib import Path

from simgate.policies.documents.diagnostics import Diagnostic, of_file
from simgate.policies.perception.decoder_spec import UnreadSpec
from simgate.policies.perception.decoding.declared import decoder_problems
from simgate.policies.perception.files.check_files import file_problems
from simgate.policies.perception.files.onnx_interface import onnx_problems
from simgate.policies.perception.files.package_files import Artifact, PackageFile
from simgate.policies.perception.model_package import ModelPackage
from simgate.policies.perception.model_yaml.schema import read_spec, sound_artifacts
from simgate.policies.perception.model_yaml.spec import Deployed, InputSpec
from simgate.policies.perception.model_yaml.text import read_text
from simgate.policies.perception.problems import PackageError
from simgate.sim_adapters.files.unfetched import empty, unfetched

__all__ = [
    "Artifact",
    "Deployed",
    "InputSpec",
    "ModelPackage",
    "PackageError",
    "PackageFile",
    "check_package",
    "load_package",
]


def load_package(path: str | Path, *, run_code: bool = True) -> ModelPackage:
    """Reads and verifies a package.

    Args:
        path: A ``model.yaml``, or the folder that holds one.
        run_code: Whether a decoder that the package names by its file is run, for what it says of itself;
            without it nothing is known of its keys and tensors, and its files are listed all the same.

    Raises:
        PackageError: Something is wrong; all problems with file, line and column.
    """
    problems, package = _examine(Path(path), run_code)
    if package is None or problems:
        raise PackageError(problems)
    return package


def check_package(path: str | Path) -> list[Diagnostic]:
    """All problems of a package; empty when :func:`load_package` would succeed."""
    return _examine(Path(path))[0]


def _examine(path: Path, run_code: bool = True) -> tuple[list[Diagnostic], ModelPackage | None]:
    if path.is_dir():
        path = path / "model.yaml"
    lacking = unfetched(path) or empty(path)
    if lacking is not None:
        message = f"'{path.name}' {lacking.message}"
        return [of_file(path, "not-fetched", message, lacking.remedy)], None
    try:
        problems, text = read_text(path)
    except OSError as error:
        reason = (
            "does not exist" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
        )
        hint = "check the path, or train the model with 'make train'"
        return [of_file(path, "missing-model", f"model package {reason}", hint)], None
    if text is None:
        return problems, None
    spec, found = read_spec(text, run_code)
    # What cannot be read stands in for its value, which is then wrong a second time.
    unreadable = {(problem.line, problem.column) for problem in problems}
    problems += [problem for problem in found if (problem.line, problem.column) not in unreadable]
    if spec is None:
        problems += file_problems(text, sound_artifacts(text), None)
    else:
        problems += file_problems(text, dict(enumerate(spec.artifacts)), spec.model_card)
    package = None if spec is None else ModelPackage(path, spec, text.sha256, text)
    if package is not None and not problems and not isinstance(package.decoder, UnreadSpec):
        problems = decoder_problems(package) or onnx_problems(package)
    problems.sort(key=lambda problem: (problem.line, problem.column))
    return problems, package
