"""What a ``model.yaml`` may say of a model's outputs: one class for each kind of decoder."""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

Share = Annotated[float, Field(ge=0.0, le=1.0)]
BoxForm = Literal["xyxy", "cxcywh", "xywh", "yxyx"]
"""Corners; centre and size; corner at the top left and size; corners with y first, as TensorFlow's."""
BoxUnit = Literal["pixel", "share"]
"""Pixels of the model's input, or shares of its size."""


class Strict(BaseModel):
    """Base of everything in a package: immutable, unknown keys refused.

    The text below a field describes it in the JSON Schema. It is read only for that: every command would else
    begin by parsing these modules a second time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        made = handler(core)
        fields = handler.resolve_ref_schema(made).get("properties", {})
        for base in reversed(cls.__mro__[: cls.__mro__.index(Strict)]):
            for name, text in _texts_below(base).items():
                if name in fields:
                    fields[name]["description"] = text
        return made


def _texts_below(cls: type) -> dict[str, str]:
    """The text below each field of a class."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(body, ast.ClassDef)
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in itertools.pairwise(body.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


class HeatmapOutputs(Strict):
    """Names of the output tensors of a centre-point heatmap model."""

    heatmap: str
    """Scores after the sigmoid, (N, classes, H / stride, W / stride)."""
    box: str
    """Distances to left, top, right, bottom in strides, (N, 4, H / stride, W / stride)."""


class DecoderSpec(Strict):
    """Base of what is said of a model's outputs; a plugin's own spec derives from it."""

    needs_classes: ClassVar[bool] = True
    """Whether the outputs speak of the package's classes; otherwise it need not name any."""
    says: ClassVar[str] = ""
    """What the outputs are: ``boxes``, ``masks``, ``depth``, ``poses``, ``keypoints`` or ``tensors``; empty
    where only the decoder knows."""
    of_pixels: ClassVar[bool] = True
    """Whether the outputs speak of pixels; otherwise the model may look at other readings than frames."""
    kind: str


class UnreadSpec(DecoderSpec):
    """What stands in a package whose decoder's code is not run, as it is written."""

    model_config = ConfigDict(extra="allow")
    needs_classes = False


class Scored(DecoderSpec):
    """Decoders that keep what the model is sure enough of."""

    score_threshold: Share | dict[str, Share]
    """For all classes, or by class name."""


class BoxSpec(Scored):
    """What all decoders of boxes know."""

    says: ClassVar[str] = "boxes"
    max_detections: Annotated[int, Field(gt=0, le=1000)] = 20
    """Boxes of a frame, over all classes."""


class CenterHeatmap(BoxSpec):
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


class Yolo(BoxSpec):
    """Decoder of one dense table of candidates, thinned by non-maximum suppression within each class."""

    kind: Literal["yolo"]
    layout: Literal["channels_first", "channels_last"] = "channels_first"
    """(N, channels, K) as YOLOv8 and later export it, or (N, K, channels) as YOLOv5 does."""
    box: BoxForm = "cxcywh"
    box_unit: BoxUnit = "pixel"
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
    """(N, Q, classes), or (N, Q, classes + 1) with the background."""
    boxes: str
    """(N, Q, 4)."""


class Detr(BoxSpec):
    """Decoder of a set of Q predictions; the model itself has removed duplicates."""

    kind: Literal["detr"]
    activation: Literal["softmax", "sigmoid"] = "softmax"
    """``softmax`` over the classes and the background; ``sigmoid`` for each class alone."""
    background: Literal["first", "last"] = "last"
    """Where ``softmax`` has the background."""
    box: BoxForm = "cxcywh"
    box_unit: BoxUnit = "share"
    outputs: DetrOutputs


class FinalOutputs(Strict):
    """Names of the output tensors of a model that thins its detections itself: a table, or three tensors."""

    detections: str | None = None
    """(N, K, 6), box, score and class of each; with ``count`` also (rows, 6), frame after frame."""
    boxes: str | None = None
    """(N, K, 4)."""
    scores: str | None = None
    """(N, K)."""
    classes: str | None = None
    """(N, K), integers of any type."""
    count: str | None = None
    """(N) or (N, 1): rows of each frame that count. Without it rows of no score are padding."""

    @model_validator(mode="after")
    def _table_or_tensors(self) -> Self:
        apart = [self.boxes, self.scores, self.classes]
        if (self.detections is None) == (None in apart) or (self.detections and any(apart)):
            raise ValueError("name either detections, or boxes, scores and classes")
        return self


class Final(BoxSpec):
    """Decoder of final detections (end-to-end YOLO, non-maximum suppression in the model's file)."""

    kind: Literal["detections"]
    columns: Literal["box_score_class", "box_class_score", "class_score_box"] = "box_score_class"
    """Order in the table ``detections``."""
    layout: Literal["channels_last", "channels_first"] = "channels_last"
    """Of the table: (N, K, 6) or (N, 6, K)."""
    box: BoxForm = "xyxy"
    box_unit: Literal["pixel", "share", "frame_pixel"] = "pixel"
    """``frame_pixel`` is for models that are told the frame's size and answer in pixels of it."""
    first_class: Annotated[int, Field(ge=0)] = 0
    """Number of the first of ``classes``; 1 where the model counts a background."""
    outputs: FinalOutputs


class MaskOutputs(Strict):
    """Name of the output tensor of a semantic segmentation."""

    masks: str
    """A score for each class, (N, classes, h, w); or the class itself, (N, h, w), integers of any type."""


class MaskSpec(Scored):
    """Decoder of a semantic segmentation: each pixel belongs to one class, or to none."""

    says: ClassVar[str] = "masks"
    kind: Literal["masks"]
    layout: Literal["channels_first", "channels_last", "labels"] = "channels_first"
    """Where the scores of the classes stand, or ``labels`` where the model itself has chosen."""
    activation: Literal["none", "softmax", "sigmoid"] = "softmax"
    """What is still to be applied before ``score_threshold`` says which pixels belong to no class."""
    score_threshold: Share | dict[str, Share] = 0.0
    ignore: int | None = None
    """For ``labels``: the number that stands for no class."""
    outputs: MaskOutputs


class DepthOutputs(Strict):
    """Name of the output tensor of a depth estimation."""

    depth: str
    """(N, h, w), (N, 1, h, w) or (N, h, w, 1)."""


class DepthSpec(DecoderSpec):
    """Decoder of a depth estimation."""

    says: ClassVar[str] = "depth"
    needs_classes: ClassVar[bool] = False
    kind: Literal["depth"]
    meaning: Literal["depth", "inverse"] = "depth"
    """``inverse`` is one over the distance."""
    unit_m: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = 1.0
    """Metres in one unit of the depth (0.001 for millimetres); for ``inverse`` of its quotient."""
    outputs: DepthOutputs


class PoseOutputs(Strict):
    """Names of the output tensors of a pose estimation."""

    translation: str
    """(N, K, 3)."""
    rotation: str
    """(N, K, 4), (N, K, 6), (N, K, 9) or (N, K, 3, 3)."""
    scores: str | None = None
    """(N, K); without it every pose counts."""
    classes: str | None = None
    """(N, K), integers of any type; without it row k is class k."""


class PoseSpec(Scored):
    """Decoder of 6-D poses of objects in the camera's frame: X right, Y down, Z ahead."""

    says: ClassVar[str] = "poses"
    of_pixels: ClassVar[bool] = False
    kind: Literal["poses"]
    rotation: Literal["quaternion_wxyz", "quaternion_xyzw", "matrix", "six_d"] = "quaternion_wxyz"
    """``six_d``: the first two columns of the matrix, made orthonormal (Zhou et al. 2019)."""
    unit_m: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = 1.0
    """Metres in one unit of the translation."""
    score_threshold: Share | dict[str, Share] = 0.0
    outputs: PoseOutputs


class KeypointOutputs(Strict):
    """Names of the output tensors of a keypoint estimation."""

    keypoints: str
    """(N, K, J, 2), or (N, K, J, 3) with a score for each point."""
    scores: str | None = None
    """(N, K); without it every object counts."""
    classes: str | None = None
    """(N, K), integers of any type; without it all are of the first class."""


class KeypointSpec(Scored):
    """Decoder of keypoints, J for each of K objects."""

    says: ClassVar[str] = "keypoints"
    kind: Literal["keypoints"]
    points: Annotated[tuple[str, ...], Field(min_length=1)]
    """Names of the J points."""
    unit: BoxUnit = "pixel"
    score_threshold: Share | dict[str, Share] = 0.0
    outputs: KeypointOutputs


class TensorSpec(DecoderSpec):
    """No decoder: the tensors go to the policy as they are."""

    says: ClassVar[str] = "tensors"
    needs_classes: ClassVar[bool] = False
    of_pixels: ClassVar[bool] = False
    kind: Literal["tensors"]
    outputs: Annotated[dict[str, str], Field(min_length=1)]
    """Name under which the policy finds it: name of the output tensor."""


Decoder = CenterHeatmap | Yolo | Detr | Final | MaskSpec | DepthSpec | PoseSpec | KeypointSpec | TensorSpec
DECODERS: dict[str, type[DecoderSpec]] = {
    "center_heatmap": CenterHeatmap, "yolo": Yolo, "detr": Detr, "detections": Final,
    "masks": MaskSpec, "depth": DepthSpec, "poses": PoseSpec, "keypoints": KeypointSpec,
    "tensors": TensorSpec,
}  # fmt: skip
