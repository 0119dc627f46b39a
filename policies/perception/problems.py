"""What is wrong with a package that cannot be used: a model's, or a learned policy's."""

from __future__ import annotations

from collections.abc import Sequence

from simgate.policies.documents.diagnostics import Diagnostic


class PackageError(Exception):
    """A package cannot be used; the text holds every problem with its position and its remedy."""

    def __init__(self, problems: Sequence[Diagnostic]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.with_hint for problem in self.problems))
