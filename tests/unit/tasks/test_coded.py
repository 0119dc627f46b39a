"""Tasks that are code: read with a pack, held against criteria and file, played, part of the identity."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.execution.planning.conditions import collect_fingerprint, scenario_conditions
from simgate.harness.packs.loader import lint, load_pack
from simgate.harness.packs.model import CodedTask, Pack
from simgate.harness.results.parts import changed_parts
from simgate.harness.scoring import metrics
from tests.unit.execution.conftest import memory_plugins
from tests.unit.execution.memory_pack import write_pack

__all__ = ["memory_plugins"]

TASK = """\
from simgate.harness.tasks.task import Task, TaskRun
from simgate.harness.trace import Signal
from simgate.policies.policy import Brief
from .ways import FAR_M


class Drive(Task):
    name = "drive"
    signals = (Signal("way_m", "m", "way driven"), Signal("left_m", "m", "way to drive"))
    facts = ("success",)

    def brief(self, scene):
        return Brief("drive on", {})

    def begin(self, scene, timing, time_limit_s):
        return DriveRun(round(time_limit_s * timing.physics_hz))


class DriveRun(TaskRun):
    def __init__(self, limit):
        self.limit, self.success = limit, False

    @property
    def facts(self):
        return {"success": self.success}

    def row(self, truth, observation, world, act):
        return truth.pose[0], FAR_M - truth.pose[0]

    def ended(self, step, truth, act):
        self.success = truth.pose[0] >= FAR_M
        return "there" if self.success else "time_limit" if step >= self.limit else ""


DRIVE = Drive()
"""
ACCEPT = """\
success: {equals: true}
      way: {signal: {name: way_m, reduce: final}, between: [0.95, 1.05]}
      on: {stl: "eventually (left_m < 0.5)"}
      touched: {metric: metric.py:WAY, at_least: 0.9}"""
METRIC = """\
from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue

WAY = Metric(
    MetricInfo("way", "m", "higher", 0.0, None, "number", "Way driven.", "own", signals=("way_m",)),
    lambda evidence, options: MetricValue(float(evidence.signal("way_m")[-1])),
)
"""


def a_pack(folder: Path, task: str = "task: drive.py:DRIVE", accept: str = ACCEPT, code: str = TASK) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "drive.py").write_text(code)
    (folder / "ways.py").write_text("FAR_M = 0.95\n")
    (folder / "metric.py").write_text(METRIC)
    path = write_pack(folder, count=2)
    text = (
        path.read_text()
        .replace("model: model/model.yaml\n", "")
        .replace("time_limit_s: 10", "time_limit_s: 2")
    )
    text = text.replace("world: memory_corridor", f"world: memory_corridor\n    {task}")
    path.write_text(text.replace("collisions: {at_most: 0}", accept))
    return path


def read(folder: Path, **of: str) -> Pack:
    return load_pack(a_pack(folder, **of), metrics)


def test_a_pack_holds_what_a_task_says_of_itself(tmp_path: Path) -> None:
    kept = CodedTask(code="drive.py:DRIVE", signals={"way_m": "", "left_m": ""}, fact_names=("success",))
    assert read(tmp_path).scenarios[0].task == kept
    pack = read(tmp_path)
    assert Pack.model_validate_json(pack.model_dump_json()) == pack


def test_a_task_of_the_whole_pack_is_that_of_its_scenarios(tmp_path: Path) -> None:
    path = a_pack(tmp_path, task="tags: [a]")
    path.write_text(path.read_text().replace("seed: 7", "seed: 7\ntask: drive.py:DRIVE"))
    task = load_pack(path, metrics).scenarios[0].task
    assert isinstance(task, CodedTask)


PLAIN = """\
from collections import namedtuple
Signal = namedtuple("Signal", "name unit meaning")


"""


@pytest.mark.parametrize(
    ("of", "code", "words"),
    [
        ({"task": "task: drive.py:DRVE"}, "broken-plugin", "drive.py has no 'DRVE'"),
        ({"task": "task: park"}, "unknown-task", "unknown task 'park'"),
        ({"task": "task: drive.py:Drive"}, "broken-plugin", "name an object of it, such as DRIVE = Drive()"),
        ({"task": "task: drive.py:Brief"}, "broken-plugin", "it has no name and no signals and no quantities"),
        ({"code": TASK.replace("(Signal", "[Signal][2:], (Signal")}, "broken-plugin", "its signals are no tuple of Signal"),
        ({"code": TASK.replace("class Drive", f"{PLAIN}class Drive", 1)}, "broken-plugin", "its signals are no tuple of Signal"),
        ({"code": TASK.replace('"left_m", "m"', '"way_m", "m"')}, "broken-plugin", "two signals of one name"),
        ({"code": TASK.replace('("success",)', '"success"')}, "broken-plugin", "facts are no tuple of names"),
        ({"code": TASK.replace('("success",)', "()")}, "metric-needs", "'success' needs the fact success"),
        ({"code": TASK.replace('"left_m"', '"right_m"')}, "expression", "left_m"),
        ({"code": TASK.replace('"way_m"', '"path_m"')}, "metric-needs", "'touched' needs way_m"),
        ({"code": f"{TASK}Drive.allow = (('a', 'b'),)\n"}, "wrong-value", "has allow, which are for robots on"),
        ({"task": "task: {signals: {}, success: x > 1}"}, "wrong-value", "a task is declared for robots on their"),
    ],
)  # fmt: skip
def test_lint_says_at_its_place_what_is_wrong(
    tmp_path: Path, of: dict[str, str], code: str, words: str
) -> None:
    path = a_pack(tmp_path, **of)
    found = lint([path], metrics)
    assert found, "nothing was found"
    assert {one.code for one in found} <= {code, "unknown-metric"}
    assert any(words in f"{one.message}; {one.hint}" for one in found), found
    if code in ("broken-plugin", "unknown-task"):
        (problem,) = found
        assert "task: " in path.read_text().split("\n")[problem.line - 1]


def test_one_character_of_its_code_is_another_identity_and_is_named(tmp_path: Path) -> None:
    pack = read(tmp_path)
    before = collect_fingerprint(pack, "")
    (tmp_path / "ways.py").write_text("FAR_M = 1.1\n")
    now = collect_fingerprint(pack, "")
    scenario = pack.scenarios[0]
    assert scenario_conditions(pack, scenario, before) != scenario_conditions(pack, scenario, now)
    assert changed_parts(before.parts, now.parts) == ["task drive.py:DRIVE: ./ways.py has changed"]


def test_a_scenario_without_it_stays_as_it_was(tmp_path: Path) -> None:
    path = a_pack(tmp_path)
    text = path.read_text()
    other = text[text.index("  door_ahead:") : text.index("\ngate:") + 1].replace("door_ahead", "other")
    other = other.replace("    task: drive.py:DRIVE\n", "").replace(ACCEPT, "collisions: {at_most: 0}")
    path.write_text(text.replace("\ngate:", f"\n{other}gate:"))
    pack = load_pack(path, metrics)
    before = collect_fingerprint(pack, "")
    (tmp_path / "ways.py").write_text("FAR_M = 1.1\n")
    now = collect_fingerprint(pack, "")
    own, plain = (
        scenario_conditions(pack, scenario, before) != scenario_conditions(pack, scenario, now)
        for scenario in pack.scenarios
    )
    assert (own, plain) == (True, False)


def test_it_says_when_an_episode_ends_and_what_is_in_the_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    a_pack(tmp_path)
    main(["run", "pack.yaml", "--workers", "0", "--run-name", "one", "--quiet", "--record", "all"])
    capsys.readouterr()
    assert main(["explain", "runs/one", "door_ahead::v0000"]) == 0
    assert "way_m" in capsys.readouterr().out
    for record in map(json.loads, Path("runs/one/journal.ndjson").read_text().splitlines()):
        assert (record["outcome"], record["end"]) == ("PASS", "there"), record["reason"]
        assert record["metrics"]["way"] == pytest.approx(1.0)


def test_the_report_of_a_failure_shows_its_signals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    a_pack(tmp_path)
    (tmp_path / "ways.py").write_text("FAR_M = 9.0\n")
    main(["run", "pack.yaml", "--workers", "0", "--run-name", "one", "--quiet"])
    assert "not written" not in capsys.readouterr().err
    assert "left_m" in Path("runs/one/report.html").read_text()


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("return truth.pose[0], FAR", "return 0.0, truth.pose[0], FAR", "gave 3 values for its 2 signals"),
        ("step >= self.limit", "False", "gave no word for its end at the time limit"),
    ],
)
def test_a_task_that_does_not_keep_its_word_is_an_error_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    a_pack(tmp_path, code=TASK.replace(before, after))
    (tmp_path / "ways.py").write_text("FAR_M = 9.0\n")
    main(["run", "pack.yaml", "--workers", "0", "--run-name", "one", "--quiet"])
    for record in map(json.loads, Path("runs/one/journal.ndjson").read_text().splitlines()):
        assert record["outcome"] == "ERROR"
        assert words in record["reason"]
