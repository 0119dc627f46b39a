"""``simgate worlds`` says everything that a pack can set, without a look into code."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from simgate.harness.cli.commands.packs.worlds import allowed
from simgate.harness.cli.main import main
from simgate.harness.registry import PLUGINS_VARIABLE, load
from simgate.sim_adapters.worlds.world import ParameterSpec
from tests.unit.packs.yard import PLUGINS


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["worlds", *arguments]) == 0
    return capsys.readouterr().out


def test_every_parameter_has_unit_values_default_and_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "office_corridor")
    flat = " ".join(text.split())
    world = load("simgate.worlds", "office_corridor")
    for name, spec in world.parameters.items():
        assert f"{name} {spec.unit or '-'} " in flat
    assert "door.distance_m m 1.5 to 12 5 Distance from the robot's start to the door plane." in flat
    assert "wall.panels - true, false false Coloured boards" in flat


def test_it_fits_a_terminal_of_100_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert max(map(len, printed(capsys, "office_corridor").splitlines())) <= 100


def test_regions_places_and_kinds_of_objects_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    flat = " ".join(printed(capsys, "office_corridor").split())
    assert "corridor_floor x 0.00 to 4.70 m, y -1.15 to 1.15 m" in flat
    assert "robot_start 1.00 m around x 0.00 m, y 0.00 m" in flat
    assert "box 0.40 x 0.32 m" in flat


def test_without_a_name_all_worlds_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert "office_corridor          " in printed(capsys)
    assert "simgate worlds " in printed(capsys)


def test_json_holds_the_same_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(printed(capsys, "office_corridor", "--format", "json"))
    assert data["parameters"]["door.distance_m"]["unit"] == "m"
    assert data["object_kinds"]["box"]["half_extents_m"] == [0.2, 0.16]
    assert isinstance(json.loads(printed(capsys, "--format", "json")), list)


def test_an_unknown_world_gets_the_nearest_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["worlds", "office_coridor"]) == 2
    assert "did you mean 'office_corridor'?" in capsys.readouterr().err


def test_a_world_that_cannot_be_loaded_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PLUGINS_VARIABLE, PLUGINS)
    assert main(["worlds"]) == 2
    assert "world 'broken' cannot be loaded" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(None, None, "any"), (0, None, "from 0"), (None, 3, "up to 3"), (0.5, 3, "0.5 to 3")],
)
def test_open_ends_of_a_range_are_said_in_words(low: float | None, high: float | None, words: str) -> None:
    assert allowed(ParameterSpec("number", 1.0, "m", low=low, high=high)) == words
    assert allowed(ParameterSpec("integer", 1, "m", low=low, high=high)) == f"{words}, whole"


def test_a_mistake_is_a_sentence_also_when_the_module_is_run() -> None:
    typed = [sys.executable, "-m", "simgate.harness.cli.main", "worlds", "nope"]
    done = subprocess.run(typed, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "unknown world 'nope' (known: arena, office_corridor)\n"
