from __future__ import annotations

import hashlib

import numpy as np
import pytest

from simgate.policies.quadruped.robots import YARD, Robots

torch = pytest.importorskip("torch", reason="training only")

from simgate.policies.quadruped import ppo, train  # noqa: E402
from simgate.policies.quadruped.conditions import WALKS, draw  # noqa: E402
from simgate.policies.quadruped.evaluate import load  # noqa: E402
from simgate.policies.quadruped.network import export, perceptron  # noqa: E402
from simgate.policies.quadruped.reward import reward  # noqa: E402


def test_advantages_are_those_of_the_definition_summed_by_hand():
    rewards, ends = torch.tensor([[1.0], [2.0], [4.0]]), torch.tensor([[0.0], [1.0], [0.0]])
    values = torch.tensor([[0.5], [0.25], [0.125], [8.0]])
    last = 4.0 + 0.99 * 8.0 - 0.125
    middle = 2.0 - 0.25  # it ended there: nothing of what comes counts
    first = 1.0 + 0.99 * 0.25 - 0.5 + 0.99 * 0.95 * middle
    np.testing.assert_allclose(ppo._advantages(rewards, ends, values)[:, 0], [first, middle, last], rtol=1e-6)


def test_the_file_computes_what_the_network_computes(tmp_path):
    torch.manual_seed(0)
    net = perceptron(46, 12)
    export(net, tmp_path / "gait.onnx")
    seen = np.random.default_rng(0).standard_normal((5, 46)).astype(np.float32)
    expected = net(torch.from_numpy(seen)).detach().numpy()
    np.testing.assert_allclose(load(tmp_path / "gait.onnx")(seen), expected, atol=1e-5)


def test_standing_still_pays_when_standing_is_asked_for_and_less_when_walking_is():
    robots = Robots(YARD, 2, seed=0, threads=1)
    robots.reset(np.arange(2), draw(np.random.default_rng(0), 2, WALKS, names=()), jitter=0.0)
    robots.command[1, 0] = 0.5
    for _ in range(25):
        robots.step(np.zeros((2, 12)))
    still, lazy = reward(robots, robots.beyond_gait, robots.beyond_gait)
    assert still > lazy + 0.1  # walking as asked pays up to 0.15 more


def test_the_same_seed_gives_the_same_bytes_with_one_thread_and_with_two(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "_ROBOTS", 8)
    monkeypatch.setattr(train, "_COPY_STEPS", 20)
    sums = []
    for threads in (1, 2):
        out = tmp_path / str(threads)
        assert train.main(["--out", str(out), "--iterations", "2", "--threads", str(threads)]) == 0
        sums.append(
            [hashlib.sha256((out / name).read_bytes()).hexdigest() for name in ("copied.onnx", "gait.onnx")]
        )
    assert sums[0] == sums[1]
    assert sums[0][0] != sums[0][1]
