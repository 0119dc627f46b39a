"""A model package with a real, tiny ONNX file, for tests."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

YAML = """\
name: tiny
version: 1.0.0
classes: [glass_door, wooden_door]
input:
  name: frames
  width: 32
  height: 24
  layout: nchw
  color: {color}
  scale: 0.00392156862745098
  mean: [0.5, 0.5, 0.5]
  std: [0.25, 0.25, 0.25]
decoder:
  kind: center_heatmap
  stride: 8
  score_threshold: {{glass_door: 0.5, wooden_door: 0.6}}
  max_detections: 5
  outputs: {{heatmap: heatmap, box: box}}
artifacts:
  - {{kind: onnx, file: tiny.onnx, sha256: {sha256}}}
latency:
  device: reference
  distribution: {{normal: {{mean: 20, std: 4, between: [10, 40]}}}}
lineage: {{seed: 1, commit: none}}
"""


def onnx_bytes(
    *, batch: int | str = "n", input_name: str = "frames", channels: int = 2, open_size: bool = False
) -> bytes:
    """Class 0 scores red cells, class 1 blue cells; every box reaches one stride each way.

    Args:
        batch: Fixed, or the name of an open one.
        input_name: Of the input.
        channels: Of the heatmap.
        open_size: Whether frames may have any size.
    """
    size: list[int | str] = ["h", "w"] if open_size else [24, 32]
    cells: list[int | str] = ["rows", "columns"] if open_size else [3, 4]
    weights = np.zeros((channels, 3, 8, 8), np.float32)
    weights[0, 0], weights[1, 2] = 0.1, 0.1
    nodes = [
        helper.make_node("Conv", [input_name, "w", "b"], ["logits"], strides=[8, 8]),
        helper.make_node("Sigmoid", ["logits"], ["heatmap"]),
        helper.make_node("Conv", [input_name, "w4", "b4"], ["box"], strides=[8, 8]),
    ]
    constants = {
        "w": weights,
        "b": np.zeros(channels, np.float32),
        "w4": np.zeros((4, 3, 8, 8), np.float32),
        "b4": np.ones(4, np.float32),
    }
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(input_name, TensorProto.FLOAT, [batch, 3, *size])],
        [
            helper.make_tensor_value_info("heatmap", TensorProto.FLOAT, [batch, channels, *cells]),
            helper.make_tensor_value_info("box", TensorProto.FLOAT, [batch, 4, *cells]),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def write_package(folder: Path, content: bytes | None = None, color: str = "rgb") -> Path:
    """Writes the package and returns its ``model.yaml``."""
    content = onnx_bytes() if content is None else content
    (folder / "tiny.onnx").write_bytes(content)
    path = folder / "model.yaml"
    path.write_text(YAML.format(sha256=hashlib.sha256(content).hexdigest(), color=color))
    return path


def write_external(
    folder: Path, location: str = "tiny.onnx.data", declare: bool = True, content: bytes | None = None
) -> Path:
    """The package with all weights in a second file, as torch's exporter writes them; returns ``model.yaml``."""
    path = write_package(folder, content)
    (folder / location).parent.mkdir(parents=True, exist_ok=True)
    onnx.save_model(
        onnx.load(folder / "tiny.onnx"),
        str(folder / "tiny.onnx"),
        save_as_external_data=True,
        location=location,
        size_threshold=0,
    )
    declare_external(path, location if declare else "")
    return path


def declare_external(path: Path, location: str) -> None:
    """Writes the hashes of what lies there now into ``model.yaml``; without a location only the ONNX file's."""
    folder = path.parent
    own, data = (
        hashlib.sha256((folder / name).read_bytes()).hexdigest() if name else ""
        for name in ("tiny.onnx", location)
    )
    told = f", external_data: [{{file: {location}, sha256: {data}}}]" if location else ""
    line = f"  - {{kind: onnx, file: tiny.onnx, sha256: {own}{told}}}"
    lines = [line if "kind: onnx" in old else old for old in path.read_text().splitlines()]
    path.write_text("\n".join(lines) + "\n")
