"""``simgate policy check``: both sides of a declaration, and what does not fit, at its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simgate.harness.cli.main import main
from tests.unit.policies.network.tiny_networks import linear


@pytest.mark.parametrize(
    ("channel", "env", "code", "said"),
    [
        ("obs", "CartPole-v1", 0, "fits     CartPole-v1: 4 numbers observed, 1 told (action)"),
        ("ob", "CartPole-v1", 2, "has no channel 'ob'; did you mean 'obs'?"),
        ("obs", "CartPool-v1", 2, "env:CartPool-v1: environment CartPool-v1: "),
    ],
)
def test_a_declaration_is_held_against_an_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], channel: str, env: str, code: int, said: str
) -> None:
    linear(tmp_path / "cart.onnx", np.ones((4, 2)))
    path = tmp_path / "policy.yaml"
    path.write_text(f"network: cart.onnx\nobservation: [{{channel: {channel}}}]\naction: {{kind: argmax}}\n")
    assert main(["policy", "check", str(path), "--env", env]) == code
    shown = capsys.readouterr()
    assert "input    obs float32 (worlds, 4)" in shown.out
    assert said in shown.out + shown.err


def test_the_state_of_a_recurrent_network_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    remembers = Path(__file__).parents[3] / "integration" / "trained" / "remembers"
    assert main(["policy", "check", str(remembers / "policy.yaml")]) == 0
    said = capsys.readouterr().out
    assert "state    h_in to h_out float32 (1, worlds, 16)\nstate    c_in to c_out" in said
