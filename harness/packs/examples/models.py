"""Examples about the model package that a pack names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from simgate.harness.packs.examples.example import Example, sound_pack


def _tensor(field: str, name: str, channels: str) -> str:
    """Of an ONNX graph: float32, every size but the channels open."""
    info = (
        f"\x0a{chr(len(name))}{name}\x12\x10\x0a\x0e\x08\x01\x12\x0a\x0a\0\x0a\x02\x08{channels}\x0a\0\x0a\0"
    )
    return f"{field}{chr(len(info))}{info}"


_GRAPH = _tensor("\x5a", "frames", "\3") + _tensor("\x62", "heatmap", "\2") + _tensor("\x62", "box", "\4")
_WEIGHTS = f"\x3a{chr(len(_GRAPH))}{_GRAPH}"
"""An ONNX file that only says what goes in and comes out."""
_POINTER = (
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    "size 1048576\n"
)
_IN_A_SECOND_FILE = _WEIGHTS + "\x3a\x1d\x2a\x1b\x70\x01\x6a\x17\x0a\x08location\x12\x0bdoors.data1"
"""The same with a tensor that lies in the file ``doors.data1``."""
_NO_MODEL = "<html>404 Not Found</html>\n"
_FILES = {"doors.onnx": _WEIGHTS}
_PACK = sound_pack() + "model: model.yaml\n"
_MODEL = """\
name: doors
version: 1.0.0
classes: [glass_door, wooden_door]
input: {{name: frames, width: {width}, height: 120}}
decoder:
  kind: center_heatmap
  stride: 4
  score_threshold: 0.5
  outputs: {{heatmap: heatmap, box: box}}
artifacts:
  - {{kind: onnx, file: {file}, sha256: {sha256}{more}}}
latency:
  device: reference
  distribution: {{normal: {{mean: 20, std: 4, between: [10, 40]}}}}
lineage: {{seed: 1, commit: none}}
"""


def _sha256(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def _model(
    file: str = "doors.onnx", sha256: str = _sha256(_WEIGHTS), width: str = "160", more: str = ""
) -> str:
    return _MODEL.format(file=file, sha256=sha256, width=width, more=more)


def _of_model(
    code: str, wrong: str, advice: str = "", files: Mapping[str, str] = _FILES, right: str = ""
) -> Example:
    return Example(
        code, wrong, right or _model(), "file", advice, "model.yaml",
        {"pack.yaml": _PACK, **files}, also=("model-package",),
    )  # fmt: skip


MODEL_EXAMPLES = (
    Example(
        "missing-model",
        "simgate run pack.yaml --model nowhere/model.yaml\n",
        "simgate run pack.yaml --model policies/reference_model/model.yaml\n",
        level="command",
        advice="The command line names a model package that is not there; for the pack's own `model:` the "
        "code is `missing-file`.",
    ),
    Example(
        "model-package",
        "model: @old.yaml\n",
        "model: model.yaml\n",
        level="pack",
        advice="It stands beside the problems in the package's own file, so that the pack shows which line "
        "brought them in.",
        files={"model.yaml": _model(), "doors.onnx": _WEIGHTS, "old.yaml": _model(file="old.onnx")},
        also=("missing-artifact",),
    ),
    _of_model(
        "missing-artifact",
        _model(file="@door.onnx"),
        "The weights were not copied along with `model.yaml`, or were never trained here: `make train`.",
    ),
    _of_model(
        "model-hash",
        _model(sha256="@" + "ab" * 32),
        "The weights are not those that were released under this name. Never repair it by copying the new "
        "hash: evaluate the model, give it a new version, then declare it.",
    ),
    _of_model("model-package-key", _model().replace("version: 1.0.0\n", "version: 1.0.0\n@verson: 1.0.0\n")),
    _of_model("model-package-value", _model(width="@0"), "The message says what is allowed there."),
    Example(
        "not-fetched",
        _POINTER,
        "(the weights themselves)\n",
        "file",
        "The repository was cloned without git-lfs, so that the model's file holds three lines of text in "
        "place of the weights. Files that DVC or git-annex keeps are said likewise, with their commands.",
        "doors.pt2",
        {
            "pack.yaml": _PACK,
            "model.yaml": _model("doors.pt2", _sha256("(the weights themselves)\n")).replace("onnx", "torch"),
            ".git/HEAD": "ref: refs/heads/main\n",
        },
        also=("model-package",),
    ),
    _of_model(
        "external-data",
        _model(file="@doors.onnx", sha256=_sha256(_IN_A_SECOND_FILE)),
        "Exporters (torch's by default) write weights into a second file beside the ONNX file. What is in it "
        "decides what the model sees, so it is declared with its hash like the model itself.",
        {"doors.onnx": _IN_A_SECOND_FILE, "doors.data1": _WEIGHTS},
        _model(
            sha256=_sha256(_IN_A_SECOND_FILE),
            more=f",\n     external_data: [{{file: doors.data1, sha256: {_sha256(_WEIGHTS)}}}]",
        ),
    ),
    _of_model(
        "model-io",
        _model().replace("{name: frames", "@{name: images"),
        "The ONNX file itself says which tensors go in and come out, with their types and shapes; the "
        "message lists all of them. `docs/models.md` shows what to declare for each kind of head.",
    ),
    Example(
        "model-channel",
        _model().replace("{name: frames,", "{name: frames, channel: @wrist.rgb,"),
        _model().replace("{name: frames,", "{name: frames, channel: front.rgb,"),
        "file",
        "What a model is given is held against what the robot of each scenario senses: the channel, its "
        "kind, shape and unit. `docs/models.md` says what an input can be.",
        "model.yaml",
        {"pack.yaml": _PACK, **_FILES},
    ),
    _of_model(
        "model-unreadable",
        _model(file="@page.onnx", sha256=_sha256(_NO_MODEL)),
        "A page with an error message was saved in place of the model, or the copy ended early.",
        {**_FILES, "page.onnx": _NO_MODEL},
    ),
    _of_model(
        "outside-package",
        _model(file="@../doors.onnx"),
        "A package is one folder, so that it can be copied, fetched and put into evidence as a whole.",
    ),
)


def write_sound_model(folder: Path) -> Path:
    """Writes a model package that the linter finds sound, though no runtime could load its weights.

    Args:
        folder: Made when it does not exist.

    Returns:
        Its ``model.yaml``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "doors.onnx").write_text(_WEIGHTS, encoding="utf-8")
    path = folder / "model.yaml"
    path.write_text(_model(), encoding="utf-8")
    return path
