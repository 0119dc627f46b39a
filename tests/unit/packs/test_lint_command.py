"""``simgate lint`` as a user meets it."""

from __future__ import annotations

import argparse
import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from simgate.harness.cli.commands.packs import lint
from simgate.harness.frontend.packs import load_checked
from simgate.harness.frontend.user_errors import UserError
from simgate.harness.packs.examples.models import write_sound_model
from tests.unit.packs.sound_pack import SOUND

ROOT = Path(__file__).parents[3]


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    lint.configure(parser)
    return lint.run(parser.parse_args(arguments))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "good.yaml").write_text(SOUND, encoding="utf-8")
    (tmp_path / "bad.yaml").write_text(
        SOUND.replace("yard_gates", "bad_gates").replace("seed: 7", "sede: x"), encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_pack_that_is_shipped_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    has_usd = find_spec("pxr") is not None  # the example is a stage
    folders = ["scenarios", "docs/examples"] if has_usd else ["scenarios"]
    assert run(*(str(ROOT / folder) for folder in folders)) == 0
    shipped = len(
        [*ROOT.glob("scenarios/*/pack.yaml"), *(ROOT.glob("docs/examples/**/pack.yaml") if has_usd else ())]
    )
    assert f"{shipped} packs checked: no problems" in capsys.readouterr().out


def test_a_sound_pack_ends_with_zero(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("good.yaml") == 0
    assert capsys.readouterr().out == "1 pack checked: no problems\n"


def test_a_folder_is_searched_and_problems_end_with_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(".") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "bad.yaml:7:1: error[unknown-key]: unknown key 'sede' in the pack"
    assert lines[2].endswith("^^^^ did you mean 'seed'?")
    assert lines[-2] == "2 packs checked: 1 problem in 1 file"
    assert lines[-1] == "more about one: simgate lint --explain unknown-key"


def test_json_holds_every_field_of_every_problem(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("bad.yaml", "--format", "json") == 1
    content = json.loads(capsys.readouterr().out)
    assert content["checked"] == ["bad.yaml"]
    (found,) = content["diagnostics"]
    assert (found["path"], found["line"], found["column"], found["length"]) == ("bad.yaml", 7, 1, 4)


def test_explain_shows_a_mistake_with_its_message_and_the_remedy(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--explain", "threshold-range") == 0
    text = capsys.readouterr().out
    assert "recall: {at_least: 90}" in text
    assert "pack.yaml:2:43: error[threshold-range]" in text
    assert "recall: {at_least: 0.9}" in text


def test_explain_of_an_unknown_code_names_the_nearest_one() -> None:
    with pytest.raises(UserError, match="did you mean 'unknown-key'"):
        run("--explain", "unkown-key")


def test_without_a_pack_the_user_is_told_what_to_give() -> None:
    with pytest.raises(UserError, match="give at least one pack"):
        run()


def test_a_path_without_packs_is_the_users_mistake(folder: Path) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(UserError, match="holds no pack"):
        run("empty")
    with pytest.raises(UserError, match="does not exist"):
        run("nowhere.yaml")


def test_the_front_ends_get_metric_checks_and_a_users_error(folder: Path) -> None:
    assert load_checked(folder / "good.yaml").name == "yard_gates"
    path = folder / "metric.yaml"
    path.write_text(SOUND.replace("collisions:", "colisions:"), encoding="utf-8")
    with pytest.raises(UserError, match="did you mean 'collisions'"):
        load_checked(path)


def test_a_model_package_is_checked_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = write_sound_model(tmp_path / "model")
    assert run(str(model)) == 0
    assert capsys.readouterr().out.startswith("1 model package checked: no problems")
    model.write_text(model.read_text().replace("width: 160", 'width: "160"').replace("version: 1.0.0\n", ""))
    assert run(str(model)) == 1
    said = capsys.readouterr().out
    assert "key 'version' is missing" in said and "write it without quotes: 160" in said
    assert "1 model package checked: 2 problems in 1 file" in said
    assert "pack has no" not in said
