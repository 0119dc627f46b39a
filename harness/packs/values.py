"""Value specifications: how one parameter gets its value."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ValueKind = Literal[
    "constant", "uniform", "log_uniform", "normal", "log_normal", "beta", "triangular", "integers", "choice",
    "bool", "grid", "expr", "from_file", "when",
]  # fmt: skip

FRACTIONAL: frozenset[str] = frozenset(
    {"uniform", "log_uniform", "normal", "log_normal", "beta", "triangular"}
)
"""Kinds that draw fractions from an interval; all have ``low`` and ``high`` among their numbers."""


class ValueSpec(BaseModel):
    """A constant, a distribution or a rule, in normal form.

    Which fields a kind uses:

    * ``constant``, ``choice``, ``grid``: ``choices``, one value or several; ``choice`` also ``weights``,
      which add up to 1.
    * ``uniform``, ``log_uniform``, ``integers``: ``numbers`` low, high (integers: both ends included).
    * ``normal``: mean, std, low, high (truncated). ``log_normal``: median, sigma (standard deviation of the
      natural logarithm), low, high (truncated). ``triangular``: low, mode, high. ``beta``: alpha, beta,
      low, high (0 and 1 of the distribution lie at low and high). ``bool``: probability.
    * ``expr``: ``expression``, computed from other parameters.
    * ``from_file``: ``csv_file`` and ``csv_column``; ``choices`` holds the column's cells, row by row.
      Parameters of one file take their values from the same row.
    * ``when``: ``cases``, the first whose condition holds gives the value; the last one has no condition.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    kind: ValueKind
    numbers: dict[str, float] = Field(default_factory=dict)
    choices: tuple[bool | int | float | str, ...] = ()
    weights: tuple[float, ...] = ()
    expression: str = ""
    csv_file: str = ""
    """Path of the CSV file from the pack's folder, with ``/``; names the stream of its rows."""
    csv_column: str = ""
    cases: tuple[Case, ...] = ()
    line: int = 0
    column: int = 0

    @property
    def is_drawn(self) -> bool:
        """Whether chance has a part in it: neither a constant nor computed from other parameters."""
        if self.kind == "when":
            return any(case.value.is_drawn for case in self.cases)
        return self.kind not in ("constant", "expr")


class Case(BaseModel):
    """One branch of a ``when``."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    condition: str | None
    """Expression over other parameters; None for ``else``."""
    value: ValueSpec


ValueSpec.model_rebuild()
