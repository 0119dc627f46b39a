"""The same preprocessing on the device where the frames are, with torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from simgate.policies.perception.model_yaml.spec import FrameInput, MainReading
from simgate.policies.perception.preprocessing.preprocess import GREY_WEIGHTS, check_frames, normalization
from simgate.policies.perception.preprocessing.readings import reading_array
from simgate.policies.perception.preprocessing.resize import Axis, ResizePlan, plan_resize

if TYPE_CHECKING:
    from simgate.policies.perception.model_package import ModelPackage

DTYPES = {"float32": torch.float32, "float16": torch.float16, "uint8": torch.uint8}


def main_preprocessor_on(
    package: ModelPackage, device: torch.device
) -> Callable[[torch.Tensor], torch.Tensor]:
    """What makes the main input's tensor of frames on a device, or of readings, by way of the host."""
    main = package.spec.input
    if isinstance(main, MainReading):
        return lambda given: torch.from_numpy(reading_array(main, given.cpu().numpy())).to(device)
    return TorchPreprocessor(main, device)


class TorchPreprocessor:
    """Turns frames on a device into input on that device.

    Args:
        spec: What the package declares.
        device: Where frames come from, for example ``torch.device("cuda:0")``.
    """

    def __init__(self, spec: FrameInput, device: torch.device) -> None:
        self._spec = spec
        self._device = device
        shape = (1, -1, 1, 1) if spec.layout == "nchw" else (1, 1, 1, -1)
        self._gain, self._offset = (
            torch.from_numpy(part).reshape(shape).to(device) for part in normalization(spec)
        )

    def __call__(self, frames: torch.Tensor) -> torch.Tensor:
        """Input tensor of N frames; as :class:`.preprocess.Preprocessor` gives it.

        Raises:
            ValueError: The frames have another type, or a size that the package refuses.
        """
        spec = self._spec
        check_frames(spec, str(frames.dtype).removeprefix("torch."), tuple(frames.shape))
        plan = plan_resize(spec, int(frames.shape[1]), int(frames.shape[2]))
        source = self._grey(frames) if spec.color == "grey" else frames
        if plan is not None:
            source = self._resized(source, plan)
        if spec.color == "bgr":
            source = source.flip(-1)
        if spec.layout == "nchw":
            source = source.permute(0, 3, 1, 2)
        if spec.dtype == "uint8":
            return (source if plan is None else source.round()).to(torch.uint8).contiguous()
        result = (source.to(torch.float32) * self._gain).add_(self._offset)
        return result.to(DTYPES[spec.dtype]).contiguous()

    def _grey(self, frames: torch.Tensor) -> torch.Tensor:
        weights = torch.tensor(GREY_WEIGHTS, dtype=torch.int32, device=self._device)
        summed = (frames.to(torch.int32) * weights).sum(dim=-1, keepdim=True)
        return ((summed + 0x8000) >> 16).to(torch.uint8)

    def _resized(self, frames: torch.Tensor, plan: ResizePlan) -> torch.Tensor:
        spec = self._spec
        low, high, down = self._on_device(plan.rows, (1, -1, 1, 1))
        pixels = frames.to(torch.float32)
        tall = pixels[:, low] * (1 - down) + pixels[:, high] * down
        low, high, across = self._on_device(plan.columns, (1, 1, -1, 1))
        inner = tall[:, :, low] * (1 - across) + tall[:, :, high] * across
        if inner.shape[1:3] == (spec.height, spec.width):
            return inner
        shape = (len(frames), spec.height, spec.width, frames.shape[3])
        padded = torch.empty(shape, device=self._device)
        padded[:] = torch.tensor(spec.pad, dtype=torch.float32, device=self._device)
        padded[:, plan.top : plan.top + inner.shape[1], plan.left : plan.left + inner.shape[2]] = inner
        return padded

    def _on_device(self, axis: Axis, shape: tuple[int, ...]) -> tuple[torch.Tensor, ...]:
        low, high, share = (
            torch.from_numpy(part).to(self._device) for part in (axis.low, axis.high, axis.share)
        )
        return low, high, share.reshape(shape)
