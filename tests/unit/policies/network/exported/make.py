"""Exports two policies of rsl_rl 5.5, with what rsl_rl itself answers in one episode.

``pip install rsl-rl-lib``, then ``python -m tests.unit.policies.network.exported.make``. The weights are random;
the observations' normaliser has seen data, so that a network without it would answer otherwise.
"""

from __future__ import annotations

import json
from pathlib import Path

import onnx
import torch
from rsl_rl.models import MLPModel, RNNModel
from tensordict import TensorDict

HERE = Path(__file__).parent


def seen(rows: torch.Tensor) -> TensorDict:
    """Observations as rsl_rl groups them."""
    return TensorDict({"policy": rows}, batch_size=[len(rows)])


def export(kind: str) -> None:
    """Writes the network as ``OnPolicyRunner.export_policy_to_onnx`` does, and the episode."""
    common = {
        "obs": seen(torch.zeros(1, 3)),
        "obs_groups": {"actor": ["policy"]},
        "obs_set": "actor",
        "output_dim": 2,
        "hidden_dims": [8],
        "obs_normalization": True,
        "distribution_cfg": {"class_name": "rsl_rl.modules.GaussianDistribution"},
    }
    memory = {"rnn_type": "lstm", "rnn_hidden_dim": 4, "rnn_num_layers": 2}
    model = MLPModel(**common) if kind == "mlp" else RNNModel(**common, **memory)
    for _ in range(20):
        model.update_normalization(seen(torch.randn(16, 3) * 3 + torch.tensor([1.0, -2.0, 0.0])))
    model.eval()
    made = model.as_onnx(verbose=False).eval()
    names = {"input_names": made.input_names, "output_names": made.output_names}
    torch.onnx.export(made, made.get_dummy_inputs(), HERE / f"{kind}.onnx", opset_version=18, **names)
    whole = onnx.load(HERE / f"{kind}.onnx")
    for part in (
        *whole.graph.node,
        *whole.graph.value_info,
        *whole.graph.input,
        *whole.graph.output,
        whole.graph,
    ):
        del part.metadata_props[:]  # Where in which folders the code lay.
    onnx.save(whole, HERE / f"{kind}.onnx")
    rows = torch.randn(4, 3) * 3
    with torch.inference_mode():
        told = [model(seen(row[None]))[0].tolist() for row in rows]
    (HERE / f"{kind}.json").write_text(json.dumps({"seen": rows.tolist(), "told": told}) + "\n")


if __name__ == "__main__":
    torch.manual_seed(0)
    for each in ("mlp", "lstm"):
        export(each)
