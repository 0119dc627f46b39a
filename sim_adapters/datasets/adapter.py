"""Adapter ``dataset``: no simulator; the worker shows the pictures of a data set to the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import ClassVar, NoReturn

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import AdapterInfo, Timing
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.observation import GroundTruth, Observation
from simgate.sim_adapters.options import Options, read_options
from simgate.sim_adapters.traits import AdapterTraits, ProcessTraits

OPTIONS: Options = {}
PROCESSES = ProcessTraits(leaks=False)


class DatasetAdapter:
    """See :class:`simgate.sim_adapters.adapter.SimAdapter`; nothing moves, so it has no worlds to step.

    Args:
        timing: Of no account.
        options: There are none.
    """

    traits: ClassVar[AdapterTraits] = AdapterTraits(planar=False)

    def __init__(self, timing: Timing, options: Mapping[str, object] | None = None) -> None:
        read_options("sim.options: dataset adapter", OPTIONS, options or {})

    def describe(self) -> AdapterInfo:
        """What decodes the pictures."""
        return AdapterInfo("dataset", f"pillow {version('pillow')}", "none", "cpu")

    def reset(self, scenes: Sequence[object]) -> Observation:
        """Refused."""
        self._refuse()

    @property
    def embodiment(self) -> Embodiment:
        """Refused."""
        self._refuse()

    def step(self, actions: NDArray[np.float64], active: NDArray[np.bool_] | None = None) -> Observation:
        """Refused."""
        self._refuse()

    def ground_truth(self) -> tuple[GroundTruth, ...]:
        """Refused."""
        self._refuse()

    def health(self) -> tuple[tuple[str, ...], ...]:
        """There is nothing to doubt."""
        return ()

    def close(self) -> None:
        """There is nothing to release."""

    def _refuse(self) -> NoReturn:
        raise RuntimeError("the adapter 'dataset' shows data sets alone: world: {dataset: PATH}")
