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
