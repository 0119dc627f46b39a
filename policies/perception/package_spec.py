"""What a ``model.yaml`` may say: preprocessing, decoding, files of weights, latency, limits."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import (
    BeforeValidator,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from simgate.policies.perception.decoder_spec import Decoder, DecoderSpec, Strict
from simgate.policies.perception.latency import Latency

PositiveFloat = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
Pixel = Annotated[int, Field(ge=0, le=255)]
PerChannel = Annotated[tuple[float, ...], Field(min_length=1, max_length=3)]


class InputSpec(Strict):
    """How a camera frame becomes the model's input: ``(pixel * scale - mean) / std``."""

    name: str
    """Name of the input tensor."""
    width: Annotated[int, Field(gt=0, le=8192)]
    """Pixels of the model's input."""
    height: Annotated[int, Field(gt=0, le=8192)]
    resize: Literal["exact", "stretch", "letterbox"] = "exact"
    """``exact`` refuses frames of another size. ``stretch`` and ``letterbox`` (keeps the aspect ratio, pads
    the rest) resize bilinearly, pixel centres at half integers, no antialiasing; boxes come back in pixels of
    the camera frame."""
    pad: Pixel | tuple[Pixel, Pixel, Pixel] = 114
    """Border that ``letterbox`` adds: one value for all channels, or red, green and blue."""
    placement: Literal["center", "top_left"] = "center"
    """Where ``letterbox`` puts the picture: with the border on both sides (the odd pixel right or below), or
    only right or below."""
    dtype: Literal["float32", "float16", "uint8"] = "float32"
    """``uint8`` takes pixels as they are, without scale, mean and std."""
    layout: Literal["nchw", "nhwc"] = "nchw"
    color: Literal["rgb", "bgr", "grey"] = "rgb"
    """Channels that the model was trained with; camera frames are RGB. ``grey`` is one channel of whole
    numbers, 0.299 R + 0.587 G + 0.114 B, as OpenCV and Pillow compute it."""
    batch: Annotated[int, Field(gt=0)] | None = None
    """Frames that the model takes at once, for a file that does not say it."""
    scale: PositiveFloat = 1.0 / 255.0
    mean: PerChannel = (0.0,)
    """In the model's channel order, after ``scale``; one number is for all channels."""
    std: Annotated[tuple[PositiveFloat, ...], Field(min_length=1, max_length=3)] = (1.0,)

    @property
    def channels(self) -> int:
        """Of the model's input."""
        return 1 if self.color == "grey" else 3

    @model_validator(mode="after")
    def _channels_agree(self) -> Self:
        for name in ("mean", "std"):
            count = len(getattr(self, name))
            if count not in (1, self.channels):
                one = "one channel" if self.channels == 1 else f"{self.channels} channels"
                raise ValueError(f"{name} has {count} numbers, but color {self.color} has {one}")
        if self.channels == 1 and isinstance(self.pad, tuple):
            raise ValueError("pad has 3 numbers, but color grey has one channel")
        given = self.model_fields_set & {"scale", "mean", "std"}
        if self.dtype == "uint8" and given:
            raise ValueError(
                f"dtype uint8 takes pixels as they are, so {', '.join(sorted(given))} cannot act; "
                "leave them out, or declare the dtype that the model's input has"
            )
        return self


def _numbers(value: object) -> object:
    """A number, a list of them, or a list of equally long lists; lists become tuples."""
    rows = value if isinstance(value, list) else [value]
    flat = [number for row in rows for number in (row if isinstance(row, list) else [row])]
    shapes = {len(row) if isinstance(row, list) else None for row in rows}
    good = all(isinstance(n, int | float) and not isinstance(n, bool) and math.isfinite(n) for n in flat)
    if not good or not flat or len(shapes) > 1:
        raise ValueError("must be a number, a list of numbers, or a list of equally long lists of numbers")
    if not isinstance(value, list):
        return value
    return tuple(tuple(row) if isinstance(row, list) else row for row in value)


class ExtraInput(Strict):
    """An input besides the frames: a constant, or what follows from the size of the camera frame."""

    value: Annotated[Any, BeforeValidator(_numbers)] = None
    """Of one frame: a number, a list, or a list of lists."""
    of_frame: Literal["width_height", "height_width", "scale_x_y", "scale_y_x"] | None = None
    """Size of the camera frame in pixels, or how many pixels of the model's input one of it becomes."""
    dtype: Literal["float32", "float16", "int32", "int64"] = "float32"
    per_frame: bool = True
    """Whether the tensor has a row for each frame of a batch, (N, ...); otherwise it is the value alone."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.value is None) == (self.of_frame is None):
            raise ValueError("give either value or of_frame")
        size = self.of_frame in ("width_height", "height_width")
        whole = size or (self.value is not None and all(float(n).is_integer() for n in np.ravel(self.value)))
        if self.dtype.startswith("int") and not whole:
            raise ValueError(f"{self.of_frame or self.value} does not fit dtype {self.dtype}")
        return self


LIMITS_AT_MOST = ("box_max_px", "box_p99_px", "score_max", "score_p99", "class_changes", "unmatched")
"""Limits that a value of parity must not exceed."""
LIMITS_AT_LEAST = ("recall_in_b", "recall_in_a")
"""Limits that a value of parity must reach."""
LIMITS = (*LIMITS_AT_MOST, *LIMITS_AT_LEAST)
"""Keys of ``limits`` that parity reads; class_changes and unmatched are 0 when left out."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class DataFile(Strict):
    """A further file that an artifact reads its weights from."""

    file: str
    """Relative to ``model.yaml``."""
    sha256: Sha256


class ArtifactSpec(Strict):
    """A file of weights."""

    kind: Literal["onnx", "tensorrt", "torch"]
    file: str
    """Relative to ``model.yaml``. A TensorRT plan has a sidecar beside it, ``<file>.json``."""
    sha256: Sha256
    device: str | None = None
    """Device that the file was built for; None when it runs anywhere."""
    external_data: tuple[DataFile, ...] = ()
    """Files beside an ONNX file that hold its weights; torch's exporter writes one by default."""


class Deployed(Strict):
    """What runs on the robot; a rule on measured latency accepts nothing else."""

    runtime: Literal["onnxruntime", "tensorrt", "torch"]
    device: str
    """``cpu``, or words that the GPU's name holds, for example ``Orin``."""


class ModelSpec(Strict):
    """The content of ``model.yaml``."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    version: Annotated[str, Field(min_length=1)]
    classes: Annotated[tuple[str, ...], Field(min_length=1)]
    input: InputSpec
    extra_inputs: dict[str, ExtraInput] = Field(default_factory=dict)
    """Inputs besides the frames, by the name of their tensor."""
    decoder: Annotated[Decoder, Field(discriminator="kind")]
    artifacts: Annotated[tuple[ArtifactSpec, ...], Field(min_length=1)]
    deployed: Deployed | None = None
    latency: Latency
    lineage: dict[str, Annotated[str, WithJsonSchema({"type": ["string", "number", "boolean"]})]]
    """Where the weights come from, as written: training commit, data digest, seed."""
    limits: dict[str, str | int | float | bool] = Field(default_factory=dict)
    """What the model was made for, and how far another runtime may differ from the reference
    (``box_max_px``, ``box_p99_px``, ``score_max``, ``score_p99``, ``class_changes``)."""
    model_card: str | None = None
    """File with the measured numbers, relative to ``model.yaml``."""

    @field_validator("classes")
    @classmethod
    def _each_once(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(classes)) != len(classes):
            raise ValueError(f"{list(classes)} name one class twice")
        return classes

    @field_validator("limits")
    @classmethod
    def _parity_reads_numbers(cls, limits: dict[str, Any]) -> dict[str, Any]:
        for name in LIMITS:
            value = limits.get(name, 0)
            if isinstance(value, bool | str) or value < 0:
                raise ValueError(f"{name} must be a number from 0 on, for parity judges by it, not {value!r}")
        return limits

    @field_validator("decoder")
    @classmethod
    def _classes_agree(cls, decoder: DecoderSpec, others: ValidationInfo) -> DecoderSpec:
        classes, thresholds = others.data.get("classes"), getattr(decoder, "score_threshold", 0.0)
        if classes is not None and isinstance(thresholds, dict) and set(thresholds) != set(classes):
            raise ValueError(
                f"score_threshold must name every class once: has {sorted(thresholds)}, "
                f"classes are {sorted(classes)}"
            )
        return decoder

    @field_validator("extra_inputs")
    @classmethod
    def _not_the_frames(cls, extra: dict[str, ExtraInput], others: ValidationInfo) -> dict[str, ExtraInput]:
        frames = others.data.get("input")
        if frames is not None and frames.name in extra:
            raise ValueError(f"'{frames.name}' is the input of the frames")
        return extra

    @field_validator("decoder")
    @classmethod
    def _size_is_known(cls, decoder: DecoderSpec, others: ValidationInfo) -> DecoderSpec:
        frames, of_frame = others.data.get("input"), getattr(decoder, "box_unit", "") == "frame_pixel"
        if of_frame and frames is not None and frames.resize == "letterbox":
            raise ValueError(
                "box_unit frame_pixel does not go with input.resize letterbox, of whose border the model "
                "knows nothing; declare stretch, or give it the input's size and declare pixel"
            )
        return decoder
