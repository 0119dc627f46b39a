from __future__ import annotations

import hashlib
import json

import pytest

from simgate.harness.results.identity import identities, run_identity


def test_the_order_of_conditions_does_not_matter() -> None:
    assert run_identity("v", {"a": 1, "b": [2]}) == run_identity("v", {"b": [2], "a": 1})


def test_variant_and_every_condition_matter() -> None:
    known = {
        run_identity("v", {"a": 1}),
        run_identity("w", {"a": 1}),
        run_identity("v", {"a": 2}),
        run_identity("v", {"a": "1"}),
        run_identity("v", {"a": 1, "b": None}),
    }
    assert len(known) == 5


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError):
        run_identity("v", {"a": float("nan")})


def test_one_beginning_for_many_variants_gives_each_the_hash_of_the_whole():
    conditions = {"policy": "ü", "sim": {"b": 1.5, "a": [1, None]}}
    of = identities(conditions)
    for digest in ("00ff", "d" * 64):
        canonical = json.dumps(
            {"variant": digest, "conditions": conditions}, sort_keys=True, separators=(",", ":")
        )
        assert (
            of(digest) == run_identity(digest, conditions) == hashlib.sha256(canonical.encode()).hexdigest()
        )
