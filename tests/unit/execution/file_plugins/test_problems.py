"""What lint says of plugins from files: at the name, in words, without running what it need not run."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.packs.loader import lint
from simgate.harness.scoring import metrics
from tests.unit.execution.file_plugins.packs import WORLD, a_pack, a_pack_with_metrics


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("mine.py:Mien", "mine.py has no 'Mien'"),
        ("gone.py:Mine", "file 'gone.py' does not exist"),
        ("bare.py:Bare", "Bare is no policy: it has no reset and no act"),
        ("mine.py", "unknown policy 'mine.py'"),
    ],
)
def test_lint_says_at_the_name_what_is_wrong_without_running_the_file(
    tmp_path: Path, policy: str, said: str
) -> None:
    pack = a_pack(tmp_path)
    (tmp_path / "mine.py").write_text("raise RuntimeError('run')\nclass Mine: ...\n")
    (tmp_path / "bare.py").write_text("raise RuntimeError('run')\nclass Bare: ...\n")
    path = Path(pack.path)
    path.write_text(path.read_text().replace("policy: mine.py:Mine", f"policy: {policy}"))
    (problem,) = lint([path])
    assert said in problem.message
    line = path.read_text().split("\n")[problem.line - 1]
    assert line[problem.column - 1 :] == policy


def test_a_world_that_is_something_else_is_told_by_what_it_lacks(tmp_path: Path) -> None:
    pack = a_pack(tmp_path, world="hall.py:HALL")
    (tmp_path / "other.py").write_text("HALL = {'name': 'hall'}\n")
    path = Path(pack.path)
    path.write_text(path.read_text().replace("hall.py:HALL", "other.py:HALL"))
    (problem,) = lint([path])
    assert "'other.py:HALL' is no world: it has no name and no parameters" in problem.message


def test_a_class_in_place_of_a_world_is_told_to_be_one(tmp_path: Path) -> None:
    pack = a_pack(tmp_path, world="hall.py:HALL")
    (tmp_path / "room.py").write_text(
        WORLD.replace("HALL = MemoryCorridor()", "class Hall(MemoryCorridor): ...")
    )
    path = Path(pack.path)
    path.write_text(path.read_text().replace("hall.py:HALL", "room.py:Hall"))
    (problem,) = lint([path])
    assert problem.code == "broken-plugin"
    assert "it is a class; name an object of it, such as HALL = Hall()" in problem.message


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ("['a.b']", "its parameters are no mapping of names to ParameterSpec(...)"),
        ("{'a.b': 1.0}", "its parameter 'a.b' is no ParameterSpec(...)"),
    ],
)
def test_a_world_that_describes_itself_otherwise_is_told_so(
    tmp_path: Path, parameters: str, said: str
) -> None:
    pack = a_pack(tmp_path, world="hall.py:HALL")
    (tmp_path / "room.py").write_text(f"{WORLD}HALL.parameters = {parameters}\n")
    path = Path(pack.path)
    path.write_text(path.read_text().replace("hall.py:HALL", "room.py:HALL"))
    (problem,) = lint([path])
    assert f"'room.py:HALL' is no world: {said}" in problem.message


def test_a_metric_that_describes_itself_otherwise_is_told_so(tmp_path: Path) -> None:
    path = a_pack_with_metrics(tmp_path, "far: {metric: ways.py:OTHER, at_least: 0.1}")
    (tmp_path / "ways.py").write_text(
        "class Other:\n    info = {'name': 'way'}\n    compute = print\nOTHER = Other()\n"
    )
    (problem,) = lint([path], metrics)
    assert "'ways.py:OTHER' is no metric: its info has no name and no unit" in problem.message


def test_a_policy_that_answers_for_names_as_it_runs_is_not_refused_for_them(tmp_path: Path) -> None:
    pack = a_pack(tmp_path)
    (tmp_path / "mine.py").write_text(
        "class Mine:\n"
        "    def __init__(self, control_hz, options): ...\n"
        "    def __getattr__(self, name): return print\n"
    )
    path = Path(pack.path)
    path.write_text(path.read_text() + "policy_options: {any: 1}\n")
    assert lint([path]) == []


def test_what_a_world_prints_when_lint_runs_it_is_no_part_of_what_lint_prints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(a_pack(tmp_path, world="hall.py:HALL").path)
    (tmp_path / "room.py").write_text(f"{WORLD}print('loud')\n")
    path.write_text(path.read_text().replace("hall.py:HALL", "room.py:HALL"))
    capsys.readouterr()
    assert not lint([path])
    assert capsys.readouterr() == ("", "loud\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{WORLD}raise GeneratorExit\n", "room.py:4 fails when it is imported: GeneratorExit"),
        (
            "class Hall:\n    def __getattr__(self, name):\n        raise ValueError(name)\nHALL = Hall()\n",
            "world 'room.py:HALL' cannot be loaded: ValueError: name",
        ),
    ],
)
def test_whatever_a_world_raises_when_lint_asks_it_is_told_at_its_name(
    tmp_path: Path, text: str, said: str
) -> None:
    path = Path(a_pack(tmp_path, world="hall.py:HALL").path)
    (tmp_path / "room.py").write_text(text)
    path.write_text(path.read_text().replace("hall.py:HALL", "room.py:HALL"))
    (problem,) = lint([path])
    assert problem.code == "broken-plugin"
    assert said in problem.message
