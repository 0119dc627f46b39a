"""The JSON Schema agrees with the linter: what is sound fits it, what is wrong in shape does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from simgate.harness.cli.main import main
from simgate.harness.packs.examples import EXAMPLES
from simgate.harness.packs.examples.example import sound_pack
from simgate.harness.packs.language.definition import Keys, keys_of
from simgate.harness.packs.language.native import JointedKeys, NativeKeys
from simgate.harness.packs.language.scenario import METHODS
from simgate.harness.packs.language.worlds import DECLARED
from simgate.harness.packs.loader import find_packs
from simgate.harness.packs.reading.values.read_values import DISTRIBUTIONS
from simgate.harness.packs.schema.pack_schema import DIALECT, pack_schema
from simgate.harness.registry import PLUGINS_VARIABLE
from simgate.harness.scoring import metrics
from tests.unit.packs.plain_data import data_of
from tests.unit.packs.sound_pack import SOUND
from tests.unit.packs.test_diagnostics_table import CASES
from tests.unit.packs.yard import PLUGINS

REPOSITORY = Path(__file__).parents[3]
SHIPPED = [REPOSITORY / place for place in ("scenarios", "docs/examples", "tests/isaac")]
IN_DOCS = [
    pytest.param(text, id=f"{page.stem}-{number}")
    for page in sorted((REPOSITORY / "docs").glob("*.md"))
    if page.stem != "diagnostics"  # Its examples are tested one by one.
    for number, text in enumerate(
        re.findall(r"^```yaml\n(simgate: 1\n.*?)^```", page.read_text(), re.M | re.S)
    )
]
WORLDS = [*((word, keys) for word, keys in DECLARED.items()), ("mjcf", JointedKeys), ("usd", NativeKeys)]

BEYOND_A_SCHEMA = {
    "cyclic-expr", "cyclic-extends", "duplicate-id", "duplicate-key", "empty-range", "expired-known-failure",
    "expression", "gate-impossible", "unknown-option", "unknown-report", "gate-matches-nothing", "missing-file", "rates", "bad-csv",
    "missing-column", "empty-cell", "fixed-size", "broken-plugin", "alias-bomb", "bad-character", "pin-incomplete",
    "yaml-syntax", "yaml-tag", "unused-condition", "not-utf8", "too-large", "too-deep",
}  # fmt: skip
"""They need other values of the pack, other files, or the text itself."""


ONLY_THE_LINTER = (
    "step: @0.000001",  # how many steps there are
    "when: [@{if: crew > 1, then: 4}]",  # which case is the last one
    "when: [@{else: 4}, {else: 5}]",
    "csv: field.csv",  # what a file holds
    "drum\n        length_m",  # the shape and size of a kind
    "crate\n        diameter_m",
    "length_m: {uniform: [0.4, @9]}",
    "length_m: @9, width_m: 1}",
    "yaw_deg: {uniform: [0, @720]}",
    "every_variant: {at_most: 2, @within_m",  # what suits the rule's metric
    "every_variant: {at_most: @-2}",
)
"""Cases of codes that a schema otherwise sees, which need more than a schema can say."""


def is_seen(case: tuple[str, str, str]) -> bool:
    return case[0] not in BEYOND_A_SCHEMA and not any(words in case[2] for words in ONLY_THE_LINTER)


@pytest.fixture(scope="module")
def validator() -> Iterator[Draft202012Validator]:
    """With the test world, which the packs of this folder speak of."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PLUGINS_VARIABLE, PLUGINS)
        yield Draft202012Validator(pack_schema(metrics))


def problems(validator: Draft202012Validator, path: Path) -> list[str]:
    data = data_of(path)
    assert data is not None
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(data)]


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from parts(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from parts(value)


def test_it_is_a_schema_of_draft_2020_12(validator: Draft202012Validator) -> None:
    assert validator.schema["$schema"] == DIALECT
    Draft202012Validator.check_schema(validator.schema)


def test_every_reference_leads_somewhere(validator: Draft202012Validator) -> None:
    names = {part["$ref"] for part in parts(validator.schema) if isinstance(part.get("$ref"), str)}
    assert len(names) > 50
    for name in names:
        place = validator.schema
        for step in name.removeprefix("#/").split("/"):
            place = place[step]


def test_every_key_is_explained_and_has_a_type(validator: Draft202012Validator) -> None:
    mappings = [part for part in parts(validator.schema) if part.get("additionalProperties") is False]
    assert len(mappings) > 20
    for part in mappings:
        for name, value in part.get("properties", {}).items():
            assert set(value) - {"description"}, name
            assert "description" in value or "$ref" in value or name in ("choice", "integers", "twise"), name


def test_every_distribution_and_method_of_the_linter_is_known(validator: Draft202012Validator) -> None:
    definitions = validator.schema["$defs"]
    assert set(definitions["distribution"]["properties"]) == set(DISTRIBUTIONS)
    text = str(definitions["scenario"]["properties"]["variants"])
    assert all(f"'{method}'" in text for method in METHODS)


def test_a_parameter_is_explained_with_unit_range_and_default(validator: Draft202012Validator) -> None:
    schema = validator.schema["$defs"]["parameters_office_corridor"]["properties"]["door.distance_m"]
    assert schema["description"].endswith("door plane. 1.5 to 12 m; 5.0 m when left out.")


def test_every_shipped_pack_fits(validator: Draft202012Validator) -> None:
    packs = [pack for place in SHIPPED for pack in find_packs(place)]
    kinds = {next(iter(world)) if isinstance(world := one["world"], dict) else world for one in shown(packs)}
    assert kinds >= {"mjcf", "usd", "isaaclab", "office_corridor"}
    assert {str(pack): problems(validator, pack) for pack in packs} == {str(pack): [] for pack in packs}


def shown(packs: list[Path]) -> Iterator[Any]:
    for pack in packs:
        yield from data_of(pack).get("scenarios", {}).values()


@pytest.mark.parametrize("text", IN_DOCS)
def test_every_whole_pack_of_the_docs_fits(
    text: str, tmp_path: Path, validator: Draft202012Validator
) -> None:
    path = tmp_path / "pack.yaml"
    path.write_text(text, encoding="utf-8")
    assert problems(validator, path) == []


@pytest.mark.parametrize(("word", "keys"), WORLDS)
def test_each_kind_of_declared_world_is_known_by_its_own_keys(
    word: str, keys: type[Keys], validator: Draft202012Validator
) -> None:
    wanted = {name: "x" for name, one in keys_of(keys).items() if one.required}
    if keys is JointedKeys:
        wanted |= {"robot": {"body": "arm", "drive": "actuators"}, "sensors": {"angle": {"sensor": "angle"}}}
        wanted |= {"pushes": {"kick": {"body": "arm", "at_s": 1}}}
    if keys is NativeKeys:
        wanted |= {"robot": {"body": "arm", "camera": "eye"}}

    def pack(**more: Any) -> dict[str, Any]:
        return {"extends": "base.yaml", "scenarios": {"a": {"world": {word: "x", **wanted, **more}}}}

    assert validator.is_valid(pack())
    (error,) = validator.iter_errors(pack(unheard=1))
    assert any("'unheard'" in one.message for one in error.context or ())


def test_sound_packs_fit(tmp_path: Path, validator: Draft202012Validator) -> None:
    for text in (SOUND, sound_pack()):
        path = tmp_path / "pack.yaml"
        path.write_text(text, encoding="utf-8")
        assert problems(validator, path) == []


@pytest.mark.parametrize(
    "example", [e for e in EXAMPLES.values() if e.level != "command"], ids=lambda example: example.code
)
def test_every_right_example_fits(tmp_path: Path, example: Any, validator: Any) -> None:
    assert problems(validator, example.write(tmp_path, wrong=False).pack) == []


@pytest.mark.parametrize(("code", "right", "wrong"), [case for case in CASES if is_seen(case)])
def test_what_is_wrong_in_shape_is_refused(
    tmp_path: Path, code: str, right: str, wrong: str, validator: Draft202012Validator
) -> None:
    path = tmp_path / "pack.yaml"
    path.write_text(SOUND.replace(right, wrong.replace("@", ""), 1), encoding="utf-8", newline="")
    data = data_of(path)
    assert data is None or not validator.is_valid(data)


def test_a_pack_that_extends_another_may_leave_out_what_must_be_there(
    tmp_path: Path, validator: Draft202012Validator
) -> None:
    path = tmp_path / "pack.yaml"
    path.write_text("extends: base.yaml\nscenarios:\n  a:\n    tags: [x]\n", encoding="utf-8")
    assert problems(validator, path) == []
    path.write_text("scenarios:\n  a:\n    tags: [x]\n", encoding="utf-8")
    assert len(problems(validator, path)) > 3


def test_the_command_writes_it_where_it_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "simgate.schema.json"
    assert main(["schema", "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    written = out.read_text(encoding="utf-8")
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == written


@pytest.mark.parametrize(
    "rule, fits",
    [
        ({"overall": "AP50.person", "at_least": 0.9, "confidence": 0.9, "severity": "critical"}, True),
        ({"overall": "AP50", "not_worse_by": 0.01}, True),
        ({"overall": "AP50"}, False),
        ({"overall": "AP50", "at_least": 1}, False),
        ({"overall": "AP50", "at_least": 0.9, "not_worse_by": 0.01}, False),
        ({"overall": "AP50", "at_most": 0.9}, False),
        ({"not_worse_by": 0.01}, False),
    ],
)
def test_a_rule_over_all_pictures_has_its_own_keys(
    rule: dict[str, Any], fits: bool, validator: Draft202012Validator
) -> None:
    reference = {**validator.schema, "$ref": "#/$defs/gate_rule"}
    for name in ("properties", "if", "then", "allOf", "required", "additionalProperties"):
        reference.pop(name, None)
    assert Draft202012Validator(reference).is_valid(rule) is fits
