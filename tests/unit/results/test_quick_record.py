"""What is read quickly is what the record's model reads, and what the model refuses is left to the model."""

from __future__ import annotations

import json
import math
import re

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simgate.harness.results.reading.quick_record import quick_reader
from simgate.harness.results.record import (
    CriterionResult,
    LatencySamples,
    Outcome,
    ResultModel,
    RunRecord,
)
from simgate.harness.results.schema_version import NewerSchema
from tests.unit.gate.runs import make_record

READ = quick_reader(RunRecord)
LOST = CriterionResult(metric="m", statement="s", observed="open", outcome=Outcome.FAIL, lost_at_s=1.0)
FULL = make_record(
    "glass::v0000",
    hard=(LOST, LOST.model_copy(update={"outcome": Outcome.INVALID, "observed": None})),
    metrics={"a": 1, "b": 1.0, "c": True, "d": "word", "e": None},
    parameters={"lux": 0.1, "n": 2, "yes": False, "kind": "ü \U0001f916"},
    latency=LatencySamples(
        in_loop_ms=(0.1, 20.0),
        mode="measured",
        stalls=1,
        models={"doors": LatencySamples(measured_ms=(3.5,))},
    ),
    phases_s={"step": 0.25},
    report="door",
    known_issue="ACME-1",
    runtime_deployed=False,
    artifacts={"trace": "t.npz"},
    notes=("a note",),
)
EDGES = (
    None, True, False, 0, 1, -1, 1.0, -0.0, 0.1, 5e-324, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**40,
    1e308, math.nan, math.inf, "", "1", "1.5", "true", "PASS", "none", [], [1], ["1"], [0.1, 2], [[]], {},
    {"a": 1}, {"a": "1"}, {"a": None}, {"a": [1]}, [{"metric": "m"}],
)  # fmt: skip


def same(found, record):
    """Whether a struct has a model's values, each of the same type."""
    if isinstance(record, BaseModel):
        return all(same(getattr(found, name), getattr(record, name)) for name in type(record).model_fields)
    if isinstance(record, tuple):
        return len(found) == len(record) and all(map(same, found, record))
    if isinstance(record, dict):
        return list(found) == list(record) and all(same(found[key], record[key]) for key in record)
    return type(found) is type(record) and found == record


NUMBERS = (
    "1e2", "1E5", "1.0e0", "-0", "-0.0", "0.1e-400", "1e400", "1e308", "123456789012345678901234567890",
    "1" + 400 * "0", "-" + 400 * "9", "18446744073709551615", "18446744073709551616", "0.30000000000000004441",
    "2.2250738585072011e-308", "01", "+1", ".5", "1.", "NaN", "Infinity", "-Infinity", "1_0",
)  # fmt: skip
"""As they stand in a line, which is not always as Python would write them."""


def changed():
    """Records of which one value, of the record or deep in it, is another or not there."""
    whole = FULL.model_dump(mode="json")

    def places(node, path=()):
        for key in node if isinstance(node, dict) else range(len(node)):
            yield (*path, key)
            if isinstance(node[key], dict | list):
                yield from places(node[key], (*path, key))

    for path in places(whole):
        for value in (*EDGES, ...):
            copy = json.loads(json.dumps(whole))
            node = copy
            for key in path[:-1]:
                node = node[key]
            if value is ...:
                del node[path[-1]]
            else:
                node[path[-1]] = value
            yield json.dumps(copy).encode()


def by_model(line):
    try:
        return RunRecord.model_validate_json(line)
    except (ValidationError, NewerSchema):
        return None


def test_every_field_is_read_quickly_with_the_models_values():
    for record in (FULL, make_record("glass::v0000")):
        found = READ(record.model_dump_json().encode() + b"\n")
        assert same(found, record)
        assert [one.metric for one in found.violations] == [one.metric for one in record.violations]


def test_what_is_read_quickly_is_what_the_model_reads():
    read = 0
    for line in changed():
        found = READ(line)
        if found is not None:
            read += 1
            record = by_model(line)
            assert record is not None, line
            assert same(found, record), line
    assert read > 200


def test_numbers_are_read_quickly_as_the_model_reads_them_however_they_are_written():
    line = FULL.model_dump_json()
    places = ('"a":1,', '"lux":0.1', '"step":0.25', '"attempts":1', '"stalls":1', "[0.1,", '"sim_s":0.0')
    for place in places:
        assert line.count(place) == 1, place
        for number in NUMBERS:
            written = line.replace(place, re.sub(r"[-\d.]+", number, place, count=1)).encode()
            assert number.encode() in written
            found = READ(written)
            if found is not None:
                assert same(found, by_model(written)), written


def test_of_a_key_that_stands_twice_the_last_value_is_read_as_the_model_reads_it():
    line = FULL.model_dump_json()
    for written in (
        line.replace('"a":1,', '"a":1,"b":3,"a":2.5,'),
        line.replace('"variant":', '"variant":"other","variant":'),
        line.replace('"outcome":', '"outcome":"ERROR","outcome":'),
        line.replace('"stalls":1', '"stalls":1,"stalls":2'),
    ):
        assert written != line
        found = READ(written.encode())
        assert found is None or same(found, by_model(written)), written


@pytest.mark.parametrize(
    "content",
    [b'{"variant": ', b"{}", b"", b"[]", b"1", b'\xef\xbb\xbf{"a": 1}', b'{"a": "\xff"}', b"[" * 100_000],
)
def test_damage_is_left_to_the_model(content):
    assert READ(content) is None


def test_an_unknown_key_a_newer_version_and_words_that_are_no_text_are_left_to_the_model():
    line = FULL.model_dump_json()
    assert READ(line.replace('"variant"', '"colour":1,"variant"', 1).encode()) is None
    assert READ(line.replace('"schema_version":1', '"schema_version":2', 1).encode()) is None
    assert READ(line.replace("a note", "\\ud800").encode()) is None


def test_a_limit_that_is_not_understood_is_refused_when_the_reader_is_made():
    class Open(BaseModel):
        model_config = ConfigDict(extra="ignore")

    class Nested(ResultModel):
        values: set[int] = Field(default_factory=set)

    class Inner(ResultModel):
        around: dict[str, Outer]

    class Outer(ResultModel):
        inner: Inner | None = None

    Inner.model_rebuild(_types_namespace={"Outer": Outer})
    Outer.model_rebuild()
    for model, words in ((Open, ""), (Nested, "set"), (Outer, "Outer lies in itself by way of Inner")):
        with pytest.raises(TypeError, match=words):
            quick_reader(model)


def test_a_field_alone_is_read_as_in_the_whole_and_what_else_is_there_is_not_looked_at():
    read = quick_reader(RunRecord, "latency")
    assert repr(read(FULL.model_dump_json().encode()).latency) == repr(
        READ(FULL.model_dump_json().encode()).latency
    )
    assert read(b'{"latency": {"in_loop_ms": [1.5]}, "variant": 3, "colour": "red"}').latency.in_loop_ms == (
        1.5,
    )
    assert read(b'{"latency": {"in_loop_ms": ["fast"]}}') is None
    assert read(b'{"latency": {}, "variant"') is None
