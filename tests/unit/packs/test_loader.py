"""A sound pack becomes the data that the rest of the house works with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from simgate.harness.packs.checks.clean_runs import clean_runs_needed
from simgate.harness.packs.loader import lint, load_pack
from simgate.harness.packs.model import Criterion, GateRule, Pack
from simgate.harness.scoring import metrics
from simgate.policies.documents.diagnostics import Diagnostic, PackError, render
from tests.unit.packs.sound_pack import SOUND

ROOT = Path(__file__).parents[3]
SLOW = Criterion(metric="speed_max_mps", op="at_most", bound=2, if_undefined="invalid", line=60)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "pack.yaml"
    path.write_text(SOUND, encoding="utf-8")
    return path


def test_every_part_of_a_pack_is_read(path: Path) -> None:
    pack = load_pack(path, metrics)
    assert (pack.name, pack.policy, pack.seed, pack.latency.extra_ms) == (
        "yard_gates",
        "door_navigator",
        7,
        5,
    )
    closed, opened = pack.scenarios
    assert (closed.severity, closed.requirements, closed.tags) == ("critical", ("A-1",), ("gate",))
    assert closed.variants.method == "sobol" and opened.variants.method == "random"
    assert closed.where == ("gate.distance_m > 2 * abs(tilt_deg)",)
    assert closed.pinned[0].parameters["light.lux"] == 64
    assert closed.pinned[0].placed == ()
    assert closed.known_failures[0].until == "2099-03-01"
    assert closed.place["clutter"].keep_clear == ("start",)
    assert opened.parameters["gate.kind"].weights == (0.5, 0.5)
    assert closed.accept[3] == Criterion(
        metric="detection.glass_door.recall", op="at_least", bound=0.9, options={"within_m": 3}, line=39
    )


def test_a_parameter_of_the_pack_reaches_every_scenario(path: Path) -> None:
    assert all(s.parameters["light.lux"].kind == "log_uniform" for s in load_pack(path).scenarios)


def test_all_kinds_of_gate_rules_are_read(path: Path) -> None:
    rules = load_pack(path, metrics).gate
    assert rules == (
        GateRule(kind="pass_rate", severity="critical", at_least=0.98, confidence=0.95, line=56),
        GateRule(
            kind="metric", scenario="gate_*", metric="latency.p95_ms", at_most=50, confidence=0.95, line=57
        ),
        GateRule(kind="regression", at_most=0.02, confidence=0.95, line=58),
        GateRule(kind="invalid_or_error", at_most=0.02, line=59),
        GateRule(kind="every_variant", severity="critical", metric="speed_max_mps", criterion=SLOW, line=60),
        GateRule(kind="attempts", at_most=3, line=61),
    )


def test_a_hard_rule_is_asked_of_each_variant_in_its_scope(path: Path) -> None:
    scenarios = load_pack(path, metrics).scenarios
    assert [(s.severity, s.hard) for s in scenarios] == [("critical", (SLOW,)), ("major", ())]


def test_what_has_no_value_decides_no_hard_rule_unless_the_rule_says_so(path: Path) -> None:
    text = path.read_text()
    assert SLOW.if_undefined == "invalid"
    for word in ("fail", "pass", "invalid"):
        path.write_text(text.replace("{at_most: 2}", f"{{at_most: 2, if_undefined: {word}}}"))
        assert load_pack(path, metrics).gate[4].criterion.if_undefined == word


def test_a_pack_survives_the_way_over_the_socket(path: Path) -> None:
    pack = load_pack(path, metrics)
    assert Pack.model_validate_json(pack.model_dump_json()) == pack


def test_numbers_and_words_keep_their_types_over_the_socket(path: Path) -> None:
    pack = load_pack(path)
    again = Pack.model_validate_json(pack.model_dump_json())
    for scenario, copy in zip(pack.scenarios, again.scenarios, strict=True):
        for name, spec in scenario.parameters.items():
            assert [type(c) for c in spec.choices] == [type(c) for c in copy.parameters[name].choices]


def test_every_problem_is_reported_in_one_go(path: Path) -> None:
    text = (
        SOUND.replace("seed: 7", "seed: x")
        .replace("uniform: [3", "unifrom: [3")
        .replace("count: 30", "count: 0")
    )
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PackError) as caught:
        load_pack(path, metrics)
    assert [(d.line, d.code) for d in caught.value.diagnostics] == [
        (7, "wrong-type"), (21, "unknown-distribution"), (51, "wrong-value"),
    ]  # fmt: skip


def test_a_diagnostic_shows_source_caret_and_suggestion() -> None:
    diagnostic = Diagnostic(
        "pack.yaml", 31, 25, 7, "error", "unknown-distribution", "unknown distribution 'unifrom'", "did you mean 'uniform'?"
    )  # fmt: skip
    assert render(diagnostic, "      door.distance_m: {unifrom: [3, 8]}") == (
        "pack.yaml:31:25: error[unknown-distribution]: unknown distribution 'unifrom'\n"
        "   31 |       door.distance_m: {unifrom: [3, 8]}\n"
        "      |                         ^^^^^^^ did you mean 'uniform'?"
    )


def test_the_caret_of_a_very_long_line_stays_under_its_word() -> None:
    line = "x" * 5000 + "WRONG" + "y" * 5000
    shown = render(Diagnostic("p", 1, 5001, 5, "error", "wrong-type", "m"), line).split("\n")
    at = shown[2].index("^")
    assert shown[1][at : at + 5] == "WRONG" and len(shown[1]) < 200


def test_control_characters_of_a_file_do_not_reach_the_terminal() -> None:
    shown = render(Diagnostic("p", 1, 1, 1, "error", "bad-character", "m"), "a\x1b[31mred")
    assert "\x1b" not in shown


def test_a_missing_file_is_a_problem_and_no_traceback(tmp_path: Path) -> None:
    (found,) = lint([tmp_path / "nothing.yaml"])
    assert found.code == "missing-file"


def test_an_empty_file_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "pack.yaml"
    path.write_text("# nothing\n", encoding="utf-8")
    (found,) = lint([path])
    assert (found.code, found.line) == ("missing-key", 1)


def test_problems_of_the_model_package_are_reported_in_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "model.yaml").write_text("name: x\nnonsense: 1\n", encoding="utf-8")
    path = tmp_path / "pack.yaml"
    path.write_text(SOUND + "model: model.yaml\n", encoding="utf-8")
    found = lint([path], metrics)
    assert {Path(d.path).name for d in found} == {"model.yaml", "pack.yaml"}
    mention = next(d for d in found if Path(d.path).name == "pack.yaml")
    assert (mention.code, mention.line, mention.column) == ("model-package", 62, 8)


@pytest.mark.parametrize(
    ("rate", "runs"), [(0.90, 29), (0.95, 59), (0.98, 149), (0.99, 299), (0.5, 5), (0.999, 2995)]
)
def test_the_clean_runs_a_gate_needs_are_exact(rate: float, runs: int) -> None:
    assert clean_runs_needed(rate, 0.95) == runs
    assert rate**runs <= 0.05 < rate ** (runs - 1)


@pytest.mark.parametrize(
    ("rate", "runs"),
    [(0.99999999999999, 2.998e14), (1.0 - 1e-17, 2.698e16), (0.999999, 2995731), (0.9999999999, 2.9957e10)],
)
def test_the_clean_runs_of_a_rate_next_to_one_are_found_at_once(rate: float, runs: float) -> None:
    assert clean_runs_needed(rate, 0.95) == pytest.approx(runs, rel=1e-3)


def test_a_gate_that_just_can_be_met_is_no_problem(path: Path) -> None:
    path.write_text(SOUND.replace("count: 200", "count: 149"), encoding="utf-8")
    assert lint([path], metrics) == []
    path.write_text(SOUND.replace("count: 200", "count: 148"), encoding="utf-8")
    assert [d.code for d in lint([path], metrics)] == ["gate-impossible"]


def test_linting_imports_neither_simulator_nor_scipy() -> None:
    code = (
        "import sys; from pathlib import Path; from simgate.harness.frontend.packs import lint_checked;"
        "lint_checked([Path('scenarios/office_doors/pack.yaml')]);"
        "print([m for m in ('mujoco', 'onnxruntime', 'torch', 'scipy', 'rich', 'jinja2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
