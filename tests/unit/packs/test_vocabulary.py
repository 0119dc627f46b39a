"""Words that the model, the policy or the simulator must know: an unknown one is named beside the known ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from simgate.harness.packs.loader import lint
from simgate.harness.packs.model import SimSpec
from simgate.harness.packs.worlds import UnfitAdapter, require_options
from simgate.harness.registry import PLUGINS_VARIABLE
from simgate.harness.scoring import metrics
from simgate.policies.documents.diagnostics import Diagnostic
from tests.unit.packs.sound_pack import SOUND
from tests.unit.packs.test_native_worlds import PACK as NATIVE
from tests.unit.packs.yard import PLUGINS
from tests.unit.sim_adapters.native_sites import write_yard

ROOT = Path(__file__).parents[3]
MODEL = ROOT / "policies" / "reference_model" / "model.yaml"
WITH_MODEL = f"{SOUND}model: {MODEL}\n"
CLASSES = "known: glass_door, wooden_door, person"
REPORTS = "known: glass, wood, unknown"


class Silent:
    """A policy that declares nothing about itself."""

    def __init__(self, control_hz: int, options: object) -> None: ...

    def reset(self, missions: object) -> None: ...

    def act(self, observation: object, detections: object) -> list[object]:
        return []


def linted(folder: Path, text: str) -> list[Diagnostic]:
    path = folder / "pack.yaml"
    path.write_text(text.replace("@", ""), encoding="utf-8")
    return lint([path], metrics)


def assert_found(folder: Path, text: str, code: str, message: str, hint: str) -> None:
    """One problem, at the mark."""
    (found,) = linted(folder, text)
    before = text[: text.index("@")].split("\n")
    assert (found.code, found.line, found.column) == (code, len(before), len(before[-1]) + 1), found
    assert message in found.message
    assert hint in found.hint


@pytest.mark.parametrize(
    ("metric", "label", "hint"),
    [
        ("detection.@glass.recall", "glass", f"did you mean 'glass_door'? {CLASSES}"),
        ("detection.@car.false_alarms_per_min", "car", CLASSES),
        ("detection.@persons.ap50", "persons", f"did you mean 'person'? {CLASSES}"),
        ("'detection.@wooden door.recall'", "wooden door", f"did you mean 'wooden_door'? {CLASSES}"),
        ("detection.@recall.recall", "recall", CLASSES),
    ],
)
def test_a_class_that_the_model_does_not_have_is_marked(
    tmp_path: Path, metric: str, label: str, hint: str
) -> None:
    text = WITH_MODEL.replace("detection.glass_door.recall", metric)
    assert_found(tmp_path, text, "unknown-class", f"the model has no class '{label}'", hint)


@pytest.mark.parametrize("label", ["glass_door", "wooden_door", "person", "all"])
def test_a_class_of_the_model_and_all_of_them_are_known(tmp_path: Path, label: str) -> None:
    assert linted(tmp_path, WITH_MODEL.replace("glass_door.recall", f"{label}.recall")) == []


def test_without_a_model_at_hand_no_class_is_judged(tmp_path: Path) -> None:
    text = SOUND.replace("glass_door.recall", "traffic light.recall")
    assert linted(tmp_path, text) == []
    assert linted(tmp_path, f"{text}model: s3://models/doors\n") == []


@pytest.mark.parametrize(
    ("word", "hint"),
    [("glas", f"did you mean 'glass'? {REPORTS}, none"), ("metal", f"{REPORTS}, none")],
)
def test_a_word_that_the_policy_never_reports_is_marked(tmp_path: Path, word: str, hint: str) -> None:
    text = SOUND.replace("{equals: glass}", f"{{equals: @{word}}}")
    assert_found(tmp_path, text, "unknown-report", f"'door_navigator' never reports '{word}'", hint)


@pytest.mark.parametrize("word", ["wood", "unknown", "none"])
def test_every_word_of_the_policy_is_known(tmp_path: Path, word: str) -> None:
    assert linted(tmp_path, SOUND.replace("{equals: glass}", f"{{equals: {word}}}")) == []


def test_a_policy_that_declares_nothing_is_not_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PLUGINS_VARIABLE, f"{PLUGINS},policies:silent={__name__}:Silent")
    text = SOUND.replace("policy: door_navigator", "policy: silent\npolicy_options: {whatever: 3}")
    assert linted(tmp_path, text.replace("{equals: glass}", "{equals: glas}")) == []


def test_a_policy_is_loaded_only_where_something_speaks_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PLUGINS_VARIABLE, f"{PLUGINS},policies:lost=no.such.module:Policy")
    text = SOUND.replace("policy: door_navigator", "policy: @lost")
    assert_found(tmp_path, text, "broken-plugin", "policy 'lost' cannot be loaded", "reinstall")
    assert linted(tmp_path, text.replace("      reported_door: {equals: glass}\n", "")) == []


SIM = "sim: {adapter: mujoco, physics_hz: 200, control_hz: 10, camera_hz: 10, time_limit_s: 20}"
OPTIONS = [
    (
        "policy_options: {@cruise: 1}",
        "unknown-option",
        "'door_navigator' has no option 'cruise'",
        "cruise_mps",
    ),
    ("policy_options: {cruise_mps: @5}", "wrong-value", "must be a number from 0.1 to 2, not 5", "Speed"),
    ("policy_options: {cruise_mps: @fast}", "wrong-value", "not 'fast'", "m/s"),
    ("policy_options: {cruise_mps: @true}", "wrong-value", "not True", "m/s"),
]
SIM_OPTIONS = [
    ("mujoco", "{@dept: true}", "unknown-option", "'mujoco' has no option 'dept'", "did you mean 'depth'?"),
    ("mujoco", "{depth: @yes}", "wrong-value", "depth must be true or false, not 'yes'", "render depth"),
    ("physx", "{@gpu: 1}", "unknown-option", "'physx' has no option 'gpu'", "known: depth"),
    ("isaacsim", "{loop: @free}", "wrong-value", "loop must be explicit or coupled", "explicit"),
    ("isaacsim", "{settle_frames: @-1}", "wrong-value", "a whole number of at least 0", "ghosts"),
    ("isaacsim", "{extra_args: @--help}", "wrong-value", "settings like --/path=value", "Kit"),
    ("isaacsim", "{assets: @looks.yaml}", "missing-file", "'looks.yaml' does not exist", "looked for"),
]


@pytest.mark.parametrize(("options", "code", "message", "hint"), OPTIONS)
def test_an_option_of_the_policy_is_checked(
    tmp_path: Path, options: str, code: str, message: str, hint: str
) -> None:
    assert_found(tmp_path, f"{SOUND}{options}\n", code, message, hint)


@pytest.mark.parametrize(("adapter", "options", "code", "message", "hint"), SIM_OPTIONS)
def test_an_option_of_the_simulator_is_checked(
    tmp_path: Path, adapter: str, options: str, code: str, message: str, hint: str
) -> None:
    text = SOUND.replace("{adapter: mujoco,", f"{{adapter: {adapter}, options: {options},")
    assert_found(tmp_path, text, code, message, hint)


def test_a_rate_that_divides_nothing_says_where_that_other_rate_comes_from(tmp_path: Path) -> None:
    written = "sim: {adapter: mujoco, @control_hz: 60, time_limit_s: 20}"
    text = SOUND.replace(SIM, written.replace("@control_hz: ", "control_hz: @"))
    assert_found(
        tmp_path,
        text,
        "rates",
        "control_hz 60 does not divide physics_hz 200",
        "or write physics_hz, which is 200",
    )


def test_another_simulator_is_asked_for_its_options_too() -> None:
    require_options(SimSpec(adapter="physx", options={"depth": True}))
    require_options(SimSpec(adapter="somebody_elses", options={"loop": "coupled"}))
    with pytest.raises(UnfitAdapter, match="physx adapter: unknown option 'loop'"):
        require_options(SimSpec(adapter="physx", options={"loop": "coupled"}))


def test_options_are_checked_without_the_simulator() -> None:
    code = (
        "import sys; from simgate.harness import registry\n"
        "for name in ('mujoco', 'physx', 'isaacsim'):\n"
        "    registry.load('simgate.adapter_options', name)\n"
        "print([m for m in ('mujoco', 'pxr', 'ovphysx', 'isaacsim', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def native(folder: Path, right: str, wrong: str) -> str:
    write_yard(folder)
    text = NATIVE.replace(right, wrong)
    assert text != NATIVE
    return f"model: {MODEL}\n{text}"


def test_a_label_that_is_no_class_of_the_model_is_marked(tmp_path: Path) -> None:
    text = native(tmp_path, "{pane: glass_door}", "{pane: @glas_door}")
    assert_found(
        tmp_path, text, "unknown-class", "no class 'glas_door'", f"did you mean 'glass_door'? {CLASSES}"
    )


def test_a_barrier_that_the_policy_cannot_report_is_marked_where_reports_are_judged(tmp_path: Path) -> None:
    text = native(tmp_path, "{pane: glass}", "{pane: @shutter}")
    assert linted(tmp_path, text) == [], "any word will do where nobody asks for it"
    judged = text.replace("{at_most: 0}}", "{at_most: 0}, report_correct: {equals: true}}")
    assert_found(tmp_path, judged, "unknown-report", "never reports 'shutter'", REPORTS)
