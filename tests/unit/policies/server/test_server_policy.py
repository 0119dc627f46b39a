"""A policy behind a real server on loopback: what it is sent, what is made of its answers, how it fails."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("websockets", reason="the extra 'server' is not installed")

from websockets.sync.server import ServerConnection

from simgate.policies.policy import Brief
from simgate.policies.server.connection import PolicyServerFailed
from simgate.policies.server.policy import ServerPolicy
from simgate.policies.server.requests import padded
from simgate.sim_adapters.embodiment import ActionSpec, Channel, Embodiment, Intrinsics
from simgate.sim_adapters.observation import Observation
from tests.doubles.policy_server import PolicyServer, policy_server

ROBOT = Embodiment(
    "arm",
    (
        Channel("wrist.rgb", "rgb", (4, 8, 3), "uint8", "", 10, intrinsics=Intrinsics(8, 4, 60)),
        Channel("joints", "joints", (3,), "float64", "rad", 10, entries=("base", "elbow", "hand")),
        Channel("grip", "vector", (1,), "float64", "", 10),
    ),
    ActionSpec(("elbow", "hand"), ("rad", "rad"), (-1.0, -1.0), (1.0, 1.0)),
)
PICTURE = np.arange(96, dtype=np.uint8).reshape(4, 8, 3)
SEEN = Observation(
    0,
    {"wrist.rgb": PICTURE[None], "joints": np.array([[0.1, 0.2, 0.3]]), "grip": np.array([[0.7]])},
    {"wrist.rgb": 0, "joints": 0, "grip": 0},
)
STATE = {"key": ["state"], "channels": ["joints"]}


def made(server: PolicyServer | str, *entries: dict, **declared: object) -> ServerPolicy:
    address = server if isinstance(server, str) else server.address
    spec = {"observation": entries or [STATE], "timeout_s": 20, **declared}
    policy = ServerPolicy(10, {"server": address, "declared": json.dumps(spec)})
    policy.reset([Brief("pick it up", seed=4)], ROBOT)
    return policy


def told(policy: ServerPolicy) -> list[float]:
    return list(policy.act(SEEN, [None])[0].values)


@pytest.fixture
def still() -> Iterator[PolicyServer]:
    with policy_server(lambda request, socket: {"actions": np.array([[0.5, -0.5]], np.float32)}) as server:
        yield server


def test_a_request_holds_pictures_rows_and_the_instruction_as_declared(still: PolicyServer) -> None:
    policy = made(
        still,
        {"key": ["images", "wrist"], "channels": ["wrist.rgb"], "size": [4, 4], "layout": "chw"},
        {"key": ["observation/state"], "channels": ["joints", "grip"]},
        {"key": ["two"], "channels": ["joints"], "entries": ["hand", 0]},
    )
    assert told(policy) == [0.5, -0.5]
    policy.close()
    (request,) = still.requests
    assert request["prompt"] == "pick it up"
    assert request["observation/state"].tolist() == [0.1, 0.2, 0.3, 0.7]
    assert request["two"].tolist() == [0.3, 0.1]
    picture = request["images"]["wrist"]
    assert (picture.dtype, picture.shape) == (np.uint8, (3, 4, 4))
    # 4 x 8 becomes 2 x 4, undistorted, with a black row above and below, as openpi's resize_with_pad does.
    assert not picture[:, 0].any()
    assert picture[:, 1].all()
    assert not picture[:, 3].any()


def test_a_strip_that_would_be_thinner_than_a_pixel_is_one_pixel() -> None:
    made_small = padded(np.full((5, 500, 3), 9, np.uint8), 64, 32)
    assert made_small.shape == (64, 32, 3)
    assert made_small.any(axis=(1, 2)).sum() == 1


def test_columns_are_the_entries_that_the_pack_names(still: PolicyServer) -> None:
    assert told(made(still, names=["hand", "elbow"])) == [-0.5, 0.5]


def test_an_action_beyond_the_range_is_cut_only_where_the_pack_says_so(still: PolicyServer) -> None:
    still.answer = lambda request, socket: {"actions": np.array([[3.0, 0.0]])}
    assert told(made(still)) == [3.0, 0.0]  # the loop refuses it
    assert told(made(still, bounds="cut")) == [1.0, 0.0]


def test_every_episode_has_a_connection_of_its_own_and_leaves_none_behind(still: PolicyServer) -> None:
    policy = made(still)
    policy.reset([Brief(), Brief()], ROBOT)
    policy.close()
    assert still.connections == 4  # the first only asked what it serves


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"\xc1\xc1", "was to tell actions and sent no message of openpi's"),
        ("Traceback (most recent call last):\n  File x\nKeyError: 'state'\n", "failed when it was to tell actions: KeyError: 'state'"),
        ([1, 2], "sent list, not a mapping"),
        ({"action": [1]}, "told no 'actions'; its answer holds action"),
        ({"actions": [[0.0, 0.0]]}, "told actions that are list, not an array of numbers"),
        ({"actions": np.zeros((3, 7))}, r"told actions of shape \(3, 7\), not \(H, 2\): elbow, hand"),
        ({"actions": np.zeros(2)}, r"told actions of shape \(2,\)"),
        ({"actions": np.zeros((0, 2))}, r"told actions of shape \(0, 2\)"),
        ({"actions": np.zeros((1, 2), bool)}, "actions that are of type bool"),
        ({"actions": np.array([[0, 0], [np.nan, 0]])}, "told nan for elbow in action 1 of its chunk"),
        ({"actions": np.zeros((4, 2))}, "told 4 actions, fewer than execute: 5"),
        (None, "did not tell actions within 0.3 s"),
    ],
)  # fmt: skip
def test_an_answer_that_is_none_fails_with_its_cause(still: PolicyServer, answer: object, said: str) -> None:
    still.answer = lambda request, socket: answer
    policy = made(still, **({"execute": 5} if "execute" in said else {}))
    if answer is None:  # nothing comes, however slow this machine is
        policy._connections[0]._timeout_s = 0.3
    with pytest.raises(PolicyServerFailed, match=said):
        told(policy)
    # The connection is gone: what still comes on it can be the answer to nothing.
    with pytest.raises(PolicyServerFailed, match=r"was left after an earlier failure"):
        told(policy)


def test_what_comes_too_late_is_no_answer_to_the_next_episode(still: PolicyServer) -> None:
    policy = made(still)
    numbers = iter((0.1, 0.2))

    def late(request: object, connection: ServerConnection) -> object:
        number = next(numbers)
        if number == 0.1:
            connection.recv_events_thread.join(60)  # until the client has left
        return {"actions": np.full((1, 2), number)}

    still.answer = late
    policy._connections[0]._timeout_s = 0.3
    with pytest.raises(PolicyServerFailed, match=r"did not tell actions within 0\.3 s"):
        told(policy)
    policy.reset([Brief()], ROBOT)
    assert told(policy) == [0.2, 0.2]


def test_a_server_that_breaks_off_is_named(still: PolicyServer) -> None:
    still.answer = lambda request, socket: socket.close(1011, "out of memory")
    with pytest.raises(
        PolicyServerFailed, match=r"broke off when it was to tell actions: .*1011.*out of memory"
    ):
        told(made(still))
    still.answer = lambda request, connection: connection.socket.shutdown(socket.SHUT_RDWR)
    with pytest.raises(PolicyServerFailed, match=r"broke off when it was to tell actions"):
        told(made(still))


def test_a_server_that_refuses_or_is_not_there_is_named(still: PolicyServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(PolicyServerFailed, match=r"gave no connection within 0.3 s"):
            made(f"ws://127.0.0.1:{port}", timeout_s=0.3)
    still.refuses = True
    with pytest.raises(PolicyServerFailed, match=r"gives no connection: .*HTTP 503"):
        made(still)
    with pytest.raises(PolicyServerFailed, match=r"cannot be reached: .*is it running"):
        made(f"ws://127.0.0.1:{port}")


def test_another_server_than_at_the_beginning_is_refused(still: PolicyServer) -> None:
    policy = made(still)
    still.metadata = {"checkpoint": "slide-8"}
    with pytest.raises(PolicyServerFailed, match=r"is another one than when the run began.*slide-7.*slide-8"):
        policy.reset([Brief()], ROBOT)


def test_a_server_that_says_nothing_of_itself_needs_a_name_from_the_pack(still: PolicyServer) -> None:
    still.metadata = {}
    with pytest.raises(PolicyServerFailed, match=r"says nothing of itself.*write checkpoint: NAME"):
        made(still)
    assert made(still, checkpoint="pi0-9").said == {"checkpoint, as the pack says": "pi0-9"}


def test_nothing_is_asked_for_a_world_whose_episode_is_over(still: PolicyServer) -> None:
    policy = made(still)
    policy.reset([Brief(), Brief()], ROBOT)
    two = Observation(
        0, {name: np.repeat(array, 2, axis=0) for name, array in SEEN.channels.items()}, SEEN.stamps
    )
    policy.act(two, [None, None])
    policy.ended(0)
    still.requests.clear()
    for _ in range(3):
        over, going = policy.act(two, [None, None])
        assert (list(over.values), over.mode, list(going.values)) == ([0.0, 0.0], "over", [0.5, -0.5])
    assert len(still.requests) == 3
    policy.close()


def test_a_key_that_is_not_there_is_asked_for_by_the_name_of_its_variable(
    still: PolicyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SIMGATE_TEST_KEY", raising=False)
    with pytest.raises(PolicyServerFailed, match="the environment variable SIMGATE_TEST_KEY is not set"):
        made(still, api_key_env="SIMGATE_TEST_KEY")
    monkeypatch.setenv("SIMGATE_TEST_KEY", "one\r\nX-More: two")
    with pytest.raises(PolicyServerFailed, match="it is no line of ASCII"):
        made(still, api_key_env="SIMGATE_TEST_KEY")
    assert still.connections == 0
