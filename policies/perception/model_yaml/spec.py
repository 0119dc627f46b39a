"""What a ``model.yaml`` may say: preprocessing, decoding, files of weights, latency, limits."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
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
ChannelName = Annotated[str, Field(min_length=1)]
Frames = Annotated[int, Field(gt=0)]


class FrameInput(Strict):
    """How a frame of a colour camera becomes an input: ``(pixel * scale - mean) / std``."""

    channel: ChannelName | None = None
    """The robot's channel, for example ``wrist.rgb``; its first colour camera when left out."""
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


class InputSpec(FrameInput):
    """The model's input of frames, one for each answer."""

    name: str
    """Name of the input tensor."""
    batch: Frames | None = None
    """Frames that the model takes at once, for a file that does not say it."""


class ReadingInput(Strict):
    """How readings of a channel that is no colour camera become an input: ``(x * scale - mean) / std``."""

    channel: ChannelName
    """The robot's channel, for example ``wrist.depth``, ``scan.points``, ``joints.position``."""
    shape: Annotated[tuple[Frames, ...], Field(min_length=1, max_length=5)]
    """Of one reading in the model's input. Axes of size 1 may be more or fewer than the channel has:
    ``[1, 96, 96]`` takes a depth of 96 by 96 pixels."""
    unit: str
    """In which the channel must give its numbers, for example ``m``; empty for none."""
    not_finite: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """What stands for inf and nan (a scanner hits nothing), in that unit; without it they are refused."""
    dtype: Literal["float32", "float16", "int32", "int64", "uint8"] = "float32"
    """Whole numbers are taken as they are, without scale, mean and std."""
    scale: PositiveFloat = 1.0
    mean: Annotated[tuple[float, ...], Field(min_length=1)] = (0.0,)
    """After ``scale``; one number is for all, several are for the entries of the last axis."""
    std: Annotated[tuple[PositiveFloat, ...], Field(min_length=1)] = (1.0,)

    @model_validator(mode="after")
    def _entries_agree(self) -> Self:
        for name in ("mean", "std"):
            count = len(getattr(self, name))
            if count not in (1, self.shape[-1]):
                raise ValueError(f"{name} has {count} numbers, the last axis has {self.shape[-1]}")
        given = self.model_fields_set & {"scale", "mean", "std"}
        if "float" not in self.dtype and given:
            raise ValueError(
                f"dtype {self.dtype} takes whole numbers as they are, so {', '.join(sorted(given))} cannot "
                "act; leave them out, or declare the dtype that the model's input has"
            )
        return self


class MainReading(ReadingInput):
    """The model's main input where that is no frame: it answers once for each new reading."""

    name: str
    """Name of the input tensor."""
    batch: Frames | None = None
    """Readings that the model takes at once, for a file that does not say it."""


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


class ConstantInput(Strict):
    """A further input that nobody senses: a constant, or what follows from the size of the camera frame."""

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


def _keys(given: Any) -> Collection[str]:
    return given.model_fields_set if isinstance(given, Strict) else given if isinstance(given, dict) else ()


def _source(given: Any) -> str:
    """What a further input is made of, by its keys."""
    keys = _keys(given)
    if "width" in keys or "height" in keys:
        return "frames"
    return "reading" if "channel" in keys or "shape" in keys else "constant"


MainInput = Annotated[
    Annotated[InputSpec, Tag("frames")] | Annotated[MainReading, Tag("reading")],
    Discriminator(lambda given: "reading" if "shape" in _keys(given) else "frames"),
]
ExtraInput = Annotated[
    Annotated[FrameInput, Tag("frames")]
    | Annotated[ReadingInput, Tag("reading")]
    | Annotated[ConstantInput, Tag("constant")],
    Discriminator(_source),
]
SOURCES = ("frames", "reading", "constant")
"""Tags of these, which pydantic puts into the place of an error."""


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
    input: MainInput
    """What the model answers for: each new frame, or each new reading of a channel (then with ``shape``)."""
    extra_inputs: dict[str, ExtraInput] = Field(default_factory=dict)
    """Further inputs by the name of their tensor: frames of another camera (with ``width``), readings of
    another channel (with ``shape``), or constants."""
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
        main = others.data.get("input")
        if main is not None and main.name in extra:
            raise ValueError(f"'{main.name}' is the input of the frames")
        of_frame = [name for name, one in extra.items() if isinstance(one, ConstantInput) and one.of_frame]
        if isinstance(main, MainReading) and of_frame:
            raise ValueError(f"'{of_frame[0]}' follows from the size of a frame, and the main input is none")
        return extra

    @field_validator("decoder")
    @classmethod
    def _size_is_known(cls, decoder: DecoderSpec, others: ValidationInfo) -> DecoderSpec:
        frames, of_frame = others.data.get("input"), getattr(decoder, "box_unit", "") == "frame_pixel"
        if isinstance(frames, MainReading) and decoder.of_pixels:
            raise ValueError(
                f"{decoder.kind} speaks of a frame's pixels, and input takes readings of {frames.channel}; "
                "declare poses, tensors or a decoder of your own"
            )
        if of_frame and isinstance(frames, InputSpec) and frames.resize == "letterbox":
            raise ValueError(
                "box_unit frame_pixel does not go with input.resize letterbox, of whose border the model "
                "knows nothing; declare stretch, or give it the input's size and declare pixel"
            )
        return decoder
