"""A manifest that is read variant by variant is the one that the model reads, and so is what is wrong with it."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from simgate.harness.results.manifest import Manifest
from simgate.harness.results.reading.quick_manifest import read_manifest
from simgate.harness.results.schema_version import NewerSchema
from tests.unit.gate.runs import PASS_RATE, a_run

MANIFEST, _ = a_run("PPF", PASS_RATE)
DATA = MANIFEST.model_dump(mode="json")
FIRST = DATA["expected"][0]


def error_of(read, text: bytes) -> str:
    with pytest.raises((ValidationError, NewerSchema)) as error:
        read(text)
    return str(error.value)


@pytest.mark.parametrize("indent", [None, 2])
def test_it_is_the_same_manifest(indent):
    text = json.dumps(DATA, indent=indent, ensure_ascii=False).encode()
    assert read_manifest(text) == Manifest.model_validate_json(text) == MANIFEST
    assert read_manifest(text).model_dump_json() == MANIFEST.model_dump_json()


def test_a_variant_without_a_scene_stands_for_itself():
    old = {key: value for key, value in FIRST.items() if key != "scene"}
    (read,) = read_manifest(json.dumps(DATA | {"expected": [old]}).encode()).expected
    assert (read.scene, read.own_scene) == ("", read.id)


def test_names_that_very_many_variants_share_are_in_memory_once():
    first, second, *_ = read_manifest(json.dumps(DATA).encode()).expected
    assert first.scenario is second.scenario
    assert first.severity is second.severity


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(DATA | {"expected": [FIRST | {"colour": "red"}]}),
        json.dumps(DATA | {"expected": [FIRST | {"id": 3}]}),
        json.dumps(DATA | {"expected": [FIRST | {"scene": None}]}),
        json.dumps(DATA | {"expected": None}),
        json.dumps({key: value for key, value in DATA.items() if key != "expected"}),
        json.dumps(DATA | {"colour": "red"}),
        json.dumps(DATA | {"pack_name": 3}),
        json.dumps(DATA | {"schema_version": 99}),
        json.dumps([DATA]),
        json.dumps(DATA)[:-1],
        json.dumps(DATA).replace(MANIFEST.pack_name, "\ud800"),
        json.dumps(DATA | {"pack": "[" * 100_000}).replace('"' + "[" * 100_000 + '"', "[" * 100_000),
        "",
    ],
)
def test_what_is_wrong_is_said_alike(text):
    damaged = text.encode(errors="surrogatepass")
    assert error_of(read_manifest, damaged) == error_of(Manifest.model_validate_json, damaged)


def test_a_manifest_that_does_not_say_that_it_ends_early_does_not():
    old = {key: value for key, value in DATA.items() if key != "until_decided"}
    assert read_manifest(json.dumps(old).encode()).until_decided is False
