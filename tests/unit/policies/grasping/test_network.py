from __future__ import annotations

import numpy as np
import pytest

from simgate.policies.grasping.scenes import TABLE, Tables

torch = pytest.importorskip("torch", reason="training only")

from simgate.policies.grasping import train  # noqa: E402
from simgate.policies.grasping.evaluate import load  # noqa: E402
from simgate.policies.grasping.network import CELLS, HALF_VIEW_M, BrickNet, export  # noqa: E402


def test_heat_in_one_cell_is_that_cells_place_on_the_table():
    net = BrickNet().eval()
    features = torch.zeros(1, 32, CELLS, CELLS)
    features[0, 0, 3, 20] = 1.0
    with torch.no_grad():
        net.heat.weight.zero_()
        net.heat.weight[0, 0] = 50.0
        x, y, *_ = net.pose(features)[0].tolist()
    # Row 3 of 24 from the top is far; column 20 is at the right, where y is negative.
    assert x == pytest.approx(0.45 + (1.0 - 2.0 * 3.5 / CELLS) * HALF_VIEW_M, abs=1e-6)
    assert y == pytest.approx((1.0 - 2.0 * 20.5 / CELLS) * HALF_VIEW_M, abs=1e-6)


def test_the_file_computes_what_the_network_computes(tmp_path):
    torch.manual_seed(0)
    net = BrickNet().eval()
    export(net, tmp_path / "brick.onnx")
    pictures = Tables(TABLE, seed=3).pictures(1)
    rgb, depth = train.as_input(pictures)
    with torch.no_grad():
        x, y, cosine, sine = net.pose(net.features(rgb.float() / 255.0, depth))[0].tolist()
    found = load(tmp_path / "brick.onnx")(pictures.rgb[0], pictures.depth_m[0])
    np.testing.assert_allclose([found.x, found.y], [x, y], atol=1e-5)
    assert found.yaw == pytest.approx(np.arctan2(sine, cosine) / 2.0, abs=1e-4)


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    pictures = Tables(TABLE, seed=1).pictures(64)
    for name in ("one", "two"):
        export(train.train(pictures, epochs=1, seed=0), tmp_path / name)
    export(train.train(pictures, epochs=1, seed=1), tmp_path / "other")
    one, two, other = ((tmp_path / name).read_bytes() for name in ("one", "two", "other"))
    assert one == two != other
