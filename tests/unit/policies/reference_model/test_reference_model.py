"""Claims about the detectors that are committed."""

from pathlib import Path

import numpy as np
import pytest

import simgate.policies.reference_model
from simgate.policies.perception.package import check_package, load_package
from simgate.policies.perception.runtimes.onnxruntime_runtime import OnnxRuntime

FOLDER = Path(simgate.policies.reference_model.__file__).parent
PACKAGES = {"v2": FOLDER / "model.yaml", "v1": FOLDER / "v1" / "model.yaml"}


@pytest.mark.parametrize("variant", PACKAGES)
def test_the_package_is_sound_small_and_says_where_it_comes_from(variant):
    assert check_package(PACKAGES[variant]) == []
    package = load_package(PACKAGES[variant])
    assert package.artifact("onnx").path.stat().st_size < 2_000_000
    assert package.spec.lineage["variant"] == variant
    assert package.spec.model_card is not None
    assert (package.path.parent / package.spec.model_card).is_file()


@pytest.mark.parametrize("variant", PACKAGES)
def test_a_batch_gives_bit_for_bit_what_single_frames_give(variant):
    runtime = OnnxRuntime(load_package(PACKAGES[variant]))
    frames = np.random.default_rng(1).integers(0, 256, (5, 120, 160, 3)).astype(np.uint8)
    for image, together in zip(frames, runtime.infer(frames), strict=True):
        (alone,) = runtime.infer(image[None])
        np.testing.assert_array_equal(together.boxes, alone.boxes)
        np.testing.assert_array_equal(together.scores, alone.scores)


def test_the_two_detectors_are_different_models_with_one_interface():
    new, old = (load_package(path) for path in PACKAGES.values())
    assert new.artifact("onnx").sha256 != old.artifact("onnx").sha256
    assert (new.classes, new.input) == (old.classes, old.input)
    assert new.latency == old.latency
