"""What the bridge takes a message for; of ROS nothing is there but the form of its messages."""

from __future__ import annotations

from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest

from simgate.policies.ros.remote import bridge as bridge_module
from simgate.policies.ros.remote.bridge import Bridge
from simgate.policies.ros.remote.fields import Failed, steps_of
from simgate.policies.ros.remote.topics import Output

S = 10**9


def message(stamp: int) -> Any:
    sec, nanosec = divmod(stamp, S)
    return SimpleNamespace(header=SimpleNamespace(stamp=SimpleNamespace(sec=sec, nanosec=nanosec)))


def newest(stamp: int, came: float, published: dict[int, float]) -> tuple[Any, float]:
    """What a message counts as that came at a moment, after these ticks were told."""
    bridge, output = Bridge.__new__(Bridge), Output.__new__(Output)
    bridge._ticks, bridge._published = list(published), published
    output.lost, output.stamped, output.stale, output._paths = 0, True, None, {}
    output.came = deque([(message(stamp), came)])
    found = bridge._newest(output)
    assert not output.came
    return found


TICKS = {S: 10.0, S + S // 10: 10.1}


@pytest.mark.parametrize(
    ("stamp", "took_s"),
    [
        (S, 0.15),
        (S + S // 10, 0.05),
        (S + S // 20, 0.15),
        # Without a stamp it has at least not seen more than the newest tick, and took what that is ago.
        (0, 0.05),
    ],
)
def test_in_real_time_an_answer_took_what_lies_between_it_and_what_it_has_seen(
    stamp: int, took_s: float
) -> None:
    _, took = newest(stamp, 10.15, TICKS)
    assert took == pytest.approx(took_s)


def test_what_is_said_before_the_first_tick_is_no_answer() -> None:
    assert newest(0, 9.0, {}) == (None, 0.0)


@pytest.mark.parametrize(
    ("there", "said", "most_s"),
    [
        (0, r"no node listened to /clock.*; no node published /push, within 60 s .start_timeout_s.", 61.0),
        # Where all else is there nobody waits for it to the end.
        (
            1,
            "no node listened to /clock: start it with --ros-args -p use_sim_time:=true, or write sim_time: false$",
            52.0,
        ),
    ],
)
def test_activation_and_topics_together_have_the_time_of_one_start(
    monkeypatch: pytest.MonkeyPatch, there: int, said: str, most_s: float
) -> None:
    now = [100.0]

    class Slow(Bridge):
        def _open(self, told: dict[str, Any]) -> None:
            clock = SimpleNamespace(needed=True, matched=lambda: 0, topic="/clock")
            push = SimpleNamespace(needed=True, matched=lambda: there, topic="/push")
            self._clock, self._inputs, self._outputs = clock, [], [push]  # type: ignore[assignment,list-item]

        def _mismatch(self, end: Any) -> str:
            return ""

        def spin(self) -> None:
            now[0] += 1.0

    judged = SimpleNamespace(check=lambda _: None, last="", end=lambda: None)
    monkeypatch.setattr(bridge_module, "Judged", lambda *_: judged)
    monkeypatch.setattr(bridge_module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(
        bridge_module,
        "activate",
        lambda *_: now.__setitem__(0, now[0] + 40.0),
    )
    told = {"launch": ["x"], "folder": "", "lifecycle": ["/a"], "start_timeout_s": 60.0}
    with pytest.raises(Failed, match=said):
        Slow(None, told)  # type: ignore[arg-type]
    assert now[0] <= 100.0 + most_s


@pytest.mark.parametrize(
    ("lag", "realtime", "is_asked"), [(0, False, True), (3, False, False), (0, True, False)]
)
def test_nodes_are_asked_for_their_time_in_lockstep_alone(
    monkeypatch: pytest.MonkeyPatch, lag: int, realtime: bool, is_asked: bool
) -> None:
    class There(Bridge):
        def _open(self, told: dict[str, Any]) -> None:
            self._clock: Any = SimpleNamespace(needed=True)
            self._lag, self.realtime = lag, realtime

        def _match(self, deadline: Any) -> None:
            pass

    monkeypatch.setattr(bridge_module, "Judged", lambda *_: None)
    monkeypatch.setattr(bridge_module, "timekeepers", lambda *_: {"/node": None})
    told = {"launch": ["x"], "folder": "", "lifecycle": [], "start_timeout_s": 60.0}
    assert bool(There(None, told)._timekeepers) is is_asked  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("a.b[].c[0]", ["a", "b", None, "c", 0]),
        ("points[-1].positions[arm.elbow]", ["points", -1, "positions", "[arm.elbow]"]),
        ("data[", ["data", "["]),
    ],
)
def test_a_path_is_names_and_places(path: str, steps: list[Any]) -> None:
    assert steps_of(path) == steps
