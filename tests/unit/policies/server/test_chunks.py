"""Which action of which chunk is told at which control tick."""

from __future__ import annotations

import numpy as np
import pytest

from simgate.policies.server.chunks import ChunkPlayer, StaleChunk
from simgate.policies.server.declaration import ServerSpec


def played(ticks: int, latency_ms: float, rows: int = 6, **declared: object) -> list[str]:
    """What is told at 10 Hz; ``3.2`` is action 2 of the chunk that was asked for at tick 3."""
    spec = ServerSpec.model_validate({"observation": [{"key": ("s",), "channels": ("s",)}], **declared})
    player, told = ChunkPlayer(spec, 10, 1), []

    def ask(number: int) -> tuple[np.ndarray, float]:
        return np.array([[len(told) + row / 10] for row in range(rows)]), latency_ms

    for _ in range(ticks):
        action, word = player.next(ask)
        told.append(f"{word} {action[0]:.1f}")
    return told


def test_a_whole_chunk_is_used_up_before_the_next_is_asked_for() -> None:
    assert played(5, 0, rows=3) == ["chunk 0.0", "chunk 0.1", "chunk 0.2", "chunk 3.0", "chunk 3.1"]


def test_after_execute_actions_the_rest_of_a_chunk_is_thrown_away() -> None:
    assert played(5, 0, execute=2) == ["chunk 0.0", "chunk 0.1", "chunk 2.0", "chunk 2.1", "chunk 4.0"]


def test_actions_whose_moment_has_passed_are_left_out() -> None:
    late = played(8, 150, execute=2, latency=150.0, meanwhile="zero")
    # Asked at 0, here at 2: actions 0 and 1 were of ticks 0 and 1.
    assert late == [
        *("waiting 0.0", "waiting 0.0", "chunk 0.2", "chunk 0.3"),
        *("waiting 0.0", "waiting 0.0", "chunk 4.2", "chunk 4.3"),
    ]


def test_they_are_told_all_the_same_where_the_pack_says_so() -> None:
    late = played(4, 150, execute=2, latency=150.0, meanwhile="zero", late="keep")
    assert late == ["waiting 0.0", "waiting 0.0", "chunk 0.0", "chunk 0.1"]


def test_meanwhile_the_last_action_stands() -> None:
    late = played(6, 100, execute=2, latency=100.0, meanwhile="last")
    assert late == ["waiting 0.0", "chunk 0.1", "chunk 0.2", "waiting 0.2", "chunk 3.1", "chunk 3.2"]


def test_meanwhile_the_rest_of_the_chunk_before_is_used_up() -> None:
    late = played(8, 200, rows=5, execute=2, latency=200.0, meanwhile="rest")
    assert late == [
        *("waiting 0.0", "waiting 0.0", "chunk 0.2", "chunk 0.3"),
        # Asked at 4; action 4 of the old chunk is of now, then there is no more of it.
        *("rest 0.4", "waiting 0.4", "chunk 4.2", "chunk 4.3"),
    ]


def test_a_chunk_of_which_nothing_is_left_is_refused() -> None:
    with pytest.raises(StaleChunk, match="its chunk of 6 actions came 6 control ticks after its observation"):
        played(9, 600, latency=600.0, meanwhile="zero")


def test_a_latency_of_one_period_is_one_tick_and_not_two() -> None:
    assert played(2, 100.0000000001, latency=100.0, meanwhile="zero") == ["waiting 0.0", "chunk 0.1"]
