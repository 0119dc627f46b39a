"""What is worn in a team's environment, through the front door: by hand the same, whoever runs it."""

from __future__ import annotations

from pathlib import Path

import gymnasium
import numpy as np
import pytest
import yaml

from simgate.harness.expansion.expand import expand_scenario
from simgate.harness.frontend.packs import load_checked
from simgate.harness.packs.loader import lint
from simgate.harness.scoring import metrics
from tests.integration.test_environments import PACK, run, simgate, team

WORN = PACK.replace(
    "      cart.kg: {uniform: [0.5, 2]}\n",
    "      action.delay_ms: {uniform: [0, 200]}\n      obs.cart.bias: 0.01\n      cart.kg: 1\n",
).replace("count: 12", "count: 6")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return team(tmp_path_factory.mktemp("axes") / "team", WORN.replace("      obs.cart.bias: 0.01\n", ""))


def test_a_late_action_is_that_of_a_plain_loop(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(place))
    from team_env import Cart

    found = run(place, "late", "--workers", 0)
    pack = load_checked(place / "pack.yaml")
    for variant in expand_scenario(pack, pack.scenarios[0]):
        record, drawn = found[variant.id], variant.parameters
        assert set(drawn) == {"action.delay_ms", "cart.kg", "cart.shift_m", "cart.friction"}
        env: gymnasium.Env = Cart(mass_kg=1)
        env.friction = drawn["cart.friction"]
        seen, _ = env.reset(seed=variant.seed % 2**31, options={"shift_m": drawn["cart.shift_m"]})
        waiting = [0.0] * round(drawn["action.delay_ms"] / 50.0)
        total, steps, there = 0.0, 0, False
        while not there and steps < 80:
            wanted = 2.0 * (seen["mark"][0] - seen["cart"][0]) - seen["cart"][1]
            waiting.append(float(np.clip(wanted, -1.0, 1.0)))
            seen, reward, there, _, _ = env.step(np.array([waiting.pop(0)], np.float32))
            total, steps = total + reward, steps + 1
        assert record["metrics"]["return"] == total, variant.id
        assert record["metrics"]["collisions"] is None, "nobody has looked for contacts"


def test_a_set_of_axes_is_the_same_whoever_runs_it(place: Path) -> None:
    text = WORN.replace("pack: carts\n", "pack: carts\nextends: axes/stress\n")
    one = run(team(place.parent / "one", text), "one", "--workers", 2)
    two = run(team(place.parent / "two", text.replace("batch: 3", "batch: 1")), "two", "--workers", 0)
    digests = {variant: record["trace_digest"] for variant, record in one.items()}
    assert digests == {variant: record["trace_digest"] for variant, record in two.items()}
    drawn = one["push::v0000"]["parameters"]
    assert {"sensors.noise_share", "action.limit", "obs.cart.bias"} <= set(drawn)
    # What the environment does not have is left out, and so is what nobody has asked for.
    assert not {name for name in drawn if name.startswith("camera.")} and "obs.mark.bias" not in drawn


def test_what_a_pack_says_wrong_of_axes_is_named(place: Path) -> None:
    def linted(old: str, new: str) -> str:
        folder = place.parent / "wrong"
        (folder if folder.exists() else team(folder, WORN)).joinpath("pack.yaml").write_text(
            WORN.replace(old, new)
        )
        found = lint([folder / "pack.yaml"], metrics)
        return "\n".join(f"{one.severity}[{one.code}]: {one.message}" for one in found)

    assert "has no parameter 'action.delay'" in linted(
        "action.delay_ms: {uniform: [0, 200]}", "action.delay: 3"
    )
    late = "warning[rates]: action.delay_ms is at most 20 ms, less than half a control period of 50 ms"
    assert late in linted("[0, 200]", "[0, 20]")
    assert "obs.cart.bias must be at least 0" in linted("bias: 0.01", "bias: -1")
    for name in ("action.delay_ms", "policy.repeat"):
        assert f"this world has '{name}' already" in linted("set: {", f"set: {{{name}: attr/friction, ")
    missing = linted("pack: carts\n", "pack: carts\nextends: axes/stres\n")
    assert "error[missing-file]" in missing


def test_eval_takes_axes_and_keeps_them_in_its_pack(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    line = ["eval", "team_env.py:Cart", "--policy", "push.py:Push", "--max-steps", 80, "--episodes", 5]
    line += [
        "--success",
        "info.is_success",
        "--set",
        "action.delay_ms=0..400",
        "--axes",
        "regression",
        "--at-least",
        0.5,
    ]
    code, text = simgate(*line, "--workers", 0, "--quiet")
    assert code in (0, 1, 20), text
    pack = yaml.safe_load((place / "team_env-Cart.eval.yaml").read_text())
    assert pack["extends"] == "axes/regression"
    [scenario] = pack["scenarios"].values()
    assert scenario["parameters"] == {"action.delay_ms": {"uniform": [0, 400]}}
    assert scenario["world"] == {"env": "team_env.py:Cart"}
