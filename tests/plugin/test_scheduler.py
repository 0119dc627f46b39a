"""The xdist scheduler, driven as xdist drives it, with workers that crash at any item."""

from __future__ import annotations

import random
from collections import Counter
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgate.harness.pytest_plugin.xdist.scheduler import (
    DeferredScheduling,
    VariantScheduling,
    split_into_units,
)


class FakeNode:
    """A worker as the scheduler sees it: a queue of items, started only when the next one is known."""

    def __init__(self, name: str) -> None:
        self.gateway = SimpleNamespace(id=name)
        self.todo: list[int] = []
        self.told_to_stop = False

    @property
    def shutting_down(self) -> bool:
        return self.told_to_stop

    def shutdown(self) -> None:
        self.told_to_stop = True

    def send_runtest_some(self, indices: list[int]) -> None:
        assert not self.told_to_stop, "work was sent to a worker that was told to stop"
        self.todo.extend(indices)

    @property
    def can_run(self) -> bool:
        return len(self.todo) > 1 or (self.told_to_stop and bool(self.todo))

    @property
    def is_finished(self) -> bool:
        return self.told_to_stop and not self.todo


def ids_of(scenarios: dict[str, int]) -> list[str]:
    return [f"pack.yaml::{name}::v{i:04d}" for name, count in scenarios.items() for i in range(count)]


def join(scheduling: VariantScheduling, node: FakeNode, ids: list[str]) -> FakeNode:
    scheduling.add_node(node)
    scheduling.add_node_collection(node, ids)
    if scheduling.collection_is_completed:
        scheduling.schedule()
    return node


def make(ids: list[str], workers: int, batch: int = 1) -> tuple[VariantScheduling, list[FakeNode]]:
    reports: list[pytest.CollectReport] = []
    scheduling = VariantScheduling(workers, lambda parent: batch, reports.append)
    nodes = [FakeNode(f"gw{number}") for number in range(workers)]
    for node in nodes:
        scheduling.add_node(node)
    for node in nodes:
        scheduling.add_node_collection(node, ids)
    scheduling.schedule()
    return scheduling, nodes


@given(
    counts=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    workers=st.integers(1, 5),
    batch=st.integers(1, 6),
    crashes=st.sets(st.integers(0, 60), max_size=6),
    seed=st.integers(0, 10_000),
)
def test_every_item_ends_exactly_once_and_every_worker_is_released(
    counts, workers, batch, crashes, seed
) -> None:
    ids = ids_of({f"s{number}": count for number, count in enumerate(counts)})
    scheduling, nodes = make(ids, workers, batch)
    ended: Counter[str] = Counter()
    chance = random.Random(seed)
    replacements = 0
    for _ in range(20 * len(ids) + 100):
        ready = [node for node in nodes if node.can_run]
        if not ready:
            break
        node = chance.choice(ready)
        position = node.todo[0]
        if position in crashes:
            crashes = crashes - {position}
            nodes.remove(node)
            crashed = scheduling.remove_node(node)
            assert crashed == ids[position]
            ended[crashed] += 1
            replacements += 1
            nodes.append(join(scheduling, FakeNode(f"gw{workers + replacements}"), ids))
        else:
            node.todo.pop(0)
            ended[ids[position]] += 1
            scheduling.mark_test_complete(node, position)
    assert ended == Counter(ids)
    assert all(node.is_finished for node in nodes), "a worker waits for ever"
    assert scheduling.tests_finished
    assert not scheduling.has_pending


@given(
    counts=st.lists(st.integers(1, 50), min_size=1, max_size=5),
    workers=st.integers(1, 8),
    batch=st.integers(1, 9),
)
def test_batches_never_cross_scenarios_and_are_full_except_the_last(counts, workers, batch) -> None:
    ids = ids_of({f"s{number}": count for number, count in enumerate(counts)})
    batches = [part for unit in split_into_units(ids, workers, lambda parent: batch) for part in unit]
    assert [position for part in batches for position in part] == list(range(len(ids)))
    by_scenario: dict[str, list[int]] = {}
    for part in batches:
        scenarios = {ids[position].split("::")[1] for position in part}
        assert len(scenarios) == 1
        by_scenario.setdefault(scenarios.pop(), []).append(len(part))
    for sizes in by_scenario.values():
        assert all(size == batch for size in sizes[:-1])
        assert 1 <= sizes[-1] <= batch


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_items_of_one_id_go_to_one_worker_the_first_before_its_copies(workers: int) -> None:
    once = ids_of({"a": 30, "b": 7})
    ids = [*once, *once, once[3]]
    units = list(split_into_units(ids, workers, lambda parent: 2))
    unit_of = {position: number for number, unit in enumerate(units) for part in unit for position in part}
    assert sorted(unit_of) == list(range(len(ids)))
    for position, name in enumerate(ids):
        assert unit_of[position] == unit_of[ids.index(name)]
    for order in ([position for part in unit for position in part] for unit in units):
        assert all(order.index(ids.index(ids[position])) <= place for place, position in enumerate(order))


def test_a_worker_is_told_to_stop_as_soon_as_nothing_is_left_for_it() -> None:
    _, (only,) = make(ids_of({"a": 1}), workers=1)
    assert only.told_to_stop
    assert only.todo == [0]


def test_workers_without_work_are_released_at_once() -> None:
    _, nodes = make(ids_of({"a": 1}), workers=3)
    assert all(node.told_to_stop for node in nodes)


def test_workers_that_collected_different_items_get_no_work() -> None:
    reports: list[pytest.CollectReport] = []
    scheduling = VariantScheduling(2, lambda parent: 1, reports.append)
    nodes = [FakeNode("gw0"), FakeNode("gw1")]
    for node in nodes:
        scheduling.add_node(node)
    scheduling.add_node_collection(nodes[0], ["pack.yaml::a::v0000"])
    scheduling.add_node_collection(nodes[1], ["pack.yaml::a::v0001"])
    scheduling.schedule()
    assert [report.outcome for report in reports] == ["failed"]
    assert not any(node.todo for node in nodes)
    assert scheduling.tests_finished


def test_an_item_that_a_plugin_wants_again_is_run_again() -> None:
    ids = ids_of({"a": 30})
    scheduling, (first, second) = make(ids, workers=2)
    crashed = scheduling.remove_node(first)
    assert crashed is not None
    scheduling.mark_test_pending(crashed)
    seen = []
    while second.can_run:
        position = second.todo.pop(0)
        seen.append(ids[position])
        scheduling.mark_test_complete(second, position)
    assert sorted(seen) == ids


def test_the_default_scheduler_serves_a_session_without_packs() -> None:
    ids = ["tests/test_a.py::test_one", "tests/test_a.py::test_two"]
    default = VariantScheduling(1, lambda parent: 1, lambda report: None)
    deferred = DeferredScheduling(
        has_packs=lambda collected: any("yaml" in nodeid for nodeid in collected),
        ours=lambda: pytest.fail("no packs"),
        default=lambda: default,
    )
    node = FakeNode("gw0")
    deferred.add_node(node)
    assert deferred.nodes == [node]
    assert not deferred.collection_is_completed
    assert not deferred.tests_finished
    deferred.add_node_collection(node, ids)
    deferred.schedule()
    assert default.nodes == [node]
    assert node.todo == [0, 1]


def test_a_worker_that_dies_while_collecting_is_forgotten() -> None:
    deferred = DeferredScheduling(lambda ids: True, ours=lambda: None, default=lambda: None)
    node = FakeNode("gw0")
    deferred.add_node(node)
    assert deferred.remove_node(node) is None
    assert deferred.nodes == []
    with pytest.raises(KeyError):
        deferred.remove_node(node)
