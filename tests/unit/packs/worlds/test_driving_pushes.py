"""Pushes in worlds of driving robots: their parameters, and what the linter has against them."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.execution.episode.setting import payload_of
from simgate.harness.expansion.expand import expand_scenario
from simgate.harness.packs.loader import lint, load_pack
from simgate.harness.packs.worlds import UnfitAdapter, require_fit
from simgate.harness.scoring import metrics
from simgate.sim_adapters.scene.push import Push
from tests.unit.packs.mistakes import assert_reported
from tests.unit.packs.test_native_worlds import PACK as YARD_PACK
from tests.unit.packs.test_native_worlds import write

DECLARED = "      pushes: {shove: {body: cart, at_s: 1.5, duration_s: 0.2}, slam: {body: gate, at_s: 2}}\n"
PACK = YARD_PACK.replace("      set:\n", f"{DECLARED}      set:\n", 1).replace(
    "    parameters:\n", "    parameters:\n      shove.impulse_ns: {uniform: [5, 20]}\n", 1
)


def test_a_variant_sets_what_it_says_and_the_rest_is_as_declared(tmp_path: Path) -> None:
    path = write(tmp_path, PACK)
    assert lint([path], metrics) == []
    pack = load_pack(path, metrics)
    assert type(pack).model_validate_json(pack.model_dump_json()) == pack
    (scenario,) = pack.scenarios
    for variant in expand_scenario(pack, scenario)[:5]:
        impulse = variant.parameters["shove.impulse_ns"]
        assert 5 <= impulse <= 20
        shove, slam = payload_of(pack, scenario, variant).pushes
        assert shove == Push("shove", "cart", impulse, 0.0, 0.0, 1.5, 0.2)
        assert slam == Push("slam", "gate", 0.0, 0.0, 0.0, 2.0, 0.1)


MISTAKES = [
    ("unknown-element", "body: gate", "body: @gat", "did you mean 'gate'?"),
    ("unknown-element", "body: gate", "body: @cube", "name one that a joint moves"),
    ("unknown-element", "body: gate", "body: @hand", "push 'cart'"),
    ("missing-key", "slam: {body: gate, at_s: 2}", "@slam: {body: gate}", ""),
    ("parameter-range", "at_s: 2}", "at_s: @2000}", "write less"),
    ("parameter-range", "at_s: 2}", "at_s: @25}", "write less"),
    ("unknown-parameter", "shove.impulse_ns:", "@shove.impulse:", "did you mean 'shove.impulse_ns'?"),
    ("parameter-range", "uniform: [5, 20]", "uniform: [@-5, 20]", ""),
    ("bad-name", "cube.x_m: body/cube.pos.x", "@slam.at_s: body/cube.pos.x", ""),
]  # fmt: skip


@pytest.mark.parametrize(("code", "right", "wrong", "hint"), MISTAKES)
def test_a_mistake_is_reported_at_its_place(
    tmp_path: Path, code: str, right: str, wrong: str, hint: str
) -> None:
    assert_reported(lambda text: write(tmp_path, text), PACK, code, right, wrong, hint)


@pytest.mark.parametrize("target", ["gate", "pane"])
def test_what_a_variant_may_leave_out_is_not_pushed(tmp_path: Path, target: str) -> None:
    text = PACK.replace("        cube.there:", f"        gone: body/{target}.present\n        cube.there:", 1)
    assert lint([write(tmp_path, text)], metrics) == []
    text = text.replace("    parameters:\n", "    parameters:\n      gone: {choice: [true, false]}\n", 1)
    found = lint([write(tmp_path, text)], metrics)
    assert [(one.code, one.message) for one in found] == (
        [("unknown-element", "push 'slam' is of what a variant may leave out: 'gate'")]
        if target == "gate"
        else []
    )


SIMULATORS = """\
from dataclasses import replace
from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
class Still(MujocoAdapter):
    traits = replace(MujocoAdapter.traits, pushes=False)
"""


def test_a_simulator_that_pushes_nothing_is_refused_where_the_pack_names_it_and_where_a_run_does(
    tmp_path: Path,
) -> None:
    (tmp_path / "still.py").write_text(SIMULATORS)
    found = lint([write(tmp_path, PACK.replace("adapter: mujoco", "adapter: still.py:Still"))], metrics)
    message = "the simulator 'still.py:Still' pushes nothing"
    assert message in [one.message for one in found]
    scenarios = load_pack(write(tmp_path, PACK), metrics).scenarios
    require_fit(scenarios, "mujoco", tmp_path)
    with pytest.raises(UnfitAdapter, match=f"scenario 'pane': {message}"):
        require_fit(scenarios, "still.py:Still", tmp_path)
