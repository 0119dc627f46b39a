from __future__ import annotations

import hashlib

import numpy as np
import onnxruntime as ort
import pytest
import yaml

from simgate.policies.safety_stop.interface import FRONT_M
from simgate.policies.safety_stop.labels import too_fast
from simgate.policies.safety_stop.scenes import AISLE, LIDAR, samples
from simgate.sim_adapters.scene.articulated_words import read_sensor

torch = pytest.importorskip("torch", reason="training only")

from simgate.policies.safety_stop import train  # noqa: E402
from simgate.policies.safety_stop.network import PointNet, export  # noqa: E402


def test_the_network_learns_from_the_lidar_that_the_pack_declares():
    pack = yaml.safe_load((AISLE.parent.parent / "pack.yaml").read_text())
    assert read_sensor(pack["scenarios"]["box_in_the_way"]["world"]["sensors"]["lidar"]) == LIDAR


def test_moments_before_a_bright_box_show_it_at_the_distance_by_which_they_are_judged():
    rng, judged = np.random.default_rng(3), 0
    for seen, wanted in samples(rng, 8, 4, plain=True, kinds=("box",)):
        now = seen[1:][seen[1:, 3] == 0.0]
        ahead = now[(np.abs(now[:, 1]) < 0.3) & (now[:, 2] < 0.3)]  # Below a shelf.
        if wanted[-1] == 0.0 or wanted[0] == 1.0 or not len(ahead):
            continue
        gap = float(ahead[:, 0].min()) + 1.5 - FRONT_M
        assert gap == pytest.approx(_gap_of(wanted), abs=0.2)
        judged += 1
    assert judged > 5


def _gap_of(wanted: np.ndarray) -> float:
    """The distance from which these targets follow, by trying all."""
    gaps = np.arange(0.0, 3.0, 0.01)
    return float(gaps[np.argmin([np.abs(too_fast(0.0, gap, None) - wanted).sum() for gap in gaps])])


def test_the_file_computes_what_the_network_computes(tmp_path):
    torch.manual_seed(0)
    net = PointNet()
    export(net, tmp_path / "stop.onnx")
    clouds = [
        np.random.default_rng(k).standard_normal((n, 4)).astype(np.float32) for k, n in ((0, 5), (1, 9))
    ]
    expected = net(torch.from_numpy(np.concatenate(clouds)), torch.tensor([5, 9])).detach().numpy()
    session = ort.InferenceSession(str(tmp_path / "stop.onnx"), providers=["CPUExecutionProvider"])
    for cloud, logits in zip(clouds, expected, strict=True):
        np.testing.assert_allclose(session.run(None, {"points": cloud[None]})[0][0], logits, atol=1e-5)


def test_the_same_seed_gives_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "_MOMENTS", 1)
    sums = []
    for run in ("a", "b"):
        assert train.main(["--out", str(tmp_path / run), "--aisles", "5", "--steps", "3"]) == 0
        files = [(tmp_path / run / name).read_bytes() for name in ("stop.onnx", "plain.onnx")]
        sums.append([hashlib.sha256(data).hexdigest() for data in files])
    assert sums[0] == sums[1]
    assert sums[0][0] != sums[0][1]
