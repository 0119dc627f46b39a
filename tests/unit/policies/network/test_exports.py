"""Networks as rsl_rl, MuJoCo Playground and mjlab export them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest

from simgate.policies.network.policy import NetworkPolicy
from simgate.policies.perception.files.package_files import onnx_digest
from simgate.policies.perception.problems import PackageError
from simgate.policies.policy import Brief
from simgate.sim_adapters.embodiment import ActionSpec, Channel, Embodiment
from simgate.sim_adapters.observation import Observation
from tests.unit.policies.network.test_network_policy import policy, robot, told
from tests.unit.policies.network.tiny_networks import linear

EXPORTED = Path(__file__).parent / "exported"
MLP = "network: mlp.onnx\nobservation: [{channel: obs}]\n"
LSTM = """\
network: lstm.onnx
observation: [{channel: obs}]
recurrent:
  - {input: h_in, output: h_out, shape: [2, batch, 4]}
  - {input: c_in, output: c_out, shape: [2, batch, 4]}
"""


@pytest.mark.parametrize(("kind", "text"), [("mlp", MLP), ("lstm", LSTM)])
def test_an_export_of_rsl_rl_tells_what_rsl_rl_tells_in_every_episode_and_world(
    tmp_path: Path, kind: str, text: str
) -> None:
    shutil.copy(EXPORTED / f"{kind}.onnx", tmp_path)
    (tmp_path / "policy.yaml").write_text(text)
    action = ActionSpec(("a", "b"), ("", ""), (-9.0, -9.0), (9.0, 9.0))
    who = Embodiment("any", (Channel("obs", "vector", (3,), "float64", "", 50),), action)
    made = NetworkPolicy(50, {"network": str(tmp_path / "policy.yaml")})
    episode = json.loads((EXPORTED / f"{kind}.json").read_text())
    for _ in range(2):
        made.reset([Brief(), Brief()], who)
        for row, wanted in zip(episode["seen"], episode["told"], strict=True):
            acts = made.act(Observation(0, {"obs": np.array([row, row])}, {"obs": 0}), [None, None])
            assert [list(act.values) for act in acts] == [pytest.approx(wanted, abs=1e-6)] * 2


def test_weights_in_a_second_file_are_part_of_the_policy_and_are_read(tmp_path: Path) -> None:
    path = apart(tmp_path)
    text = "network: n.onnx\nobservation: [{channel: legs.position}]\n"
    made = policy(tmp_path, text)
    assert told(made, [2.0, 3.0]) == [[4.0, 9.0]]
    named = NetworkPolicy.files({"network": str(tmp_path / "policy.yaml")})
    assert [file.name for file in named] == ["policy.yaml", "n.onnx", "n.onnx.data"]
    pinned = f"{text}sha256: {onnx_digest(path)}\n"
    assert told(policy(tmp_path, pinned), [2.0, 3.0]) == [[4.0, 9.0]]
    data = tmp_path / "n.onnx.data"
    data.write_bytes(data.read_bytes()[::-1])
    with pytest.raises(PackageError, match=r"policy\.yaml:3:.*another is declared"):
        policy(tmp_path, pinned)
    data.unlink()
    with pytest.raises(
        PackageError, match=r"policy\.yaml:1:.*weights in 'n\.onnx\.data', which does not exist"
    ):
        policy(tmp_path, text)
    whole = onnx.load(path, load_external_data=False)
    whole.graph.initializer[0].external_data[0].value = "../n.onnx.data"
    path.write_bytes(whole.SerializeToString())
    with pytest.raises(PackageError, match=r"'\.\./n\.onnx\.data', outside its folder"):
        policy(tmp_path, text)


def apart(folder: Path) -> Path:
    """A network whose weights lie in a second file, as torch's exporter writes it."""
    path = linear(folder / "n.onnx", np.diag([2.0, 3.0]))
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="n.onnx.data", size_threshold=0)
    return path


def test_statistics_of_brax_and_a_squash_are_those_of_numpy(tmp_path: Path) -> None:
    linear(tmp_path / "n.onnx", [[1.0, 2.0], [-0.5, 1.0]])
    mean, deviation, pose = np.array([0.5, -1.0]), np.array([2.0, 0.25]), np.array([0.9, -1.8])
    made = policy(
        tmp_path,
        f"""\
network: n.onnx
observation: [{{channel: legs.position, offset: {pose.tolist()}}}]
normalise: {{mean: {mean.tolist()}, variance: {(deviation**2).tolist()}, epsilon: 0}}
action: {{squash: tanh, scale: 0.5, offset: {pose.tolist()}}}
""",
    )
    row = np.array([1.2, -1.5])
    shown = (row - pose - mean) / deviation
    wanted = pose + 0.5 * np.tanh(shown @ np.array([[1.0, 2.0], [-0.5, 1.0]]))
    assert told(made, list(row))[0] == pytest.approx(wanted, rel=1e-6)


MJLAB = {
    "joint_names": "knee,hip",
    "joint_stiffness": "20.000,20.000",
    "default_joint_pos": "-1.800,0.900",
    "action_scale": "0.250,0.500",
}
FROM_METADATA = """\
network: n.onnx
observation: [{channel: legs.position, entries: metadata, offset: metadata}]
action: {names: metadata, offset: metadata, scale: metadata}
"""


def described(folder: Path, size: int = 2, **metadata: str) -> None:
    """``actions = observation`` with what mjlab writes beside the graph."""
    whole = onnx.load(linear(folder / "n.onnx", np.eye(size)))
    onnx.helper.set_model_props(whole, metadata)
    onnx.save(whole, folder / "n.onnx")


def test_joints_pose_and_scale_of_mjlab_are_read_from_the_file(tmp_path: Path) -> None:
    described(tmp_path, **MJLAB)
    made = policy(tmp_path, FROM_METADATA)
    # The robot's order is hip, knee.
    hip, knee = 0.9 + 0.5 * (1.0 - 0.9), -1.8 + 0.25 * (-1.5 + 1.8)
    assert told(made, [1.0, -1.5])[0] == pytest.approx([hip, knee], rel=1e-6)
    described(tmp_path, **{**MJLAB, "action_scale": "0.25"})
    assert told(policy(tmp_path, FROM_METADATA), [1.0, -1.5])[0][0] == pytest.approx(0.9 + 0.25 * 0.1)


@pytest.mark.parametrize(
    ("left", "said"),
    [
        ({}, r"policy\.yaml:2:.*no metadata 'joint_names'; write the values"),
        ({**MJLAB, "default_joint_pos": "standing"}, r"'default_joint_pos' .* is 'standing', no numbers"),
        (
            {k: v for k, v in MJLAB.items() if k != "action_scale"},
            r"policy\.yaml:3:.*no metadata 'action_scale'",
        ),
        ({**MJLAB, "joint_names": "knee,hip,tail"}, "has no entry 'tail'"),
    ],
)
def test_metadata_that_is_not_there_or_does_not_fit_is_said(
    tmp_path: Path, left: dict[str, str], said: str
) -> None:
    described(tmp_path, **left)
    with pytest.raises(PackageError, match=said):
        policy(tmp_path, FROM_METADATA)


@pytest.mark.parametrize(
    ("seen", "moved", "said"),
    [
        ("", ", scale: 1", r"policy\.yaml:2:"),
        (", entries: metadata", "", r"policy\.yaml:3:"),
        (", entries: metadata", ", names: [hip, knee]", r"policy\.yaml:3:"),
        (", entries: [hip, knee]", ", names: metadata", r"policy\.yaml:2:"),
    ],
)
def test_joints_in_another_order_than_the_file_has_them_are_refused(
    tmp_path: Path, seen: str, moved: str, said: str
) -> None:
    described(tmp_path, **MJLAB)
    text = f"network: n.onnx\nobservation: [{{channel: legs.position{seen}}}]\naction: {{clip: [-9, 9]{moved}}}\n"
    with pytest.raises(
        PackageError, match=said + r".*in the order knee, hip, not hip, knee; write \w+: metadata"
    ):
        policy(tmp_path, text)
    if "hip" not in seen + moved:
        assert policy(tmp_path, text, who=robot(("knee", "hip")))


TERMS = {
    "observation_names": "joint_pos,joint_vel,actions,command",
    "observation_terms_scale": "0.500,0.050;0.100,1.000,2.000",
    "observation_terms_history_length": "0,2,0,0",
    "observation_terms_clip": "-1.000;1.500,-2.000;2.000,-inf;inf,-inf;3.000",
}
BY_TERMS = """\
network: n.onnx
observation:
  - {term: joint_pos, channel: legs.position, offset: [0.9, -1.8]}
  - {term: joint_vel, channel: legs.position}
  - {term: actions, last_action: output}
  - {term: command, fact: speed}
  - {term: command, fact: turn}
"""


def test_scale_clip_and_history_of_mjlabs_terms_are_those_of_numpy(tmp_path: Path) -> None:
    described(tmp_path, 10, **TERMS)
    who = robot(tuple("abcdefghij"))
    who = Embodiment("any", robot().channels, who.action)
    text = BY_TERMS.replace("{term: actions, last_action: output}", "{term: actions, channel: legs.position}")
    made = policy(tmp_path, text, (Brief(facts={"speed": 0.7, "turn": 4.0}),), who)
    first, second = np.array([1.3, 5.0]), np.array([3.0, -2.5])
    told(made, list(first))
    scale = np.array([0.05, 0.1])
    wanted = [
        *(0.5 * np.clip(second - [0.9, -1.8], -1.0, 1.5)),
        *(scale * np.clip(first, -2.0, 2.0)),
        *(scale * np.clip(second, -2.0, 2.0)),
        *second,
        2.0 * 0.7,
        2.0 * 3.0,
    ]
    assert told(made, list(second))[0] == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            "  - {term: joint_vel, channel: legs.position}\n",
            "",
            r"terms joint_pos, joint_vel, .*declared are",
        ),
        ("term: joint_vel, ", "", "declared are joint_pos, none, actions"),
        ("offset: [0.9", "scale: 2, offset: [0.9", r":3:.*scale of the term 'joint_pos' stands in the file"),
        (
            "{term: joint_vel, channel: legs.position}",
            "{term: joint_vel, channel: legs.position, entries: [hip]}\n"
            "  - {term: joint_vel, channel: legs.position, entries: [knee]}",
            "'joint_vel' has a history",
        ),
        (
            "position}\n  - {term: act",
            "position, offset: 1}\n  - {term: act",
            r":4:.*clipped after its offset",
        ),
    ],
)
def test_terms_that_are_shown_otherwise_than_the_file_says_are_refused(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    described(tmp_path, 10, **TERMS)
    assert before in BY_TERMS
    with pytest.raises(PackageError, match=said):
        policy(tmp_path, BY_TERMS.replace(before, after), (Brief(facts={"speed": 0.0, "turn": 0.0}),))
