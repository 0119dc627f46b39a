"""Checks the model package that a pack names."""

from __future__ import annotations

from collections.abc import Iterable

from simgate.harness.packs.source.fields import Reader
from simgate.policies.documents.diagnostics import Diagnostic, shown_path
from simgate.policies.documents.named_file import named_file
from simgate.policies.documents.nodes import Node
from simgate.policies.documents.problems import Problems
from simgate.policies.perception.problems import PackageProblem


def read_model(reader: Reader, node: Node | None) -> tuple[str | None, tuple[str, ...] | None]:
    """The model package that a pack names; problems are reported at their own places.

    Args:
        reader: Typed access to nodes.
        node: Value of ``model:``; its path is relative to the file that holds it.

    Returns:
        Absolute path of the package, or its remote reference; and its classes, None when they are not known.
    """
    text = reader.text(node, "the path of a model.yaml")
    if text is None or node is None:
        return None, None
    from simgate.policies.perception.package_source import is_remote

    if is_remote(text):
        # Fetched and checked when a run is planned; linting needs no network.
        return text, None
    path = named_file(reader.problems, node, text, "model package", "point to the model.yaml in it")
    if path is None:
        return None, None
    from simgate.policies.perception.package import PackageError, load_package

    try:
        return str(path), load_package(path).classes
    except PackageError as error:
        found = error.problems
    report(reader.problems, found)
    some = "a problem" if len(found) == 1 else f"{len(found)} problems"
    reader.problems.at(
        node, "model-package", f"the model package '{text}' has {some}, listed at its own files"
    )
    return str(path), None


def report(problems: Problems, found: Iterable[PackageProblem]) -> None:
    """Reports the problems of a model package at their own places."""
    for problem in found:
        problems.add(
            Diagnostic(
                shown_path(problem.path), problem.line, problem.column, problem.length, "error",
                problem.code, problem.message, problem.hint,
            )
        )  # fmt: skip
