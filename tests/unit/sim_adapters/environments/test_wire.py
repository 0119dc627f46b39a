"""Messages of steps: arrays by name come over as they were, whatever came before them."""

from __future__ import annotations

import socket

import numpy as np
import pytest

from simgate.sim_adapters.environments.remote import wire


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


def test_arrays_come_over_by_name_type_shape_and_number(ends) -> None:
    sent = {
        "info": np.zeros(0),
        "obs.flag": np.array([[True], [False], [True]]),
        "obs.odd": np.arange(3, dtype=np.uint8),
        "obs.x": np.array([[1.5, -0.0], [np.nan, np.inf]], dtype=np.float32),
        "render.rgb": np.arange(24, dtype=np.uint8).reshape(1, 2, 4, 3),
        "reward": np.array([0.1, 5e-324]),
    }
    for count in (3, 2, 3):  # The same text again, another one between.
        some = {name: array[:count] for name, array in sent.items()}
        wire.send_arrays(ends[0], "stepped", some)
        word, got = wire.receive(ends[1])
        assert (word, list(got)) == ("stepped", list(some))
        for name, array in some.items():
            assert (got[name].dtype, got[name].shape) == (array.dtype, array.shape)
            assert got[name].tobytes() == array.tobytes()


def test_more_shapes_than_are_remembered_come_over_too(ends) -> None:
    for size in (*range(wire._MOST_KNOWN + 10), 0):
        wire.send_arrays(ends[0], "steps", {"actions": np.arange(size, dtype=np.float64)})
        assert wire.receive(ends[1])[1]["actions"].tolist() == list(range(size))
        assert len(wire._TEXTS) <= wire._MOST_KNOWN and len(wire._LAYOUTS) <= wire._MOST_KNOWN


def test_what_steps_answer_is_the_same_on_the_other_side(ends) -> None:
    answer = {
        "observation": {"obs": np.array([[1.0, 2.0], [3.0, 4.0]])},
        "reward": [0.1, -2.0],
        "terminated": [False, True],
        "truncated": [True, False],
        "info": [[0.25], [np.inf, 7.0]],  # Worlds of one batch may be asked for different things.
    }
    wire.send_arrays(ends[0], "stepped", wire.arrays_of(answer))
    got = wire.stepped_of(wire.receive(ends[1])[1])
    assert got.pop("observation")["obs"].tolist() == answer.pop("observation")["obs"].tolist()
    assert got == answer


def test_a_message_of_words_may_come_between(ends) -> None:
    wire.send_arrays(ends[0], "steps", {"actions": np.ones(2)})
    assert wire.receive(ends[1])[0] == "steps"
    wire.send(ends[0], ["failed", "{no arrays}"])
    assert wire.receive(ends[1]) == ["failed", "{no arrays}"]
