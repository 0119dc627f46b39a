"""Two packs of one name in one call are refused by every front end; one pack by two paths is one pack."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.frontend.packs import load_all_checked, packs_at
from simgate.harness.frontend.user_errors import UserError
from simgate.harness.packs.loader import find_packs, lint
from simgate.harness.scoring import metrics
from tests.unit.packs.sound_pack import SOUND


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    paths = tmp_path / "a" / "pack.yaml", tmp_path / "b" / "pack.yaml"
    for path in paths:
        path.parent.mkdir()
        path.write_text(SOUND, encoding="utf-8")
    return paths


def test_lint_marks_the_second_name(two: tuple[Path, Path]) -> None:
    (found,) = lint(two, metrics)
    assert (found.path, found.line, found.column) == (str(two[1]), 2, 7)
    assert found.code == "duplicate-pack"
    assert str(two[0]) in found.message


def test_lint_sees_it_also_in_packs_with_other_problems(two: tuple[Path, Path]) -> None:
    for path in two:
        path.write_text(SOUND.replace("seed: 7", "seed: x"), encoding="utf-8")
    assert [d.code for d in lint(two, metrics)] == ["wrong-type", "duplicate-pack", "wrong-type"]


def test_a_name_from_a_common_file_is_marked_there(two: tuple[Path, Path]) -> None:
    common = two[0].parent.parent / "common.yaml"
    common.write_text("pack: doors\n", encoding="utf-8")
    for path in two:
        path.write_text(SOUND.replace("pack: yard_gates", "extends: ../common.yaml"), encoding="utf-8")
    (found,) = lint(two, metrics)
    assert (found.path, found.line, found.code) == (str(common), 1, "duplicate-pack")


def test_run_refuses_both_and_names_them(two: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    runs = str(two[0].parent / "runs")
    assert main(["run", *map(str, two), "--runs-dir", runs]) == 2
    said = capsys.readouterr().err
    assert all(str(path) in said for path in two)
    assert "'yard_gates'" in said


def test_other_names_are_run_together(two: tuple[Path, Path]) -> None:
    two[1].write_text(SOUND.replace("yard_gates", "yard_doors"), encoding="utf-8")
    assert [pack.name for pack in load_all_checked([two[0].parent.parent])] == ["yard_gates", "yard_doors"]


def test_a_pack_by_two_paths_is_one_pack(two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(two[0].parent)
    link = two[0].parent / "link.yaml"
    link.symlink_to(two[0])
    assert packs_at([Path("pack.yaml"), two[0], link]) == [Path("pack.yaml")]


def test_a_path_without_pack_stays_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        load_all_checked([tmp_path / "nowhere.yaml"])


@pytest.mark.parametrize("mark", ["\ufeffsimgate: 1", '"simgate": 1', "'simgate' : 1"])
def test_a_folder_gives_packs_however_the_mark_is_written(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "pack.yaml"
    path.write_text(SOUND.replace("simgate: 1", mark), encoding="utf-8")
    assert find_packs(tmp_path) == [path]
    assert lint([path], metrics) == []
