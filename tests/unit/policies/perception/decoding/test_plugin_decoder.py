"""A decoder that a plugin brings: read from ``model.yaml``, held against the model, run, and found by its name."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import numpy as np
import pytest

pytest.importorskip("onnx", reason="makes the models")

from typing import Literal

from simgate.policies.perception.decoder_spec import DecoderSpec, Strict
from simgate.policies.perception.decoding import kinds
from simgate.policies.perception.decoding.decoder import GROUP, Decoder, Wanted
from simgate.policies.perception.outputs import Tensors
from simgate.policies.perception.package import PackageError
from simgate.policies.perception.runtimes.onnxruntime_runtime import OnnxRuntime
from tests.unit.policies.perception.made_models import constant_onnx, package


class GraspOutputs(Strict):
    grasp: str


class GraspSpec(DecoderSpec):
    needs_classes = False
    kind: Literal["grasp"]
    scale: float = 1.0
    outputs: GraspOutputs


def tensors(spec, classes, frames):
    return {"grasp": Wanted(((4,),))}


def decode(spec, arrays, context):
    return [Tensors({"grasp": row * spec.scale}) for row in arrays["grasp"]]


DECODER = Decoder(GraspSpec, tensors, decode)
GRASP = {"kind": "grasp", "scale": 2.0, "outputs": {"grasp": "g"}}


@pytest.fixture(autouse=True)
def _installed(monkeypatch):
    entry = EntryPoint("grasp", f"{__name__}:DECODER", GROUP)
    monkeypatch.setattr(kinds, "_plugins", lambda: {"grasp": entry})
    kinds._installed.cache_clear()
    yield
    kinds._installed.cache_clear()


def model(size=4):
    return constant_onnx({"g": np.ones((1, size), np.float32)})


def test_a_plugins_decoder_is_read_and_run(tmp_path):
    runtime = OnnxRuntime(package(tmp_path, model(), decoder=GRASP), "cpu")
    (found,) = runtime.infer(np.zeros((1, 24, 32, 3), np.uint8))
    assert found.values["grasp"].tolist() == [2.0] * 4


@pytest.mark.parametrize(
    ("decoder", "size", "code", "words"),
    [
        (GRASP | {"sclae": 1}, 4, "model-package-key", "unknown key 'decoder.sclae'.*did you mean 'scale'"),
        (GRASP | {"kind": "grsp"}, 4, "model-package-value", "unknown decoder 'grsp'.*did you mean 'grasp'"),
        (GRASP, 5, "model-io", "the package says .N, 4"),
    ],
)
def test_what_is_wrong_with_it_is_said_at_its_place(tmp_path, decoder, size, code, words):
    with pytest.raises(PackageError, match=f"(?s){words}") as found:
        package(tmp_path, model(size), decoder=decoder)
    assert [one.code for one in found.value.problems] == [code]
