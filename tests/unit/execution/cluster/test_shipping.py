from __future__ import annotations

import hashlib
import json
from pathlib import Path

from simgate.harness.execution.cluster.shipping import files_to_ship, led_into, must_be_there
from simgate.harness.execution.cluster.tree import digest_of, in_tree
from simgate.harness.packs.loader import load_pack
from tests.unit.execution.memory_pack import write_pack

POLICY = """
from .helper import FACTOR

class Team:
    robots = ("drive",)
    def __init__(self, control_hz, options):
        self.factor = FACTOR
    def begin(self, briefs):
        pass
    def act(self, observations, outputs, times_s):
        raise NotImplementedError
"""


def test_the_files_of_pack_model_and_plugins_are_shipped_and_nothing_else(tmp_path: Path) -> None:
    pack_file = write_pack(tmp_path)
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "journal.ndjson").write_text("of another run")
    (tmp_path / "team.py").write_text(POLICY)
    (tmp_path / "helper.py").write_text("FACTOR = 2\n")
    pack = load_pack(pack_file).model_copy(update={"policy": "./team.py:Team"})

    files = files_to_ship(pack, "memory_runtime")

    names = {Path(path).relative_to(tmp_path).as_posix() for path in files}
    assert names == {"pack.yaml", "model/model.yaml", "model/weights.onnx", "team.py", "helper.py"}
    weights = tmp_path / "model" / "weights.onnx"
    assert files[str(weights)] == hashlib.sha256(weights.read_bytes()).hexdigest()


def test_what_a_model_that_is_a_node_runs_by_must_be_there(tmp_path: Path) -> None:
    pack = load_pack(write_pack(tmp_path / "pack"))
    own = tmp_path / "own"
    (own / "bin").mkdir(parents=True)
    (own / "pyvenv.cfg").touch()
    topic = {"topic": "/a", "type": "std_msgs/msg/String"}
    said = {
        "python": "../own/bin/python",
        "setup": "/opt/ros/jazzy/setup.bash",
        "launch": ["./detect", "detect.py"],
        "publish": [topic],
        "subscribe": [topic],
    }
    node = {"ros": ".", "declared": json.dumps(said)}
    found = must_be_there(pack.model_copy(update={"nodes": {"doors": node}}))
    assert found == (str(own), "/opt/ros/jazzy/setup.bash", str(tmp_path / "pack" / "detect"))
    said |= {"python": "python3", "setup": "", "launch": ["ros2", "run", "a", "b"]}
    node["declared"] = json.dumps(said)
    assert must_be_there(pack.model_copy(update={"nodes": {"doors": node}})) == ()


def test_a_pack_is_led_into_the_tree_with_all_that_was_shipped(tmp_path: Path) -> None:
    pack = load_pack(write_pack(tmp_path / "here"))
    options = {"weights": str(tmp_path / "here/model/weights.onnx"), "separator": "/"}
    pack = pack.model_copy(update={"policy_options": options})
    files = files_to_ship(pack, "memory_runtime")
    tree = Path("/tree")

    led = led_into(pack, tree, files)

    assert Path(led.path) == in_tree(tree, pack.path)
    assert led.packages == {"": str(in_tree(tree, pack.packages[""]))}
    assert led.policy_options["weights"] == f"/tree{tmp_path}/here/model/weights.onnx"
    assert led.policy_options["separator"] == "/"
    assert led.scenarios == pack.scenarios


def test_other_content_is_another_tree() -> None:
    assert digest_of({"/a": "1", "/b": "2"}) == digest_of({"/b": "2", "/a": "1"})
    assert digest_of({"/a": "1"}) != digest_of({"/a": "2"})
