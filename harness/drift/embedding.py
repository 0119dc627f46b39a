"""Numbers of each frame from inside the model that looks at it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simgate.harness.execution.episode.models.perception_runtime import make_runtime, one_runtime
from simgate.harness.packs.model import Pack
from simgate.policies.perception.inference.inner_tensor import NoTensor
from simgate.policies.perception.model_yaml.spec import FrameInput
from simgate.policies.perception.package import load_package
from simgate.policies.perception.runtime import TENSOR
from simgate.sim_adapters.embodiment import Channel


class Embedding:
    """What a named tensor of a pack's model is for the frames that it is shown.

    Args:
        pack: Whose only model looks.
        tensor: Of the model.
        runtime: Perception runtime, or ``auto``.

    Raises:
        NoTensor: The pack has no such model, or its runtime shows no tensors.
        PackageError: The model package is not in order.
    """

    def __init__(self, pack: Pack, tensor: str, runtime: str) -> None:
        if len(pack.packages) != 1 or pack.nodes:
            count = len(pack.packages) + len(pack.nodes)
            raise NoTensor(f"a tensor is one of one model package, and {pack.name} has {count} models")
        packages = {name: load_package(path) for name, path in pack.packages.items()}
        (package,) = packages.values()
        if not isinstance(package.spec.input, FrameInput) or package.channels:
            raise NoTensor(f"model '{package.name}' takes more than the frames of one camera")
        self._camera, self._tensor = package.spec.input.channel, tensor
        name = one_runtime(runtime, packages)
        self._runtime = make_runtime(name, package, Path(pack.path).parent)
        tensors = TENSOR.of(self._runtime)
        if tensors is None:
            raise NoTensor(
                f"the runtime '{name}' shows no inner tensors: add --runtime onnxruntime, or torch"
            )
        self._tensors = tensors

    def of(self, frame: NDArray[np.uint8], eye: Channel | None) -> NDArray[np.float64]:
        """Of a frame, float64, shape (C,).

        Args:
            frame: uint8, shape (H, W, 3), RGB.
            eye: Its camera.

        Raises:
            NoTensor: There is none of this name, or the model looks through another camera.
        """
        if self._camera is not None and eye is not None and self._camera != eye.name:
            raise NoTensor(f"the model looks through {self._camera}, and {eye.name} is compared")
        numbers: NDArray[np.float64] = self._tensors(self._tensor, frame[None])[0]
        return numbers

    def close(self) -> None:
        """Releases the model."""
        self._runtime.close()
