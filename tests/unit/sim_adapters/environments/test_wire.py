"""Messages of steps: numbers and arrays come over as they were, whatever came before them."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import numpy as np
import pytest

from simgate.sim_adapters.environments.remote import wire
from simgate.sim_adapters.environments.remote.wire import Steps

Ends = tuple[socket.socket, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    ours, theirs = socket.socketpair()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_000_000)  # Nobody reads meanwhile.
    yield ours, theirs
    ours.close()
    theirs.close()


def answer(scale: float) -> dict[str, object]:
    """What three slots have answered."""
    return {
        "observation": {
            "obs.flag": np.array([[True], [False], [scale > 1.0]]),
            "obs.odd": np.arange(3, dtype=np.uint8) * int(scale),
            "obs.x": scale * np.array([[1.5, -0.0], [np.inf, 0.25], [5e-39, 1.0]], dtype=np.float32),
            "render.rgb": np.full((3, 200, 300, 3), int(scale), dtype=np.uint8),
        },
        "reward": [0.1 * scale, 5e-324, -2.0],
        "terminated": [False, scale > 1.0, False],
        "truncated": [True, False, False],
        "info": [[0.25], [], [np.inf, scale]],  # Worlds of one batch may be asked for different things.
    }


def test_packed_steps_say_what_was_asked_and_answered(ends: Ends) -> None:
    actions = np.array([[0.1, np.nan], [1e300, 5e-324], [-0.0, 2.0]])
    ours, theirs = (Steps([4, 0, 7], actions, answer(1.0)) for _ in range(2))
    for scale in (1.0, 3.0):
        ours.ask(ends[0], actions * scale)
        slots, told = theirs.asked(wire.receive(ends[1]))
        assert slots == [4, 0, 7]
        assert told.tobytes() == (actions * scale).tobytes() and told.shape == actions.shape
        sent = answer(scale)
        assert theirs.answer(ends[1], sent)
        got = ours.answered(wire.receive(ends[0]))
        for name, array in sent["observation"].items():  # type: ignore[attr-defined]
            seen = got["observation"][name]
            assert (seen.dtype, seen.shape, seen.tobytes()) == (array.dtype, array.shape, array.tobytes())
        assert {**got, "observation": None} == {**sent, "observation": None}


def test_other_slots_and_other_shapes_are_not_packed(ends: Ends) -> None:
    actions = np.zeros((3, 2))
    steps = Steps([4, 0, 7], actions, answer(1.0))
    assert steps.fits([4, 0, 7], actions)
    assert not steps.fits([4, 0], actions[:2])
    assert not steps.fits([0, 4, 7], actions)
    assert not steps.fits([4, 0, 7], np.zeros((3, 1)))
    assert not steps.fits([4, 0, 7], actions.astype(np.float32))
    assert not steps.answer(ends[1], {**answer(1.0), "info": [[0.25], [1.0], [1.0]]})
    for name, array in (("obs.x", np.zeros((3, 2))), ("obs.odd", np.zeros((3, 2), dtype=np.uint8))):
        seen = {**answer(1.0)["observation"], name: array}  # type: ignore[dict-item]
        assert not steps.answer(ends[1], {**answer(1.0), "observation": seen})
    ends[0].setblocking(False)
    with pytest.raises(BlockingIOError):
        ends[0].recv(1)


def test_a_message_of_words_may_come_between(ends: Ends) -> None:
    steps = Steps([0], np.ones((1, 2)), {**answer(1.0), "observation": {}, "info": [[]]})
    steps.ask(ends[0], np.ones((1, 2)))
    assert steps.asked(wire.receive(ends[1]))[1].tolist() == [[1.0, 1.0]]
    wire.send(ends[0], ["failed", "{no arrays}"])
    assert wire.receive(ends[1]) == ["failed", "{no arrays}"]
