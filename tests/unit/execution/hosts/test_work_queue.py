from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simgate.harness.execution.hosts.assignment import Assignment
from simgate.harness.execution.hosts.pool.work_queue import MAX_ATTEMPTS, MAX_PLACES, WorkQueue
from tests.unit.execution.memory_pack import make_variants


def work(count: int) -> list[Assignment]:
    return [Assignment(variant=v, identity=f"i{v.index}") for v in make_variants(count)]


def indices(assignments: tuple[Assignment, ...]) -> list[int]:
    return [a.variant.index for a in assignments]


def test_portions_keep_the_plans_order_and_the_batch_size() -> None:
    queue = WorkQueue(work(5), batch=2)
    portions = []
    while portion := queue.take():
        portions.append(indices(portion))
    assert portions == [[0, 1], [2, 3], [4]]


def test_after_a_crash_only_what_was_running_spends_an_attempt_and_each_runs_alone() -> None:
    queue = WorkQueue(work(4), batch=4)
    portion = queue.take()
    assert portion is not None
    after = queue.crashed(portion[1:], {portion[0].variant.id, portion[1].variant.id})
    assert [(a.variant.index, a.attempt) for a in after.retried] == [(1, 2), (2, 1), (3, 1)]
    assert [indices(p) for p in (queue.take(), queue.take(), queue.take()) if p] == [[1], [2], [3]]


def test_what_is_retried_goes_before_what_was_never_handed_out() -> None:
    queue = WorkQueue(work(3), batch=1)
    first = queue.take()
    assert first is not None
    queue.crashed(first, {first[0].variant.id})
    assert indices(queue.take() or ()) == [0]


def test_when_nothing_had_started_all_are_suspects_so_that_a_host_cannot_die_for_ever() -> None:
    queue = WorkQueue(work(2), batch=2)
    for _ in range(10):
        portion = queue.take()
        if portion is None:
            break
        queue.crashed(portion, set())
    assert len(queue) == 0


def test_a_variant_that_loses_its_place_is_given_up_later_than_one_whose_host_dies() -> None:
    attempts = []
    for most in (MAX_ATTEMPTS, MAX_PLACES):
        queue = WorkQueue(work(1), batch=1)
        while portion := queue.take():
            attempts.append(portion[0].attempt)
            queue.crashed(portion, {portion[0].variant.id}, most)
    assert attempts == [1, 2, 1, 2, 3, 4]


@given(st.integers(1, 12), st.integers(1, 5), st.data())
def test_every_variant_is_either_done_or_given_up_and_none_runs_more_often_than_allowed(
    count: int, batch: int, data: st.DataObject
) -> None:
    queue = WorkQueue(work(count), batch)
    runs: dict[int, int] = {}
    ended: list[int] = []
    while portion := queue.take():
        done = data.draw(st.integers(0, len(portion)))
        ended += indices(portion[:done])
        running = portion[done : done + 1]
        for index in indices(running):
            runs[index] = runs.get(index, 0) + 1
        if done < len(portion):
            after = queue.crashed(portion[done:], {a.variant.id for a in running})
            ended += indices(after.given_up)
    assert sorted(ended) == list(range(count))
    assert max(runs.values(), default=0) <= MAX_ATTEMPTS


def test_assignments_are_made_when_their_turn_has_come():
    made = []

    def one_by_one():
        for assignment in work(7):
            made.append(assignment.variant.id)
            yield assignment

    queue = WorkQueue(one_by_one(), 2, 7)
    assert (len(queue), made) == (4, [])
    first = queue.take()
    assert [a.variant.id for a in first] == made
    assert len(made) == 2
    queue.again(first[0])
    assert [len(queue.take()) for _ in range(len(queue))] == [2, 2, 1, 1]
    assert (queue.take(), len(made)) == (None, 7)
