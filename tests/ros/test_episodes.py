"""A ROS 2 node drives through the front door: its episodes, and every way in which it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_policy_server import SLIDE, simgate
from tests.ros import NODE, ROS, needs_ros
from tests.ros.bead_cases import CASES

pytestmark = needs_ros
PACK = f"""\
simgate: 1
pack: beads
policy:
  ros:
    python: {ROS}
    launch: [{ROS}, {NODE}, --ros-args, -p, use_sim_time:=true]
    publish: {{/state: {{type: sensor_msgs/msg/JointState, channels: {{position: obs}}}}}}
    subscribe:
      /push:
        type: geometry_msgs/msg/TwistStamped
        action: {{action.0: twist.linear.x, action.1: twist.linear.y}}
    timeout_s: 8
sim: {{adapter: gymnasium, control_hz: 10, time_limit_s: 2}}
scenarios:
  slide:
    title: The bead comes to the middle
    severity: critical
    world: {{env: slide.py:Slide, set: {{case: make.case}}}}
    parameters: {{case: {{grid: {list(range(len(CASES)))}}}}}
    variants: {{count: {len(CASES)}, method: grid}}
    accept: {{return: {{at_least: -100}}}}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("beads")
    (folder / "slide.py").write_text(SLIDE)
    (folder / "pack.yaml").write_text(PACK)
    words = ("--runs-dir", folder, "--run-name", "r", "--workers", 2, "--quiet")
    code, text = simgate("run", folder / "pack.yaml", *words)
    assert code == 20, text
    return folder / "r"


@pytest.fixture(scope="module")
def records(run: Path) -> dict[str, Any]:
    lines = (run / "journal.ndjson").read_text().splitlines()
    return {CASES[record["parameters"]["case"]]: record for record in map(json.loads, lines)}


@pytest.mark.parametrize("case", ["good", "good again"])
def test_a_return_is_that_of_a_plain_loop_whatever_went_wrong_before(
    run: Path, records: dict[str, Any], case: str
) -> None:
    from simgate.harness.expansion.expand import expand_pack
    from simgate.harness.frontend.packs import load_checked

    number = CASES.index(case)
    variants = expand_pack(load_checked(run.parent / "pack.yaml"))
    (seed,) = [variant.seed for variant in variants if variant.parameters["case"] == number]
    spaces: dict[str, Any] = {}
    exec(SLIDE, spaces)
    env, total = spaces["Slide"](number), 0.0
    (x, _), _ = env.reset(seed=seed % 2**31)
    for tick in range(20):
        # Its timer of 0.3 s is called at 1.0 s, for the first time that there is, and at 1.2, 1.5, 1.8 s, ...
        timed = (tick > 0) + (tick > 2) + (tick > 5) + (tick > 8) + (tick > 11) + (tick > 14) + (tick > 17)
        (x, _), reward, *_ = env.step([-max(-1.0, min(1.0, x)), timed / 10])
        total += reward
    assert records[case]["metrics"]["return"] == total
    latency = records[case]["latency"]
    assert latency["in_loop_ms"] == [0.0] * 21  # The last one is of the state in which it ends.
    assert len(latency["measured_ms"]) == 21
    assert min(latency["measured_ms"]) > 0


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("crashes", "the node ended with exit code 3 when it was"),
        ("hangs", "the node did not answer on /push at 1.300 s within 8 s"),
        ("silent", "the node did not answer on /push at 1.300 s within 8 s"),
        ("twice", "the node published /push more than once for a tick"),
        ("past", "a message on /push has the stamp 0.300000000 s, of the past: it is 1.300000000 s"),
        ("future", "a message on /push has the stamp 2.300000000 s, and it is only 1.300000000 s"),
        ("nan", "the node's /push says nan at 'twist.linear.x'"),
        ("kills the bridge", "the bridge to ROS was killed by signal 9 when it was to 'tick'"),
    ],
)  # fmt: skip
def test_what_a_node_does_wrong_is_the_error_of_that_episode(
    records: dict[str, Any], case: str, said: str
) -> None:
    assert records[case]["outcome"] == "ERROR"
    assert said in records[case]["reason"]


def test_the_manifest_and_the_report_say_what_the_node_is(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    (part,) = [p for p in manifest["fingerprint"]["parts"] if p["role"] == "policy"]
    assert (part["name"], part["said"]["rmw"]) == ("ros", "rmw_fastrtps_cpp")
    assert '"use_sim_time": true' in part["said"]["parameters of /bead"]
    assert {Path(name).name for name in part["files"]} >= {"bead_node.py", "bridge.py", "wire.py"}
    assert "which says of itself: ROS_DISTRO" in (run / "report.html").read_text()


def test_nothing_of_the_nodes_is_left(run: Path) -> None:
    left = []
    for place in Path("/proc").glob("[0-9]*/cwd"):
        try:
            left += [place] if place.readlink() == run.parent else []
        except OSError:
            continue
    assert left == []
