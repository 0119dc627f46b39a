import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgate.policies.perception.package import InputSpec
from simgate.policies.perception.preprocessing.preprocess import Preprocessor


def spec(**changes) -> InputSpec:
    values = {"name": "x", "width": 6, "height": 4, "mean": (0.1, 0.2, 0.3), "std": (0.5, 0.25, 0.2)}
    return InputSpec(**(values | changes))


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 3),
    layout=st.sampled_from(["nchw", "nhwc"]),
    color=st.sampled_from(["rgb", "bgr"]),
)
def test_every_pixel_is_scaled_centred_and_divided_in_the_model_s_channel_order(seed, count, layout, color):
    frames = np.random.default_rng(seed).integers(0, 256, (count, 4, 6, 3)).astype(np.uint8)
    result = Preprocessor(spec(layout=layout, color=color))(frames)
    channels = frames if color == "rgb" else frames[..., ::-1]
    expected = (channels / 255.0 - np.array([0.1, 0.2, 0.3])) / np.array([0.5, 0.25, 0.2])
    if layout == "nchw":
        expected = np.moveaxis(expected, -1, 1)
    assert result.dtype == np.float32 and result.flags.c_contiguous
    np.testing.assert_allclose(result, expected, atol=1e-5)


@pytest.mark.parametrize(
    "frames",
    [np.zeros((1, 4, 5, 3), np.uint8), np.zeros((4, 6, 3), np.uint8), np.zeros((1, 4, 6, 3), np.float32)],
)
def test_frames_of_another_size_or_type_are_refused_with_both_sizes(frames):
    with pytest.raises(ValueError, match="6x4 pixels"):
        Preprocessor(spec())(frames)
