"""The JSON Schema of model packages agrees with the check: what is sound fits it, what is wrong does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from simgate.harness.cli.main import main
from tests.unit.packs.plain_data import data_of

ROOT = Path(__file__).parents[5]
SHIPPED = sorted((ROOT / "policies").rglob("model.yaml"))


@pytest.fixture
def schema(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["schema", "--of", "model"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_shipped_package_fits(path: Path, schema: dict[str, Any]) -> None:
    assert [error.message for error in Draft202012Validator(schema).iter_errors(data_of(path))] == []


@pytest.mark.parametrize(
    "decoder",
    [
        {"kind": "my_decoder.py:ROWS", "rows": 3, "outputs": {"rows": "output0"}},
        {"kind": "tensors", "outputs": {"features": "embedding"}},
    ],
    ids=str,
)
def test_a_package_whose_decoder_needs_no_classes_or_is_code_fits(
    decoder: dict[str, Any], schema: dict[str, Any]
) -> None:
    data = {key: value for key, value in data_of(SHIPPED[0]).items() if key != "classes"}
    assert Draft202012Validator(schema).is_valid({**data, "decoder": decoder})
    assert not Draft202012Validator(schema).is_valid(data)


@pytest.mark.parametrize(
    "change",
    [
        {"nmae": "x"},
        {"classes": []},
        {"decoder": {"kind": "ssd", "score_threshold": 0.5}},
        {"deployed": {"runtime": "tflite", "device": "cpu"}},
        {"lineage": {"commits": ["a"]}},
    ],
    ids=str,
)
def test_what_is_wrong_in_shape_is_refused(change: dict[str, Any], schema: dict[str, Any]) -> None:
    data = data_of(SHIPPED[0])
    assert not Draft202012Validator(schema).is_valid({**data, **change})


def test_keys_are_explained_by_what_the_code_says_of_them(schema: dict[str, Any]) -> None:
    assert schema["$defs"]["InputSpec"]["properties"]["layout"].keys() >= {"enum", "default"}
    assert "Border that" in schema["$defs"]["InputSpec"]["properties"]["pad"]["description"]
