"""Trained networks by declaration, through the front door: the episodes of a plain loop, and named files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import gymnasium
import numpy as np
import onnxruntime as ort
import pytest

from simgate.harness.cli.main import main
from simgate.harness.execution.planning.plan import override_pack
from simgate.harness.frontend.packs import load_checked
from simgate.harness.results.run_folder import RunFolder
from simgate.policies.perception.problems import PackageError
from tests.unit.policies.network.tiny_networks import linear

# Three of the four numbers matter; not strong enough to keep the pole up in every episode.
BALANCES = [[0.0, 0.0], [0.0, 0.1], [0.0, 1.0], [0.0, 0.25]]
POLICY = """\
network: cart.onnx
control_hz: 50
observation:
  - {channel: obs}
normalise: {mean: [0.1, 0, 0, 0], variance: [0.5, 2, 0.1, 3], clip: 10}
action: {kind: argmax}
"""
PACK = """\
simgate: 1
pack: poles
policy: {network: net/policy.yaml}
sim: {adapter: gymnasium, control_hz: 50, time_limit_s: 6, batch: 3}
scenarios:
  up:
    title: The pole stays up
    severity: critical
    world: {env: CartPole-v1, set: {pole.m: attr/length}}
    parameters: {pole.m: {uniform: [0.3, 1.2]}}
    variants: {count: 5}
    accept: {return: {at_least: 100}}
"""


def simgate(*words: object) -> tuple[int, str]:
    command = [sys.executable, "-m", "simgate.harness.cli.main", *map(str, words)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("learned") / "pack"
    (folder / "net").mkdir(parents=True)
    linear(folder / "net" / "cart.onnx", BALANCES)
    (folder / "net" / "policy.yaml").write_text(POLICY)
    (folder / "pack.yaml").write_text(PACK)
    return folder


@pytest.fixture(scope="module")
def run(place: Path) -> Path:
    runs = place.parent / "runs"
    code, text = simgate("run", place, "--runs-dir", runs, "--run-name", "first", "--workers", 0, "--quiet")
    assert code == 20, text
    return runs / "first"


def test_every_return_is_that_of_a_plain_loop_with_the_network(place: Path, run: Path) -> None:
    import simgate.harness.frontend.packs as packs
    from simgate.harness.expansion.expand import expand_scenario

    records = {r["variant"]: r for r in map(json.loads, (run / "journal.ndjson").read_text().splitlines())}
    session = ort.InferenceSession(str(place / "net" / "cart.onnx"), providers=["CPUExecutionProvider"])
    pack = packs.load_checked(place / "pack.yaml")
    returns = set()
    for variant in expand_scenario(pack, pack.scenarios[0]):
        env = gymnasium.make("CartPole-v1", max_episode_steps=300).unwrapped
        env.length = variant.parameters["pole.m"]
        seen, _ = env.reset(seed=variant.seed % 2**31)
        total, over = 0.0, False
        while not over and total < 300:
            shown = (seen - [0.1, 0, 0, 0]) / np.sqrt(np.array([0.5, 2, 0.1, 3]) + 1e-8)
            row = np.clip(shown, -10, 10).astype(np.float32)[None]
            seen, reward, over, _, _ = env.step(int(session.run(None, {"obs": row})[0].argmax()))
            total += reward
        returns.add(total)
        assert records[variant.id]["metrics"]["return"] == total
    assert len(returns) > 1


def test_the_declaration_and_the_network_are_parts_of_the_policy(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    (part,) = [p for p in manifest["fingerprint"]["parts"] if p["role"] == "policy"]
    assert {"policy.yaml", "cart.onnx"} <= set(part["files"])


@pytest.mark.parametrize("name", ["cart.onnx", "policy.yaml"])
def test_a_changed_file_is_another_policy_and_is_named(place: Path, name: str) -> None:
    from simgate.harness.execution.planning.parts import collect_parts
    from simgate.harness.frontend.packs import load_checked
    from simgate.harness.results.parts import changed_parts

    pack, path = load_checked(place / "pack.yaml"), place / "net" / name
    before, kept = collect_parts(pack, "", {}), path.read_bytes()
    try:
        if name == "cart.onnx":
            linear(path, np.array(BALANCES) * 2)
        else:
            path.write_text(POLICY.replace("clip: 10", "clip: 9"))
        (said,) = changed_parts(before, collect_parts(pack, "", {}))
    finally:
        path.write_bytes(kept)
    assert "policy" in said
    assert name in said


def lint(place: Path, policy: str, **more: str) -> str:
    folder = place.parent / "linted"
    (folder / "net").mkdir(parents=True, exist_ok=True)
    linear(folder / "net" / "cart.onnx", BALANCES)
    (folder / "net" / "policy.yaml").write_text(policy)
    (folder / "pack.yaml").write_text(more.get("pack", PACK))
    from simgate.harness.frontend.trial import trial
    from simgate.harness.packs.loader import lint as linted
    from simgate.harness.scoring import metrics

    return "\n".join(f"{d} | {d.hint}" for d in linted([folder / "pack.yaml"], metrics, trial=trial))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("obs}", "obs.pole}", "policy.yaml:4:15: error[policy-robot]: the robot of scenario 'up' has no channel"),
        ("obs}", "obs, entries: [0, 4]}", "policy.yaml:4:33: error[policy-robot]: channel 'obs' has no entry '4'"),
        ("obs}", "obs, history: 2}", "observation is 8 numbers, input 'obs' takes 4"),
        ("obs}", "obs, scale: [1, 2]}", "policy.yaml:4:27: error[policy-robot]: 2 numbers for 4"),
        ("control_hz: 50", "control_hz: 20", "it was trained at 20 decisions a second"),
        ("kind: argmax", "kind: continuous", "output 'actions' is 2 numbers, the action of the robot of scenario"),
        ("kind: argmax", "kind: argmax, values: [1, 2]", "logit 1: action is 2, beyond its range from 0 to 1"),
        ("kind: argmax", "kind: argmax, output: act", "policy.yaml:6:32: error[policy-io]: the network has no output"),
        ("mean: [0.1, 0, 0, 0]", "mean: [0.1, 0]", "policy.yaml:5:19: error[policy-robot]: 2 numbers for 4"),
        ("mean: [0.1, 0, 0, 0]", "mean: much", "error[policy-value]: normalise.mean must be a number, or a list"),
        ("clip: 10", "clp: 10", "error[policy-value]: unknown key 'normalise.clp' | did you mean 'clip'?"),
        ("cart.onnx", "policy.yaml", "is no ONNX file"),
        ("{channel: obs}", "{channel: obs, fact: mark}", "one of channel, fact and last_action"),
        ("{channel: obs}", "{fact: mark}", "error[policy-robot]: the task tells no 'mark'"),
    ],
)  # fmt: skip
def test_lint_says_what_does_not_fit_at_its_place(place: Path, before: str, after: str, said: str) -> None:
    assert lint(place, POLICY) == ""
    assert said in lint(place, POLICY.replace(before, after))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{network: net/polcy.yaml}", "error[missing-file]"),
        ("{network: net}", "point to the policy.yaml in it"),
        ("{net: net/policy.yaml}", "error[unknown-key]"),
        ("{}", "error[missing-key]"),
    ],
)
def test_lint_says_what_is_wrong_where_the_pack_names_it(place: Path, written: str, said: str) -> None:
    assert said in lint(place, POLICY, pack=PACK.replace("{network: net/policy.yaml}", written))


def test_two_checkpoints_of_a_pack_are_compared_in_one_line(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = place.parent / "checkpoints"
    for name, weights in (("new", BALANCES), ("old", np.zeros((4, 2)))):
        (folder / name).mkdir(parents=True)
        linear(folder / name / "cart.onnx", weights)
        (folder / name / "policy.yaml").write_text(POLICY)
    rule = "gate:\n  - {regression: {max_drop: 0.5, confidence: 0.6}}\n"
    (folder / "pack.yaml").write_text(PACK.replace("net/policy", "old/policy") + rule)
    monkeypatch.chdir(folder)
    line = ["run", "pack.yaml", "--workers", "0", "--quiet", "--run-name", "new"]
    assert main([*line, "--policy", "new", "--baseline-policy", "old/policy.yaml"]) == 0
    older, newer = RunFolder(Path("runs/new-baseline")), RunFolder(Path("runs/new"))
    assert newer.manifest().pack["policy_options"] == {"network": "new/policy.yaml"}
    said = json.loads(newer.verdict_path.read_text())
    (paired,) = [one["paired"] for one in said["rules"] if one["paired"]]
    assert (paired["baseline"], paired["pairs"]) == ("new-baseline", 5)
    before, after = ({r.variant: r.metrics["return"] for r in run.records()} for run in (older, newer))
    assert all(before[variant] < after[variant] for variant in before)
    capsys.readouterr()
    assert main(["run", "pack.yaml", "--policy", "newer"]) == 2
    assert "policy.yaml does not exist" in capsys.readouterr().err
    coded = load_checked(folder / "pack.yaml").model_copy(update={"policy": "door_navigator"})
    with pytest.raises(PackageError, match="policy is 'door_navigator', no trained network"):
        override_pack(coded, policy="new")
    coded = coded.model_copy(update={"policy_options": {"gap_m": 0.5, "net": "old/policy.yaml"}})
    with pytest.raises(PackageError, match="OPTION=VALUE for another of its options: gap_m, net"):
        override_pack(coded, policy="gap=1")
    assert override_pack(coded, policy="gap_m=1").policy_options == {"gap_m": 1, "net": "old/policy.yaml"}
    monkeypatch.chdir("new")
    changed = override_pack(coded, policy="net=policy.yaml").policy_options
    assert changed == {"gap_m": 0.5, "net": "new/policy.yaml"}, "a file counts from the current folder"
