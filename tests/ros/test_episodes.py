"""A node drives or sees through the front door: its episodes, and every way in which it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simgate.harness.execution.hosts.assignment import Assignment, HostSetup
from simgate.harness.execution.worker import Worker
from simgate.harness.expansion.expand import expand_pack
from simgate.harness.frontend.packs import load_checked
from simgate.harness.results.record import RunRecord
from tests.integration.test_policy_server import SLIDE, simgate
from tests.ros import NODE, ROS, needs_ros
from tests.ros.bead_cases import CASES, STARTS
from tests.ros.test_link import of_folder

pytestmark = needs_ros
ENV = SLIDE.replace(
    "        self.x += ",
    f"        self.steps += 1\n        if self.steps == 4 and self.case == {CASES.index('world fails')}:\n"
    "            raise RuntimeError('the world is broken')\n        self.x += ",
).replace("        self.x = self.np", "        self.steps = 0\n        self.x = self.np")
PUSH = """\
from simgate.policies.policy import Act


class Push:
    name = "push"

    def __init__(self, control_hz, options=None):
        pass

    def reset(self, briefs, embodiment):
        pass

    def act(self, observation, outputs):
        return [Act([float(one.values["push"]), float(one.values["timed"])], "push") for one in outputs]
"""
PACK = f"""\
simgate: 1
pack: beads
HEAD
  ros:
    python: {ROS}
    launch: [LAUNCH{ROS}, {NODE}, --ros-args, -p, use_sim_time:=true]
    publish: {{/state: {{type: sensor_msgs/msg/JointState, channels: {{position: obs}}}}}}
    subscribe: {{/push: {{type: geometry_msgs/msg/TwistStamped, SAYS}}}}
    timeout_s: 6
    start_timeout_s: 10
sim: {{adapter: gymnasium, control_hz: 10, time_limit_s: 2}}
scenarios:
  slide:
    title: The bead comes to the middle
    severity: critical
    world: {{env: slide.py:Slide, set: {{case: make.case}}}}
    parameters: {{case: {{grid: RANGE}}}}
    variants: {{count: COUNT, method: grid}}
    accept: {{return: {{at_least: -100}}}}
"""
DRIVES = "policy:", "action: {action.0: twist.linear.x, action.1: twist.linear.y}"
SEES = "policy: push.py:Push\nmodel:", "values: {push: twist.linear.x, timed: twist.linear.y}"
BOTH = pytest.mark.parametrize("run", ["drives", "sees"], indirect=True)


def ran(folder: Path, kind: str, cases: int, workers: int, launch: str = "") -> Path:
    head, says = {"drives": DRIVES, "sees": SEES}[kind]
    text = PACK.replace("HEAD", head).replace("SAYS", says).replace("LAUNCH", launch)
    text = text.replace("RANGE", str(list(range(cases)))).replace("COUNT", str(cases))
    for name, content in (("slide.py", ENV), ("push.py", PUSH), ("pack.yaml", text)):
        (folder / name).write_text(content)
    words = ("--runs-dir", folder, "--run-name", "r", "--workers", workers, "--quiet")
    code, said = simgate("run", folder / "pack.yaml", *words)
    assert code == 20, said
    assert of_folder(folder) == []
    return folder / "r"


def records_of(run: Path) -> dict[int, dict[str, Any]]:
    lines = (run / "journal.ndjson").read_text().splitlines()
    return {record["parameters"]["case"]: record for record in map(json.loads, lines)}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    kind = str(request.param)
    return ran(tmp_path_factory.mktemp(kind), kind, len(CASES), workers=2)


@BOTH
@pytest.mark.parametrize("case", ["good", "good again"])
def test_a_return_is_that_of_a_plain_loop_whatever_went_wrong_before(run: Path, case: str) -> None:
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
    record = records_of(run)[number]
    assert record["metrics"]["return"] == total
    latency = record["latency"]
    assert latency["in_loop_ms"] == [0.0] * 21  # The last one is of the state in which it ends.
    assert len(latency["measured_ms"]) == 21
    assert min(latency["measured_ms"]) > 0


WRONG = {
    "crashes": "the node ended with exit code 3 when it was",
    "hangs": "the node did not answer on /push at 1.300 s within 6 s (timeout_s)",
    "silent": "the node did not answer on /push at 1.300 s within 6 s (timeout_s)",
    "twice": "the node published /push more than once for a tick",
    "past": "a message on /push has the stamp 0.300000000 s, of the past: it is 1.300000000 s",
    "future": "a message on /push has the stamp 2.300000000 s, and it is only 1.300000000 s",
    "kills the bridge": "the bridge to ROS was killed by signal 9 when it was to 'tick'",
    "world fails": "the world is broken",
}
NAN = {
    "drives": "the node's /push says nan at 'twist.linear.x'",
    "sees": "the node's /push: tensor 'push' holds values that are not finite",
}


@BOTH
@pytest.mark.parametrize("case", [*WRONG, "nan"])
def test_what_goes_wrong_in_the_middle_is_the_error_of_that_episode(run: Path, case: str) -> None:
    record = records_of(run)[CASES.index(case)]
    assert record["outcome"] == "ERROR"
    assert (WRONG | {"nan": NAN[run.parent.name[:-1]]})[case] in record["reason"]


@BOTH
def test_a_node_ends_with_the_episode_whose_world_fails(run: Path, tmp_path: Path) -> None:
    pack = load_checked(run.parent / "pack.yaml")
    (fails,) = [one for one in expand_pack(pack) if one.parameters["case"] == CASES.index("world fails")]
    (tmp_path / "hosts").mkdir()
    worker = Worker(HostSetup(number=0, pack=pack, runtime="", run_dir=str(tmp_path), record="none"))
    found: list[RunRecord] = []
    try:
        worker.run([Assignment(variant=fails, identity="0")], lambda _: None, found.append)
        assert of_folder(run.parent) == []
    finally:
        worker.close()
    assert "the world is broken" in found[0].reason


@pytest.mark.parametrize("kind", ["drives", "sees"])
def test_what_goes_wrong_at_a_start_is_the_error_of_that_episode(tmp_path: Path, kind: str) -> None:
    launch = f"env, STARTS={tmp_path / 'starts'}, "
    found = records_of(ran(tmp_path, kind, len(STARTS) - 2, 1, launch))
    assert len((tmp_path / "starts").read_text()) == len(STARTS)
    said = {
        "": "",
        "crash": "the node ended with exit code 1 before its topics were there; its last line: RuntimeError: no map",
        "type": "the node has /push as std_msgs/msg/String, the pack as geometry_msgs/msg/TwistStamped",
        "quality": "the quality of service of /push (reliability) is not that of the node",
        "domain": "no node listened to /state; no node published /push, within 10 s (start_timeout_s)",
    }
    for case, broken in enumerate(STARTS[2:]):
        assert found[case]["outcome"] == ("ERROR" if broken else "PASS"), found[case]["reason"]
        assert said[broken] in found[case]["reason"]


@pytest.mark.parametrize("run", ["drives"], indirect=True)
def test_the_manifest_and_the_report_say_what_the_node_is(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    (part,) = [p for p in manifest["fingerprint"]["parts"] if p["role"] == "policy"]
    assert (part["name"], part["said"]["rmw"]) == ("ros", "rmw_fastrtps_cpp")
    assert '"use_sim_time": true' in part["said"]["parameters of /bead"]
    assert {Path(name).name for name in part["files"]} >= {"bead_node.py", "bridge.py", "wire.py"}
    assert "which says of itself: ROS_DISTRO" in (run / "report.html").read_text()
