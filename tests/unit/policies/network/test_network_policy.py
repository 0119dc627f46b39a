"""What a declared network is shown, and what becomes of its outputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from simgate.policies.network.policy import NetworkPolicy
from simgate.policies.perception.problems import PackageError
from simgate.policies.policy import Brief
from simgate.sim_adapters.embodiment import ActionSpec, Channel, Embodiment
from simgate.sim_adapters.observation import Observation
from tests.unit.policies.network.tiny_networks import counter, drawing, linear

JOINTS = ("hip", "knee")


def robot(joints: tuple[str, ...] = JOINTS, low: float = -10.0, high: float = 10.0) -> Embodiment:
    n = len(joints)
    legs = Channel("legs.position", "joints", (n,), "float64", "rad", 50, entries=joints)
    action = ActionSpec(joints, ("rad",) * n, (low,) * n, (high,) * n)
    return Embodiment("leg", (legs,), action)


def policy(folder: Path, text: str, briefs: tuple[Brief, ...] = (Brief(),), who: Embodiment | None = None):
    path = folder / "policy.yaml"
    path.write_text(text)
    made = NetworkPolicy(50, {"network": str(path)})
    made.reset(briefs, who or robot())
    return made


def told(made: NetworkPolicy, *rows: object) -> list[list[float]]:
    seen = Observation(0, {"legs.position": np.array(rows, float)}, {"legs.position": 0})
    return [list(act.values) for act in made.act(seen, [None] * len(rows))]


def test_a_reading_is_clipped_offset_scaled_and_clipped_in_this_order(tmp_path: Path) -> None:
    linear(tmp_path / "n.onnx", np.eye(2))
    made = policy(
        tmp_path,
        "network: n.onnx\nobservation:\n"
        "  - {channel: legs.position, clip_reading: [-3, 3], offset: [1, 0], scale: 2, clip: [-5, 5]}\n",
    )
    # (min(4, 3) - 1) * 2 = 4; (-3 - 0) * 2 = -6, cut to -5
    assert told(made, [4.0, -3.5]) == [[4.0, -5.0]]


def test_entries_are_found_by_their_names_whatever_order_the_robot_has(tmp_path: Path) -> None:
    linear(tmp_path / "n.onnx", np.eye(2))
    text = (
        "network: n.onnx\nobservation: [{channel: legs.position, entries: [hip, knee]}]\n"
        "action: {names: [hip, knee], scale: [1, 10], offset: [0, 0.5]}\n"
    )
    assert told(policy(tmp_path, text), [1.0, 2.0]) == [[1.0, 20.5]]
    turned = policy(tmp_path, text, who=robot(("knee", "hip"), high=100.0))
    # The robot's own order is knee, hip.
    assert told(turned, [2.0, 1.0]) == [[20.5, 1.0]]


@pytest.mark.parametrize(
    ("how", "first", "third"),
    [
        ("", [1, 1, 1], [1, 2, 3]),
        (", newest: first", [1, 1, 1], [3, 2, 1]),
        (", before_first: zero", [0, 0, 1], [1, 2, 3]),
    ],
)
def test_history_holds_the_newest_readings_in_the_declared_order(
    tmp_path: Path, how: str, first: list[float], third: list[float]
) -> None:
    linear(tmp_path / "n.onnx", np.eye(3))
    text = f"network: n.onnx\nobservation: [{{channel: legs.position, entries: [0], history: 3{how}}}]\n"
    made = policy(tmp_path, text, who=robot(("a", "b", "c")))
    assert told(made, [1.0, 9.0, 9.0]) == [first]
    told(made, [2.0, 9.0, 9.0])
    assert told(made, [3.0, 9.0, 9.0]) == [third]
    made.reset([Brief()], robot(("a", "b", "c")))
    assert told(made, [1.0, 9.0, 9.0]) == [first]


@pytest.mark.parametrize(("which", "second"), [("output", 3.0), ("told", 21.0)])
def test_the_last_action_is_the_output_or_what_the_robot_was_told(
    tmp_path: Path, which: str, second: float
) -> None:
    # The output is the reading plus the action before.
    linear(tmp_path / "n.onnx", [[1.0], [1.0]])
    text = (
        f"network: n.onnx\nobservation: [{{channel: legs.position}}, {{last_action: {which}}}]\n"
        "action: {scale: 10, clip: [-50, 50], bounds: cut}\n"
    )
    made = policy(tmp_path, text, who=robot(("hip",), -1000.0, 1000.0))
    assert told(made, [2.0]) == [[20.0]]
    assert told(made, [1.0]) == [[10 * second]]


def test_normalisation_is_that_of_vec_normalize_and_of_rsl_rl(tmp_path: Path) -> None:
    linear(tmp_path / "n.onnx", np.eye(2))
    text = (
        "network: n.onnx\nobservation: [{{channel: legs.position}}]\n"
        "normalise: {{mean: [1, 2], variance: [4, 0.25], epsilon: 0.01, {more}}}\n"
    )
    stable = policy(tmp_path, text.format(more="clip: 1.5"))
    wanted = np.clip((np.array([2.0, 3.0]) - [1, 2]) / np.sqrt(np.array([4, 0.25]) + 0.01), -1.5, 1.5)
    assert told(stable, [2.0, 3.0])[0] == pytest.approx(wanted, rel=1e-6)
    rsl = policy(tmp_path, text.format(more="epsilon_on: deviation"))
    assert told(rsl, [2.0, 3.0])[0] == pytest.approx([1 / 2.01, 1 / 0.51], rel=1e-6)


def test_argmax_tells_the_place_of_the_largest_logit_or_its_value(tmp_path: Path) -> None:
    linear(tmp_path / "n.onnx", [[0.0, 1.0, 0.5]])
    text = "network: n.onnx\nobservation: [{channel: legs.position}]\naction: {kind: argmax"
    one = robot(("hip",))
    assert told(policy(tmp_path, text + "}\n", who=one), [1.0]) == [[1.0]]
    assert told(policy(tmp_path, text + "}\n", who=one), [-1.0]) == [[0.0]]
    assert told(policy(tmp_path, text + ", values: [-2, 0, 2.5]}\n", who=one), [1.0]) == [[0.0]]


def test_an_action_beyond_the_range_is_cut_only_where_the_declaration_says_so(tmp_path: Path) -> None:
    linear(tmp_path / "n.onnx", np.eye(2))
    text = "network: n.onnx\nobservation: [{channel: legs.position}]\n"
    assert told(policy(tmp_path, text), [30.0, 0.0]) == [[30.0, 0.0]]
    assert told(policy(tmp_path, text + "action: {bounds: cut}\n"), [30.0, 0.0]) == [[10.0, 0.0]]


def test_a_fact_of_the_task_is_shown_and_one_that_is_missing_is_said(tmp_path: Path) -> None:
    linear(tmp_path / "n.onnx", np.eye(2))
    text = (
        "network: n.onnx\nobservation: [{channel: legs.position, entries: [0]}, {fact: mark_m, scale: 2}]\n"
    )
    made = policy(tmp_path, text, (Brief(facts={"mark_m": 3}), Brief(facts={"mark_m": 4.0})))
    assert told(made, [1.0, 0.0], [2.0, 0.0]) == [[1.0, 6.0], [2.0, 8.0]]
    with pytest.raises(ValueError, match="shown the fact 'mark_m', and the task tells None"):
        made.reset([Brief()], robot())
    with pytest.raises(ValueError, match="shown the fact 'mark_m', and the task tells inf"):
        made.reset([Brief(facts={"mark_m": float("inf")})], robot())


def test_state_is_handed_on_for_each_world_and_is_zero_when_an_episode_begins(tmp_path: Path) -> None:
    counter(tmp_path / "n.onnx")
    text = (
        "network: n.onnx\nobservation: [{channel: legs.position}]\n"
        "recurrent: [{input: h_in, output: h_out, shape: [1, batch, 1]}]\naction: {output: actions}\n"
    )
    one = robot(("hip",), high=100.0)
    made = policy(tmp_path, text, (Brief(), Brief()), one)
    assert [told(made, [0.0], [5.0]) for _ in range(3)] == [[[0], [5]], [[1], [6]], [[2], [7]]]
    made.reset([Brief()], one)
    assert told(made, [0.0]) == [[0.0]]


def test_the_bits_of_a_world_do_not_depend_on_its_neighbours(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    joints = tuple(f"j{k}" for k in range(48))
    linear(tmp_path / "n.onnx", rng.normal(size=(48, 48)))
    text = "network: n.onnx\nobservation: [{channel: legs.position}]\n"
    rows = rng.normal(size=(7, 48))
    who = robot(joints, -1e3, 1e3)
    together = told(policy(tmp_path, text, (Brief(),) * 7, who), *rows)
    assert together == [told(policy(tmp_path, text, (Brief(),), who), row)[0] for row in rows]
    quick = told(policy(tmp_path, text + "together: true\n", (Brief(),) * 7, who), *rows)
    assert np.allclose(quick, together, rtol=1e-5, atol=1e-5)


def test_a_robot_that_the_declaration_does_not_fit_is_refused_by_the_run_too(tmp_path: Path) -> None:
    linear(tmp_path / "n.onnx", np.eye(2))
    text = "network: n.onnx\nobservation: [{channel: legs.position, entries: [hip, ankle]}]\n"
    with pytest.raises(PackageError, match=r"policy.yaml:2:.*has no entry 'ankle'"):
        policy(tmp_path, text)


def test_names_of_an_argmax_that_the_robot_does_not_have_are_said(tmp_path: Path) -> None:
    linear(tmp_path / "n.onnx", np.eye(2))
    text = (
        "network: n.onnx\nobservation: [{channel: legs.position}]\n"
        "action: {kind: argmax, names: [hip, knee, tail], values: [[0, 0], [1, 1]]}\n"
    )
    with pytest.raises(PackageError, match=r"policy.yaml:3:.*has no entry 'tail'"):
        policy(tmp_path, text)


@pytest.mark.parametrize("key", ["clip", "clip_reading"])
def test_bounds_in_the_wrong_order_are_refused_as_they_would_make_one_number_of_all(
    tmp_path: Path, key: str
) -> None:
    linear(tmp_path / "n.onnx", np.eye(2))
    with pytest.raises(PackageError, match=rf"policy.yaml:2:.*{key}: the lower bound comes first"):
        policy(tmp_path, f"network: n.onnx\nobservation: [{{channel: legs.position, {key}: [5, -5]}}]\n")


@pytest.mark.parametrize(
    ("gives", "action"), [(1, ""), (3, "action: {kind: argmax, values: [[0, 0], [1, 1]]}\n")]
)
def test_a_file_that_leaves_its_size_open_is_held_to_what_the_robot_takes(
    tmp_path: Path, gives: int, action: str
) -> None:
    linear(tmp_path / "n.onnx", np.ones((2, gives)), says_size=False)
    made = policy(tmp_path, "network: n.onnx\nobservation: [{channel: legs.position}]\n" + action)
    with pytest.raises(ValueError, match=rf"'n.onnx' gave an output of shape \(1, {gives}\), not \(1, 2\)"):
        told(made, [1.0, 2.0])


def test_a_network_of_an_opset_that_nobody_knows_is_said_at_its_place(tmp_path: Path) -> None:
    whole = onnx.load(linear(tmp_path / "n.onnx", np.eye(2)))
    whole.opset_import[0].version = 999
    onnx.save(whole, tmp_path / "n.onnx")
    with pytest.raises(PackageError, match=r"policy.yaml:1:.*cannot load it: .*opset.*; export"):
        policy(tmp_path, "network: n.onnx\nobservation: [{channel: legs.position}]\n")


def test_a_world_whose_simulation_has_broken_is_told_zero_and_the_others_go_on(tmp_path: Path) -> None:
    linear(tmp_path / "n.onnx", np.eye(2))
    text = "network: n.onnx\nobservation: [{channel: legs.position}]\naction: {offset: 7}\n"
    made = policy(tmp_path, text, (Brief(), Brief()))
    # The monitor makes the first one INVALID at this tick; an ended world is seen on, too.
    assert told(made, [np.nan, 1.0], [1.0, 2.0]) == [[0.0, 0.0], [8.0, 9.0]]


def test_a_number_beyond_the_type_of_the_networks_input_is_said(tmp_path: Path) -> None:
    linear(tmp_path / "n.onnx", np.eye(2))
    text = "network: n.onnx\nobservation: [{channel: legs.position, scale: 1.0e+30}]\n"
    with pytest.raises(ValueError, match=r"input of the network 'n\.onnx' is beyond float32"):
        told(policy(tmp_path, text), [1e10, 0.0])


def test_a_scanner_is_clipped_as_it_reads_inf_where_nothing_was_hit(tmp_path: Path) -> None:
    linear(tmp_path / "n.onnx", np.eye(2))
    scan = Channel("scan", "ranges", (2,), "float64", "m", 50)
    who = Embodiment("cart", (scan,), robot().action)
    text = "network: n.onnx\nobservation: [{{channel: scan{}}}]\n"
    with pytest.raises(
        PackageError, match=r"policy.yaml:2:.*'scan' reads inf where nothing was hit; declare"
    ):
        policy(tmp_path, text.format(""), who=who)
    made = policy(tmp_path, text.format(", clip_reading: [0, 8]"), who=who)
    seen = Observation(0, {"scan": np.array([[np.inf, 2.0]])}, {"scan": 0})
    assert list(made.act(seen, [None])[0].values) == [8.0, 2.0]


def test_a_network_that_draws_is_refused_as_its_episodes_could_not_be_repeated(tmp_path: Path) -> None:
    drawing(tmp_path / "n.onnx")
    made = policy(tmp_path, "network: n.onnx\nobservation: [{channel: legs.position}]\n")
    with pytest.raises(ValueError, match="answers the same input twice with other numbers"):
        told(made, [1.0, 2.0])
