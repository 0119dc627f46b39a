"""Wordings of a task: the policy is told the one that its variant drew, and the record names it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simgate.harness.cli.main import main

FILES = '''
import gymnasium
import numpy as np
from simgate.policies.policy import Act


class Room(gymnasium.Env):
    """A robot that is told where to go."""

    observation_space = gymnasium.spaces.Box(-9, 9, (1,), np.float64)
    action_space = gymnasium.spaces.Box(-1, 1, (1,), np.float64)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x = self.np_random.uniform(-0.1, 0.1)
        return np.array([self.x]), {}

    def step(self, action):
        self.x += 0.1 * float(action[0])
        return np.array([self.x]), 0.0, False, False, {"is_success": bool(self.x > 0.5)}


class Listener:
    name = "listener"

    def __init__(self, control_hz, options):
        pass

    def reset(self, briefs, embodiment):
        self.words = [brief.instruction for brief in briefs]

    def act(self, observation, outputs):
        return [Act(np.array([float("go" in words)]), "going", {"heard": words}) for words in self.words]
'''
LINE = ("eval", "words.py:Room", "--policy", "words.py:Listener", "--success", "info.is_success")


def records(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict]:
    main([*LINE, "--max-steps", "12", "--at-least", "0.2", "--workers", "0", "--quiet", *words])
    capsys.readouterr()
    return [json.loads(line) for line in Path("runs/latest/journal.ndjson").read_text().splitlines()]


def test_each_episode_is_told_its_own_wording_whatever_runs_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("words.py").write_text(FILES)
    found = records(capsys, "--episodes", "24", "--instruction", "go on", "--instruction", "stay, please")
    drawn = [record["parameters"]["instruction"] for record in found]
    assert set(drawn) == {"go on", "stay, please"}
    assert [record["metrics"]["success"] for record in found] == [words == "go on" for words in drawn]

    pack = Path("words-Room.eval.yaml")
    pack.write_text(pack.read_text().replace("{adapter: gymnasium,", "{adapter: gymnasium, batch: 5,"))
    main(["run", str(pack), "--workers", "0", "--quiet"])
    again = [json.loads(line) for line in Path("runs/latest/journal.ndjson").read_text().splitlines()]
    assert "batch: 5" in pack.read_text()
    assert {r["variant"]: r["trace_digest"] for r in again} == {
        r["variant"]: r["trace_digest"] for r in found
    }


def test_one_instruction_is_the_task_s_and_no_parameter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("words.py").write_text(FILES)
    found = records(capsys, "--episodes", "12", "--instruction", "go on")
    assert all(record["metrics"]["success"] and record["parameters"] == {} for record in found)
