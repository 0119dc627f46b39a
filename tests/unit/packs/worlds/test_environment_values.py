"""What a scenario gives no value is not set in an environment, and never made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.execution.episode.setting import payload_of
from simgate.harness.expansion.expand import expand_scenario, expand_variant
from simgate.harness.expansion.pinned import pin_of
from simgate.harness.expansion.scene_key import SceneKeys
from simgate.harness.frontend.packs import lint_checked, load_checked
from simgate.harness.packs.model import Pack

ENV = """
import gymnasium
import numpy as np


def make(kg=1.0, seed=None):
    return Own(kg)


class Own(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-9.0, 9.0, (1,), np.float64)
    action_space = gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float32)

    def __init__(self, kg):
        self.weight_n = 9.81 * kg
"""
POLICY = """
class Still:
    name = "still"

    def __init__(self, control_hz, options):
        pass

    def reset(self, briefs, embodiment):
        pass

    def act(self, observation, outputs):
        return []
"""
PACK = """\
simgate: 1
pack: own
policy: still.py:Still
sim: {adapter: gymnasium, control_hz: 20, time_limit_s: 1}
scenarios:
  one:
    title: One
    severity: major
    world:
      env: own.py:make
      set: {kg: make.kg, weight: attr/weight_n, wind: options.wind, draw: make.seed}
    parameters: {kg: {uniform: [2, 3]}, wind: {uniform: [1, 2]}, draw: 7}
    variants: {count: 70}
    accept: {return: {at_least: 0}}
"""


def pack(folder: Path, text: str = PACK) -> Path:
    (folder / "own.py").write_text(ENV)
    (folder / "still.py").write_text(POLICY)
    (folder / "pack.yaml").write_text(text)
    return folder / "pack.yaml"


@pytest.mark.parametrize(("given", "name"), [(", wind: {uniform: [1, 2]}", "wind"), (", draw: 7", "draw")])
def test_what_the_environment_has_without_a_value_is_asked_for_where_nobody_knows_it(
    tmp_path: Path, given: str, name: str
) -> None:
    (found,) = lint_checked([pack(tmp_path, PACK.replace(given, ""))])
    assert (found.code, found.line) == ("missing-key", 11)
    assert f"'{name}' has no value in this scenario" in found.message
    assert f"parameters: {{{name}: VALUE}}" in found.hint


def test_a_parameter_without_a_value_sets_nothing_and_an_attribute_that_follows_another_stays_so(
    tmp_path: Path,
) -> None:
    checked = load_checked(pack(tmp_path))
    scenario = checked.scenarios[0]
    values = dict(payload_of(checked, scenario, expand_variant(checked, scenario, 3)).values)
    assert set(values) == {"make.kg", "options.wind", "make.seed"}


def test_what_changes_anything_is_asked_of_the_same_variants_whichever_is_played(tmp_path: Path) -> None:
    text = PACK.replace("kg: {uniform: [2, 3]}", "kg: {choice: [1.0, 2.0]}")
    checked = load_checked(pack(tmp_path, text))
    scenario = checked.scenarios[0]
    probes = [payload_of(checked, scenario, expand_variant(checked, scenario, k)).probes for k in (0, 50)]
    assert probes[0] == probes[1]
    asked = {target: dict(one.values)[target] for one in probes[0] for target in one.targets}
    assert asked["make.kg"] == 2.0
    assert set(asked) == {"make.kg", "options.wind", "make.seed"}


@pytest.mark.parametrize(
    "asked",
    ["accept: {collisions: {at_most: 0}}", "accept: {contact_impulse_ns: {at_most: 1}}",
     "accept: {contact_time_s: {at_most: 0}}", "accept: {contact_depth_max_m: {at_most: 0}}",
     "accept: {return: {at_least: 0}}\ngate:\n  - {metric: collisions, every_variant: {at_most: 0}}"],
)  # fmt: skip
def test_what_is_touched_is_not_judged_where_nobody_tells_it(tmp_path: Path, asked: str) -> None:
    (found,) = lint_checked([pack(tmp_path, PACK.replace("accept: {return: {at_least: 0}}", asked))])
    assert found.code == "metric-needs"
    assert "needs what the robot touches, and an environment does not tell it" in found.message


def scenes(checked: Pack) -> int:
    keys = SceneKeys(checked)
    return len({keys.key(expand_variant(checked, checked.scenarios[0], k)) for k in range(8)})


def test_the_seed_makes_another_start_and_so_another_scene_unless_a_parameter_sets_it(tmp_path: Path) -> None:
    constant = PACK.replace("{uniform: [2, 3]}", "2").replace("{uniform: [1, 2]}", "1")
    path = pack(tmp_path, constant)
    assert scenes(load_checked(path)) == 8
    assert lint_checked([path]) == []
    fixed = constant.replace("draw: make.seed", "draw: seed")
    assert scenes(load_checked(pack(tmp_path, fixed))) == 1


def test_a_world_that_cannot_be_made_is_one_problem(tmp_path: Path) -> None:
    (found,) = lint_checked([pack(tmp_path, PACK.replace("own.py:make", "own.py:mak"))])
    assert (found.code, found.line) == ("native-file", 10)


def test_what_an_environment_prints_does_not_come_between_the_lines_of_a_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = pack(tmp_path)
    (tmp_path / "own.py").write_text(ENV + "        print('made')\n")
    load_checked(path)
    out, err = capsys.readouterr()
    assert "made" not in out
    assert "made" in err


def test_a_word_is_varied_by_the_words_that_the_pack_names(tmp_path: Path) -> None:
    text = PACK.replace(
        "weight: attr/weight_n", "task: {target: attr/task, choices: {near: reach, far: push}}"
    )
    path = pack(tmp_path, text.replace("draw: 7", "draw: 7, task: {choice: [near, far]}"))
    (tmp_path / "own.py").write_text(ENV + "        self.task = 'reach'\n")
    checked = load_checked(path)
    variants = (expand_variant(checked, checked.scenarios[0], k) for k in range(12))
    found = {dict(payload_of(checked, checked.scenarios[0], one).values)["attr/task"] for one in variants}
    assert found == {"reach", "push"}


def test_a_word_without_choices_is_only_the_environments_own(tmp_path: Path) -> None:
    text = PACK.replace("weight: attr/weight_n", "task: attr/task")
    path = pack(tmp_path, text.replace("draw: 7", "draw: 7, task: {choice: [reach, push]}"))
    (tmp_path / "own.py").write_text(ENV + "        self.task = 'reach'\n")
    (found,) = lint_checked([path])
    assert "must be one of reach, not 'push'" in found.message


def with_pin(folder: Path, weight: float | None = None) -> Path:
    """The pack with its first variant pinned as ``simgate pin`` writes it, or with another weight."""
    first = pin_of(expand_variant(one := load_checked(pack(folder)), one.scenarios[0], 0), "a")
    values = {**first.parameters, **({} if weight is None else {"weight": weight})}
    return pack(folder, f"{PACK}    pinned: [{{id: a, parameters: {values}, seed: {first.seed}}}]\n")


def test_a_pinned_variant_sets_nothing_that_its_scenario_gives_no_value(tmp_path: Path) -> None:
    checked = load_checked(with_pin(tmp_path))
    scenario = checked.scenarios[0]
    variants = expand_scenario(checked, scenario)
    assert variants[-1].id == "one::pin-a"
    for variant in variants[-2:]:
        values = dict(payload_of(checked, scenario, variant).values)
        assert set(values) == {"make.kg", "options.wind", "make.seed"}


def test_a_value_that_a_pinned_variant_alone_has_is_refused(tmp_path: Path) -> None:
    (found,) = lint_checked([with_pin(tmp_path, weight=3.0)])
    assert (found.code, found.line) == ("missing-key", 11)
    assert "'weight' has a value in the pinned variant 'a' alone" in found.message
    assert "parameters: {weight: VALUE}" in found.hint


def test_what_nobody_knows_is_asked_for_also_where_a_pinned_variant_has_it(tmp_path: Path) -> None:
    text = PACK.replace(", wind: {uniform: [1, 2]}", "")
    path = pack(tmp_path, f"{text}    pinned: [{{id: a, parameters: {{kg: 2, wind: 1}}}}]\n")
    assert "'wind' has no value in this scenario" in lint_checked([path])[0].message


def test_a_fact_of_the_task_is_no_signal_of_that_name(tmp_path: Path) -> None:
    text = PACK.replace("    accept:", "    task: {facts: {lean: 3}}\n    accept:")
    path = pack(tmp_path, text.replace("at_least: 0}", "at_least: 0}, motion.lean.falls: {at_most: 0}"))
    (found,) = lint_checked([path])
    assert found.code == "metric-needs"
    assert "'motion.lean.falls' needs lean" in found.message


def test_an_environment_made_with_1_takes_whole_numbers_beside_one_made_with_1_0(tmp_path: Path) -> None:
    one = """\
    title: One
    severity: major
    world: {env: own.py:make, make: {kg: 1.0}, set: {kg: make.kg}}
    parameters: {kg: {uniform: [2, 3]}}
    variants: {count: 70}
    accept: {return: {at_least: 0}}
"""
    head = PACK.partition("    title")[0]
    (found,) = lint_checked([pack(tmp_path, f"{head}{one}  two:\n{one.replace('1.0', '1')}")])
    assert (found.code, found.line) == ("wrong-type", 17)
    assert "kg is a whole number" in found.message


@pytest.mark.parametrize("signal", ["return", "info.ok"])
def test_a_name_that_environments_use_is_no_other_signals(tmp_path: Path, signal: str) -> None:
    task = f"    task: {{signals: {{{signal}: {{obs: 0}}}}}}\n    accept:"
    (found,) = lint_checked([pack(tmp_path, PACK.replace("    accept:", task))])
    assert (found.code, found.line) == ("wrong-value", 14)
    assert f"'{signal}' is already a signal of the environment" in found.message


def test_a_signal_may_be_declared_as_the_environment_has_it(tmp_path: Path) -> None:
    task = "    task: {signals: {return: {return: true}, info.ok: {info: ok}}}\n    accept:"
    assert not lint_checked([pack(tmp_path, PACK.replace("    accept:", task))])


WORDS = PACK.replace("draw: 7}", "draw: 7, instruction: {choice: [go on, go ahead]}}")


def test_the_wording_of_a_task_is_a_parameter_only_where_a_scenario_gives_it(tmp_path: Path) -> None:
    for text, wordings in ((PACK, {""}), (WORDS, {"go on", "go ahead"})):
        checked = load_checked(pack(tmp_path, text))
        scenario = checked.scenarios[0]
        variants = [expand_variant(checked, scenario, k) for k in range(20)]
        assert {payload_of(checked, scenario, one).instruction for one in variants} == wordings
        assert {one.parameters.get("instruction", "") for one in variants} == wordings


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[go on, go ahead]", '[go on, " "]', "an instruction without a word would be the task's own"),
        (
            "{choice: [go on, go ahead]}",
            "{uniform: [0, 1]}",
            "instruction is a word, 'uniform' draws fractions",
        ),
        (
            "policy: still.py:Still",
            'policy: {server: "ws://127.0.0.1:1", prompt: go, observation: {state: obs}}',
            "'prompt' would be sent in place of every wording",
        ),
    ],
    ids=["empty", "number", "fixed-prompt"],
)
def test_a_wording_that_could_not_reach_the_policy_is_refused(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert said in "\n".join(
        found.message for found in lint_checked([pack(tmp_path, WORDS.replace(old, new))])
    )
