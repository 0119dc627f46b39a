import subprocess
import sys

ROBOT = (
    '<mujoco><option timestep="0.01"/><worldbody><body name="b"><geom size=".1"/></body></worldbody></mujoco>'
)
SITE = """<mujoco><compiler settotalmass="9"/><option timestep="0.002"/><asset><model name="r" file="robot.xml"/></asset>
<worldbody><attach model="r" body="b" prefix="r/"/></worldbody></mujoco>"""
OPEN_TWICE = """
from pathlib import Path
from simgate.sim_adapters.mujoco.native.source import open_source
for _ in range(2):
    open_source(Path("site.xml").resolve())
"""


def test_mujoco_warns_once_on_standard_error_and_leaves_no_file_where_the_user_stands(tmp_path):
    (tmp_path / "robot.xml").write_text(ROBOT)
    (tmp_path / "site.xml").write_text(SITE)
    command = [sys.executable, "-c", OPEN_TWICE]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("MuJoCo: Attach conflict") == 1, done.stderr
    assert done.stderr.count("MuJoCo: compiler attribute 'settotalmass' is deprecated") == 1, done.stderr
    assert "UserWarning" not in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"robot.xml", "site.xml"}


OPEN_HERE_AND_THERE = """
import sys
from simgate.sim_adapters.environments.link import open_link
for python in (None, sys.executable):
    link = open_link(python, {"name": "HalfCheetah-v5", "folder": ".", "make": {}})
    link.call("describe")
    link.close()
"""


def test_what_an_environment_has_mujoco_warn_of_leaves_no_file_either(tmp_path):
    command = [sys.executable, "-c", OPEN_HERE_AND_THERE]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("MuJoCo: compiler attribute 'settotalmass' is deprecated") == 2, done.stderr
    assert list(tmp_path.iterdir()) == []
