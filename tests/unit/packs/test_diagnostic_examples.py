"""The documented examples: each wrong one gets its code at its mark, each right one is clean."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.frontend.trial import trial
from simgate.harness.packs.diagnostics.codes import CODES
from simgate.harness.packs.diagnostics.explain import as_markdown, as_text, explain, problems_of
from simgate.harness.packs.examples import EXAMPLES, Example
from simgate.harness.packs.examples.example import MARK, sound_pack
from simgate.harness.packs.loader import lint
from simgate.harness.scoring import metrics

LINTED = [example for example in EXAMPLES.values() if example.level != "command"]


def test_every_code_has_an_example_and_every_example_a_code() -> None:
    assert set(EXAMPLES) == set(CODES)


def test_the_pack_that_the_examples_change_is_clean(tmp_path: Path) -> None:
    path = tmp_path / "pack.yaml"
    path.write_text(sound_pack(), encoding="utf-8")
    assert lint([path], metrics) == []


@pytest.mark.parametrize("example", LINTED, ids=lambda example: example.code)
def test_a_wrong_example_gets_its_code_where_it_is_marked(tmp_path: Path, example: Example) -> None:
    found = problems_of(example, tmp_path, metrics, trial, wrong=True)
    own = [d for d in found if d.code == example.code]
    assert len(own) == 1, found
    assert {d.code for d in found} == {example.code, *example.also}
    if MARK in example.wrong:
        placement = example.write(tmp_path, wrong=True)
        assert (own[0].line, own[0].column) == example.marked(placement)
        assert Path(own[0].path).name == example.file


@pytest.mark.parametrize("example", LINTED, ids=lambda example: example.code)
def test_a_right_example_is_clean(tmp_path: Path, example: Example) -> None:
    assert problems_of(example, tmp_path, metrics, trial, wrong=False) == []


@pytest.mark.parametrize("example", LINTED, ids=lambda example: example.code)
def test_every_mistake_comes_with_a_remedy(tmp_path: Path, example: Example) -> None:
    hints = [
        d.hint for d in problems_of(example, tmp_path, metrics, trial, wrong=True) if d.code == example.code
    ]
    assert all(hints) or example.advice


def test_a_model_that_the_command_line_names_is_reported_with_its_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pack.yaml").write_text(sound_pack(), encoding="utf-8")
    missing = tmp_path / "nowhere" / "model.yaml"
    arguments = ["run", str(tmp_path / "pack.yaml"), "--model", str(missing), "--runs-dir", str(tmp_path)]
    assert main(arguments) == 2
    assert "error[missing-model]" in capsys.readouterr().err


def test_an_explanation_shows_the_place_in_the_example_not_in_the_file() -> None:
    text = as_text(explain("unknown-distribution", metrics))
    assert "pack.yaml:2:21: error[unknown-distribution]" in text
    assert "did you mean 'uniform'?" in text


def test_explanations_name_no_file_of_this_machine() -> None:
    text = "".join(as_markdown(explain(code, metrics, trial)) for code in CODES)
    assert "/tmp" not in text
    assert "simgate-explain-" not in text
    assert MARK not in text.replace("! % @ `", "")
