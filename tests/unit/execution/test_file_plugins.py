"""Policies and worlds from files beside a pack: part of the run's identity, the same in every process."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from simgate.harness.execution.planning.conditions import collect_fingerprint, scenario_conditions
from simgate.harness.execution.planning.parts import collect_parts
from simgate.harness.execution.planning.plan_guard import PlanGuard
from simgate.harness.gate.comparing.metric_changes import describe_of
from simgate.harness.packs.loader import lint, load_pack
from simgate.harness.packs.model import CodedTask, Pack
from simgate.harness.registry import load
from simgate.harness.results.parts import Part, changed_parts
from simgate.harness.results.record import LatencySamples
from simgate.harness.scoring import metrics
from simgate.harness.scoring.evidence import Evidence
from simgate.harness.sources.import_guard import NotAsPlanned
from simgate.policies.perception.package import load_package
from simgate.sim_adapters.code_file import BadReference, package_of
from tests.unit.execution.memory_pack import write_pack
from tests.unit.scoring.traces import make_trace

_POLICY = """\
from tests.unit.execution.memory_plugins import MemoryPolicy
from .gains import GAIN

class Mine(MemoryPolicy):
    gain = GAIN
"""
_WORLD = """\
from tests.unit.execution.memory_plugins import MemoryCorridor

HALL = MemoryCorridor()
"""


def a_pack(folder: Path, policy: str = "mine.py:Mine", world: str = "memory_corridor") -> Pack:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mine.py").write_text(_POLICY)
    (folder / "gains.py").write_text("GAIN = 1.0\n")
    (folder / "hall.py").write_text(_WORLD)
    path = write_pack(folder)
    text = path.read_text().replace("policy: memory_policy", f"policy: {policy}")
    path.write_text(text.replace("world: memory_corridor", f"world: {world}"))
    return load_pack(path)


def part(parts: tuple[Part, ...], role: str) -> Part:
    return next(one for one in parts if one.role == role)


def test_the_file_and_what_it_imports_from_beside_it_are_the_part_by_their_names(tmp_path: Path) -> None:
    policy = part(collect_parts(a_pack(tmp_path), "", {}), "policy")
    assert policy.entry == policy.name == "mine.py:Mine"
    assert set(policy.code) >= {"./mine.py", "./gains.py"}
    assert not [file for file in policy.code if "simgate_beside" in file]


def test_the_same_files_elsewhere_are_the_same_part(tmp_path: Path) -> None:
    first, second = (part(collect_parts(a_pack(tmp_path / name), "", {}), "policy") for name in ("a", "b"))
    assert first.sha256 == second.sha256


@pytest.mark.parametrize(
    ("file", "role"), [("gains.py", "policy"), ("mine.py", "policy"), ("hall.py", "world")]
)
def test_one_character_of_any_file_is_another_identity_and_is_named(
    tmp_path: Path, file: str, role: str
) -> None:
    pack = a_pack(tmp_path, world="hall.py:HALL")
    before = collect_fingerprint(pack, "")
    (tmp_path / file).write_text((tmp_path / file).read_text() + "#")
    now = collect_fingerprint(pack, "")
    scenario = pack.scenarios[0]
    assert scenario_conditions(pack, scenario, before) != scenario_conditions(pack, scenario, now)
    (change,) = changed_parts(before.parts, now.parts)
    assert change.startswith(role)
    assert f"./{file} has changed" in change


def test_a_worker_refuses_a_file_that_was_changed_after_planning(tmp_path: Path) -> None:
    pack = a_pack(tmp_path)
    parts = collect_parts(pack, "", {})
    (tmp_path / "gains.py").write_text("GAIN = 2.0\n")
    guard = PlanGuard(pack, "", parts)
    try:
        with pytest.raises(NotAsPlanned, match=r"policy mine.py:Mine: \./gains.py .*is not what the run was"):
            load("simgate.policies", pack.policy, tmp_path)
    finally:
        guard.close()


def test_a_worker_refuses_a_file_that_no_import_statement_leads_to(tmp_path: Path) -> None:
    pack = a_pack(tmp_path)
    (tmp_path / "hidden.py").write_text("X = 1\n")
    parts = collect_parts(pack, "", {})
    guard = PlanGuard(pack, "", parts)
    try:
        from importlib import import_module

        load("simgate.policies", pack.policy, tmp_path)
        with pytest.raises(NotAsPlanned, match=r"\./hidden.py .*no import statement of the plan leads to it"):
            import_module(f"{package_of(tmp_path)}.hidden")
    finally:
        guard.close()


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("mine.py:Mien", "mine.py has no 'Mien'"),
        ("gone.py:Mine", "file 'gone.py' does not exist"),
        ("bare.py:Bare", "Bare is no policy: it has no reset and no act"),
        ("mine.py", "unknown policy 'mine.py'"),
    ],
)
def test_lint_says_at_the_name_what_is_wrong_without_running_the_file(
    tmp_path: Path, policy: str, said: str
) -> None:
    pack = a_pack(tmp_path)
    (tmp_path / "mine.py").write_text("raise RuntimeError('run')\nclass Mine: ...\n")
    (tmp_path / "bare.py").write_text("raise RuntimeError('run')\nclass Bare: ...\n")
    path = Path(pack.path)
    path.write_text(path.read_text().replace("policy: mine.py:Mine", f"policy: {policy}"))
    (problem,) = lint([path])
    assert said in problem.message
    line = path.read_text().split("\n")[problem.line - 1]
    assert line[problem.column - 1 :] == policy


def test_a_world_that_is_something_else_is_told_by_what_it_lacks(tmp_path: Path) -> None:
    pack = a_pack(tmp_path, world="hall.py:HALL")
    (tmp_path / "other.py").write_text("HALL = {'name': 'hall'}\n")
    path = Path(pack.path)
    path.write_text(path.read_text().replace("hall.py:HALL", "other.py:HALL"))
    (problem,) = lint([path])
    assert "'other.py:HALL' is no world: it has no name and no parameters" in problem.message


def test_a_class_in_place_of_a_world_is_told_to_be_one(tmp_path: Path) -> None:
    pack = a_pack(tmp_path, world="hall.py:HALL")
    (tmp_path / "room.py").write_text(
        _WORLD.replace("HALL = MemoryCorridor()", "class Hall(MemoryCorridor): ...")
    )
    path = Path(pack.path)
    path.write_text(path.read_text().replace("hall.py:HALL", "room.py:Hall"))
    (problem,) = lint([path])
    assert problem.code == "broken-plugin"
    assert "it is a class; name an object of it, such as HALL = Hall()" in problem.message


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ("['a.b']", "its parameters are no mapping of names to ParameterSpec(...)"),
        ("{'a.b': 1.0}", "its parameter 'a.b' is no ParameterSpec(...)"),
    ],
)
def test_a_world_that_describes_itself_otherwise_is_told_so(
    tmp_path: Path, parameters: str, said: str
) -> None:
    pack = a_pack(tmp_path, world="hall.py:HALL")
    (tmp_path / "room.py").write_text(f"{_WORLD}HALL.parameters = {parameters}\n")
    path = Path(pack.path)
    path.write_text(path.read_text().replace("hall.py:HALL", "room.py:HALL"))
    (problem,) = lint([path])
    assert f"'room.py:HALL' is no world: {said}" in problem.message


def test_a_metric_that_describes_itself_otherwise_is_told_so(tmp_path: Path) -> None:
    path = a_pack_with_metrics(tmp_path, "far: {metric: ways.py:OTHER, at_least: 0.1}")
    (tmp_path / "ways.py").write_text(
        "class Other:\n    info = {'name': 'way'}\n    compute = print\nOTHER = Other()\n"
    )
    (problem,) = lint([path], metrics)
    assert "'ways.py:OTHER' is no metric: its info has no name and no unit" in problem.message


def test_a_policy_that_answers_for_names_as_it_runs_is_not_refused_for_them(tmp_path: Path) -> None:
    pack = a_pack(tmp_path)
    (tmp_path / "mine.py").write_text(
        "class Mine:\n"
        "    def __init__(self, control_hz, options): ...\n"
        "    def __getattr__(self, name): return print\n"
    )
    path = Path(pack.path)
    path.write_text(path.read_text() + "policy_options: {any: 1}\n")
    assert lint([path]) == []


def test_a_base_pack_names_the_file_beside_itself(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    pack = a_pack(tmp_path / "base", world="hall.py:HALL")
    heir = tmp_path / "heirs" / "one" / "pack.yaml"
    heir.parent.mkdir(parents=True)
    heir.write_text(f"simgate: 1\nextends: ../../base/{Path(pack.path).name}\npack: heir\n")
    read = load_pack(heir)
    assert (read.policy, read.scenarios[0].world) == ("../../base/mine.py:Mine", "../../base/hall.py:HALL")
    own = part(collect_parts(read, "", {}), "policy")
    assert set(own.code) >= {"./mine.py", "./gains.py"}


_METRICS = """\
from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue

WAY = Metric(
    MetricInfo("way", "m", "higher", 0.0, None, "number", "Way driven.", "own"),
    lambda evidence, options: MetricValue(float(evidence.signal("x_m")[-1])),
)
NOTHING = 3
"""


def a_pack_with_metrics(folder: Path, accept: str, gate: str = "") -> Path:
    (folder / "ways.py").write_text(_METRICS)
    path = write_pack(folder)
    text = path.read_text().replace("collisions: {at_most: 0}", accept)
    path.write_text(text + gate)
    return path


def test_a_criterion_names_a_metric_of_its_own_and_gate_rules_take_it_by_that_name(tmp_path: Path) -> None:
    rule = "  - {every_variant: {at_most: 9}, metric: driven}\n"
    path = a_pack_with_metrics(tmp_path, "driven: {metric: ways.py:WAY, at_least: 1}", rule)
    pack = load_pack(path, metrics)
    scenario = pack.scenarios[0]
    assert [(c.metric, c.source) for c in (*scenario.accept, *scenario.hard)] == [
        ("driven", "ways.py:WAY"),
        ("driven", "ways.py:WAY"),
    ]
    own = part(collect_parts(pack, "", {}), "metric")
    assert (own.name, set(own.code)) == ("ways.py:WAY", {"./ways.py"})
    described = describe_of(pack)("driven")
    assert described is not None
    assert described.direction == "higher"


def test_an_own_metric_is_computed_by_the_code_beside_its_pack(tmp_path: Path) -> None:
    path = a_pack_with_metrics(tmp_path, "driven: {metric: ways.py:WAY, at_least: 1}")
    (criterion,) = load_pack(path, metrics).scenarios[0].accept
    trace = make_trace(rows=3, signals={"x_m": [0.0, 0.5, 2.5]})
    assert metrics.metric_of(criterion, tmp_path).compute(Evidence(trace, LatencySamples()), {}).value == 2.5


@pytest.mark.parametrize(
    ("accept", "said"),
    [
        ("driven: {metric: ways.py:WYA, at_least: 1}", "ways.py has no 'WYA'"),
        ("driven: {metric: ways.py:NOTHING, at_least: 1}", "'ways.py:NOTHING' is no metric: it has no info"),
        ("collisions: {metric: ways.py:WAY, at_least: 1}", "'collisions' is a metric"),
        ("driven: {metric: ways.py:WAY, at_least: -1}", "way lies between 0 and inf m"),
        ("driven: {metric: ways.py:WAY}", "has no threshold"),
        ("driven: {metric: wya, at_least: 1}", "unknown metric 'wya'"),
    ],
)
def test_lint_says_what_is_wrong_with_a_criterion_on_an_own_metric(
    tmp_path: Path, accept: str, said: str
) -> None:
    (problem,) = lint([a_pack_with_metrics(tmp_path, accept)], metrics)
    assert said in problem.message


def test_one_name_stands_for_one_metric_in_a_pack(tmp_path: Path) -> None:
    rule = "  - {every_variant: {metric: ways.py:OTHER, at_most: 9}, metric: driven}\n"
    path = a_pack_with_metrics(tmp_path, "driven: {metric: ways.py:WAY, at_least: 1}", rule)
    (tmp_path / "ways.py").write_text(f"{_METRICS}\nOTHER = WAY\n")
    (problem,) = lint([path], metrics)
    assert problem.message == "'driven' is ways.py:WAY elsewhere in this pack"


def test_what_a_world_prints_when_lint_runs_it_is_no_part_of_what_lint_prints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(a_pack(tmp_path, world="hall.py:HALL").path)
    (tmp_path / "room.py").write_text(f"{_WORLD}print('loud')\n")
    path.write_text(path.read_text().replace("hall.py:HALL", "room.py:HALL"))
    capsys.readouterr()
    assert not lint([path])
    assert capsys.readouterr() == ("", "loud\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{_WORLD}raise GeneratorExit\n", "room.py:4 fails when it is imported: GeneratorExit"),
        (
            "class Hall:\n    def __getattr__(self, name):\n        raise ValueError(name)\nHALL = Hall()\n",
            "world 'room.py:HALL' cannot be loaded: ValueError: name",
        ),
    ],
)
def test_whatever_a_world_raises_when_lint_asks_it_is_told_at_its_name(
    tmp_path: Path, text: str, said: str
) -> None:
    path = Path(a_pack(tmp_path, world="hall.py:HALL").path)
    (tmp_path / "room.py").write_text(text)
    path.write_text(path.read_text().replace("hall.py:HALL", "room.py:HALL"))
    (problem,) = lint([path])
    assert problem.code == "broken-plugin"
    assert said in problem.message


@pytest.mark.parametrize(
    ("criterion", "code"),
    [
        ("driven: {metric: none.py:WAY, at_least: 1}", "broken-plugin"),
        ("driven: {metric: ways.py:NOTHING, at_least: 1}", "broken-plugin"),
        ("driven: {metric: ways.py:WAY, at_least: far}", "threshold-type"),
        ("driven: {metric: ways.py:WAY, at_least: 1, more: 2}", "unknown-key"),
    ],
)
@pytest.mark.parametrize("rule", ["mean: {at_least: 5}, clip: [0, 9]", "share: 0.1, within: {at_least: 5}"])
def test_a_criterion_that_cannot_be_read_is_told_where_it_is_and_not_again_at_the_gate(
    tmp_path: Path, criterion: str, code: str, rule: str
) -> None:
    accept = f"collisions: {{at_most: 0}}\n      {criterion}"
    path = a_pack_with_metrics(tmp_path, accept, f"  - {{metric: driven, {rule}}}\n")
    problems = lint([path], metrics)
    assert [problem.code for problem in problems] == [code], problems


def test_a_module_too_deep_to_be_read_cannot_be_a_part(tmp_path: Path) -> None:
    pack = a_pack(tmp_path)
    (tmp_path / "gains.py").write_text("GAIN = " + "1+" * 100_000 + "1\n")
    with pytest.raises(BadReference, match=r"\./gains.py is nested too deeply to be read"):
        collect_parts(pack, "", {})


def test_of_two_helpers_of_one_name_the_one_that_runs_is_the_one_that_is_hashed(tmp_path: Path) -> None:
    pack = a_pack(tmp_path)
    (tmp_path / "gains").mkdir()
    (tmp_path / "gains" / "__init__.py").write_text("GAIN = 3.0\n")
    code = part(collect_parts(pack, "", {}), "policy").code
    assert "./gains/__init__.py" in code and "./gains.py" not in code
    assert load("simgate.policies", pack.policy, tmp_path).gain == 3.0


_DECODER = """\
from simgate.policies.perception.decoder_spec import DecoderSpec, Strict
from simgate.policies.perception.decoding.decoder import Decoder, Wanted
from .gains import GAIN

class Outputs(Strict):
    heatmap: str
    box: str

class Spec(DecoderSpec):
    outputs: Outputs

WANTED = {"heatmap": Wanted(()), "box": Wanted(())}
OWN = Decoder(Spec, lambda *of: WANTED, lambda *of: [])
"""


def a_pack_with_a_decoder(folder: Path) -> Pack:
    pack = a_pack(folder, policy="memory_policy")
    (folder / "model" / "decoder.py").write_text(_DECODER)
    (folder / "model" / "gains.py").write_text("GAIN = 1.0\n")
    model = folder / "model" / "model.yaml"
    text = model.read_text().replace("kind: center_heatmap", "kind: decoder.py:OWN")
    model.write_text(text.replace("  stride: 4\n", "").replace("  score_threshold: 0.5\n", ""))
    return pack


def test_a_decoder_beside_the_model_is_code_of_the_model_wherever_it_lies(tmp_path: Path) -> None:
    first, second = (
        part(collect_parts(pack, "", {"": load_package(str(pack.model))}), "model")
        for pack in (a_pack_with_a_decoder(tmp_path / name) for name in ("a", "b"))
    )
    assert first == second
    assert first.entry == "decoder.py:OWN"
    assert set(first.code) == {"./decoder.py", "./gains.py"}
    assert set(first.files) == {"model.yaml", "weights.onnx"}


@pytest.mark.parametrize("file", ["decoder.py", "gains.py"])
def test_a_worker_refuses_a_decoder_that_was_changed_after_planning(tmp_path: Path, file: str) -> None:
    pack = a_pack_with_a_decoder(tmp_path / "planned")
    before = collect_fingerprint(pack, "")
    for name in [name for name in sys.modules if name.startswith(package_of(tmp_path / "planned" / "model"))]:
        del sys.modules[name]  # A worker is another process.
    path = tmp_path / "planned" / "model" / file
    path.write_text(path.read_text() + "#")
    guard = PlanGuard(pack, "", before.parts)
    try:
        with pytest.raises(NotAsPlanned, match=rf"model columns 1: \./{file} .*is not what the run was"):
            load_package(str(pack.model))
    finally:
        guard.close()
    (change,) = changed_parts(before.parts, collect_fingerprint(pack, "").parts)
    assert change == f"model columns 1: ./{file} has changed"


def test_what_a_decoder_tells_of_is_a_file_of_the_model(tmp_path: Path) -> None:
    pack = a_pack_with_a_decoder(tmp_path)
    (tmp_path / "anchors.txt").write_text("1")
    told = f"OWN = Decoder(Spec, lambda *of: WANTED, lambda *of: [], lambda of: [{str(tmp_path / 'anchors.txt')!r}])\n"
    (tmp_path / "model" / "decoder.py").write_text(_DECODER + told)
    parts = collect_fingerprint(pack, "").parts
    assert "decoder: anchors.txt" in part(parts or (), "model").files
    (tmp_path / "anchors.txt").write_text("2")
    guard = PlanGuard(pack, "", parts)
    try:
        with pytest.raises(NotAsPlanned, match=r"model columns 1: .*anchors.txt is not what the run was"):
            guard.check_model(load_package(str(pack.model)))
    finally:
        guard.close()


def test_of_two_models_each_is_held_by_the_decoder_in_its_own_folder(tmp_path: Path) -> None:
    path = Path(a_pack_with_a_decoder(tmp_path).path)
    (tmp_path / "model").rename(tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    both = "models: {one: one/model.yaml, two: two/model.yaml}"
    path.write_text(path.read_text().replace("model: model/model.yaml", both))
    pack = load_pack(path)
    before = collect_fingerprint(pack, "")
    for name in [name for name in sys.modules if name.startswith(package_of(tmp_path / "two"))]:
        del sys.modules[name]
    (tmp_path / "two" / "gains.py").write_text("GAIN = 2.0\n")
    guard = PlanGuard(pack, "", before.parts)
    try:
        load_package(tmp_path / "one")
        with pytest.raises(
            NotAsPlanned, match=r"model two \(columns 1\): \./gains.py .*is not what the run was"
        ):
            load_package(tmp_path / "two")
    finally:
        guard.close()
    (change,) = changed_parts(before.parts, collect_fingerprint(pack, "").parts)
    assert change == "model two (columns 1): ./gains.py has changed"


def test_a_base_pack_names_its_task_beside_itself(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    base = Path(a_pack(tmp_path / "base").path)
    (base.parent / "ways.py").write_text(
        "from simgate.harness.tasks.reach_or_report.task import ReachOrReport\n\nDRIVE = ReachOrReport()\n"
    )
    base.write_text(base.read_text().replace("seed: 7", "seed: 7\ntask: ways.py:DRIVE"))
    heir = tmp_path / "heir.yaml"
    heir.write_text(f"simgate: 1\nextends: base/{base.name}\npack: heir\n")
    task = load_pack(heir).scenarios[0].task
    assert isinstance(task, CodedTask)
    assert (task.code, task.fact_names) == (
        "base/ways.py:DRIVE",
        ("barrier_kind", "has_barrier", "goal_radius_m"),
    )
