"""A policy behind a real server on loopback, through the front door: its episodes, and its failures."""

from __future__ import annotations

import argparse
import json
import os
import socket as sockets
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("websockets", reason="the extra 'server' is not installed")

from websockets.sync.server import ServerConnection

from simgate.policies.server.wire import packed
from tests.doubles.policy_server import PolicyServer, policy_server

SLIDE = '''\
import gymnasium
import numpy as np


class Slide(gymnasium.Env):
    """A bead that is pushed; it senses its place, and the case that the server plays."""

    def __init__(self, case: int = 0) -> None:
        self.case = case
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (2,), np.float64)
        self.action_space = gymnasium.spaces.Box(-1, 1, (2,), np.float64)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x = self.np_random.uniform(-1, 1)
        return np.array([self.x, self.case]), {}

    def step(self, action):
        self.x += float(action[0]) / 10
        return np.array([self.x, self.case]), float(-abs(self.x) + action[1]), False, False, {}
'''
PACK = """\
simgate: 1
pack: slides
policy:
  server: ADDRESS
  observation: {state: obs}
  execute: 3
  timeout_s: 60
  api_key_env: SIMGATE_TEST_KEY
sim: {adapter: gymnasium, control_hz: 10, time_limit_s: 2}
scenarios:
  slide:
    title: The bead comes to the middle
    severity: critical
    world: {env: slide.py:Slide, set: {case: make.case}}
    parameters: {case: {grid: [0, 1, 2, 3, 4, 5, 6, 7]}}
    variants: {count: 8, method: grid}
    accept: {return: {at_least: -100}, latency.max_ms: {at_most: 100}}
"""
KEY = "sk-not-for-anyone-to-read"
GOOD, CLOSES, GARBAGE, SHAPE, TWICE, GOOD_AGAIN, DIES, TOO_LATE = range(8)


def chunk(x: float) -> np.ndarray:
    return np.stack([[-np.clip(x, -1, 1), k / 10] for k in range(5)])


def simgate(*words: object) -> tuple[int, str]:
    command = [sys.executable, "-m", "simgate.harness.cli.main", *map(str, words)]
    environ = {**os.environ, "SIMGATE_TEST_KEY": KEY}
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300, env=environ)
    return done.returncode, done.stdout + done.stderr


def pack_in(folder: Path, server: PolicyServer, text: str = PACK) -> Path:
    folder.mkdir()
    (folder / "slide.py").write_text(SLIDE)
    (folder / "pack.yaml").write_text(text.replace("ADDRESS", server.address))
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose server misbehaves in the second chunk of an episode, as the case says."""
    asked: dict[int, int] = {}

    def answer(request: Mapping[str, Any], socket: ServerConnection) -> Any:
        x, case = request["state"]
        asked[case] = asked.get(case, 0) + 1
        if asked[case] != 2 or case in (GOOD, GOOD_AGAIN):
            return {"actions": chunk(x)}
        if case == DIES:
            threading.Thread(target=server.die).start()
            server.closed.wait(60)
        if case in (CLOSES, DIES):
            socket.socket.shutdown(sockets.SHUT_RDWR)
        if case == TWICE:
            socket.send(packed({"actions": -chunk(x)}))
        return {
            TWICE: {"actions": chunk(x)},
            GARBAGE: f"bad: {KEY}",
            SHAPE: {"actions": np.zeros((5, 7))},
        }.get(int(case))

    with policy_server(answer, {"checkpoint": "slide-7", "greets": f"hello, {KEY}"}) as server:
        folder = tmp_path_factory.mktemp("served")
        place, runs = pack_in(folder / "pack", server), folder / "runs"
        code, text = simgate("run", place, "--runs-dir", runs, "--run-name", "r", "--workers", 1, "--quiet")
        assert code == 20, text
        assert server.open == 0
        assert server.keys == {f"Api-Key {KEY}"}
        assert KEY not in text
    return runs / "r"


@pytest.fixture(scope="module")
def records(run: Path) -> dict[int, Any]:
    lines = (run / "journal.ndjson").read_text().splitlines()
    return {record["parameters"]["case"]: record for record in map(json.loads, lines)}


@pytest.mark.parametrize("case", [GOOD, GOOD_AGAIN])
def test_a_return_is_that_of_a_plain_loop_whatever_went_wrong_before(
    run: Path, records: dict[int, Any], case: int
) -> None:
    from simgate.harness.expansion.expand import expand_pack
    from simgate.harness.frontend.packs import load_checked

    variants = expand_pack(load_checked(run.parents[1] / "pack" / "pack.yaml"))
    (seed,) = [variant.seed for variant in variants if variant.parameters["case"] == case]
    spaces: dict[str, Any] = {}
    exec(SLIDE, spaces)
    env, total = spaces["Slide"](case), 0.0
    (x, _), _ = env.reset(seed=seed % 2**31)
    for step in range(20):
        if step % 3 == 0:
            rows = chunk(x)
        (x, _), reward, *_ = env.step(rows[step % 3])
        total += reward
    assert records[case]["metrics"]["return"] == total
    latency = records[case]["latency"]
    assert latency["in_loop_ms"] == [0.0] * 7  # a chunk every third of 20 steps
    assert len(latency["measured_ms"]) == 7
    assert min(latency["measured_ms"]) > 0
    assert records[case]["metrics"]["latency.max_ms"] == 0.0


def test_the_manifest_says_that_it_is_a_server_and_what_it_says_of_itself(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    (part,) = [p for p in manifest["fingerprint"]["parts"] if p["role"] == "policy"]
    assert (part["name"], part["said"]) == ("server", {"checkpoint": '"slide-7"', "greets": '"hello, ***"'})
    page = (run / "report.html").read_text()
    assert "which says of itself: checkpoint &#34;slide-7&#34;; greets" in page
    assert "taken from the model package" not in page


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (CLOSES, "broke off when it was to tell actions"),
        (GARBAGE, "failed when it was to tell actions: bad: ***"),
        (SHAPE, "told actions of shape (5, 7), not (H, 2): action.0, action.1"),
        (TWICE, "sent an answer that nobody had asked for"),
        (DIES, "broke off when it was to tell actions"),
        (TOO_LATE, "cannot be reached"),
    ],
)
def test_what_a_server_does_wrong_is_the_error_of_that_episode(
    records: dict[int, Any], case: int, said: str
) -> None:
    assert records[case]["outcome"] == "ERROR"
    assert said in records[case]["reason"]


def test_the_key_of_a_server_stands_nowhere_in_a_run(run: Path) -> None:
    files = [path for path in run.rglob("*") if path.is_file()]
    assert any(path.name == "0.log" for path in files)
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []


def test_a_run_is_replayed_and_resumed_only_with_the_same_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from simgate.harness.cli.commands.models import policy as policy_command
    from simgate.harness.execution.planning.parts import collect_parts
    from simgate.harness.execution.planning.resume import CannotResume, resume_run
    from simgate.harness.frontend.packs import load_checked
    from simgate.harness.sources.own_files import NotSaid

    monkeypatch.setenv("SIMGATE_TEST_KEY", KEY)
    text = PACK.replace("[0, 1, 2, 3, 4, 5, 6]", "[0, 1]").replace("count: 7", "count: 2")
    with policy_server(lambda request, socket: {"actions": chunk(request["state"][0])}) as server:
        place, runs = pack_in(tmp_path / "pack", server, text), tmp_path / "runs"
        words = ("--runs-dir", runs, "--run-name", "r", "--workers", 0, "--quiet")
        assert simgate("run", place, *words)[0] == 20
        code, said = simgate("replay", runs / "r", "slide::v0000")
        assert (code, "same trace" in said) == (0, True), said
        assert policy_command.run(argparse.Namespace(file=place / "pack.yaml", pack=None, env=None)) == 0
        said = capsys.readouterr().out
        assert (
            'says     checkpoint: "slide-7"\nanswers  slide: 5 x 2 actions (action.0, action.1) in ' in said
        )
        server.metadata = {"checkpoint": "slide-8"}
        with pytest.raises(CannotResume, match=r"it said of itself .*slide-7.*, says .*slide-8"):
            resume_run(runs / "r", hosts=0)
    pack = load_checked(place / "pack.yaml")
    with pytest.raises(NotSaid, match=r"cannot be reached: Connection refused; is it running\?"):
        collect_parts(pack, "", {})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("ADDRESS", "http://127.0.0.1:1", "pack.yaml:4:11: error[wrong-value]: 'http://127.0.0.1:1' is no address of a websocket"),
        ("ADDRESS", "ws://me:pw@127.0.0.1:1", "holds a name or a password, which would stand in every report"),
        ("obs}", "joints}", "pack.yaml:5:24: error[policy-robot]: the robot of scenario 'slide' has no channel 'joints'"),
        ("obs}", "{channel: obs, entries: [2]}}", "error[policy-robot]: channel 'obs' has no entry '2'"),
        ("obs}", "{channel: obs, size: [4, 4]}}", "'obs' is vector, and size and layout are of colour pictures"),
        ("obs}", "{channel: obs, entries: []}}", "entries must be a list of names or places"),
        ("obs}", "{channel: obs, size: []}}", "size must be [rows, columns]"),
        ("execute: 3", "names: []", "names must be a list with at least one entry of the action"),
        ("obs}", "obs, prompt: obs}", "the instruction is no channel | write prompt: beside server:"),
        ("state: obs", "state: {}", "state must be a mapping with at least one entry"),
        ("execute: 3", "execute: 0", "execute must be at least 1"),
        ("execute: 3", "latency: 80", "pack.yaml:6:12: error[missing-key]: with a latency, policy has no 'meanwhile'"),
        ("execute: 3", "latency: soon", "latency must be milliseconds, measured, or a distribution"),
        ("execute: 3", "latency: {unifrom: [1, 2]}", "pack.yaml:6:12: error[wrong-value]: latency: Extra inputs"),
        ("execute: 3", "late: keep", "late can change nothing without a latency"),
        ("execute: 3", "names: [push]", "pack.yaml:6:10: error[policy-robot]: push is not the action of the robot"),
        ("SIMGATE_TEST_KEY", "$KEY", "api_key_env must be the name of an environment variable"),
        ("execute: 3", "executes: 3", "unknown key 'executes' in policy | did you mean 'execute'?"),
    ],
)  # fmt: skip
def test_lint_says_what_does_not_fit_at_its_place(tmp_path: Path, before: str, after: str, said: str) -> None:
    from simgate.harness.frontend.trial import trial
    from simgate.harness.packs.loader import lint
    from simgate.harness.scoring import metrics

    (tmp_path / "slide.py").write_text(SLIDE)
    for text in (PACK, PACK.replace(before, after)):
        (tmp_path / "pack.yaml").write_text(text.replace("ADDRESS", "ws://127.0.0.1:1"))
        found = "\n".join(f"{d} | {d.hint}" for d in lint([tmp_path / "pack.yaml"], metrics, trial=trial))
        assert found == "" or text != PACK
    assert said in found
