"""One node and its bridge: what keeps them from coming together, and that nothing of them stays."""

from __future__ import annotations

import json
import math
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simgate.policies.policy import Brief
from simgate.policies.ros import link as link_module
from simgate.policies.ros.declaration import RosSpec
from simgate.policies.ros.link import RosFailed, RosLink
from simgate.policies.ros.policy import RosPolicy
from simgate.sim_adapters.embodiment import ActionSpec, Channel, Embodiment
from simgate.sim_adapters.observation import Observation
from tests.ros import NODE, ROS, needs_ros

pytestmark = needs_ros
ROBOT = Embodiment(
    "bead",
    (Channel("obs", "vector", (2,), "float64", "", 10),),
    ActionSpec(("push", "extra"), ("", ""), (-1.0, -1.0), (1.0, 1.0)),
)
LAUNCH = [str(ROS), str(NODE), "--ros-args", "-p", "use_sim_time:=true"]
STATE = {"topic": "/state", "type": "sensor_msgs/msg/JointState", "channels": {"position": "obs"}}
PUSH: dict[str, Any] = {
    "topic": "/push",
    "type": "geometry_msgs/msg/TwistStamped",
    "action": {"push": "twist.linear.x", "extra": "twist.linear.y"},
}


def declared(*parameters: str, **more: Any) -> dict[str, Any]:
    words = [word for one in parameters for word in ("-p", one)]
    spec = {"python": str(ROS), "launch": LAUNCH + words, "publish": [STATE], "subscribe": [PUSH]}
    return spec | more


def spec_of(*parameters: str, **more: Any) -> RosSpec:
    return RosSpec.model_validate_json(json.dumps(declared(*parameters, **more)))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"launch": ["no_such_node"]}, "the node cannot be started: no_such_node: No such file or directory"),
        ({"launch": [*LAUNCH, "-p", "broken:=crash"]}, "the node ended with exit code 1 before its topics were there; its last line: RuntimeError: no map was found"),
        ({"launch": [*LAUNCH, "-p", "broken:=type"]}, "the node has /push as std_msgs/msg/String, the pack as geometry_msgs/msg/TwistStamped"),
        ({"launch": [*LAUNCH, "-p", "broken:=quality"]}, "the quality of service of /push (reliability) is not that of the node"),
        ({"launch": ["env", "ROS_DOMAIN_ID=230", *LAUNCH], "start_timeout_s": 4}, "no node listened to /clock: start it with --ros-args -p use_sim_time:=true, or write sim_time: false; no node listened to /state; no node published /push, within 4 s (start_timeout_s)"),
        ({"launch": ["sleep", "100"], "start_timeout_s": 2}, "no node listened to /state; no node published /push"),
        ({"publish": [STATE | {"type": "my_msgs/msg/State"}]}, "this ROS installation has no message type my_msgs/msg/State"),
        ({"subscribe": [PUSH | {"action": {"push": "twist.linear.a"}}]}, "Vector3 has no field 'twist.linear.a'"),
        ({"python": "/bin/true"}, "the bridge to ROS ended (exit 0) when it was to 'open'; has /bin/true rclpy?"),
        ({"python": "no_such_python"}, "the bridge to ROS: no_such_python cannot be started"),
    ],
)  # fmt: skip
def test_a_node_that_cannot_be_judged_is_refused_by_name(
    tmp_path: Path, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(RosFailed, match=re.escape(said)):
        link = RosLink(spec_of(**more), tmp_path, 0)
        link.heard()
    assert of_folder(tmp_path) == []


def of_folder(folder: Path) -> list[int]:
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            found += [int(place.name)] if (place / "cwd").readlink() == folder else []
        except OSError:
            continue
    return found


@pytest.fixture
def policy(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[RosPolicy]:
    more = getattr(request, "param", {})
    made = RosPolicy(10, {"ros": str(tmp_path), "declared": json.dumps(declared(**more))})
    yield made
    made.close()
    assert of_folder(tmp_path) == []


def play(policy: RosPolicy, ticks: int) -> list[float]:
    told = []
    for k in range(ticks):
        seen = Observation(20 * k, {"obs": np.array([[-0.1 * (k + 1), 0.0]])}, {"obs": 20 * k})
        told.append(float(policy.act(seen, [None])[0].values[0]))
    return told


def test_what_is_killed_leaves_no_process_and_no_shared_memory(policy: RosPolicy, tmp_path: Path) -> None:
    policy.reset([Brief()], ROBOT)
    assert play(policy, 2) == [0.1, 0.2]
    processes = of_folder(tmp_path)
    maps = "".join(Path(f"/proc/{pid}/maps").read_text() for pid in processes)
    # How the bridge sends large pictures is its own matter: the node's settings are the deployed ones.
    told = [b"simgate_transport" in Path(f"/proc/{pid}/environ").read_bytes() for pid in processes]
    assert sorted(told) == [False, True]
    segments = set(re.findall(r"/dev/shm/fast(?:rtps|dds)_[0-9a-f]{16}", maps))
    assert len(processes) == 2  # the bridge and the node
    assert len(segments) >= 2
    for pid in processes:
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(RosFailed, match="was killed by signal 9"):
        policy.act(Observation(40, {"obs": np.zeros((1, 2))}, {"obs": 40}), [None])
    assert [name for name in segments if Path(name).exists() or Path(name + "_el").exists()] == []


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ({"latency": {"constant": 150.0}}, [0.0, 0.0, 0.1, 0.2, 0.3]),
        ({"latency": {"constant": 100.0}, "meanwhile": "last"}, [0.0, 0.1, 0.2, 0.3, 0.4]),
    ],
    indirect=["policy"],
)
def test_an_answer_acts_when_its_latency_is_over(policy: RosPolicy, told: list[float]) -> None:
    policy.reset([Brief()], ROBOT)
    assert play(policy, 5) == pytest.approx(told)
    assert policy.latency_mode == "simulated"


@pytest.mark.parametrize("policy", [{"launch": [*LAUNCH, "-p", "naps_s:=0.05"]}], indirect=True)
def test_a_timer_is_called_before_a_message_of_a_later_tick_however_late_the_node_is(
    policy: RosPolicy,
) -> None:
    policy.reset([Brief()], ROBOT)
    seen = np.zeros((1, 2))
    told = [policy.act(Observation(20 * k, {"obs": seen}, {"obs": 20 * k}), [None])[0] for k in range(8)]
    # It naps when it has answered, so that /clock and the next message are there together.
    assert [round(10 * act.values[1]) for act in told] == [0, 1, 1, 2, 2, 2, 3, 3]


@pytest.mark.parametrize(
    "policy", [{"lag_ms": 150, "launch": [*LAUNCH, "-p", "waits_s:=0.15"]}], indirect=["policy"]
)
def test_a_node_that_waits_in_simulated_time_is_waited_for_in_simulated_time(policy: RosPolicy) -> None:
    policy.reset([Brief()], ROBOT)
    assert play(policy, 5) == pytest.approx([0.0, 0.0, 0.1, 0.2, 0.3])


@pytest.mark.parametrize(
    "policy",
    [{"latency": "measured", "meanwhile": "last", "launch": [*LAUNCH, "-p", "sleeps_s:=0.15"]}],
    indirect=["policy"],
)
def test_a_measured_answer_acts_when_it_would_have_come(policy: RosPolicy) -> None:
    policy.reset([Brief()], ROBOT)
    told = play(policy, 6)
    acted, took = zip(*policy.latencies(0), strict=True)
    assert acted == took
    assert min(took) >= 150
    ready = [k + math.ceil(round(ms / 100, 6)) for k, ms in enumerate(acted)]
    newest = [max((n for n in range(6) if max(ready[: n + 1]) <= k), default=-1) for k in range(6)]
    assert told == pytest.approx([0.1 * (n + 1) for n in newest])
    assert told[:2] == [0.0, 0.0]


@pytest.mark.parametrize(
    "policy",
    [{"time": "realtime", "meanwhile": "last", "launch": [*LAUNCH, "-p", "sleeps_s:=0.15"], "timeout_s": 3}],
    indirect=["policy"],
)
def test_in_realtime_the_wall_clock_paces_and_an_answer_acts_when_it_has_come(policy: RosPolicy) -> None:
    policy.reset([Brief()], ROBOT)
    begun = time.monotonic()
    told = play(policy, 12)
    # Eleven periods of 0.1 s lie between the first tick and the twelfth, whatever this machine is busy with.
    assert time.monotonic() - begun >= 1.1
    assert told[:2] == [0.0, 0.0]
    acted, took = zip(*policy.latencies(0), strict=True)
    assert policy.latency_mode == "measured"
    assert min(took) >= 150
    assert all(ms % 100 < 1e-6 or ms % 100 > 100 - 1e-6 for ms in acted)
    # A node of 150 ms a message falls behind a picture each 100 ms: what acts is of an earlier tick, in order.
    fresh = [value for value in told if value]
    assert fresh == sorted(fresh)
    assert all(round(value * 10) <= tick - 1 for tick, value in enumerate(told) if value)
    (last,) = policy.act(Observation(240, {"obs": np.zeros((1, 2))}, {"obs": 240}), [None])
    assert last.facts["time"] == "realtime"


@pytest.mark.parametrize(
    "policy",
    [{"time": "realtime", "launch": [*LAUNCH, "-p", "sleeps_s:=1000.0"], "timeout_s": 1}],
    indirect=["policy"],
)
def test_a_node_that_is_silent_in_realtime_is_an_error(policy: RosPolicy) -> None:
    policy.reset([Brief()], ROBOT)
    with pytest.raises(RosFailed, match="the node did not answer on /push for 1 s"):
        play(policy, 30)


def test_a_node_says_what_it_is_made_of_and_how_it_is_set(tmp_path: Path) -> None:
    options = {"ros": str(tmp_path), "declared": json.dumps(declared("sleeps_s:=0.25"))}
    said = RosPolicy.says(options)
    assert said["rmw"] == "rmw_fastrtps_cpp"
    assert said["executable"] == RosPolicy.says(options)["executable"]
    assert re.fullmatch("[0-9a-f]{64}", said["executable"])
    assert re.fullmatch(r"[79]\.[\d.]+", said["rclpy"])
    set_to = json.loads(said["parameters of /bead"])
    assert (set_to["sleeps_s"], set_to["use_sim_time"]) == (0.25, True)


def test_another_build_of_a_ros_package_is_another_node(tmp_path: Path) -> None:
    remote = Path(link_module.__file__).parent
    for place, text in {
        "share/ament_index/resource_index/packages/my_nav": "",
        "share/my_nav/package.xml": "<package><name>my_nav</name><version>1.2.3</version></package>",
        "lib/my_nav/navigate": "one",
    }.items():
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(text)
    code = f"import sys; sys.path[0] = {str(remote)!r}; from remote.identity import program_of; " + (
        "import json; print(json.dumps(program_of(['ros2', 'run', 'my_nav', 'navigate'], '.')))"
    )

    def said() -> dict[str, str]:
        env = {**os.environ, "AMENT_PREFIX_PATH": str(tmp_path)}
        done = subprocess.run([ROS, "-c", code], env=env, capture_output=True, text=True, check=True)
        return dict(json.loads(done.stdout))

    before = said()
    assert before["package"] == "my_nav 1.2.3"
    assert said() == before
    (tmp_path / "lib/my_nav/navigate").write_text("two")
    after = said()
    assert after.pop("package sha256") != before.pop("package sha256")
    assert after == before
