"""Variants that are played for what they show: what ends one is told of it, and ends no command."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.execution.playing import played
from simgate.harness.frontend.user_errors import UserError, as_user_errors
from tests.unit.execution.memory_pack import make_pack, make_variants

ENDS = """
import sys

class Ends:
    name = "ends"

    def __init__(self, control_hz, options):
        pass

    def reset(self, briefs, embodiment):
        pass

    def act(self, observation, outputs):
        sys.exit(0)
"""


@pytest.mark.parametrize(
    ("fault", "policy", "said"),
    [
        ("raise", "memory_policy", r"ValueError: .* \(raised at memory_plugins.py:\d+\)"),
        ("none", "ends.py:Ends", r"SystemExit: 0 \(raised at ends.py:14\)"),
    ],
)
def test_an_episode_that_ends_in_an_error_is_named_without_a_traceback(
    tmp_path: Path, fault: str, policy: str, said: str
) -> None:
    (tmp_path / "ends.py").write_text(ENDS, encoding="utf-8")
    pack, variants = make_pack(tmp_path, policy=policy), make_variants(2, {1: fault})
    with pytest.raises(UserError, match=rf"door_ahead::v0001 cannot be shown: {said}"), as_user_errors():
        for variant, episode in played(pack, variants[1:] if fault == "none" else variants, "memory_runtime"):
            assert variant.index == 0 and len(episode.frames) > 1
