"""``simgate eval``: one line is a pack, its run, and a verdict; what cannot be meant is said before anything runs."""

from __future__ import annotations

import json
from pathlib import Path

import gymnasium
import pytest

from simgate.harness.cli.evaluating.pack_text import Evaluation, pack_document, rate_of
from simgate.harness.cli.main import main
from simgate.harness.frontend.packs import load_checked
from simgate.sim_adapters.environments.remote import presets
from simgate.sim_adapters.environments.remote.presets import Preset
from tests.unit.policies.network.tiny_networks import linear

FILES = {
    "even.py": '''
import gymnasium
import numpy as np


class Even(gymnasium.Env):
    """Earns 1 a step, whatever happens; a start that its seed draws, or one that is always the same."""

    observation_space = gymnasium.spaces.Box(-9.0, 9.0, (1,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, drawn=True, width=1.0, count=3):
        self.drawn, self.width, self.count, self.dt = drawn, width, count, 0.1

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place = np.float32(self.width * self.np_random.uniform() if self.drawn else self.width)
        return np.array([self.place], np.float32), {}

    def step(self, action):
        info = {"is_success": bool(self.place < 0.5)}
        return np.array([self.place], np.float32), 1.0, False, False, info


class Same(Even):
    def __init__(self):
        super().__init__(drawn=False)


if "simgate_test/Even-v0" not in gymnasium.registry:
    gymnasium.register("simgate_test/Even-v0", Even, max_episode_steps=7)


def limited():
    return gymnasium.make("simgate_test/Even-v0")
''',
    "wait.py": """
import numpy as np
from simgate.policies.policy import Act


class Wait:
    name = "wait"

    def __init__(self, control_hz, options):
        self.push = float(options.get("push", 0))

    def reset(self, briefs, embodiment):
        pass

    def act(self, observation, outputs):
        return [Act(np.array([self.push]), "wait") for _ in observation.channels["obs"]]
""",
}
LINE = ("--policy", "wait.py:Wait", "--workers", "0", "--quiet")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def evaluate(env: str, *words: object) -> int:
    return main(["eval", env, *LINE, *map(str, words)])


def journal(run: str = "latest") -> list[dict]:
    return [json.loads(line) for line in Path("runs", run, "journal.ndjson").read_text().splitlines()]


EXITS = """

class Exits(Wait):
    name = "exits"

    def {method}
        raise SystemExit(0)
"""


@pytest.mark.parametrize(
    ("method", "workers", "code"),
    [
        ("act(self, observation, outputs):", "0", 69),
        ("__init__(self, control_hz, options):", "0", 2),
        ("__init__(self, control_hz, options):", "1", 69),
    ],
)
def test_the_code_of_a_policy_that_exits_is_no_verdict(
    folder: Path, method: str, workers: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "exits.py").write_text(FILES["wait.py"] + EXITS.format(method=method))
    line = ["eval", "even.py:Even", "--policy", "exits.py:Exits", "--workers", workers, "--quiet"]
    assert main([*line, "--max-steps", "5", "--return-at-least", "-1e6", "--episodes", "30"]) == code
    if code == 69:
        assert [record["outcome"] for record in journal()] == ["ERROR"] * 30
    if method.startswith("__init__"):
        assert "exits.py:23: sys.exit(0) would end simgate" in capsys.readouterr().err


def test_episodes_that_earn_the_same_are_as_many_proofs_as_there_are_starts() -> None:
    words = ("--max-steps", 5, "--return-at-least", 5, "--episodes", 30)
    assert evaluate("even.py:Even", *words) == 0
    records = journal()
    assert {record["metrics"]["return"] for record in records} == {5.0}
    assert len({record["trace_digest"] for record in records}) == 30


def test_an_environment_that_ignores_its_seed_proves_once_however_often_it_runs() -> None:
    words = ("--max-steps", 5, "--return-at-least", 5, "--episodes", 30)
    assert evaluate("even.py:Same", *words) == 20
    assert len({record["trace_digest"] for record in journal()}) == 1


def test_the_pack_that_was_run_is_kept_and_gives_the_same_episodes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert evaluate("even.py:Even", "--max-steps", 5, "--return-at-least", 5, "--episodes", 30) == 0
    assert "pack    even-Even.eval.yaml" in capsys.readouterr().out
    before = journal()
    assert main(["run", "even-Even.eval.yaml", "--workers", "0", "--quiet"]) == 0
    digests = [{record["variant"]: record["trace_digest"] for record in each} for each in (before, journal())]
    assert digests[0] == digests[1]


def test_an_edited_pack_is_not_written_over_and_an_unedited_one_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ("--max-steps", 5, "--return-at-least", 5, "--episodes", 30)
    pack = Path("even-Even.eval.yaml")
    assert evaluate("even.py:Even", *words) == 0
    assert evaluate("even.py:Even", *words, "--seed", 1) == 0
    assert "seed: 1\n" in pack.read_text()
    edited = pack.read_text().replace("at_least: 0.9", "at_least: 0.8")
    pack.write_text(edited)
    assert evaluate("even.py:Even", *words) == 2
    assert "even-Even.eval.yaml has been edited since simgate eval wrote it" in capsys.readouterr().err
    assert pack.read_text() == edited


def test_the_registered_limit_is_the_number_of_steps() -> None:
    assert evaluate("even.py:limited", "--return-at-least", 7, "--episodes", 30) == 0
    assert {record["metrics"]["return"] for record in journal()} == {7.0}


def test_what_is_set_varies_and_the_condition_decides() -> None:
    words = ("--max-steps", 5, "--success", "info.is_success", "--episodes", 60, "--set", "make.width=0.5..1")
    assert evaluate("even.py:Even", *words) == 1
    for record in journal():
        assert 0.5 <= record["parameters"]["make.width"] <= 1.0
        assert (record["outcome"] == "PASS") is record["metrics"]["success"]
    assert {record["outcome"] for record in journal()} == {"PASS", "FAIL"}


def test_a_truth_or_a_word_is_what_every_episode_is_made_with() -> None:
    # Without its draw the place is 1.0, in every episode.
    words = ("--max-steps", 2, "--success", "info.is_success", "--episodes", 30, "--set", "make.drawn=false")
    assert evaluate("even.py:Even", *words, "--set", "make.width=0.8..0.9") == 1
    assert {record["outcome"] for record in journal()} == {"FAIL"}
    assert {tuple(record["parameters"]) for record in journal()} == {("make.width",)}


def test_a_baseline_is_run_first_on_the_same_seeds(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--max-steps", 5, "--return-at-least", 5, "--episodes", 60, "--run-name", "new")
    assert evaluate("even.py:Even", *words, "--baseline-policy-option", "push=1") == 0
    text = capsys.readouterr().out
    assert "broken 0, fixed 0 of 60 pairs" in text
    assert "policy_options.push was 1" in text
    # A variant's digest holds its seed.
    older, newer = (
        {record["variant"]: record["variant_digest"] for record in journal(run)}
        for run in ("new-baseline", "new")
    )
    assert older == newer
    assert load_checked(Path("even-Even.eval.yaml")).policy_options == {}
    assert main(["compare", "runs/new-baseline", "runs/new"]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say when an episode passes: --success info.is_success"),
        (["--return-at-least", 1], "give --max-steps N"),
        (["--return-at-least", 1, "--set", "make.widht=1..2"], "did you mean 'make.width'?"),
        (["--return-at-least", 1, "--set", "make.width=2..1"], "2 is not below 1"),
        (["--return-at-least", 1, "--set", "make.width=a..b"], "'a..b' is no range of numbers"),
        (["--return-at-least", 1, "--set", "make.width=1,,2"], "a value is empty"),
        (["--return-at-least", 1, "--set", "make.width=inf"], "inf is no finite number"),
        (["--return-at-least", 1, "--set", "make.count=1..2.5"], "it takes whole numbers"),
        (["--return-at-least", 1, "--set", "make.width"], "write TARGET=LOW..HIGH"),
        (["--return-at-least", 1, "--set", "make.width=1", "--set", "make.width=2"], "is set twice"),
        (["--return-at-least", 1, "--policy-option", "push"], "--policy-option push: write NAME=VALUE"),
        (["--return-at-least", 1, "--max-drop", 0.1], "--max-drop has no effect without --baseline-policy"),
        (["--return-at-least", 1, "--python", "nope"], "nope"),
        (["--return-at-least", 1, "--max-steps", 5, "--episodes", 3], "even-Even.eval.yaml:"),
        (
            ["--success", "is_success", "--max-steps", 5],
            "what the environment's info tells is named info.KEY",
        ),
    ],
)
def test_what_cannot_be_meant_is_said_and_nothing_runs(
    words: list, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate("even.py:Even", *words) == 2
    assert said in capsys.readouterr().err
    assert not Path("runs").exists()


def test_whole_numbers_stay_whole() -> None:
    words = ("--max-steps", 5, "--return-at-least", 9, "--episodes", 30, "--set", "make.count=2..4")
    # It changes nothing that can be seen: INVALID by name, which proves nothing either way.
    assert evaluate("even.py:Even", *words) in (1, 20)
    assert {record["parameters"]["make.count"] for record in journal()} == {2, 3, 4}
    assert all("make.count changed nothing" in record["reason"] for record in journal())


def trained(folder: Path, push: float) -> Path:
    """A network that chooses the second action where the place lies above 0, or the first one always."""
    folder.mkdir(parents=True)
    linear(folder / "net.onnx", [[0.0, push]])
    declared = "network: net.onnx\nobservation: [{channel: obs}]\naction: {kind: argmax}\n"
    (folder / "policy.yaml").write_text(declared)
    return folder


def test_two_checkpoints_are_judged_in_one_line_from_any_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    new = trained(folder / "nets" / "new", 1.0)
    trained(folder / "nets" / "old", -1.0)
    (folder / "deep").mkdir()
    monkeypatch.chdir(folder / "deep")
    words = ("--max-steps", 5, "--return-at-least", 5, "--episodes", 30, "--max-drop", 0.2)
    policies = ("--policy", new / "policy.yaml", "--baseline-policy", "../nets/old", "--run-name", "new")
    assert evaluate("../even.py:Even", *words, *policies) == 0
    assert "policy: {network: " in next(Path().glob("*.eval.yaml")).read_text()
    assert "policy network: net.onnx has changed" in capsys.readouterr().out.replace("\n", " ")
    told = [
        {r["variant"]: r["trace_digest"] for r in journal(run.name)} for run in Path("runs").glob("[!l]*/")
    ]
    assert len(told) == 2
    assert all(told[0][variant] != told[1][variant] for variant in told[0])


@pytest.mark.parametrize(
    ("named", "said"),
    [("net.onnx", "'control_hz: HZ', 'observation: [{channel: obs}]'"), ("policy.yaml", "")],
)
def test_a_file_of_weights_in_place_of_its_declaration_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], named: str, said: str
) -> None:
    place = trained(folder / "net", 1.0)
    words = ("--max-steps", 5, "--return-at-least", 5, "--episodes", 30, "--policy", place / named)
    assert evaluate("even.py:Even", *words) == (2 if said else 0)
    assert said in " ".join(capsys.readouterr().err.split())


def test_the_rate_is_the_environments_own_else_that_of_the_training_else_that_of_its_pictures(
    folder: Path,
) -> None:
    place = trained(folder / "net", 1.0)
    declared = place / "policy.yaml"
    declared.write_text("control_hz: 25\n" + declared.read_text())
    for said, policy, rate in [
        ({"step_s": 0.02, "fps": 30}, declared, 50),
        ({"step_s": None, "fps": 30}, declared, 25),
        ({"step_s": None, "fps": None}, place, 25),
        ({"step_s": None, "fps": 30}, "wait.py:Wait", 30),
        ({"step_s": None, "fps": None}, place / "net.onnx", 10),
    ]:
        assert rate_of(said, str(policy)) == rate, (said, policy)


@pytest.mark.parametrize("wrong", [("--policy", "no.py:Wait"), ("--baseline-policy", "wait.py:Weight")])
def test_a_policy_that_is_not_there_leaves_no_pack_behind_and_runs_nothing(wrong: tuple[str, str]) -> None:
    words = ("--max-steps", 5, "--return-at-least", 5, "--episodes", 60, *wrong)
    assert evaluate("even.py:Even", *words) == 2
    assert not Path("even-Even.eval.yaml").exists()
    assert not Path("runs").exists()

    assert evaluate("even.py:Even", *words[:-2]) == 0
    kept = Path("even-Even.eval.yaml").read_text()
    assert evaluate("even.py:Even", *words) == 2
    assert Path("even-Even.eval.yaml").read_text() == kept


def test_a_preset_says_what_a_success_is_where_the_line_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def make(name: str, given: object) -> gymnasium.Env:
        spaces: dict = {}
        exec(FILES["even.py"], spaces)
        env: gymnasium.Env = spaces[name]()
        return env

    told = Preset(make, (), "numpy", lambda name: "info.is_success" if name == "Even" else "")
    monkeypatch.setattr(presets, "PRESETS", {"own": told})
    assert evaluate("preset:own/Even", "--max-steps", 5, "--episodes", 40) in (1, 20)
    assert "task: {success: info.is_success}" in Path("own-Even.eval.yaml").read_text()
    assert len({record["metrics"]["success"] for record in journal()}) == 2
    assert evaluate("preset:own/Same", "--max-steps", 5) == 2


def test_a_task_of_isaac_lab_is_a_world_of_its_own_kind_in_batches() -> None:
    asked = Evaluation(
        env="isaaclab:Isaac-Ant", adapter="isaaclab", policy="walk.py:Walk", policy_options={}, episodes=9, steps=90,
        rate_hz=60, settings=[], success=None, least_return=1.0, at_least=0.9, confidence=0.9, max_drop=None, seed=0,
        python="/lab/bin/python", clip=False, assets="simgate",
    )  # fmt: skip
    document = pack_document(asked)
    assert document["pack"] == "isaaclab-Isaac-Ant"
    assert document["sim"]["batch"] > 1
    world = document["scenarios"]["episodes"]["world"]
    assert world == {"isaaclab": "Isaac-Ant", "python": "/lab/bin/python", "assets": "simgate"}


def test_assets_of_what_is_no_task_of_isaac_lab_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    line = [
        "eval",
        "CartPole-v1",
        "--policy",
        "lean.py:Lean",
        "--return-at-least",
        "1",
        "--assets",
        "simgate",
    ]
    assert main(line) == 2
    assert "--assets has no effect on CartPole-v1" in capsys.readouterr().err
