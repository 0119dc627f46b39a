"""A policy in an interpreter of its own: the same episodes as in the worker, and its failures told as its own."""

from __future__ import annotations

import json
import subprocess
import venv
from pathlib import Path

import numpy as np
import pytest

from simgate.harness.cli.main import main
from simgate.harness.frontend.packs import lint_checked

ENV = '''
import gymnasium
import numpy as np


class Slide(gymnasium.Env):
    """A bead that is pushed; it senses its place, and the case that the policy plays."""

    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (2,), np.float64)
    action_space = gymnasium.spaces.Box(-1, 1, (1,), np.float64)

    def __init__(self, case: int = 0) -> None:
        self.case = case

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x = self.np_random.uniform(-1, 1)
        return np.array([self.x, self.case]), {}

    def step(self, action):
        self.x += float(action[0]) / 10
        return np.array([self.x, self.case]), float(-abs(self.x)), False, False, {}
'''
PUSH = """
import os
import sys
import time

import numpy as np

from gains import GAIN


class Push:
    name = "push"

    def __init__(self, control_hz, options):
        self.gain = GAIN * options.get("scale", 1.0)

    def reset(self, briefs, embodiment):
        assert embodiment.action.names == ["action.0"] or embodiment.action.names == ("action.0",)
        self.drawn = [np.random.default_rng(brief.seed) for brief in briefs]
        self.steps = 0

    def act(self, observation, outputs):
        self.steps += 1
        rows = observation.channels["obs"]
        cases = set(rows[:, 1]) if self.steps == 3 else set()
        if 1 in cases:
            raise RuntimeError("no such room")
        if 2 in cases:
            os._exit(9)
        if 3 in cases:
            return []
        told = [-self.gain * row[0] + 0.1 * drawn.normal() for row, drawn in zip(rows, self.drawn)]
        told = np.clip(told, -1.0, 1.0)
        if 4 in cases:
            told[0] = np.nan
        return self.acts(told)

    def acts(self, told):
        print("acting")
        return [{"values": [value], "mode": "push", "facts": {"gain": self.gain}} for value in told]
"""
ACTS = """
    def acts(self, told):
        from simgate.policies.policy import Act

        return [Act(np.array([value]), "push", {"gain": self.gain}) for value in told]
"""
PACK = """\
simgate: 1
pack: slides
policy: {file: push.py:Push, python: PYTHON, options: {scale: 0.5}}
sim: {adapter: gymnasium, control_hz: 10, time_limit_s: 1, batch: BATCH}
scenarios:
  slide:
    title: The bead comes to the middle
    severity: critical
    world: {env: slide.py:Slide, set: {case: make.case}}
    parameters: {case: {grid: [0, 1, 2, 3, 4, 5]}}
    variants: {count: 6, method: grid}
    accept: {return: {at_least: -100}}
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter without simgate: a bare environment that sees numpy alone."""
    place = tmp_path_factory.mktemp("venv") / "v"
    venv.create(place, with_pip=False, symlinks=True)
    (lib,) = (place / "lib").glob("python*/site-packages")
    home = Path(np.__file__).parents[1]
    for folder in ("numpy", "numpy.libs"):
        if (home / folder).is_dir():
            (lib / folder).symlink_to(home / folder)
    asked = [place / "bin/python", "-c", "import simgate"]
    assert subprocess.run(asked, check=False, capture_output=True).returncode
    return place / "bin" / "python"


def team(folder: Path, python: Path, text: str = PACK, batch: int = 1) -> Path:
    folder.mkdir()
    files = {"slide.py": ENV, "push.py": PUSH, "gains.py": "GAIN = 2.0\n"}
    files["pack.yaml"] = text.replace("PYTHON", str(python)).replace("BATCH", str(batch))
    for name, content in files.items():
        (folder / name).write_text(content)
    return folder / "pack.yaml"


def run(pack: Path, name: str, *words: str) -> dict[int, dict]:
    main(["run", str(pack), "--runs-dir", str(pack.parent / "runs"), "--run-name", name, "--quiet", *words])
    lines = (pack.parent / "runs" / name / "journal.ndjson").read_text().splitlines()
    return {record["parameters"]["case"]: record for record in map(json.loads, lines)}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, python: Path) -> dict[int, dict]:
    return run(team(tmp_path_factory.mktemp("own") / "t", python), "r", "--workers", "1")


def test_episodes_are_those_of_the_same_policy_in_the_worker(
    found: dict[int, dict], tmp_path: Path, python: Path
) -> None:
    text = PACK.replace("{file: push.py:Push, python: PYTHON, options: {scale: 0.5}}", "here.py:Push")
    text = text.replace("sim:", "policy_options: {scale: 0.5}\nsim:")
    pack = team(tmp_path / "here", python, text)
    (pack.parent / "here.py").write_text(PUSH.replace("from gains", "from .gains") + ACTS)
    here = run(pack, "r", "--workers", "1")  # One of its cases ends the process.
    for case in (0, 5):
        assert found[case]["trace_digest"] == here[case]["trace_digest"]
        assert found[case]["metrics"]["return"] == here[case]["metrics"]["return"]


def test_a_batch_is_the_same_and_the_one_that_fails_fails_alone(
    found: dict[int, dict], tmp_path: Path, python: Path
) -> None:
    batch = run(team(tmp_path / "t", python, batch=3), "r", "--workers", "0")
    assert {case: record["trace_digest"] for case, record in batch.items() if case in (0, 5)} == {
        case: found[case]["trace_digest"] for case in (0, 5)
    }
    assert [record["outcome"] for record in batch.values()] == [
        record["outcome"] for record in found.values()
    ]


@pytest.mark.parametrize("draw", ["random.gauss(0, 1)", "np.random.normal()"])
def test_what_it_draws_from_the_generators_of_its_process_depends_on_its_episode_alone(
    tmp_path: Path, python: Path, draw: str
) -> None:
    push = PUSH.replace("drawn.normal()", draw).replace("import os\n", "import os\nimport random\n")
    text = PACK.replace("[0, 1, 2, 3, 4, 5]", "[5, 6, 7]").replace("count: 6", "count: 3")
    digests = []
    for workers, batch in (("0", 1), ("2", 1), ("0", 3)):
        pack = team(tmp_path / f"{workers}{batch}", python, text, batch)
        (pack.parent / "push.py").write_text(push)
        records = run(pack, "r", "--workers", workers)
        assert {record["outcome"] for record in records.values()} == {"PASS"}
        digests.append({case: record["trace_digest"] for case, record in records.items()})
    assert digests[0] == digests[1] == digests[2]


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (1, "policy push.py:Push: RuntimeError: no such room"),
        (2, "policy push.py:Push: its interpreter ended (exit 9) while it was asked to 'act'"),
        (3, "policy push.py:Push: ValueError: act() answered 0 acts for 1 worlds"),
        (4, "policy push.py:Push: ValueError: act() answered nan for action.0"),
    ],
)
def test_what_goes_wrong_there_is_that_episode_s_error_and_the_run_goes_on(
    found: dict[int, dict], case: int, said: str
) -> None:
    assert found[case]["outcome"] == "ERROR"
    assert said in found[case]["reason"]
    assert found[5]["outcome"] == "PASS"


def test_another_file_beside_it_is_another_policy(tmp_path: Path, python: Path) -> None:
    pack = team(tmp_path / "t", python)
    run(pack, "r", "--workers", "0", "--variants", "1")
    manifest = json.loads((pack.parent / "runs" / "r" / "manifest.json").read_text())
    (part,) = [p for p in manifest["fingerprint"]["parts"] if p["role"] == "policy"]
    assert {"push.py", "gains.py", "numpy", "python"} <= set(part["said"])
    assert main(["replay", str(pack.parent / "runs" / "r"), "slide::v0000"]) == 0
    (pack.parent / "gains.py").write_text("GAIN = 1.0\n")
    assert main(["replay", str(pack.parent / "runs" / "r"), "slide::v0000"]) != 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("python: PYTHON", "python: no/python", "there is no interpreter 'no/python'"),
        ("push.py:Push", "pull.py:Push", "file 'pull.py' does not exist"),
        ("push.py:Push", "push.py:Pull", "push.py has no 'Pull'"),
        ("push.py:Push", "push", "is no Python module"),
        ("options: {scale: 0.5}", "option: {scale: 0.5}", "unknown key 'option' in policy"),
    ],
)
def test_lint_names_what_is_wrong_with_it(
    tmp_path: Path, python: Path, old: str, new: str, said: str
) -> None:
    pack = team(tmp_path / "t", python, PACK.replace(old, new))
    assert said in "\n".join(f"{one.message} | {one.hint}" for one in lint_checked([pack]))


def test_eval_takes_the_interpreter_of_a_policy(
    tmp_path: Path, python: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    team(tmp_path / "t", python)
    monkeypatch.chdir(tmp_path / "t")
    line = [
        "eval",
        "slide.py:Slide",
        "--policy",
        "push.py:Push",
        "--policy-python",
        str(python),
        "--episodes",
        "30",
    ]
    line += [
        "--policy-option",
        "scale=0.5",
        "--max-steps",
        "5",
        "--return-at-least",
        "-100",
        "--workers",
        "0",
    ]
    assert main([*line, "--quiet"]) == 0
    assert "30 variants of slide-Slide for policy push.py:Push" in capsys.readouterr().out
    assert "python: " in Path("slide-Slide.eval.yaml").read_text()
