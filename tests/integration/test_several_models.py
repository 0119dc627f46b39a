"""Several models in one loop: each with its latency, its answers by its name, and its place in a run's identity."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("onnx", reason="makes the models of these tests")

from simgate.harness.cli.main import main
from simgate.harness.execution.episode.recordings.recording import load_trace
from simgate.harness.results.run_folder import RunFolder
from tests.unit.policies.perception.made_models import echo_package
from tests.unit.sim_adapters.articulated.machines import ARM

POLICY = '''\
"""Swings, and counts what each model has told it, and how old it was."""

import math

from simgate.policies.policy import Act


class Swing:
    name = "swing"

    def __init__(self, *, control_hz, options):
        pass

    def reset(self, briefs, embodiment):
        self.facts = [{} for _ in briefs]

    def act(self, observation, outputs):
        for facts, told in zip(self.facts, outputs):
            for name, output in told.items():
                assert output.model == name
                age = observation.step - output.frame_step
                facts[f"{name}_count"] = facts.get(f"{name}_count", 0) + 1
                facts[f"{name}_age"] = max(age, facts.get(f"{name}_age", 0))
        values = [0.2 * math.sin(observation.step / 40.0), 0.1]
        return [Act(values, "swing", facts) for facts in self.facts]
'''
PACK = """\
simgate: 1
pack: arm
policy: swing.py:Swing
models: {eyes: eyes/model.yaml, feel: feel/model.yaml}
sim: {physics_hz: 200, control_hz: 20, time_limit_s: 1, batch: 2}
scenarios:
  swings:
    title: swings
    severity: major
    world:
      mjcf: arm.xml
      robot: {body: base, drive: {joints: all, mode: position, kp: 100}}
      sensors:
        wrist: {camera: wrist, width: 20, height: 16, rate_hz: 10}
        arm: {joints: all}
      set: {cube.kg: geom/cube.mass}
    task:
      signals: {height_m: {position: body/cube, axis: z}}
      success: height_m > 0.1 for 0.9 s
      touch: {allow: [[base, table], [base, cube]]}
    parameters: {cube.kg: {uniform: [0.1, 0.3]}}
    variants: {count: 2}
    accept:
      success: {equals: true}
      latency.p95_ms: {model: feel, at_most: 119}
gate:
  - pass_rate: {at_least: 0.2, confidence: 0.8}
"""


def with_latency(folder: Path, milliseconds: int) -> None:
    path = folder / "model.yaml"
    path.write_text(path.read_text().replace("constant: 25", f"constant: {milliseconds}"))


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "arm.xml").write_text(ARM)
    (tmp_path / "swing.py").write_text(POLICY)
    feel = {"name": "angle", "channel": "arm.position", "shape": [2], "unit": "rad, m"}
    echo_package(tmp_path / "eyes", {"name": "rgb", "width": 20, "height": 16}, {}, rgb=(3, 16, 20))
    for name, latency in (("feel", 120), ("other", 60)):
        echo_package(tmp_path / name, feel, {}, angle=(2,))
        with_latency(tmp_path / name, latency)
    path = tmp_path / "pack.yaml"
    path.write_text(PACK)
    return path


def run(pack: Path, name: str, *options: str) -> RunFolder:
    main(["run", str(pack), "--quiet", "--record", "all", "--workers", "0", "--run-name", name, *options])
    return RunFolder(Path("runs") / name)


def test_each_model_has_its_latency_and_the_policy_gets_its_answers_by_its_name(pack: Path) -> None:
    folder = run(pack, "both")
    for record in folder.records():
        trace = load_trace(folder.path / record.artifacts["trace"])
        assert trace.digest() == record.trace_digest
        # 25 ms are 5 steps, the next control tick 10 after the frame; 120 ms are 24 steps, so 30.
        assert (trace.facts["policy.eyes_age"], trace.facts["policy.feel_age"]) == (10, 30)
        # Frames at 0, 20, ... 160 and readings at 0, 10, ... 150 have arrived when 180 steps are over.
        assert (trace.facts["policy.eyes_count"], trace.facts["policy.feel_count"]) == (9, 16)
        ages = [
            (one.model, step - one.frame_step)
            for step, one in zip(trace.delivered_steps, trace.answers, strict=True)
        ]
        assert set(ages) == {("eyes", 10), ("feel", 30)}
        assert trace.of_model("feel").latency_ms.tolist() == [120.0] * 16
        assert (record.latency.models["eyes"].in_loop_ms[0], set(record.latency.in_loop_ms)) == (
            25.0,
            {25.0, 120.0},
        )
        assert [(c.metric, c.observed, c.outcome) for c in record.criteria][1:] == [
            ("latency.p95_ms", 120.0, "FAIL")
        ]
        assert json.loads(record.model_dump_json())["criteria"][1]["observed"] == 120.0


def test_one_of_them_is_replaced_by_its_name_and_resume_replay_and_compare_name_the_one_that_differs(
    pack: Path, capsys
) -> None:
    first = run(pack, "first")
    second = run(pack, "second", "--model", "feel=other", "--model", "eyes=eyes")
    assert [r.latency.models["feel"].in_loop_ms[0] for r in second.records()] == [60.0, 60.0]
    assert {r.identity for r in first.records()}.isdisjoint(r.identity for r in second.records())
    prints = [folder.manifest().fingerprint for folder in (first, second)]
    assert [one.models["eyes"] for one in prints] == [prints[0].models["eyes"]] * 2
    assert prints[0].models["feel"] != prints[1].models["feel"]
    assert (prints[0].model, prints[1].model) == (
        "eyes: eyes 1.0.0, feel: feel 1.0.0", "eyes: eyes 1.0.0, feel: other 1.0.0",
    )  # fmt: skip
    capsys.readouterr()
    main(["compare", str(first.path), str(second.path)])
    said = " ".join(capsys.readouterr().out.split())
    assert "feel: other 1.0.0 against eyes: eyes 1.0.0, feel: feel 1.0.0" in said
    variant = first.records()[0].variant
    assert main(["replay", str(first.path), variant]) == 0
    assert "bit for bit" in capsys.readouterr().out
    declared = Path("feel/model.yaml")
    declared.write_text(declared.read_text().replace("constant: 120", "constant: 121"))
    assert main(["run", "--resume", str(first.path)]) != 0
    said = capsys.readouterr().err
    assert "model feel (feel 1.0.0): model.yaml has changed" in said
    assert "eyes" not in said.partition("model feel")[2]


def test_the_command_line_must_say_which_model_it_means(pack: Path, capsys) -> None:
    assert main(["run", str(pack), "--model", "other"]) == 2
    assert "the pack has several models: eyes, feel; write --model eyes=PACKAGE" in capsys.readouterr().err
    assert main(["run", str(pack), "--model", "fell=other"]) == 2


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("model: feel", "model: fell", "the pack has no model 'fell'; did you mean 'feel'?"),
        ("models: {eyes", "model: eyes/model.yaml\nmodels: {eyes", "the pack has model: and models:"),
        ("feel/model.yaml", "fel/model.yaml", "model package 'fel/model.yaml' does not exist"),
        (
            "pass_rate: {at_least: 0.2, confidence: 0.8}",
            "{metric: latency.measured_p95_over_declared, at_most: 2}",
            "speaks of what one model declares, and the pack has several",
        ),
    ],
)
def test_lint_tells_what_is_wrong_with_several_models(pack: Path, capsys, old, new, words) -> None:
    assert main(["lint", str(pack)]) == 0
    pack.write_text(PACK.replace(old, new))
    capsys.readouterr()
    assert main(["lint", str(pack)]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert all(part in said for part in words.split("; ")), said


def test_two_models_that_say_the_like_are_told_apart_or_not_judged(pack: Path) -> None:
    import numpy as np

    from simgate.harness.scoring.metrics import compute
    from simgate.policies.perception.outputs import Boxes

    folder = run(pack, "both")
    record = folder.records()[0]
    trace = load_trace(folder.path / record.artifacts["trace"])
    none = Boxes(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64), ("person",))
    found = tuple(replace(none, frame_step=one.frame_step, model=one.model) for one in trace.answers)
    boxes = replace(trace, outputs=(), detections=found)
    both = compute("detection.person.recall", boxes, record.latency)
    assert both.undefined == "eyes and feel give boxes; say which one counts: model: eyes"
