"""What a ``model.yaml`` may say: preprocessing, decoding, files of weights, latency, limits."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from simgate.policies.perception.latency import Latency

Share = Annotated[float, Field(ge=0.0, le=1.0)]
PositiveFloat = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
Triple = tuple[float, float, float]


class Strict(BaseModel):
    """Base of everything in a package: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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
    pad: Annotated[int, Field(ge=0, le=255)] = 114
    """Pixel value of the border that ``letterbox`` adds."""
    dtype: Literal["float32", "float16"] = "float32"
    layout: Literal["nchw", "nhwc"] = "nchw"
    color: Literal["rgb", "bgr"] = "rgb"
    """Channel order that the model was trained with; camera frames are RGB."""
    scale: PositiveFloat = 1.0 / 255.0
    mean: Triple = (0.0, 0.0, 0.0)
    """In the model's channel order, after ``scale``."""
    std: tuple[PositiveFloat, PositiveFloat, PositiveFloat] = (1.0, 1.0, 1.0)


class HeatmapOutputs(Strict):
    """Names of the output tensors of a centre-point heatmap model."""

    heatmap: str
    """Scores after the sigmoid, (N, classes, H / stride, W / stride)."""
    box: str
    """Distances to left, top, right, bottom in strides, (N, 4, H / stride, W / stride)."""


class _Decoder(Strict):
    """What all decoders know."""

    score_threshold: Share | dict[str, Share]
    """For all classes, or by class name."""
    max_detections: Annotated[int, Field(gt=0, le=1000)] = 20
    """Boxes of a frame, over all classes."""


class CenterHeatmap(_Decoder):
    """Decoder of a centre-point heatmap: a box for each 3 x 3 local maximum of each class."""

    kind: Literal["center_heatmap"]
    stride: Annotated[int, Field(gt=0, le=64)]
    nms_iou: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    """Boxes of one class that overlap a better one by more are dropped; 1 keeps all."""
    outputs: HeatmapOutputs


class YoloOutputs(Strict):
    """Name of the output tensor of a YOLO-style model."""

    predictions: str
    """Box, objectness when declared, and a score for each class, for each of K candidates."""


class Yolo(_Decoder):
    """Decoder of one dense table of candidates, thinned by non-maximum suppression within each class."""

    kind: Literal["yolo"]
    layout: Literal["channels_first", "channels_last"] = "channels_first"
    """(N, channels, K) as YOLOv8 and later export it, or (N, K, channels) as YOLOv5 does."""
    box: Literal["cxcywh", "xyxy"] = "cxcywh"
    box_unit: Literal["pixel", "share"] = "pixel"
    """Pixels of the model's input, or shares of its size."""
    objectness: bool = False
    """Whether a fifth channel multiplies the class scores."""
    activation: Literal["none", "sigmoid"] = "none"
    """What is still to be applied to objectness and scores."""
    nms_iou: Annotated[float, Field(gt=0.0, le=1.0)] = 0.45
    """Boxes of one class that overlap a better one by more are dropped; 1 keeps all."""
    outputs: YoloOutputs


class DetrOutputs(Strict):
    """Names of the output tensors of a DETR-style model."""

    logits: str
    """(N, Q, classes), or (N, Q, classes + 1) with the background last."""
    boxes: str
    """(N, Q, 4)."""


class Detr(_Decoder):
    """Decoder of a set of Q predictions; the model itself has removed duplicates."""

    kind: Literal["detr"]
    activation: Literal["softmax", "sigmoid"] = "softmax"
    """``softmax`` over the classes and the background, which is last; ``sigmoid`` for each class alone."""
    box: Literal["cxcywh", "xyxy"] = "cxcywh"
    box_unit: Literal["pixel", "share"] = "share"
    """Pixels of the model's input, or shares of its size."""
    outputs: DetrOutputs


Decoder = CenterHeatmap | Yolo | Detr
DECODERS: dict[str, type[Strict]] = {"center_heatmap": CenterHeatmap, "yolo": Yolo, "detr": Detr}


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
    decoder: Annotated[Decoder, Field(discriminator="kind")]
    artifacts: Annotated[tuple[ArtifactSpec, ...], Field(min_length=1)]
    deployed: Deployed | None = None
    latency: Latency
    lineage: dict[str, str]
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

    @field_validator("decoder")
    @classmethod
    def _classes_agree(cls, decoder: Decoder, others: ValidationInfo) -> Decoder:
        classes, thresholds = others.data.get("classes"), decoder.score_threshold
        if classes is not None and isinstance(thresholds, dict) and set(thresholds) != set(classes):
            raise ValueError(
                f"score_threshold must name every class once: has {sorted(thresholds)}, "
                f"classes are {sorted(classes)}"
            )
        return decoder
