"""What can be wrong with a model package, said with the position of the cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simgate.sim_adapters.printable import printable


@dataclass(frozen=True, slots=True)
class PackageProblem:
    """One thing that is wrong.

    Attributes:
        path: File that holds the cause.
        line: 1-based.
        column: 1-based.
        code: Stable word for the kind of problem, as ``simgate lint`` lists them.
        message: What is wrong.
        hint: What to do.
        length: Characters to underline.
        address: Of a package that could not be fetched, shown in place of the position.
    """

    path: Path
    line: int
    column: int
    code: str
    message: str
    hint: str = ""
    address: str = ""
    length: int = 1

    def __str__(self) -> str:
        hint = f"; {printable(self.hint)}" if self.hint else ""
        where = self.address or f"{self.path}:{self.line}:{self.column}"
        return f"{printable(where)}: error[{self.code}]: {printable(self.message)}{hint}"


class PackageError(Exception):
    """A model package cannot be used; the text holds every problem with its position."""

    def __init__(self, problems: Sequence[PackageProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
