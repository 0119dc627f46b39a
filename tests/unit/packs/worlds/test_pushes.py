"""Pushes of a pack: their parameters, and what the linter has against them."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.execution.episode.setting import payload_of
from simgate.harness.expansion.expand import expand_scenario
from simgate.harness.packs.loader import load_pack
from simgate.harness.packs.worlds import UnfitAdapter, require_fit
from simgate.harness.scoring import metrics
from simgate.sim_adapters.scene.push import Push
from tests.unit.packs.own_joints import PACK, said

DECLARED = "      pushes: {shove: {body: cube, at_s: 0.5, impulse_ns: 2}}\n"
PUSHED = PACK.replace("      sensors:", f"{DECLARED}      sensors:").replace(
    "    task:\n",
    "    parameters: {shove.impulse_ns: {uniform: [1, 3]}, shove.direction_deg: 90}\n    task:\n",
    1,
)


def test_a_variant_sets_what_it_says_and_the_rest_is_as_declared(tmp_path: Path) -> None:
    assert said(tmp_path, PUSHED) == []
    pack = load_pack(tmp_path / "pack.yaml", metrics)
    assert type(pack).model_validate_json(pack.model_dump_json()) == pack
    (scenario,) = pack.scenarios
    drawn = expand_scenario(pack, scenario)
    pushes = [payload_of(pack, scenario, variant).pushes for variant in drawn]
    assert all(
        one == (Push("shove", "cube", variant.parameters["shove.impulse_ns"], 90.0, 0.0, 0.5, 0.1),)
        for one, variant in zip(pushes, drawn, strict=True)
    )
    assert all(1 <= one[0].impulse_ns <= 3 for one in pushes)


@pytest.mark.parametrize(
    ("before", "after", "code", "message", "hint"),
    [
        ("body: cube, at_s", "body: cub, at_s", "unknown-element", "no body 'cub'", "did you mean 'cube'?"),
        ("body: cube, at_s", "body: base, at_s", "unknown-element", "body 'base' stands where it is", "name one that"),
        ("at_s: 0.5, ", "", "missing-key", "'at_s'", ""),
        ("at_s: 0.5", "at_s: 500", "parameter-range", "at_s 500 is not before the time limit of", "write less"),
        ("impulse_ns: 2", "impulse_ns: -2", "wrong-value", "-2", ""),
        ("impulse_ns: 2", "inpulse_ns: 2", "unknown-key", "inpulse_ns", "impulse_ns"),
        ("{shove.impulse_ns", "{shove.impulse_n", "unknown-parameter", "shove.impulse_n", "shove.impulse_ns"),
        ("{uniform: [1, 3]}", "{uniform: [-1, 3]}", "parameter-range", "must be at least 0 N s", ""),
        ("      sensors:", "      set: {shove.at_s: body/cube.pos.x}\n      sensors:", "bad-name", "has 'shove.at_s' already", ""),
        ("signals: {", "signals: {push_n: {push: shov}, ", "unknown-element", "no push 'shov'", "did you mean 'shove'?"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_push_is_named(
    tmp_path: Path, before: str, after: str, code: str, message: str, hint: str
) -> None:
    assert before in PUSHED
    (found,) = said(tmp_path, PUSHED.replace(before, after, 1))
    assert found[1] == code
    assert message in found[2]
    assert hint in found[3]


def test_a_push_longer_than_the_time_limit_is_named_also_where_nobody_wrote_how_long(tmp_path: Path) -> None:
    short = PUSHED.replace("control_hz: 20}", "control_hz: 20, time_limit_s: 0.05}").replace(
        "at_s: 0.5", "at_s: 0"
    )
    messages = {one[2]: one[3] for one in said(tmp_path, short)}
    hint = messages["duration_s 0.1 is over the time limit of 0.05 s"]
    assert hint == "write duration_s, or a longer time limit"


SIMULATORS = """\
from dataclasses import replace
from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
class Still(MujocoAdapter):
    traits = replace(MujocoAdapter.traits, pushes=False)
class Planar(MujocoAdapter):
    traits = replace(MujocoAdapter.traits, actuators=False)
"""


def test_a_simulator_that_pushes_nothing_is_refused_where_the_pack_names_it_and_where_a_run_does(
    tmp_path: Path,
) -> None:
    (tmp_path / "still.py").write_text(SIMULATORS)
    found = said(tmp_path, PUSHED.replace("sim: {", "sim: {adapter: still.py:Still, ", 1))
    assert [one[1:3] for one in found] == [("world-adapter", "the simulator 'still.py:Still' pushes nothing")]
    assert said(tmp_path, PUSHED) == []
    scenarios = load_pack(tmp_path / "pack.yaml", metrics).scenarios
    require_fit(scenarios, "mujoco", tmp_path)
    with pytest.raises(
        UnfitAdapter, match=r"scenario 'lifts': the simulator 'still.py:Still' pushes nothing"
    ):
        require_fit(scenarios, "still.py:Still", tmp_path)
    with pytest.raises(UnfitAdapter, match=r"'still.py:Planar' moves robots in the plane alone"):
        require_fit(scenarios, "still.py:Planar", tmp_path)
    assert said(tmp_path, PACK) == []
    require_fit(load_pack(tmp_path / "pack.yaml", metrics).scenarios, "still.py:Still", tmp_path)
