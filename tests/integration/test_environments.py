"""Environments that a team already has, through the front door: equal to a plain loop, whoever runs them."""

from __future__ import annotations

import html
import json
import shutil
import subprocess
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest

TEAM = Path(__file__).parents[1] / "unit" / "sim_adapters" / "environments" / "team_env.py"
POLICY = '''
import numpy as np
from simgate.policies.policy import Act


class Push:
    """Pushes towards the mark."""

    name = "push"

    def __init__(self, control_hz, options):
        pass

    def reset(self, briefs, embodiment):
        pass

    def act(self, observation, outputs):
        cart, mark = observation.channels["obs.cart"], observation.channels["obs.mark"]
        wanted = 2.0 * (mark[:, 0] - cart[:, 0]) - cart[:, 1]
        return [Act(np.array([value]), "push") for value in np.clip(wanted, -1.0, 1.0)]
'''
PACK = """\
simgate: 1
pack: carts
policy: push.py:Push
sim: {adapter: gymnasium, control_hz: 20, time_limit_s: 4, batch: 3}
seed: 5
scenarios:
  push:
    title: The cart comes to its mark
    severity: critical
    world:
      env: team_env.py:Cart
      set: {cart.kg: make.mass_kg, cart.shift_m: options.shift_m, cart.friction: attr/friction}
    task:
      signals: {speed_mps: {obs: cart, index: 1}, gap_m: {info: gap.metres}}
      success: info.is_success
    parameters:
      cart.kg: {uniform: [0.5, 2]}
      cart.shift_m: {uniform: [-0.2, 0.2]}
      cart.friction: {uniform: [0.05, 0.4]}
    variants: {count: 12}
    accept:
      success: {equals: true}
      return: {at_least: -120}
      fast: {signal: {name: speed_mps, reduce: max}, at_most: 3}
"""


def team(folder: Path, pack: str = PACK) -> Path:
    folder.mkdir()
    shutil.copy(TEAM, folder / "team_env.py")
    (folder / "push.py").write_text(POLICY)
    (folder / "pack.yaml").write_text(pack)
    return folder


def simgate(*words: object) -> tuple[int, str]:
    command = [sys.executable, "-m", "simgate.harness.cli.main", *map(str, words)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


def records(run: Path) -> dict[str, dict]:
    lines = (run / "journal.ndjson").read_text().splitlines()
    return {record["variant"]: record for record in map(json.loads, lines)}


def run(folder: Path, name: str, *words: object, codes: tuple[int, ...] = (20,)) -> dict[str, dict]:
    code, text = simgate(
        "run", folder, "--runs-dir", folder.parent / "runs", "--run-name", name, "--quiet", *words
    )
    assert code in codes, text
    return records(folder.parent / "runs" / name)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return team(tmp_path_factory.mktemp("env") / "team")


@pytest.fixture(scope="module")
def whole(place: Path) -> dict[str, dict]:
    return run(place, "whole", "--workers", 2)


def test_every_episode_is_that_of_a_plain_loop(
    place: Path, whole: dict[str, dict], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(place))
    from team_env import Cart

    import simgate.harness.frontend.packs as packs
    from simgate.harness.expansion.expand import expand_scenario

    pack = packs.load_checked(place / "pack.yaml")
    for variant in expand_scenario(pack, pack.scenarios[0]):
        env: gymnasium.Env = Cart(mass_kg=variant.parameters["cart.kg"])
        env.friction = variant.parameters["cart.friction"]
        seen, _ = env.reset(
            seed=variant.seed % 2**31, options={"shift_m": variant.parameters["cart.shift_m"]}
        )
        total, steps, there = 0.0, 0, False
        while not there and steps < 80:
            wanted = 2.0 * (seen["mark"][0] - seen["cart"][0]) - seen["cart"][1]
            action = np.array([np.clip(wanted, -1.0, 1.0)], np.float32)
            seen, reward, there, _, _ = env.step(action)
            total, steps = total + reward, steps + 1
        found = whole[variant.id]["metrics"]
        assert (found["return"], found["success"]) == (total, there), variant.id
        assert whole[variant.id]["sim_s"] == pytest.approx(steps / 20)


@pytest.mark.parametrize(("name", "workers", "batch"), [("one", 1, 3), ("alone", 0, 1)])
def test_the_same_whoever_runs_it(
    place: Path, whole: dict[str, dict], name: str, workers: int, batch: int
) -> None:
    text = PACK.replace("batch: 3", f"batch: {batch}")
    again = run(team(place.parent / name, text), name, "--workers", workers)
    assert {v: r["trace_digest"] for v, r in again.items()} == {
        v: r["trace_digest"] for v, r in whole.items()
    }


def test_in_a_folder_and_an_interpreter_of_its_own_it_is_the_same(
    place: Path, whole: dict[str, dict]
) -> None:
    text = PACK.replace("env: team_env.py", f"python: {sys.executable}\n      env: envs/team_env.py")
    folder = team(place.parent / "own", text)
    (folder / "envs").mkdir()
    (folder / "team_env.py").rename(folder / "envs" / "team_env.py")
    again = run(folder, "own", "--workers", 2)
    report = html.unescape((place.parent / "runs" / "own" / "report.html").read_text())
    assert f"envs/team_env.py:Cart in {sys.executable}: python " in report
    assert f"gymnasium {gymnasium.__version__}" in report.partition("team_env.py:Cart in")[2][:300]
    assert {v: r["trace_digest"] for v, r in again.items()} == {
        v: r["trace_digest"] for v, r in whole.items()
    }


def test_a_variant_is_replayed_and_an_edited_environment_is_named(
    place: Path, whole: dict[str, dict]
) -> None:
    code, text = simgate("replay", place.parent / "runs" / "whole", "push::v0003")
    assert code == 0, text
    file = place / "team_env.py"
    before = file.read_text()
    try:
        file.write_text(before.replace("self.dt, self.count = 0.05, 0", "self.dt, self.count = 0.050, 0"))
        journal = place.parent / "runs" / "whole" / "journal.ndjson"
        journal.write_text("".join(journal.read_text().splitlines(keepends=True)[:-1]))
        code, text = simgate("run", "--resume", place.parent / "runs" / "whole")
    finally:
        file.write_text(before)
    assert code == 69, text
    assert "team_env.py" in text


def test_what_did_not_take_is_invalid_by_name_and_what_raises_is_an_error_with_its_cause(
    tmp_path: Path,
) -> None:
    def with_set(target: str, value: str) -> str:
        text = PACK.replace("set: {", f"set: {{own: {target}, ").replace("count: 12", "count: 4")
        return text.replace("    parameters:\n", f"    parameters:\n      own: {value}\n")

    scenarios = {
        "idle": with_set("attr/unread", "{uniform: [2, 3]}"),
        "lost": with_set("attr/overwritten", "{uniform: [3, 4]}"),
        "raises": with_set("make.fails_at", "{choice: [-1, 4]}"),
        "unheard": PACK.replace("is_success", "is_succes").replace("count: 12", "count: 2"),
    }
    for name, pack in scenarios.items():
        found = run(team(tmp_path / name, pack), name, codes=(1, 20, 69)).values()
        if name == "raises":
            hit = [r for r in found if r["parameters"]["own"] == 4]
            assert hit and all(
                r["outcome"] == "ERROR"
                and "team_env.py:Cart: RuntimeError: the motor is on fire" in r["reason"]
                for r in hit
            )
            assert {r["outcome"] for r in found if r["parameters"]["own"] != 4} == {"PASS"}
            continue
        said = {
            "idle": "attr/unread changed nothing in 100 steps",
            "lost": "attr/overwritten was set to",
            "unheard": "info has never had 'is_succes'",
        }[name]
        assert {r["outcome"] for r in found} == {"INVALID"}, name
        assert all(said in r["reason"] for r in found), (name, next(iter(found))["reason"])


NOTHING = {
    "make.colour": 0.9,
    "options.unheard": 1.0,
    "attr/unread": 5.0,
    "attr/colour": 0.1,
    "attr/gains.1": 0.9,
    "attr/nested.dust": 0.8,
    "attr/overwritten": 5.0,
    "attr/count": 3,
    "attr/clicks.0": 2.5,
    "attr/render_fps": 40,
}
SOMETHING = {
    "make.start_m": 0.3,
    "make.mass_kg": 2.0,
    "options.shift_m": 0.2,
    "attr/friction": 0.4,
    "attr/gains.0": 0.7,
    "attr/nested.wind": 0.3,
    "attr/dt": 0.04,
    "attr/start_m": 0.25,
    "attr/mass_kg": 3.0,
    "attr/clicks.1": 7,
}


def test_of_twenty_targets_those_that_do_nothing_are_invalid_by_name_and_no_others(tmp_path: Path) -> None:
    head, _, _ = PACK.partition("scenarios:\n")
    scenario = """
  {name}:
    title: {target}
    severity: minor
    world: {{env: "team_env.py:Cart", set: {{own: {target}}}}}
    parameters: {{own: {value}}}
    variants: {{count: 1}}
    accept: {{return: {{at_least: -1000}}}}"""
    targets = {f"t{number}": target for number, target in enumerate((*NOTHING, *SOMETHING))}
    text = "".join(
        scenario.format(name=name, target=target, value={**NOTHING, **SOMETHING}[target])
        for name, target in targets.items()
    )
    found = run(team(tmp_path / "twenty", f"{head}scenarios:{text}\n"), "twenty", "--workers", 1)
    outcomes = {targets[v.partition("::")[0]]: (r["outcome"], r["reason"]) for v, r in found.items()}
    assert {target for target, (outcome, _) in outcomes.items() if outcome == "INVALID"} == set(NOTHING)
    assert all(target in outcomes[target][1] for target in NOTHING), outcomes
    assert {outcome for outcome, _ in outcomes.values()} == {"INVALID", "PASS"}


def test_seeds_alone_are_scenes_of_their_own_and_no_copies_of_each_other(tmp_path: Path) -> None:
    text = PACK.replace("{uniform: [0.5, 2]}", "1").replace("{uniform: [-0.2, 0.2]}", "0.1")
    text = text.replace("{uniform: [0.05, 0.4]}", "0.1").replace("count: 12", "count: 3")
    place = team(tmp_path / "seeds", text)
    code, said = simgate("run", place, "--runs-dir", tmp_path, "--run-name", "seen", "--workers", 1)
    assert code == 20, said
    assert "another scene" not in said
    verdict = json.loads((tmp_path / "seen" / "verdict.json").read_text())
    assert [one["passed"] for one in verdict["scenarios"]] == [3]
