from __future__ import annotations

from itertools import chain

from simgate.harness.execution.planning.shards import Share, longest_first
from tests.unit.execution.memory_pack import make_variant

IDS = [f"slow::v{k:04d}" for k in range(6)] + [f"quick::v{k:04d}" for k in range(14)]


def parts(of: int, seconds: dict[str, float]) -> list[frozenset[str]]:
    return [Share(k, of, seconds).mine(IDS) for k in range(1, of + 1)]


def test_every_variant_is_in_exactly_one_shard_whatever_the_durations() -> None:
    for of in (1, 2, 3, 7, 25):
        for seconds in ({}, {IDS[0]: 9.0}, {name: 1.0 + k % 5 for k, name in enumerate(IDS)}):
            found = parts(of, seconds)
            assert sorted(chain.from_iterable(found)) == sorted(IDS)


def test_without_durations_shards_differ_by_one_variant_at_most() -> None:
    sizes = [len(part) for part in parts(3, {})]
    assert sorted(sizes) == [6, 7, 7]


def test_shards_take_about_the_same_time_by_the_durations_of_an_earlier_run() -> None:
    seconds = {name: 10.0 if name.startswith("slow") else 1.0 for name in IDS}
    loads = [sum(seconds[name] for name in part) for part in parts(2, seconds)]
    assert loads == [37.0, 37.0], "by count the six slow ones may all fall to one machine"


def test_what_the_earlier_run_did_not_have_weighs_as_its_scenario_does() -> None:
    seconds = {name: 10.0 if name.startswith("slow") else 1.0 for name in IDS if not name.endswith("0003")}
    full = seconds | {"slow::v0003": 10.0, "quick::v0003": 1.0}
    loads = [sum(full[name] for name in part) for part in parts(2, seconds)]
    assert loads == [37.0, 37.0]


def test_durations_of_other_variants_say_nothing() -> None:
    assert parts(2, {"another::v0000": 5.0}) == parts(2, {})


def test_the_longest_variants_go_first_and_unknown_ones_weigh_as_their_scenario_does() -> None:
    variants = [make_variant(k, {}) for k in range(4)]
    known = {variants[0].id: 1.0, variants[1].id: 9.0, variants[3].id: 2.0}
    assert [v.index for v in longest_first(variants, known)] == [1, 2, 3, 0]
    assert longest_first(variants, {}) is variants
