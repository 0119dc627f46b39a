"""A network with a state, over whole episodes: number for number a plain loop, whoever runs beside it."""

from __future__ import annotations

import json
from pathlib import Path

import gymnasium
import numpy as np
import pytest

pytest.importorskip("onnx", reason="makes the network of this test")

import onnx
from onnx import helper, numpy_helper

from simgate.harness.cli.main import main

HIDDEN, STEPS = 8, 40
PACK = """\
simgate: 1
pack: swing
policy: {{network: policy.yaml}}
sim: {{adapter: gymnasium, control_hz: 20, time_limit_s: 2, batch: {batch}}}
scenarios:
  swing:
    title: A pendulum is swung by a network that remembers
    severity: minor
    world: {{env: Pendulum-v1}}
    variants: {{count: 5}}
    accept: {{return: {{at_least: -1.0e+9}}}}
"""
POLICY = """\
network: lstm.onnx
observation: [{channel: obs}]
recurrent:
  - {input: h_in, output: h_out, shape: [1, batch, 8]}
  - {input: c_in, output: c_out, shape: [1, batch, 8]}
action: {squash: tanh, scale: 2, bounds: cut}
"""


def lstm(path: Path) -> None:
    """Observation and state of an LSTM -> one number and the state, with weights that make it matter."""
    draw = np.random.default_rng(11)
    sizes = {"W": (1, 4 * HIDDEN, 3), "R": (1, 4 * HIDDEN, HIDDEN), "B": (1, 8 * HIDDEN), "out": (HIDDEN, 1)}
    given = {name: draw.normal(0, 0.8, size).astype(np.float32) for name, size in sizes.items()}
    given["first"] = np.zeros(1, np.int64)
    nodes = [
        helper.make_node("Unsqueeze", ["obs", "first"], ["x"]),
        helper.make_node(
            "LSTM", ["x", "W", "R", "B", "", "h_in", "c_in"], ["", "h_out", "c_out"], hidden_size=HIDDEN
        ),
        helper.make_node("Squeeze", ["h_out", "first"], ["flat"]),
        helper.make_node("MatMul", ["flat", "out"], ["actions"]),
    ]
    row = helper.make_tensor_value_info
    states = {name: row(name, 1, [1, "n", HIDDEN]) for name in ("h_in", "c_in", "h_out", "c_out")}
    graph = helper.make_graph(
        nodes,
        "lstm",
        [row("obs", 1, ["n", 3]), states["h_in"], states["c_in"]],
        [row("actions", 1, ["n", 1]), states["h_out"], states["c_out"]],
        [numpy_helper.from_array(value, name) for name, value in given.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def plain_return(path: Path, seed: int, forgets: bool = False) -> float:
    """Of an episode by gymnasium and ONNX Runtime alone."""
    import onnxruntime as ort

    settings = ort.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    session = ort.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
    env = gymnasium.make("Pendulum-v1")
    seen, _ = env.reset(seed=seed)
    h = c = np.zeros((1, 1, HIDDEN), np.float32)
    total = 0.0
    for _ in range(STEPS):
        told = session.run(["actions", "h_out", "c_out"], {"obs": seen[None], "h_in": h, "c_in": c})
        if not forgets:
            h, c = told[1:]
        action = np.clip(2.0 * np.tanh(told[0][0].astype(np.float64)), -2.0, 2.0)
        seen, reward, *_ = env.step(action.astype(np.float32))
        total += float(reward)
    return total


def test_every_episode_with_a_state_is_that_of_a_plain_loop(tmp_path: Path) -> None:
    lstm(tmp_path / "lstm.onnx")
    (tmp_path / "policy.yaml").write_text(POLICY)
    runs = {}
    for batch in (1, 3):
        (tmp_path / "pack.yaml").write_text(PACK.format(batch=batch))
        words = ["--workers", "0", "--quiet", "--runs-dir", str(tmp_path), "--run-name", f"of_{batch}"]
        main(["run", str(tmp_path / "pack.yaml"), *words])
        lines = (tmp_path / f"of_{batch}" / "journal.ndjson").read_text().splitlines()
        runs[batch] = {record["variant"]: record for record in map(json.loads, lines)}
    assert len(runs[1]) == 5
    for record in runs[1].values():
        seed = record["seed"] % 2**31
        wanted = plain_return(tmp_path / "lstm.onnx", seed)
        assert record["metrics"]["return"] == pytest.approx(wanted, abs=1e-9), record["reason"]
        assert abs(wanted - plain_return(tmp_path / "lstm.onnx", seed, forgets=True)) > 1e-3
    assert {v: r["trace_digest"] for v, r in runs[3].items()} == {
        v: r["trace_digest"] for v, r in runs[1].items()
    }
