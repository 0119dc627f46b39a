"""How many variants a scenario has, and how their values are drawn."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Method = Literal["random", "sobol", "halton", "lhs", "grid", "pairwise", "twise"]


class VariantsSpec(BaseModel):
    """How many variants, drawn how."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    count: int
    """Runs, each repeat counted."""
    method: Method = "random"
    strength: int = 2
    """How many discrete parameters meet in every combination, for ``pairwise`` (2) and ``twise``."""
    repeats: int = Field(default=1, exclude_if=lambda repeats: repeats == 1)
    """Runs of what is drawn once, which differ in the policy's seed alone."""

    @property
    def drawn(self) -> int:
        """How many different sets of values are drawn."""
        return self.count // self.repeats
