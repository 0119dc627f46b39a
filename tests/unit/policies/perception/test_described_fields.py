"""What stands below a field of a package's classes describes it in the JSON Schema, and costs no start."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from simgate.policies.perception.decoder_spec import Detr, Scored, Strict


class Two(Strict):
    plain: int
    told: float
    """In metres,
    from the floor."""


class Three(Two):
    told: float
    """In feet."""
    more: str
    """A word."""


def test_the_text_below_a_field_is_its_description_also_in_a_class_that_inherits_it() -> None:
    fields = Two.model_json_schema()["properties"]
    assert fields["told"]["description"] == "In metres,\nfrom the floor."
    assert "description" not in fields["plain"]
    inherited = Three.model_json_schema()["properties"]
    assert (inherited["told"]["description"], inherited["more"]["description"]) == ("In feet.", "A word.")
    kept = Detr.model_json_schema()["properties"]["score_threshold"]
    assert kept["description"] == Scored.model_json_schema()["properties"]["score_threshold"]["description"]


def test_no_class_reads_its_own_source_before_somebody_asks_for_a_schema(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any) -> Any:
        raise AssertionError("source was read")

    monkeypatch.setattr(inspect, "getsource", refuse)
    monkeypatch.setattr(inspect, "getsourcelines", refuse)
    monkeypatch.setattr(inspect, "findsource", refuse)

    class Late(Strict):
        value: int
        """Of nobody."""

    assert Late(value=3).value == 3
